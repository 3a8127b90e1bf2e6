"""A pane of live text on Textual's line API.

The library's own log widgets work on every line as it comes, which stops at a few thousand lines a second, and slide
the text under a person who has scrolled back. This one stores lines as they are and works on those on screen only,
at most ten times a second; scrolled back, it shows a view that stands still and counts what came since.
"""

import time
from collections.abc import Sequence
from typing import ClassVar

from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.timer import Timer

from isdeploy_tui.tui.actions import bindings_for
from isdeploy_tui.tui.widgets.log_buffer import KEEP, LogBuffer
from isdeploy_tui.tui.widgets.log_painter import LogPainter
from isdeploy_tui.tui.widgets.log_selection import marked, selected_text
from isdeploy_tui.tui.widgets.pace import Pace


class LogPane(ScrollView, can_focus=True, inherit_bindings=False):
    """Shows lines as they come. Feed it chunks; it paints itself.

    ``follow`` is True while the end is shown; any scrolling back ends it, the end resumes it.
    """

    BINDINGS = bindings_for("log")
    BINDING_GROUP_TITLE = "Log"
    ALLOW_SELECT = True
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "log--error",
        "log--warning",
        "log--info",
        "log--debug",
        "log--trace",
        "log--notice",
        "log--selection",
    }
    DEFAULT_CSS = """
    LogPane {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: scroll;
        scrollbar-size-vertical: 1;
        & > .log--error { color: $bad; }
        & > .log--warning { color: $warn; }
        & > .log--debug { color: $muted; }
        & > .log--trace { color: $muted; }
        & > .log--notice { color: $notice; text-style: italic; }
        & > .log--selection { background: $cursor-focus; }
        &:ansi > .log--debug { text-style: dim; }
        &:ansi > .log--trace { text-style: dim; }
        &:nocolor > .log--error { text-style: bold; }
        &:nocolor > .log--selection { text-style: reverse; }
    }
    """

    follow: reactive[bool] = reactive(True, init=False)
    wrap: reactive[bool] = reactive(False, init=False)
    column: reactive[int] = reactive(0, init=False)
    """Cells scrolled to the right; kept while lines come."""

    class Changed(Message):
        """Something that the title tells has changed: ``pane`` follows or not, more lines are pending, …"""

        def __init__(self, pane: "LogPane") -> None:
            super().__init__()
            self.pane = pane

        @property
        def control(self) -> "LogPane":
            return self.pane

    def __init__(self, *, keep: int = KEEP, id: str | None = None) -> None:
        super().__init__(id=id)
        self.buffer = LogBuffer(keep)
        self.pace = Pace()
        self.painter = LogPainter(lambda level: self.get_component_rich_style(f"log--{level}"))
        self._painted = 0
        self._painted_first = 0
        self._timer: Timer | None = None
        self._due = 0.0
        self._wrapped: tuple[tuple[int, int, int], list[Strip]] | None = None

    @property
    def text_size(self) -> Size:
        """The room for text: ``size`` counts the scroll bar, too."""
        return self.scrollable_content_region.size

    def on_mount(self) -> None:
        """Show what was fed before."""
        self.flush()

    def feed(self, lines: Sequence[str]) -> None:
        """Append raw lines; call it once a chunk, never once a line."""
        self.buffer.feed(lines)
        if self._timer is None and self.is_attached:
            self._due = time.monotonic() + self.pace.period
            self._timer = self.set_timer(self.pace.period, self._paint_when_due)

    def clear(self) -> None:
        """Forget all lines and follow again."""
        self.buffer.clear()
        self.painter.forget()
        self._wrapped = None
        self._painted = -1
        self.follow = True
        self.flush()

    def flush(self) -> None:
        """Show what was fed, now."""
        if self.buffer.received == self._painted:
            return
        self._painted = self.buffer.received
        if self.follow:
            self._show_end()
        self.post_message(self.Changed(self))

    def _paint_when_due(self) -> None:
        self._timer = None
        self.pace.painted(self._due, time.monotonic())
        self.flush()

    def _show_end(self) -> None:
        self._wrapped = None
        self._painted_first = self.buffer.first
        self.virtual_size = Size(self.text_size.width, self._scrollable_rows())
        self.scroll_to(y=self.max_scroll_y, animate=False, immediate=True, force=True)
        self.refresh()

    def _scrollable_rows(self) -> int:
        """Rows to scroll over. Wrapped, the view's last screen starts at the line from which the rest just fits."""
        if not self.wrap:
            return len(self.buffer.view)
        width, height = self.text_size
        return self.painter.last_screen(self.buffer.view, width, height) + height

    # -- following and scrolling -------------------------------------------------------------------------------

    def watch_follow(self, follow: bool) -> None:
        """Let the view stand still, or go to the end."""
        if follow:
            self.buffer.thaw()
            self._painted = -1
            self.flush()
        else:
            self.buffer.freeze()
            self.virtual_size = Size(self.text_size.width, self._scrollable_rows())
            # Lines that the ring dropped since the last paint moved all others up.
            if moved := self.buffer.first - self._painted_first:
                self._scroll_by(-moved)
            if self.wrap:
                self._wrapped = None
                self.refresh()
            self.post_message(self.Changed(self))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when a person scrolls back, follow again at the end."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and round(new_value) < self.max_scroll_y:
            self.follow = False
        elif new_value > old_value and round(new_value) >= self.max_scroll_y:
            self.follow = True

    def watch_wrap(self) -> None:
        """Lay the lines out again."""
        self.column = 0
        self.painter.forget()
        self._wrapped = None
        if self.follow:
            self._show_end()
        else:
            self.virtual_size = Size(self.text_size.width, self._scrollable_rows())
            self.refresh()
        self.post_message(self.Changed(self))

    def watch_column(self) -> None:
        """Show another part of long lines."""
        self.refresh()
        self.post_message(self.Changed(self))

    def on_resize(self, event: Resize) -> None:
        """Keep the end in view."""
        self.painter.forget()
        self._wrapped = None
        if self.follow:
            self._show_end()
        else:
            self.virtual_size = Size(self.text_size.width, self._scrollable_rows())

    def action_toggle_follow(self) -> None:
        """Follow the end, or stand still."""
        self.follow = not self.follow

    def action_toggle_wrap(self) -> None:
        """Wrap long lines, or cut them off."""
        self.wrap = not self.wrap

    def action_bottom(self) -> None:
        """Go to the end."""
        self.follow = True

    def action_top(self) -> None:
        """Go to the first line that is kept."""
        self.follow = False
        self.scroll_to(y=0, animate=False, immediate=True)

    def action_line_down(self) -> None:
        """One line on."""
        self._scroll_by(1)

    def action_line_up(self) -> None:
        """One line back."""
        self._scroll_by(-1)

    def action_screen_down(self) -> None:
        """One page on."""
        self._scroll_by(max(1, self.text_size.height - 1))

    def action_screen_up(self) -> None:
        """One page back."""
        self._scroll_by(-max(1, self.text_size.height - 1))

    def action_right(self) -> None:
        """Half a screen to the right."""
        if not self.wrap:
            self.column += self.text_size.width // 2

    def action_left(self) -> None:
        """Half a screen to the left."""
        self.column = max(0, self.column - self.text_size.width // 2)

    def _scroll_by(self, rows: int) -> None:
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False, immediate=True)

    # -- painting ----------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """Render one row of the screen."""
        width = self.text_size.width
        top = self.scroll_offset.y
        if self.wrap:
            rows = self._wrapped_rows(top)
            return rows[y] if y < len(rows) else Strip.blank(width, self.rich_style)
        row = top + y
        view = self.buffer.view
        if row >= len(view):
            return Strip.blank(width, self.rich_style)
        strip = self.painter.line(self.buffer.first + row, view[row])
        strip = self._selected(strip, row, 0).crop_extend(self.column, self.column + width, self.rich_style)
        return strip.apply_offsets(self.column, row)

    def _wrapped_rows(self, top: int) -> list[Strip]:
        width, height = self.text_size
        view = self.buffer.view
        key = self.buffer.first + top, len(view), width
        if self._wrapped is None or self._wrapped[0] != key or self.text_selection is not None:
            # At the end the last row is the last of the screen, so the line before the top may be seen in part.
            lines = range(max(0, top - self.follow), min(len(view), top + height))
            rows = self.painter.wrapped(view, lines, width, self._selected)
            self._wrapped = key, rows[-height:] if self.follow else rows[:height]
        return self._wrapped[1]

    def notify_style_update(self) -> None:
        """Forget what was rendered in other colours."""
        super().notify_style_update()
        self.painter.forget()
        self._wrapped = None

    # -- selection ---------------------------------------------------------------------------------------------

    def _selected(self, strip: Strip, row: int, offset: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(row) if selection is not None else None
        if span is None:
            return strip
        return marked(strip, span, offset, self.get_component_rich_style("log--selection", partial=True))

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, as it is shown."""
        return selected_text(self.buffer.view, selection), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Stand still while text is selected."""
        if selection is not None:
            self.follow = False
        self._wrapped = None
        self.refresh()
