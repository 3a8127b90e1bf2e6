"""The lines behind a log pane: a ring that goes on filling, and the view of it that stands still."""

from collections import deque
from collections.abc import Sequence

KEEP = 20_000
"""Lines kept of a log; older ones are dropped, and their number is known."""


class LogBuffer:
    """Keeps the newest lines. No work is done for a line until somebody looks at it."""

    def __init__(self, keep: int = KEEP) -> None:
        self._ring: deque[str] = deque(maxlen=keep)
        self._received = 0
        self._frozen: tuple[str, ...] | None = None
        self._frozen_at = 0

    def feed(self, lines: Sequence[str]) -> None:
        """Append lines, raw as they came. Costs no more a line than storing it."""
        self._ring.extend(lines)
        self._received += len(lines)

    def clear(self) -> None:
        """Forget everything."""
        self._ring.clear()
        self._received = self._frozen_at = 0
        self._frozen = None

    @property
    def received(self) -> int:
        """Lines fed since the start."""
        return self._received

    @property
    def dropped(self) -> int:
        """Lines that are no longer kept."""
        return self._received - len(self._ring)

    @property
    def view(self) -> Sequence[str]:
        """The lines to look at: those at the moment of ``freeze``, else the newest."""
        return self._ring if self._frozen is None else self._frozen

    @property
    def first(self) -> int:
        """The number of the view's first line, counted from the first that was ever fed."""
        return (self._received if self._frozen is None else self._frozen_at) - len(self.view)

    @property
    def is_frozen(self) -> bool:
        """True while the view stands still."""
        return self._frozen is not None

    @property
    def pending(self) -> int:
        """Lines that came since the view stands still."""
        return self._received - self._frozen_at if self._frozen is not None else 0

    def freeze(self) -> None:
        """Let the view stand still; feeding goes on unseen."""
        if self._frozen is None:
            self._frozen = tuple(self._ring)
            self._frozen_at = self._received

    def thaw(self) -> None:
        """Look at the newest lines again."""
        self._frozen = None
