"""How often the screen paints what comes by itself: as often as the terminal takes it, at most ten times a second.

Whatever paints does so at the same moments, which makes one frame of what all parts have to show; keys wait for none.
"""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

FULL = 0.1
"""Seconds between two paints on a terminal that keeps up."""

FLOOD = 0.2
"""The same while more than a screen full comes between two paints: nobody reads that, and each paint costs."""

FLOOR = 0.4
"""Seconds between two paints on a terminal that does not. A power of two times FULL, so that its moments are theirs."""

SCREENFUL = 50
"""Lines that stand on a screen, about."""

LATE = 0.05
"""A paint that comes later than this many seconds says that writing to the terminal held everything up."""

PUNCTUAL = 5.0
"""Seconds without a late paint after which the pace is raised again."""


class Pace:
    """Halves the pace when paints come late and doubles it when they have long been punctual."""

    def __init__(self) -> None:
        self.period = FULL
        self._last_late = 0.0

    def due(self, now: float, flooded: bool = False) -> float:
        """Return when the next paint is due: at the same moments for all of a screen, which makes one frame.

        ``flooded`` says that more than a screen full came for the last one.
        """
        period = max(self.period, FLOOD) if flooded else self.period
        due = (now // period + 1) * period
        return due if due > now else due + period

    def painted(self, due: float, now: float) -> None:
        """Note that the paint due at ``due`` came at ``now`` (seconds of one monotonic clock)."""
        if now - due > LATE:
            self.period = min(FLOOR, self.period * 2)
            self._last_late = now
        elif self.period > FULL and now - self._last_late > PUNCTUAL:
            self.period = max(FULL, self.period / 2)
            self._last_late = now


class Gathered(Generic[T]):
    """Gathers what changed, and hands all of it over together when the next paint is due."""

    def __init__(self, hand_over: Callable[[frozenset[T]], object]) -> None:
        self._hand_over = hand_over
        self._pace = Pace()
        self._items: set[T] = set()
        self._came = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, *items: T) -> None:
        """Have these handed over, too."""
        self._items.update(items)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            due = self._pace.due(loop.time(), self._came > SCREENFUL)
            self._timer = loop.call_at(due, self._when_due, due)

    def flush(self) -> None:
        """Hand over now what there is."""
        self.close()
        items, self._items = frozenset(self._items), set()
        self._came = len(items)
        if items:
            self._hand_over(items)

    def close(self) -> None:
        """Hand over nothing until something more is added."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _when_due(self, due: float) -> None:
        self._pace.painted(due, asyncio.get_running_loop().time())
        self.flush()
