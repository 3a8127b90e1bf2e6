"""When a server that could not be reached is tried again."""

import math
import random
import time
from collections.abc import Callable

from isdeploy_tui.remote.asking import AskedError
from isdeploy_tui.remote.errors import ConnectError
from isdeploy_tui.remote.refusals import NOT_RETRIED, JumpError

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 60.0
JUMP_SECONDS = 5.0
"""A server behind a jump host that failed: the jump host has its own pause, so this one only saves the asking."""


class Backoff:
    """Doubles the pause after each failure up to a minute, with jitter, so that servers do not come back in step.

    What a person has to mend first is tried again after a whole minute, and what a person had to answer not at all.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, jitter: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._jitter = jitter
        self._failures = 0
        self._until = -math.inf
        self._error: ConnectError | None = None

    def failed(self, error: ConnectError) -> None:
        """Note a failure."""
        self._failures += 1
        if isinstance(error, JumpError):
            pause = JUMP_SECONDS
        elif isinstance(error, AskedError):
            pause = math.inf
        elif error.kind in NOT_RETRIED:
            pause = LONGEST_SECONDS
        else:
            pause = min(FIRST_SECONDS * 2 ** min(self._failures - 1, 10), LONGEST_SECONDS)
            pause *= 0.75 + self._jitter() / 2
        self._error = error
        self._until = self._clock() + pause

    def succeeded(self) -> None:
        """Forget all failures."""
        self._failures = 0
        self.clear()

    def clear(self) -> None:
        """Let the next call try at once."""
        self._until = -math.inf
        self._error = None

    def check(self) -> None:
        """Raise the last ConnectError while it is too early to try again."""
        left = self._until - self._clock()
        if left <= 0 or self._error is None:
            return
        when = "It is not tried again by itself." if left == math.inf else f"Tried again in {math.ceil(left)} s."
        error = self._error
        remedy = f"{error.remedy} {when}".strip()
        raise ConnectError(error.host, error.kind, error.sentence, remedy)
