"""The orders an operation gets while it runs, how it asks, and how it waits without missing an interrupt."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a Question: ``key`` is what the operation gets, ``label`` what the person reads."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """Something only a person can decide. ``otherwise`` is the answer where nobody can be asked."""

    target: str
    text: str
    choices: tuple[Choice, ...]
    otherwise: str


Ask = Callable[[Question], Awaitable[str]]
"""Asks the person and returns the key of the choice."""


async def _nothing_to_confirm() -> None:
    return


@dataclass(frozen=True, slots=True)
class Control:
    """Orders for one operation.

    ``force`` overrides forcible refusals, ``wait`` is False for ``--no-wait``, ``interrupted`` is set to ask for a
    stop after the step that runs, ``pausing`` to let a roll ask before it goes on to the next Tomcat; ``ask`` is None
    where nobody can answer. ``confirm`` is awaited right before every
    change: it raises LeaseLostError or RemoteError when somebody else may have taken over.
    """

    force: bool = False
    wait: bool = True
    arguments: tuple[str, ...] = ()
    ask: Ask | None = None
    confirm: Callable[[], Awaitable[None]] = _nothing_to_confirm
    interrupted: asyncio.Event = field(default_factory=asyncio.Event)
    pausing: asyncio.Event = field(default_factory=asyncio.Event)

    async def pause(self, seconds: float) -> bool:
        """Wait that long; return False as soon as the operation is interrupted."""
        if self.interrupted.is_set():
            return False
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                await self.interrupted.wait()
        except TimeoutError:
            return True
        return False

    async def decide(self, question: Question) -> str:
        """Return a person's answer; the question's own where there is nobody, or when interrupted meanwhile."""
        if self.ask is None or self.interrupted.is_set():
            return question.otherwise
        asking = asyncio.ensure_future(self.ask(question))
        leaving = asyncio.ensure_future(self.interrupted.wait())
        try:
            await asyncio.wait({asking, leaving}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else question.otherwise
        finally:
            asking.cancel()
            leaving.cancel()
            await asyncio.gather(asking, leaving, return_exceptions=True)
