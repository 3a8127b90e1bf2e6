"""Requests in flight in a Tomcat, from its own threads: for where there is no status worker. Reads only."""

from contextlib import suppress
from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.host import Host


@dataclass(frozen=True, slots=True)
class InFlight:
    """``count`` requests are being answered; None when it cannot be told, and ``reason`` says why."""

    count: int | None
    reason: str = ""


async def count_in_flight(host: Host, log: str, timeout: float = 15.0) -> InFlight:
    """Count the requests in flight in the Tomcat that writes ``log`` (its catalina.out).

    Uses ``jcmd PID Thread.print`` and counts ``CoyoteAdapter.service`` in the stacks, one a request. Raises
    RemoteError.
    """
    reply = await run_again(host, "inflight.sh", log, timeout=timeout)
    for line in reply.lines:
        word, _, rest = line.partition(b" ")
        if word == b"count":
            with suppress(ValueError):
                return InFlight(whole(rest))
        if word == b"none":
            return InFlight(None, printable(rest.decode("utf-8", "replace")))
    return InFlight(None, f"the script ended with status {reply.status}")
