"""The lines behind a log pane: a store that goes on filling, and the view of it that stands still."""

from collections.abc import Sequence

KEEP = 20_000
"""Lines kept of a log; older ones are dropped, and their number is known."""

_SLACK = 16
"""Old lines are dropped when there are a sixteenth too many, not one by one: so feeding costs next to nothing."""


class LogBuffer:
    """Keeps the newest ``keep`` lines, or a few more. No work is done for a line until somebody looks at it."""

    def __init__(self, keep: int = KEEP) -> None:
        self.keep = keep
        self._lines: list[str] = []
        self._received = 0
        self._frozen: tuple[str, ...] | None = None
        self._frozen_at = 0

    def feed(self, lines: Sequence[str]) -> None:
        """Append lines, raw as they came. Costs no more a line than storing it."""
        self._lines += lines
        self._received += len(lines)
        if len(self._lines) > self.keep + self.keep // _SLACK:
            self.trim()

    def trim(self) -> None:
        """Drop what is more than ``keep``; who looks at the newest lines does it first, so that their number stays."""
        if len(self._lines) > self.keep:
            del self._lines[: len(self._lines) - self.keep]

    def clear(self) -> None:
        """Forget everything."""
        self._lines.clear()
        self._received = self._frozen_at = 0
        self._frozen = None

    @property
    def received(self) -> int:
        """Lines fed since the start."""
        return self._received

    @property
    def dropped(self) -> int:
        """Lines that are no longer kept."""
        return self._received - len(self._lines)

    @property
    def view(self) -> Sequence[str]:
        """The lines to look at: those at the moment of ``freeze``, else the newest."""
        return self._lines if self._frozen is None else self._frozen

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
            self._frozen = tuple(self._lines)
            self._frozen_at = self._received

    def thaw(self) -> None:
        """Look at the newest lines again."""
        self._frozen = None
