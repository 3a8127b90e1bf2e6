"""Live text on Textual's line API: painting, following, scrolling. What a person looks for is LogPane's.

The library's own log widgets work on every line as it comes, which stops at a few thousand lines a second, and slide
the text under a person who has scrolled back. This one stores lines as they are and works on those on screen only,
at most ten times a second; scrolled back, it shows a view that stands still and counts what came since.
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.selection import Selection

from isdeploy_tui.tui.moments import after, one_frame
from isdeploy_tui.tui.pace import Pace
from isdeploy_tui.tui.widgets.log_buffer import KEEP
from isdeploy_tui.tui.widgets.log_canvas import LogCanvas
from isdeploy_tui.tui.widgets.log_pattern import TooSlowError

_GO_ON = 0.01
"""Seconds until more old lines are looked at for a new filter: everything else gets its turn in between."""


class LogScroll(LogCanvas, can_focus=True, inherit_bindings=False):
    """Shows lines as they come. Feed it chunks; it paints itself."""

    class Said(Message):
        """Something that a pane has to say."""

        def __init__(self, pane: "LogScroll") -> None:
            super().__init__()
            self.pane = pane

        @property
        def control(self) -> "LogScroll":
            return self.pane

    class TooSlow(Said):
        """The filter or the search was taken away: its regular expression takes too long."""

    changes: var[int] = var(0, init=False)
    """Counts what a title tells of: that the end is followed or not, how many lines are pending, …

    To be watched: a message would reach the title after its pane was painted, which would make a frame more.
    """

    def __init__(self, *, keep: int = KEEP, id: str | None = None) -> None:
        super().__init__(keep=keep, id=id)
        self.pace = Pace()
        self._painted = self._came = 0
        self._is_done = True
        self._top_number = self._painted_row = 0
        self._anchor: tuple[int, int] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._is_placing = False

    @property
    def is_done(self) -> bool:
        """True when every line has been looked at for filter and search."""
        return self._is_done

    def on_mount(self) -> None:
        """Show what was fed before."""
        self.flush()

    def feed(self, lines: Sequence[str]) -> None:
        """Append raw lines; call it once a chunk, never once a line."""
        self.view.feed(lines)
        now = time.monotonic()
        self._paint_in(self.pace.due(now, self._came > self.size.height) - now)

    def clear(self) -> None:
        """Forget all lines and follow again."""
        self.view.clear()
        self._anchor = None
        self._painted = -1
        self.repaint()
        self.follow = True
        self.flush()

    # -- painting ----------------------------------------------------------------------------------------------

    def _paint_in(self, seconds: float) -> None:
        if self._timer is None and self.is_attached:
            self._due = time.monotonic() + seconds
            self._timer = after(self, seconds, self._paint_when_due)

    def _paint_when_due(self) -> None:
        self._timer = None
        one_frame(self.app)
        self.pace.painted(self._due, time.monotonic())
        self.flush()

    def flush(self) -> None:
        """Show what was fed, now."""
        if self.buffer.received == self._painted and self._is_done:
            return
        self._came = self.buffer.received - max(0, self._painted)
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
        self.changes += 1

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
        self.changes += 1

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
        self.changes += 1

    def watch_column(self) -> None:
        """Show another part of long lines."""
        self.refresh()
        self.changes += 1

    def on_resize(self, event: Resize) -> None:
        """Keep the end in view."""
        if self.follow:
            self._show_end()
        else:
            self._lay_out()
        self.changes += 1

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

    def selection_updated(self, selection: Selection | None) -> None:
        """Stand still while text is selected."""
        if selection is not None:
            self.follow = False
        self.redraw()
