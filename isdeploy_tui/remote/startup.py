"""Tomcat's own word that it is up: the line ``Server startup in`` of its log. Reads only."""

from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.host import Host

SECONDS = 30.0
"""How long reading may take: an application may log much while it starts."""

_UNREADABLE = 40


@dataclass(frozen=True, slots=True)
class LogMark:
    """Where a log ended at some moment. A log that was not there yet has no inode."""

    inode: str = "-"
    size: int = 0


async def mark_log(host: Host, path: str) -> LogMark:
    """Return where a log ends now; of one that is not there or cannot be read, the beginning. Raises RemoteError."""
    reply = await run_again(host, "startup.sh", path, timeout=SECONDS)
    words = reply.lines[-1].decode("utf-8", "replace").split() if reply.lines else []
    if reply.status == _UNREADABLE:
        return LogMark()
    try:
        _, inode, size = words
        return LogMark(inode, whole(size.encode()))
    except ValueError:
        raise _garbled(host, path, reply.status) from None


async def startup_since(host: Host, path: str, mark: LogMark) -> str | None:
    """Return the newest line about a finished start since ``mark``, printable; None where there is none.

    Tomcat 8.5 and newer: ``Server startup in [1234] milliseconds``; older ones: ``Server startup in 1234 ms``.
    Raises ScriptError when the log cannot be read, or what ``Host.run`` raises.
    """
    reply = await run_again(host, "startup.sh", path, mark.inode, str(mark.size), timeout=SECONDS)
    word, _, line = reply.lines[-1].partition(b" ") if reply.lines else (b"", b"", b"")
    if reply.status == 0 and word == b"line":
        return printable(line.decode("utf-8", "replace").strip()) or None
    if reply.status == _UNREADABLE:
        raise ScriptError(host.name, reply.status, f"The log {printable(path)} cannot be read.")
    raise _garbled(host, path, reply.status)


def _garbled(host: Host, path: str, status: int) -> ScriptError:
    return ScriptError(host.name, status, f"The log {printable(path)} could not be looked at (status {status}).")
