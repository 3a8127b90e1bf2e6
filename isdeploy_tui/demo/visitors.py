"""The visitors of the world: a steady stream of requests over all Apaches, and what became of them."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from isdeploy_tui.demo.balancer import Apache, Request
from isdeploy_tui.demo.clock import Clock

SESSIONS = 200
"""Sessions remembered for each Apache; the oldest visitors leave."""

RETURNING = 0.4
"""Share of requests that belong to a session."""


@dataclass(frozen=True, slots=True)
class Lost:
    """A request that a visitor did not get answered: when (world time), where, and with which HTTP status."""

    time: float
    apache: str
    uri: str
    status: int
    member: str | None


@dataclass(slots=True)
class Source:
    """One Apache, its share of the visitors, and the routes of the sessions that are open there."""

    apache: Apache
    share: float
    sessions: deque[str]


class Visitors:
    """Sends ``per_second`` requests of world time over the Apaches and counts those served and those lost."""

    def __init__(self, apaches: Sequence[tuple[Apache, float]], per_second: float, clock: Clock, rng: Random) -> None:
        self.served = 0
        self.served_by: Counter[tuple[str, str]] = Counter()
        self.losses: deque[Lost] = deque(maxlen=50)
        self.lost = 0
        self._sources = [Source(apache, share, deque(maxlen=SESSIONS)) for apache, share in apaches]
        self._shares = [source.share for source in self._sources]
        self._per_second = per_second
        self._clock = clock
        self._rng = rng
        self._visits: set[asyncio.Task[None]] = set()

    @property
    def under_way(self) -> int:
        """Requests that nobody knows the end of yet."""
        return len(self._visits)

    async def run(self) -> None:
        """Keep coming until cancelled; those under way then are counted neither way."""
        due = self._clock.now()
        try:
            while True:
                due += self._rng.expovariate(self._per_second)
                await self._clock.sleep(max(0.0, due - self._clock.now()))
                # After a pause of the whole machine nobody queues up: visitors who came meanwhile are not made up for.
                due = max(due, self._clock.now() - 1)
                # Everything is drawn here, the same number of times for every visitor: that is what a seed repeats.
                source = self._rng.choices(self._sources, self._shares)[0]
                page = source.apache.application.pick(self._rng)
                seconds = page.seconds(self._rng)
                returning, which = self._rng.random() < RETURNING, self._rng.random()
                route = source.sessions[int(which * len(source.sessions))] if returning and source.sessions else ""
                visit = asyncio.create_task(self._visit(source, Request(page.uri, seconds, route)))
                self._visits.add(visit)
                visit.add_done_callback(self._visits.discard)
        finally:
            for visit in self._visits:
                visit.cancel()
            await asyncio.gather(*self._visits, return_exceptions=True)

    async def _visit(self, source: Source, request: Request) -> None:
        answer = await source.apache.serve(request)
        if answer.status == 200 and answer.member is not None:
            self.served += 1
            self.served_by[source.apache.name, answer.member] += 1
            if answer.route != request.route:
                source.sessions.append(answer.route)
        else:
            self.lost += 1
            lost = Lost(self._clock.now(), source.apache.name, request.uri, answer.status, answer.member)
            self.losses.append(lost)
