"""How often a pane paints: as often as the terminal takes it, and never more than ten times a second."""

FULL = 0.1
"""Seconds between two paints on a terminal that keeps up."""

FLOOD = 0.2
"""The same while more than a screen full comes between two paints: nobody reads that, and each paint costs."""

FLOOR = 0.5
"""Seconds between two paints on one that does not."""

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
