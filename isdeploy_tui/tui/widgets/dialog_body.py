"""The part of a dialog that scrolls, so that its buttons are always in view."""

from textual.containers import VerticalScroll
from textual.widget import Widget

LEAST = 3
"""Rows that a body takes at the least."""


class DialogBody(VerticalScroll, can_focus=False):
    """As high as its text, at most what the rest of the dialog leaves of the screen.

    The style sheet cannot say so: in a container of automatic height the library heeds a maximum in cells only.
    """

    def on_mount(self) -> None:
        """Fit once the rest of the dialog has its size."""
        self.fit_later()

    def fit_later(self) -> None:
        """Fit after the next layout: call it when the screen or the rest of the dialog changes."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        dialog = self.parent
        if not isinstance(dialog, Widget):
            return
        others = [child for child in dialog.displayed_children if child is not self]
        taken = sum(child.outer_size.height + child.styles.margin.height for child in others)
        self.styles.max_height = max(LEAST, self.screen.size.height - taken - dialog.gutter.height)

    def scroll_rows(self, rows: int) -> None:
        """Scroll by rows."""
        self.scroll_relative(y=rows, animate=False)

    def scroll_pages(self, pages: int) -> None:
        """Scroll by pages."""
        self.scroll_relative(y=pages * max(1, self.size.height - 1), animate=False)
