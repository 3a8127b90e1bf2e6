"""What httpd answered in a span of time, counted on the server in its own access log. Reads only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import whole
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
    _, inode, size = await _ask(host, path, 3)
    return _read(host, path, lambda: LogEnd(inode, whole(size.encode())))


async def count_since(host: Host, path: str, end: LogEnd) -> Answered:
    """Count what an access log got since. Raises RemoteError."""
    _, *words, partial = await _ask(host, path, 5, end.inode, str(end.size))
    requests, not_2xx, errors = _read(host, path, lambda: [whole(word.encode()) for word in words])
    return Answered(requests, not_2xx, errors, partial == "yes")


_Result = TypeVar("_Result")


def _read(host: Host, path: str, answer: Callable[[], _Result]) -> _Result:
    try:
        return answer()
    except ValueError:
        raise ScriptError(host.name, -1, f"The host's answer about {printable(path)} is garbled.") from None


async def _ask(host: Host, path: str, length: int, *words: str) -> list[str]:
    reply = await run_again(host, "accesslog.sh", path, *words, timeout=SECONDS)
    answer = reply.lines[-1].decode("utf-8", "replace").split() if reply.lines else []
    if reply.status != 0 or len(answer) != length:
        raise ScriptError(host.name, reply.status, f"The access log {printable(path)} cannot be counted.")
    return answer
