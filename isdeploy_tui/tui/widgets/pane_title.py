"""The bar above a part of the screen: what it shows, and by its colour whether keys go there."""

from textual.content import Content
from textual.widget import Widget


class PaneTitle(Widget):
    """``left`` says what it is, ``right`` how it stands; the left is cut when both do not fit."""

    DEFAULT_CSS = """
    PaneTitle {
        height: 1;
        padding: 0 1;
        background: $title-blur;
        color: $title-blur-text;
        &.-focused { background: $title-focus; color: $title-focus-text; text-style: bold; }
        &:ansi { text-style: underline; }
        &:ansi.-focused { text-style: bold reverse; color: ansi_default; background: ansi_default; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left = self._right = Content()

    def show(self, left: Content, right: Content | str = "") -> None:
        """Show other words; repaints only when they differ."""
        right = Content(right) if isinstance(right, str) else right
        if not (left.is_same(self._left) and right.is_same(self._right)):
            self._left, self._right = left, right
            self.refresh()

    def render(self) -> Content:
        """Return the line for the present width."""
        width = self.size.width
        right = self._right.truncate(max(0, width - 8), ellipsis=True)
        left = self._left.truncate(max(0, width - right.cell_length - 1), ellipsis=True)
        return Content.assemble(left, " " * max(1, width - left.cell_length - right.cell_length), right)
