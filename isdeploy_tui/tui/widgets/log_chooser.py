"""Live text in which a line can be chosen, to be seen whole, and lines selected, to be copied or saved."""

from rich.style import Style

from isdeploy_tui.tui.widgets.log_buffer import KEEP
from isdeploy_tui.tui.widgets.log_scroll import LogScroll
from isdeploy_tui.tui.widgets.log_selection import whole_text

CLIPBOARD = 74_000
"""Characters that every terminal takes into its clipboard at once (OSC 52); some drop what is longer."""


class LogChooser(LogScroll, inherit_bindings=False):
    """Moves the text, or the chosen line once there is one.

    ``cursor`` is the number of the line that is chosen, ``origin`` that of the line where a selection began.
    ``held`` is the line that was chosen last: when other
    lines are to be shown, it keeps its place. ``label`` says what it is the text of.
    """

    class LineWanted(LogScroll.Said):
        """The person wants to see a line whole."""

        def __init__(self, pane: "LogChooser", line: str, number: int) -> None:
            super().__init__(pane)
            self.line = line
            self.number = number

    class SaveWanted(LogScroll.Said):
        """The person wants to save these raw lines, which ``what`` describes, to a file."""

        def __init__(self, pane: "LogChooser", lines: list[str], what: str) -> None:
            super().__init__(pane)
            self.label = pane.label
            self.lines = lines
            self.what = what

    def __init__(self, *, keep: int = KEEP, id: str | None = None, label: str = "") -> None:
        super().__init__(keep=keep, id=id)
        self.label = label
        self.cursor: int | None = None
        self.origin: int | None = None
        self.held: int | None = None

    def clear(self) -> None:
        """Forget all lines and follow again."""
        self.cursor = self.origin = self.held = None
        super().clear()

    def watch_follow(self, follow: bool) -> None:
        """At the end no line is chosen."""
        if follow:
            self.cursor = self.origin = self.held = None
        super().watch_follow(follow)

    # -- moving ------------------------------------------------------------------------------------------------

    def action_toggle_follow(self) -> None:
        """Follow the end, or stand still."""
        self.follow = not self.follow

    def action_toggle_wrap(self) -> None:
        """Wrap long lines, or cut them off."""
        self.wrap = not self.wrap

    def action_bottom(self) -> None:
        """Go to the end and follow."""
        self.follow = True

    def action_top(self) -> None:
        """Go to the first line that is kept."""
        self.follow = False
        self.action_move(-len(self.view))

    def action_move(self, rows: int) -> None:
        """Go so many lines on or back: the chosen line, or the text when none is chosen."""
        if self.cursor is None:
            self.scroll_rows(rows)
        else:
            self._move_cursor(rows)

    def action_line_down(self) -> None:
        """One line on."""
        self.action_move(1)

    def action_line_up(self) -> None:
        """One line back."""
        self.action_move(-1)

    def action_screen_down(self) -> None:
        """One page on."""
        self.action_move(max(1, self.text_size.height - 1))

    def action_screen_up(self) -> None:
        """One page back."""
        self.action_move(-max(1, self.text_size.height - 1))

    def action_half_down(self) -> None:
        """Half a page on."""
        self.action_move(max(1, self.text_size.height // 2))

    def action_half_up(self) -> None:
        """Half a page back."""
        self.action_move(-max(1, self.text_size.height // 2))

    def action_right(self) -> None:
        """Half a screen to the right."""
        if not self.wrap:
            self.column += self.text_size.width // 2

    def action_left(self) -> None:
        """Half a screen to the left."""
        self.column = max(0, self.column - self.text_size.width // 2)

    # -- a line chosen -----------------------------------------------------------------------------------------

    def choose(self, number: int, *, in_the_middle: bool = False) -> None:
        """Choose a line and stand still."""
        self.follow = False
        self.cursor = self.held = number
        self.reveal(self.view.row_of(number), in_the_middle=in_the_middle)
        self.redraw()
        self.changes += 1

    def _choose_one(self) -> bool:
        """Choose the last line on screen when none is; False when there is none."""
        if self.cursor is None and len(self.view):
            self.follow = False
            self.choose(self.view.number(self.rows_on_screen().stop - 1))
        return self.cursor is not None

    def _move_cursor(self, rows: int) -> None:
        if self.cursor is not None and len(self.view):
            row = min(max(0, self.view.row_of(self.cursor) + rows), len(self.view) - 1)
            self.choose(self.view.number(row))

    def row_style(self, row: int) -> Style | None:
        """Draw the chosen line and the selected ones."""
        if self.cursor is None:
            return None
        number = self.view.number(row)
        if self.origin is not None and number in self._selected_numbers():
            return self.get_component_rich_style("log--selection", partial=True)
        return self.get_component_rich_style("log--cursor", partial=True) if number == self.cursor else None

    def _selected_numbers(self) -> range:
        if self.cursor is None:
            return range(0)
        anchor = self.cursor if self.origin is None else self.origin
        return range(min(anchor, self.cursor), max(anchor, self.cursor) + 1)

    @property
    def selected(self) -> int:
        """How many lines are selected; 1 when a line is just chosen."""
        numbers = self._selected_numbers()
        return self.view.row_of(numbers[-1]) - self.view.row_of(numbers[0]) + 1 if numbers and len(self.view) else 0

    def _selected_lines(self) -> list[str]:
        numbers = self._selected_numbers()
        if not numbers or not len(self.view):
            return []
        first, last = (self.view.row_of(number) for number in (numbers[0], numbers[-1]))
        return list(self.view[first : last + 1])

    def action_open(self) -> None:
        """Choose a line; the chosen one is shown whole."""
        if self.cursor is None:
            self._choose_one()
        elif len(self.view):
            self.post_message(self.LineWanted(self, self.view[self.view.row_of(self.cursor)], self.cursor))

    def action_select(self) -> None:
        """Begin to select lines at the chosen one, or end it."""
        if self._choose_one():
            self.origin = self.cursor if self.origin is None else None
            self.redraw()
            self.changes += 1

    def action_select_down(self) -> None:
        """Select one line more below."""
        self._select_move(1)

    def action_select_up(self) -> None:
        """Select one line more above."""
        self._select_move(-1)

    def _select_move(self, rows: int) -> None:
        if self._choose_one():
            self.origin = self.cursor if self.origin is None else self.origin
            self._move_cursor(rows)

    # -- what to do with it ------------------------------------------------------------------------------------

    def action_copy(self) -> None:
        """Copy what is selected, else the chosen line."""
        if self.text_selection is not None:
            text = self.screen.get_selected_text() or ""
        elif self.cursor is not None:
            text = whole_text(self._selected_lines())
        else:
            self._tell("Choose lines first: v, then up and down; y copies them")
            return
        self.app.copy_to_clipboard(text)
        lines = text.count("\n") + 1
        copied = f"{lines:,} {'line' if lines == 1 else 'lines'} sent to the terminal's clipboard"
        large = f"; not every terminal takes {len(text):,} characters: S saves them to a file"
        self._tell(copied + (large if len(text) > CLIPBOARD else ""))
        self.origin = None
        self.redraw()

    def action_save(self) -> None:
        """Save the selected lines, or all that are shown."""
        if self.origin is not None:
            self.post_message(self.SaveWanted(self, self._selected_lines(), "selected"))
        else:
            self.post_message(self.SaveWanted(self, list(self.view), self.what_is_shown()))

    def what_is_shown(self) -> str:
        """Say in a word or two which lines of the text are shown."""
        return "all that are kept"

    def step_back(self) -> bool:
        """Undo the last choice; False when there was none."""
        if self.text_selection is not None:
            self.screen.clear_selection()
        elif self.origin is not None:
            self.origin = None
        elif self.cursor is not None:
            self.held, self.cursor = self.cursor, None
        else:
            return False
        self.redraw()
        self.changes += 1
        return True

    def _tell(self, text: str) -> None:
        self.app.notify(text, markup=False, timeout=3)
