"""The application: theme, screens and the two keys that work everywhere; all else is on the screens."""

import os
from collections.abc import Callable, Iterable

from textual import on, work
from textual.app import App, SystemCommand
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.session import Session
from isdeploy_tui.tui import reading
from isdeploy_tui.tui import theme as themes
from isdeploy_tui.tui.actions import ACTIONS, Scope, bindings_for
from isdeploy_tui.tui.ports import FleetSource, FollowLog, History, LogSizes, Ports, ReadJournals, Runner
from isdeploy_tui.tui.screens.help import help_page
from isdeploy_tui.tui.screens.line import LineReader
from isdeploy_tui.tui.screens.main import MainScreen
from isdeploy_tui.tui.screens.question import Question
from isdeploy_tui.tui.screens.reader import Reader
from isdeploy_tui.tui.screens.save import SaveDialog
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import as_content
from isdeploy_tui.tui.widgets.log_pane import LogPane

BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
"""Columns from which the log stands beside the tree instead of below it, as classes of the screens."""


class PlainScrollBarRender(ScrollBarRender):
    """A scroll bar of spaces: the block characters of the usual one are two cells wide on some terminals."""

    VERTICAL_BARS = [" "] * 8
    HORIZONTAL_BARS = [" "] * 8


class SessionHistory:
    """Deploy arguments typed in this run, for when nobody gives a lasting history."""

    def __init__(self) -> None:
        self._entries: dict[WorkerId, list[str]] = {}

    def history(self, target: WorkerId) -> list[str]:
        """Return what was typed for this target, newest first."""
        return list(self._entries.get(target, ()))

    def remember(self, target: WorkerId, text: str) -> None:
        """Put ``text`` first."""
        self._entries[target] = [text, *(entry for entry in self.history(target) if entry != text)]


class IsdeployApp(App[None]):
    """The screen over a session.

    ``operations`` None is read-only: nothing that changes a server can be reached. ``theme`` is a name of
    ``theme.THEMES`` or of the library; None chooses by terminal. ``banner`` stands in the top line; ``status_line``
    is asked once a second for what stands at its right. ``log_lines`` and ``log_keep`` go before the configuration's.
    """

    TITLE = "isdeploy-tui"
    CSS_PATH = "isdeploy.tcss"
    BINDINGS = bindings_for("app")
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def __init__(
        self,
        session: Session,
        monitor: FleetSource,
        operations: Runner | None,
        *,
        theme: str | None = None,
        ascii: bool = False,
        banner: str = "",
        status_line: Callable[[], str] | None = None,
        follow_log: FollowLog | None = None,
        follow_script: FollowLog | None = None,
        read_journals: ReadJournals | None = None,
        history: History | None = None,
        log_lines: int | None = None,
        log_keep: int | None = None,
    ) -> None:
        choice = themes.choose(theme, os.environ)
        super().__init__(ansi_color=choice.ansi_color)
        self.register_theme(themes.DARK)
        self.register_theme(themes.LIGHT)
        self.theme = choice.name if choice.name in self.available_themes else themes.DARK.name
        self.look = Look.of(ascii=ascii, ansi=self.native_ansi_color)
        self.set_class(ascii, "-ascii")
        ScrollBar.renderer = PlainScrollBarRender if ascii else ScrollBarRender
        self.ports = Ports(
            session,
            monitor,
            operations,
            follow_log or reading.follow_log(session),
            follow_script or reading.follow_script(session),
            read_journals or reading.read_journals(session),
            history or SessionHistory(),
            banner,
            status_line,
            LogSizes(log_lines or session.config.log_lines, log_keep or session.config.log_keep),
        )
        self.main = MainScreen(self.ports, self.look)

    def get_default_screen(self) -> Screen[None]:
        """Start with the main screen."""
        return self.main

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give our variables to themes that are not ours."""
        theme = self.current_theme
        return themes.variables(theme, theme.to_color_system().generate())

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every action of the table by name; in read-only mode those that change nothing."""
        places: dict[Scope, DOMNode] = {"app": self, "main": self.main, "log": self.main.log_area.pane}
        for action in ACTIONS:
            target = places.get(action.scope)
            if action.palette and target is not None and not (action.changes and self.main.read_only):
                run = getattr(target, f"action_{action.name}")
                yield SystemCommand(f"{action.label}  ({action.key_text})", action.help, run)
        yield SystemCommand("theme", "Choose other colours", self.action_change_theme)

    @on(LogPane.LineWanted)
    def _show_line(self, event: LogPane.LineWanted) -> None:
        self.push_screen(LineReader(event.line, event.number))

    @on(LogPane.SaveWanted)
    def _save(self, event: LogPane.SaveWanted) -> None:
        self.push_screen(SaveDialog(event.lines, event.label, event.what))

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Reader("Keys", help_page(self.look, read_only=self.main.read_only)))

    async def action_quit(self) -> None:
        """Leave, asking first while operations run."""
        self.action_leave()

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Leave, asking first while operations run."""
        running = self.main.operations.running
        if running and not await self.push_screen_wait(self._leave_question()):
            return
        self.exit()

    def _leave_question(self) -> Question:
        look, now = self.look, self.ports.session.clock()
        lines = [
            ((f"{look.glyphs.running} {story.title}", look.strong), (f"  {story.now(now)}", ""))
            for story in self.main.operations.running
        ]
        text = Content.assemble(
            as_content(iter(lines)),
            "\n\nLeaving waits for the step that runs, then stops there; what was done stays done.\n"
            "A deploy script that runs on a server goes on there, and keeps its output and its exit code.",
        )
        return Question("Operations are running", text, yes="Finish the step and leave", no="Stay")
