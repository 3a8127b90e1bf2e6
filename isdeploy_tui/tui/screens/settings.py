"""servers.toml, edited in place: judged as one types, saved only when nothing is wrong in it."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual import getters, on, work
from textual.app import App, ComposeResult
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static, TextArea

from isdeploy_tui.config import Config, ConfigError
from isdeploy_tui.config.saving import FileAsRead, why_not_writable, write_file
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.actions import bindings_for
from isdeploy_tui.tui.editing import Judgement, judge_text, summary
from isdeploy_tui.tui.moments import after
from isdeploy_tui.tui.screens.question import Question
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line, as_content
from isdeploy_tui.tui.widgets.key_bar import KeyBar
from isdeploy_tui.tui.widgets.pane_title import PaneTitle
from isdeploy_tui.tui.widgets.toml_editor import TomlEditor

DELAY = 0.3
"""Seconds without a key after which the text is judged."""

SHOWN = 4
"""Problems that are told at once; the next ones come when these are mended."""


NOTES = 6
"""Notes that fit on a small terminal."""


class SettingsScreen(Screen[Config | None]):
    """Dismissed with the configuration that was saved, or with None.

    ``text`` is what to begin with where it is not what the file has (a draft). ``fixed`` says why nothing may be
    changed here; the text is there to read then. ``notes`` are told once, at the beginning.
    """

    BINDINGS = bindings_for("settings")
    AUTO_FOCUS = "TomlEditor"

    editor = getters.query_one(TomlEditor)

    def __init__(
        self,
        file: FileAsRead,
        look: Look,
        *,
        text: str | None = None,
        fixed: str = "",
        notes: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._file = file
        self._look = look
        self._text = file.text if text is None else text
        self._fixed = fixed
        self._notes = notes
        self._warning = "" if fixed else why_not_writable(file.path)
        self._timer: asyncio.TimerHandle | None = None
        self._judgement: Judgement | None = None

    def compose(self) -> ComposeResult:
        """Yield the title, the text, what is wrong in it, the keys."""
        yield PaneTitle(id="settings-title")
        yield TomlEditor(self._text, read_only=bool(self._fixed), id="toml")
        yield Static(id="troubles")
        yield KeyBar(self._look)

    def on_mount(self) -> None:
        """Judge what is there."""
        if not self._fixed and self.editor.text != self._text:
            # Unusual line ends would become ordinary ones.
            self._fixed = "it has line ends that this editor would change; edit it with another one"
            self.editor.read_only = True
            self.refresh_bindings()
        self._judge()
        self._show_title()
        if self._notes:
            self.app.notify("\n".join(map(printable, self._notes[:NOTES])), markup=False, timeout=20)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide saving where nothing may be changed."""
        return not (action == "save" and self._fixed)

    @property
    def is_changed(self) -> bool:
        """True when something would be lost by leaving."""
        return not self._fixed and self.editor.text != self._file.text

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self._show_title()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = after(self, DELAY, self._judge)

    @work(exclusive=True, group="judge")
    async def _judge(self) -> None:
        await self._judged(self.editor.text)

    async def _judged(self, text: str) -> Judgement:
        # Not on the loop: the lines of a large file take a tenth of a second to find.
        judgement = await asyncio.to_thread(judge_text, text, str(self._file.path))
        self._judgement = judgement
        self.editor.mark(frozenset(one.line - 1 for one in judgement.troubles if one.line))
        self._say(judgement)
        return judgement

    @work(exclusive=True, group="save")
    async def action_save(self) -> None:
        """Write the file, if nothing is wrong in it, and go by it."""
        if self._timer is not None:
            self._timer.cancel()
        text = self.editor.text
        judgement = await self._judged(text)
        if judgement.config is None:
            self._say(judgement, "Not saved: something is wrong in it")
            if self.editor.cursor_location[0] not in self._wrong_lines:
                self.action_next_problem()
            self.app.bell()
            return
        try:
            self._file = await asyncio.to_thread(write_file, self._file, text)
        except ConfigError as error:
            self._say(judgement, "Not saved: " + "; ".join(map(printable, error.problems)))
            return
        self.dismiss(judgement.config)

    @property
    def _wrong_lines(self) -> list[int]:
        """The lines with a problem, from 0, in order."""
        troubles = self._judgement.troubles if self._judgement is not None else ()
        return sorted({one.line - 1 for one in troubles if one.line})

    def action_next_problem(self) -> None:
        """Go to the line of the next problem, after the last one to the first."""
        lines = self._wrong_lines
        here, _ = self.editor.cursor_location
        if lines:
            self.editor.move_cursor((next((line for line in lines if line > here), lines[0]), 0), center=True)

    @work(exclusive=True, group="leave")
    async def action_leave(self) -> None:
        """Back; asks when something is not saved."""
        if await self.may_leave():
            self.dismiss(None)

    async def may_leave(self) -> bool:
        """Return whether nothing is lost by leaving, or the person agrees to lose it."""
        if not self.is_changed:
            return True
        text = Content(f"What was typed is not in {printable(str(self._file.path))}.")
        question = Question("Leave without saving?", text, yes="Leave", no="Go on editing")
        return await self._app.push_screen_wait(question)

    @property
    def _app(self) -> App[Any]:
        return self.app

    def _show_title(self) -> None:
        path = printable(str(_short(self._file.path)))
        state = "only to look at" if self._fixed else "not saved" if self.is_changed else ""
        self.query_one(PaneTitle).show(Content(f"settings  {path}"), state)

    def _say(self, judgement: Judgement, trouble: str = "") -> None:
        look, glyphs = self._look, self._look.glyphs
        lines: list[Line] = []
        if trouble:
            lines.append(((f"{glyphs.bad} {trouble}", look.bad),))
        if self._fixed or self._warning:
            lines.append(((f"{glyphs.warn} {(self._fixed or self._warning).capitalize()}.", look.warn),))
        for one in judgement.troubles[:SHOWN]:
            place = f"line {one.line}  " if one.line else ""
            lines.append(((f"{glyphs.bad} ", look.bad), (place, look.strong), (one.sentence, "")))
        if (more := len(judgement.troubles) - SHOWN) > 0:
            lines.append(((f"and {more} more", look.muted),))
        if judgement.config is not None and not trouble:
            lines.append(((f"{glyphs.done} nothing is wrong: ", look.good), (summary(judgement.config), "")))
        self.query_one("#troubles", Static).update(as_content(iter(lines)))


def _short(path: Path) -> Path:
    """Return a path as a person would write it."""
    absolute = path.absolute()
    home = Path.home()
    return Path("~") / absolute.relative_to(home) if absolute.is_relative_to(home) else absolute
