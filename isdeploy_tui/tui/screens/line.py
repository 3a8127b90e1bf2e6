"""One line of a log, whole."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content

from isdeploy_tui.tui.screens.reader import Reader
from isdeploy_tui.tui.widgets.dialog_body import DialogBody
from isdeploy_tui.tui.widgets.log_line import states


class LineReader(Reader):
    """Shows a raw line, wrapped; what it overwrote with carriage returns stands above it. ``y`` copies it."""

    BODY = DialogBody
    BINDINGS: ClassVar[list[BindingType]] = [Binding("y,c", "copy", "Copy", show=False)]

    def __init__(self, line: str, number: int) -> None:
        self._lines = states(line)
        length = sum(map(len, self._lines))
        title = f"line {number + 1:,}, {length:,} {'character' if length == 1 else 'characters'}"
        super().__init__(title, Content("\n".join(self._lines)), hint="esc closes, up/down scroll, y copies")

    def on_resize(self) -> None:
        """Be as high as the text, where there is room."""
        self.query_one(DialogBody).fit_later()

    def action_copy(self) -> None:
        """Copy the line as a terminal would show it."""
        self.app.copy_to_clipboard(self._lines[-1])
        self.app.notify("The line was sent to the terminal's clipboard", markup=False, timeout=3)
