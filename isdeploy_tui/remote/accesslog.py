"""What httpd answered in a span of time, counted on the server in its own access log. Reads only."""

from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.host import Host

SECONDS = 60.0
"""How long counting may take: a busy hour's log is large."""


@dataclass(frozen=True, slots=True)
class LogEnd:
    """Where an access log ended: to count from later."""

    inode: str
    size: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Requests that were logged, those not answered with 2xx, those answered with 5xx.

    ``is_partial``: the log was rotated meanwhile, so what was in the old file is missing.
    """

    requests: int
    not_2xx: int
    errors_5xx: int
    is_partial: bool


async def log_end(host: Host, path: str) -> LogEnd:
    """Return where an access log ends now. Raises RemoteError."""
    words = await _ask(host, path)
    return LogEnd(words[1], int(words[2]))


async def count_since(host: Host, path: str, end: LogEnd) -> Answered:
    """Count what an access log got since. Raises RemoteError."""
    words = await _ask(host, path, end.inode, str(end.size))
    return Answered(int(words[1]), int(words[2]), int(words[3]), words[4] == "yes")


async def _ask(host: Host, path: str, *words: str) -> list[str]:
    reply = await host.run("accesslog.sh", path, *words, timeout=SECONDS)
    answer = reply.lines[-1].decode("utf-8", "replace").split() if reply.lines else []
    if reply.status != 0 or len(answer) != (5 if words else 3):
        raise ScriptError(host.name, reply.status, f"The access log {printable(path)} cannot be counted.")
    return answer
