"""Where to save lines of a log."""

import asyncio
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from isdeploy_tui.printable import printable
from isdeploy_tui.tui.saving import SaveError, as_path, save
from isdeploy_tui.tui.screens.question import Question


class SaveDialog(ModalScreen[None], inherit_bindings=False):
    """Asks for a name and writes the file; says where it is and how much is in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "close", "Close", show=False),
        Binding("tab,down", "app.focus_next", "Next", show=False),
        Binding("shift+tab,up", "app.focus_previous", "Previous", show=False),
    ]
    AUTO_FOCUS = "#words"

    def __init__(self, lines: Sequence[str], label: str, what: str) -> None:
        super().__init__()
        self._lines = lines
        self._label = label
        self._what = what

    def compose(self) -> ComposeResult:
        """Yield what is saved, the name, the buttons."""
        with Vertical(id="dialog"):
            yield Static(Content(f"Save {_lines(len(self._lines))} to a file on this machine"), id="heading")
            yield Static(Content(printable(f"{self._label}: {self._what}")))
            yield Static(Content("File"), id="demand")
            yield Input(_file_name(self._label), compact=True, id="words", select_on_focus=False)
            yield Static(Content(f"in {printable(str(Path.cwd()))}, or with its whole path"), id="hint")
            yield Static(id="trouble")
            with Horizontal(id="buttons"):
                yield Button(Content("Save (enter)"), id="yes", variant="primary", compact=True)
                yield Button(Content("Cancel (esc)"), id="no", compact=True)

    @on(Button.Pressed, "#no")
    def action_close(self) -> None:
        """Save nothing."""
        self.dismiss(None)

    @on(Input.Changed)
    def _typed(self) -> None:
        self._say("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    @work(exclusive=True, group="save")
    async def _save(self) -> None:
        typed = self.query_one(Input).value.strip()
        if not typed:
            self._say("A file name is needed")
            return
        try:
            path = as_path(typed)
            try:
                await asyncio.to_thread(save, self._lines, path)
            except FileExistsError:
                if not await self.app.push_screen_wait(_overwrite(path)):
                    return
                await asyncio.to_thread(save, self._lines, path, overwrite=True)
        except SaveError as error:
            self._say(printable(str(error)))
            return
        self.dismiss(None)
        self.app.notify(f"{_lines(len(self._lines))} saved to {printable(str(path))}", markup=False)

    def _say(self, text: str) -> None:
        self.query_one("#trouble", Static).update(Content(text))


def _overwrite(path: Path) -> Question:
    try:
        found = path.lstat()
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(found.st_mtime))
        about = f"It has {found.st_size:,} bytes and is from {when}."
    except OSError:
        about = ""
    return Question("Overwrite it?", Content(f"{printable(str(path))} exists. {about}"), yes="Overwrite", no="Keep it")


def _file_name(label: str) -> str:
    name = re.sub(r"[^\w.-]+", "-", label).strip("-.") or "log"
    return f"{name}-{time.strftime('%Y%m%d-%H%M%S')}.log"


def _lines(count: int) -> str:
    return f"{count:,} {'line' if count == 1 else 'lines'}"
