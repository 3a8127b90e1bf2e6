"""What version runs in a Tomcat, by a command that the configuration gives."""

from contextlib import suppress

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.host import Host

LONGEST = 60
"""Characters of a version that are kept."""


async def ask_version(host: Host, command: str, timeout: float = 12.0) -> str:
    """Run a command line in a shell there and return the first line that it prints, printable.

    Raises ScriptError when it fails or prints nothing, or what ``Host.run`` raises.
    """
    reply = await run_again(host, "version.sh", command, timeout=timeout)
    text, status = "", -1
    for line in reply.lines:
        word, _, rest = line.partition(b" ")
        if word == b"line":
            text = printable(rest.decode("utf-8", "replace").strip(), LONGEST)
        elif word == b"status":
            with suppress(ValueError):
                status = whole(rest)
    if status == 0 and text:
        return text
    said = f": {text}" if text else ""
    what = "prints nothing" if status == 0 else f"ended with status {status}{said}"
    raise ScriptError(host.name, status, f"version_command {what}.")
