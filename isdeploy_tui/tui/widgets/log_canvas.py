"""The lines of a log drawn on Textual's line API: those on screen, and what a person has chosen over them."""

from typing import ClassVar

from rich.style import Style
from textual.geometry import Size
from textual.reactive import Reactive, reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from isdeploy_tui.tui.widgets import log_looks
from isdeploy_tui.tui.widgets.log_buffer import KEEP, LogBuffer
from isdeploy_tui.tui.widgets.log_painter import LogPainter
from isdeploy_tui.tui.widgets.log_selection import marked, selected_text, styled
from isdeploy_tui.tui.widgets.log_view import LogView


class LogCanvas(ScrollView, can_focus=True, inherit_bindings=False):
    """Draws the rows of ``view`` from ``top`` on; when it does so, and where ``top`` is, is LogScroll's business.

    ``follow`` is True while the end is shown; any scrolling back ends it, the end resumes it.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = log_looks.CLASSES
    DEFAULT_CSS = log_looks.CSS

    virtual_size = Reactive(Size(0, 0))
    """The library lays the whole screen out anew with it, for a scroll bar to come or go; ours always stands there."""

    follow: reactive[bool] = reactive(True, init=False)
    wrap: reactive[bool] = reactive(False, init=False)
    column: reactive[int] = reactive(0, init=False)
    """Cells scrolled to the right; kept while lines come."""

    def __init__(self, *, keep: int = KEEP, id: str | None = None) -> None:
        super().__init__(id=id)
        self.buffer = LogBuffer(keep)
        self.view = LogView(self.buffer)
        self.painter = LogPainter(lambda name: self.get_component_rich_style(f"log--{name}", partial=name == "hit"))
        self._wrapped: tuple[tuple[int, int], list[Strip]] | None = None
        self._base: Style | None = None

    def watch_virtual_size(self) -> None:
        """Show in the scroll bar how much there is."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = self.virtual_size.height

    @property
    def text_size(self) -> Size:
        """The room for text: ``size`` counts the scroll bar, too."""
        return self.scrollable_content_region.size

    def repaint(self) -> None:
        """Draw all lines anew."""
        self.painter.forget()
        self.redraw()

    def redraw(self) -> None:
        """Draw again what lies over the lines."""
        self._wrapped = None
        self.refresh()

    @property
    def top(self) -> int:
        """The row that is the first on screen."""
        return self.scroll_offset.y

    def rows_on_screen(self) -> range:
        """Return the rows that are on screen as a whole."""
        width, height = self.text_size
        rows = len(self.view)
        if not self.wrap:
            return range(min(self.top, rows), min(rows, self.top + height))
        if self.follow:
            return range(self.painter.first_fitting(self.view, rows, width, height), rows)
        return range(self.top, self.painter.end_fitting(self.view, self.top, width, height))

    def render_line(self, y: int) -> Strip:
        """Render one row of the screen."""
        row = self.top + y
        if self.wrap:
            strips = self._wrapped_strips(self.top)
            return strips[y] if y < len(strips) else self._blank()
        if row >= len(self.view):
            return self._blank()
        return self._drawn(self.painter.line(self.view.number(row), self.view[row]), row, 0)

    def _blank(self) -> Strip:
        return Strip.blank(self.text_size.width, self._base_style)

    @property
    def _base_style(self) -> Style:
        """What a line is drawn in where it says nothing else; the library finds it out anew at every asking."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def _wrapped_strips(self, top: int) -> list[Strip]:
        width, height = self.text_size
        key = self.view.number(top), len(self.view)
        if self._wrapped is None or self._wrapped[0] != key or self.text_selection is not None:
            # At the end the last row is the last of the screen, so the line before the top may be seen in part.
            rows = range(max(0, top - self.follow), min(len(self.view), top + height))
            strips = self.painter.wrapped(self.view, rows, width, self.view.number, self._drawn)
            self._wrapped = key, strips[-height:] if self.follow else strips[:height]
        return self._wrapped[1]

    def _drawn(self, strip: Strip, row: int, offset: int) -> Strip:
        """Draw what is chosen over a line, or over the part of it that begins at character ``offset``."""
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        if span is not None:
            strip = marked(strip, span, offset, self.get_component_rich_style("log--selection", partial=True))
        strip = strip.crop_extend(self.column, self.column + self.text_size.width, self._base_style)
        if (style := self.row_style(row)) is not None:
            hit = self.get_component_rich_style("log--hit", partial=True) if self.painter.patterns else None
            strip = styled(strip, style, above=hit)
        return strip.apply_offsets(self.column + offset, row)

    def row_style(self, row: int) -> Style | None:
        """Return how a whole row is to be drawn; None: as its line is."""
        return None

    def notify_style_update(self) -> None:
        """Forget what was rendered in other colours."""
        super().notify_style_update()
        self._base = None
        self.repaint()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text selected with the mouse, as it is shown."""
        return selected_text(self.view, selection), "\n"
