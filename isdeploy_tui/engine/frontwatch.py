"""Watches where the Apaches of one host stand in the balancer in front of them, without ever keeping a look waiting."""

import asyncio
from collections.abc import Iterable

from isdeploy_tui.config import ApacheConfig, FrontConfig
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.front import Place, read_place
from isdeploy_tui.engine.session import Session

FRONT_SECONDS = 5.0
"""How old an answer may be: a state_command may be slow, or ask an API."""

_NOT_YET = Place(Front.UNKNOWN, "not asked yet")


class FrontWatch:
    """The answers of the state_commands of one host, each asked once for all Apaches that have it."""

    def __init__(self, session: Session, ssh: str) -> None:
        self._session = session
        self._ssh = ssh
        self._places: dict[FrontConfig, Place] = {}
        self._asked: dict[FrontConfig, float] = {}
        self._asking: dict[FrontConfig, asyncio.Task[None]] = {}

    async def look(self, apaches: Iterable[ApacheConfig], *, wait: bool) -> None:
        """Ask where an answer is due; ``wait`` until all have answered anew. Raises nothing."""
        fronts = {apache.front for apache in apaches if apache.front is not None}
        for front in fronts:
            going = front in self._asking and not self._asking[front].done()
            due = self._session.clock() - self._asked.get(front, float("-inf")) >= FRONT_SECONDS
            if not going and (due or wait):
                self._asked[front] = self._session.clock()
                self._asking[front] = asyncio.create_task(self._ask(front))
        if wait and fronts:
            await asyncio.wait([self._asking[front] for front in fronts])

    def place(self, apache: ApacheConfig) -> Place | None:
        """Return the last answer for an Apache; None where nothing is configured for it."""
        return None if apache.front is None else self._places.get(apache.front, _NOT_YET)

    async def aclose(self) -> None:
        """Ask no more."""
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)

    async def _ask(self, front: FrontConfig) -> None:
        self._places[front] = await read_place(self._session, self._ssh, front)
