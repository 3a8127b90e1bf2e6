"""The embedded world's time, which tests let run faster than the wall's."""

import asyncio
import time


class Clock:
    """World time: starts at the wall's Unix time and runs ``speed`` times as fast. Monotonic."""

    def __init__(self, speed: float = 1.0) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self.speed = speed
        self._wall = time.time()
        self._start = time.monotonic()

    def now(self) -> float:
        """World time in Unix seconds."""
        return self._wall + (time.monotonic() - self._start) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Sleep so many seconds of world time."""
        await asyncio.sleep(seconds / self.speed)

    def real(self, seconds: float) -> float:
        """Return how many real seconds so many of the world's are."""
        return seconds / self.speed
