"""Questions that logging in to a server can raise: passphrase, password, one-time code."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ConnectError


class AskedError(ConnectError):
    """A login was refused after a person had been asked; nobody wants to be asked again without having said so."""


@dataclass(frozen=True, slots=True)
class LoginQuestion:
    """What has to be answered to log in to ``host``: each of ``prompts`` is a text and whether the answer may be seen.

    ``from_server`` marks words that the server chose: whoever shows them must not let them pass for the program's own,
    or a server could ask for the passphrase of a key. All text is printable.
    """

    host: str
    title: str
    prompts: tuple[tuple[str, bool], ...]
    from_server: bool


class Ask(Protocol):
    """Puts questions to the person."""

    async def ask(self, question: LoginQuestion) -> tuple[str, ...] | None:
        """Return one answer for each prompt, or None when the person gives up. Keeps and logs nothing.

        Cancelled when the server does not wait any longer.
        """


class Clock:
    """The time that one connection attempt has left; it stands still while it waits for a person or for its turn."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._timeout: asyncio.Timeout | None = None
        self._stopped = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let it run. Raises TimeoutError inside when it has run out."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout_at(loop.time() + self._left) as self._timeout:
            try:
                yield
            finally:
                self._timeout = None

    @asynccontextmanager
    async def stopped(self) -> AsyncIterator[None]:
        """Let it stand still."""
        loop = asyncio.get_running_loop()
        timeout = self._timeout
        if timeout is None or timeout.expired():
            yield
            return
        self._stopped += 1
        if self._stopped == 1:
            self._left = (timeout.when() or loop.time()) - loop.time()
            timeout.reschedule(None)
        try:
            yield
        finally:
            self._stopped -= 1
            # A dialog may outlive the attempt that it was for.
            if self._stopped == 0 and self._timeout is timeout:
                timeout.reschedule(loop.time() + self._left)


class Questions:
    """Asks one question at a time, whatever number of servers wait for an answer."""

    def __init__(self, ask: Ask | None) -> None:
        self._ask = ask
        self._lock = asyncio.Lock()

    @property
    def possible(self) -> bool:
        """False when nobody can be asked."""
        return self._ask is not None

    async def put(
        self,
        host: str,
        title: str,
        prompts: Sequence[tuple[str, bool]],
        clock: Clock | None = None,
        *,
        from_server: bool = False,
    ) -> tuple[str, ...] | None:
        """Ask; what servers wrote is made printable. Returns None when nobody can be asked or the person gave up."""
        if self._ask is None:
            return None
        asked = tuple((printable(text.strip(), 200), echo) for text, echo in prompts)
        async with (clock or Clock(0)).stopped(), self._lock:
            return await self._ask.ask(LoginQuestion(host, printable(title, 400), asked, from_server))
