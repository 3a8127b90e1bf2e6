"""Live text on Textual's line API: painting, following, scrolling. What a person looks for is LogPane's.

The library's own log widgets work on every line as it comes, which stops at a few thousand lines a second, and slide
the text under a person who has scrolled back. This one stores lines as they are and works on those on screen only,
at most ten times a second; scrolled back, it shows a view that stands still and counts what came since.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from rich.style import Style
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from isdeploy_tui.tui.widgets import log_looks
from isdeploy_tui.tui.widgets.log_buffer import KEEP, LogBuffer
from isdeploy_tui.tui.widgets.log_painter import LogPainter
from isdeploy_tui.tui.widgets.log_pattern import TooSlowError
from isdeploy_tui.tui.widgets.log_selection import marked, selected_text, styled
from isdeploy_tui.tui.widgets.log_view import LogView
from isdeploy_tui.tui.widgets.pace import Pace

_GO_ON = 0.01
"""Seconds until more old lines are looked at for a new filter: everything else gets its turn in between."""


class LogScroll(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows lines as they come. Feed it chunks; it paints itself.

    ``follow`` is True while the end is shown; any scrolling back ends it, the end resumes it.
    """

    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = log_looks.CLASSES
    DEFAULT_CSS = log_looks.CSS

    follow: reactive[bool] = reactive(True, init=False)
    wrap: reactive[bool] = reactive(False, init=False)
    column: reactive[int] = reactive(0, init=False)
    """Cells scrolled to the right; kept while lines come."""

    class Said(Message):
        """Something that a pane has to say."""

        def __init__(self, pane: "LogScroll") -> None:
            super().__init__()
            self.pane = pane

        @property
        def control(self) -> "LogScroll":
            return self.pane

    class Changed(Said):
        """Something that the title tells has changed: ``pane`` follows or not, more lines are pending, …"""

    class TooSlow(Said):
        """The filter or the search was taken away: its regular expression takes too long."""

    def __init__(self, *, keep: int = KEEP, id: str | None = None) -> None:
        super().__init__(id=id)
        self.buffer = LogBuffer(keep)
        self.view = LogView(self.buffer)
        self.pace = Pace()
        self.painter = LogPainter(lambda name: self.get_component_rich_style(f"log--{name}", partial=name == "hit"))
        self._painted = 0
        self._is_done = True
        self._top_number = self._painted_row = 0
        self._anchor: tuple[int, int] | None = None
        self._timer: Timer | None = None
        self._due = 0.0
        self._is_placing = False
        self._wrapped: tuple[tuple[int, int], list[Strip]] | None = None

    @property
    def is_done(self) -> bool:
        """True when every line has been looked at for filter and search."""
        return self._is_done

    @property
    def text_size(self) -> Size:
        """The room for text: ``size`` counts the scroll bar, too."""
        return self.scrollable_content_region.size

    def on_mount(self) -> None:
        """Show what was fed before."""
        self.flush()

    def feed(self, lines: Sequence[str]) -> None:
        """Append raw lines; call it once a chunk, never once a line."""
        self.view.feed(lines)
        self._paint_in(self.pace.period)

    def clear(self) -> None:
        """Forget all lines and follow again."""
        self.view.clear()
        self._anchor = None
        self._painted = -1
        self.repaint()
        self.follow = True
        self.flush()

    def repaint(self) -> None:
        """Draw all lines anew."""
        self.painter.forget()
        self.redraw()

    def redraw(self) -> None:
        """Draw again what lies over the lines."""
        self._wrapped = None
        self.refresh()

    # -- painting ----------------------------------------------------------------------------------------------

    def _paint_in(self, seconds: float) -> None:
        if self._timer is None and self.is_attached:
            self._due = time.monotonic() + seconds
            self._timer = self.set_timer(seconds, self._paint_when_due)

    def _paint_when_due(self) -> None:
        self._timer = None
        self.pace.painted(self._due, time.monotonic())
        self.flush()

    def flush(self) -> None:
        """Show what was fed, now."""
        if self.buffer.received == self._painted and self._is_done:
            return
        self._painted = self.buffer.received
        if self.follow:
            self.view.trim()
        rows = len(self.view)
        try:
            self._is_done = self.view.advance()
        except TooSlowError:
            self._is_done = False
            self.post_message(self.TooSlow(self))
        if not self._is_done:
            self._paint_in(_GO_ON)
        if self.follow:
            self._show_end()
        elif self._anchor is not None or len(self.view) != rows:
            self._lay_out()
        self.post_message(self.Changed(self))

    def _show_end(self) -> None:
        self._lay_out()
        self._place(self.max_scroll_y)
        self._painted_row = self.scroll_offset.y
        self._top_number = self.view.number(self._painted_row)

    def _lay_out(self) -> None:
        """Take in that there are other rows."""
        self._wrapped = None
        rows = len(self.view)
        if self.wrap:
            width, height = self.text_size
            rows = self.painter.first_fitting(self.view, rows, width, height) + height
        with self._placing():
            self.virtual_size = Size(self.text_size.width, rows)
        if self._anchor is not None:
            number, y = self._anchor
            self._place(self.view.row_of(number) - y)
            if self.view.known_to > number or self._is_done:
                self._anchor = None
        self.refresh()

    def _place(self, row: int) -> None:
        """Let this row be the first on screen, without following or standing still for it."""
        with self._placing():
            self.scroll_to(y=max(0, row), animate=False, immediate=True, force=True)

    @contextmanager
    def _placing(self) -> Iterator[None]:
        was, self._is_placing = self._is_placing, True
        try:
            yield
        finally:
            self._is_placing = was

    @contextmanager
    def other_lines(self, hold: int | None = None) -> Iterator[None]:
        """Let the view show other lines inside this.

        Standing still, the line of number ``hold`` keeps its place when it is on screen, else the first one does.
        """
        anchor = None
        if not self.follow and len(self.view):
            rows = self.rows_on_screen()
            row = rows.start if hold is None else self.view.row_of(hold)
            if row not in rows:
                row = rows.start
            anchor = self.view.number(row), row - rows.start
        yield
        self._anchor = anchor
        self._is_done = False
        self.painter.patterns = tuple(filter(None, (self.view.search, self.view.filter)))
        self.painter.forget()
        self.flush()
        self._lay_out()

    # -- following and scrolling -------------------------------------------------------------------------------

    def watch_follow(self, follow: bool) -> None:
        """Let the view stand still, or go to the end."""
        self._anchor = None
        if follow:
            self.view.thaw()
            self._painted = -1
            self.flush()
            return
        self.buffer.freeze()
        top = self.scroll_offset.y
        self._lay_out()
        # Lines that the buffer dropped since the last paint moved all others up.
        if moved := self._painted_row - self.view.row_of(self._top_number):
            self._place(top - moved)
        self.post_message(self.Changed(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when a person scrolls back, follow again at the end."""
        super().watch_scroll_y(old_value, new_value)
        if self._is_placing:
            return
        if new_value < old_value and round(new_value) < self.max_scroll_y:
            self.follow = False
        elif new_value > old_value and round(new_value) >= self.max_scroll_y:
            self.follow = True

    def watch_wrap(self) -> None:
        """Lay the lines out again."""
        self.column = 0
        if self.follow:
            self._show_end()
        else:
            self._lay_out()
        self.post_message(self.Changed(self))

    def watch_column(self) -> None:
        """Show another part of long lines."""
        self.refresh()
        self.post_message(self.Changed(self))

    def on_resize(self, event: Resize) -> None:
        """Keep the end in view."""
        if self.follow:
            self._show_end()
        else:
            self._lay_out()
        self.post_message(self.Changed(self))

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

    def reveal(self, row: int, *, in_the_middle: bool = False) -> None:
        """Scroll until a row is on screen, no further than it takes; a jump goes so far that its surroundings show."""
        rows = self.rows_on_screen()
        if row in rows:
            return
        width, height = self.text_size
        if in_the_middle:
            self._place(row - height // 3)
        elif row < rows.start:
            self._place(row)
        elif self.wrap:
            self._place(self.painter.first_fitting(self.view, row + 1, width, height))
        else:
            self._place(row - height + 1)
        self.redraw()

    def scroll_rows(self, rows: int) -> None:
        """Scroll as a person does."""
        self.scroll_to(y=self.top + rows, animate=False, immediate=True)

    # -- drawing -----------------------------------------------------------------------------------------------

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
        return Strip.blank(self.text_size.width, self.rich_style)

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
        strip = strip.crop_extend(self.column, self.column + self.text_size.width, self.rich_style)
        if (style := self.row_style(row)) is not None:
            strip = styled(strip, style)
        return strip.apply_offsets(self.column + offset, row)

    def row_style(self, row: int) -> Style | None:
        """Return how a whole row is to be drawn; None: as its line is."""
        return None

    def notify_style_update(self) -> None:
        """Forget what was rendered in other colours."""
        super().notify_style_update()
        self.repaint()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text selected with the mouse, as it is shown."""
        return selected_text(self.view, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Stand still while text is selected."""
        if selection is not None:
            self.follow = False
        self.redraw()
