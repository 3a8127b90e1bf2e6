"""Is a Tomcat there? Asked from its Apache's host, over the path that mod_jk uses."""

import asyncio
import contextlib
import math
from contextlib import AsyncExitStack
from dataclasses import dataclass

from isdeploy_tui.modjk.ajp import CPING, CPONG
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ForwardError
from isdeploy_tui.remote.host import ByteReader, ByteWriter, Host
from isdeploy_tui.remote.httpget import HttpAnswer, http_get

__all__ = ["HttpAnswer", "PingResult", "Pinger", "cping", "http_get"]

_Channel = tuple[ByteReader, ByteWriter]


@dataclass(frozen=True, slots=True)
class PingResult:
    """``health`` is ``up``, ``down`` or ``unknown``; ``detail`` says why it is not up."""

    health: str
    detail: str = ""


async def cping(host: Host, address: str, port: int, timeout: float = 3.0) -> PingResult:
    """Ask an AJP connector once. Raises RemoteError when ``host`` itself cannot be asked."""
    pinger = Pinger(host, address, port, timeout)
    try:
        return await pinger.ping()
    finally:
        await pinger.aclose()


class Pinger:
    """Asks one AJP connector again and again over one kept channel: a steady ping is one packet each way.

    ``timeout`` is in seconds. Where the account may not forward TCP, a script asks on the host instead.
    """

    def __init__(self, host: Host, address: str, port: int, timeout: float = 3.0) -> None:
        self._host = host
        self._address = address
        self._port = port
        self._timeout = timeout
        self._where = printable(f"[{address}]:{port}" if ":" in address else f"{address}:{port}")
        self._channel: _Channel | None = None
        self._stack = AsyncExitStack()
        self._opening: asyncio.Task[_Channel] | None = None
        self._by_script = False
        self._up_at = -math.inf
        self._lock = asyncio.Lock()

    def was_up(self, recent: float) -> bool:
        """True when it was up less than ``recent`` seconds ago and holds the connection: one that ends closes it."""
        held = self._by_script or (self._channel is not None and not self._channel[0].at_eof())
        return held and asyncio.get_running_loop().time() - self._up_at < recent

    async def ping(self, recent: float = 0) -> PingResult:
        """Ask once, unless it ``was_up``. Raises RemoteError when the host itself cannot be asked."""
        if self.was_up(recent):
            return PingResult("up")
        now = asyncio.get_running_loop().time()
        result = await self._ask_in_time()
        self._up_at = now if result.health == "up" else -math.inf
        return result

    async def _ask_in_time(self) -> PingResult:
        async with self._lock:
            if self._by_script:
                return await self._ask_by_script()
            try:
                async with asyncio.timeout(self._timeout):
                    return await self._ask()
            except TimeoutError:
                await self._close()
                return PingResult("down", f"{self._where} did not answer within {self._timeout:g} s")
            except ForwardError as error:
                if error.kind != "prohibited":
                    return PingResult("down", error.sentence.rstrip("."))
                self._by_script = True
            return await self._ask_by_script()

    async def aclose(self) -> None:
        """Give the channel back."""
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.wait({opening})
        await self._close()

    async def _ask(self) -> PingResult:
        for kept in (self._channel is not None, False):
            reader, writer = self._channel = self._channel or await self._open()
            answer = b""
            with contextlib.suppress(OSError, EOFError):
                writer.write(CPING)
                answer = await reader.readexactly(len(CPONG))
            if answer == CPONG:
                return PingResult("up")
            await self._close()
            if answer:
                return PingResult("down", f"{self._where} answers, but not in AJP")
            # Tomcat closes connections that were idle for long: that says nothing about its health.
            if not kept:
                break
        return PingResult("down", f"{self._where} closed the connection without an answer")

    async def _open(self) -> _Channel:
        """Open the channel. What is not open in time goes on opening, and the next ping waits for the same."""
        if self._opening is None:
            self._opening = asyncio.create_task(self._enter())
            self._opening.add_done_callback(_seen)
        opening = self._opening
        try:
            return await asyncio.shield(opening)
        finally:
            if opening.done():
                self._opening = None

    async def _enter(self) -> _Channel:
        return await self._stack.enter_async_context(self._host.open_tcp(self._address, self._port))

    async def _close(self) -> None:
        self._channel = None
        if self._opening is None:
            await self._stack.aclose()

    async def _ask_by_script(self) -> PingResult:
        seconds = str(max(1, math.ceil(self._timeout)))
        reply = await self._host.run("cping.sh", self._address, str(self._port), seconds)
        health, _, why = (reply.lines[0] if reply.lines else b"").decode("utf-8", "replace").partition(" ")
        if health not in ("up", "down", "unknown"):
            return PingResult("unknown", f"the script ended with status {reply.status}")
        if health == "down":
            known = {
                "refused": "refused the connection",
                "silent": f"did not answer within {self._timeout:g} s",
                "unreachable": "cannot be reached",
                "foreign": "answers, but not in AJP",
            }
            return PingResult("down", f"{self._where} {known.get(why, printable(why, 200))}")
        return PingResult(health, printable(why, 200))


def _seen(opening: asyncio.Task[_Channel]) -> None:
    """Mark a failure as seen, for the case that there is no next ping."""
    if not opening.cancelled():
        opening.exception()
