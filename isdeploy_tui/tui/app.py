"""The application: screens and the few keys that work everywhere; all else is on the screens."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from textual import on, work
from textual.app import SystemCommand
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from isdeploy_tui.config import Config, ConfigError, WorkerId
from isdeploy_tui.config.saving import read_file
from isdeploy_tui.engine.session import Session
from isdeploy_tui.printable import printable
from isdeploy_tui.tui import reading
from isdeploy_tui.tui.actions import Scope, bindings_for
from isdeploy_tui.tui.actions.keymap import as_textual, remapped
from isdeploy_tui.tui.editing import summary
from isdeploy_tui.tui.looking import LookingApp
from isdeploy_tui.tui.ports import FleetSource, FollowLog, History, LogSizes, Ports, ReadJournals, Reopen, Runner
from isdeploy_tui.tui.screens.help import help_page
from isdeploy_tui.tui.screens.line import LineReader
from isdeploy_tui.tui.screens.main import MainScreen
from isdeploy_tui.tui.screens.question import Question
from isdeploy_tui.tui.screens.reader import Reader
from isdeploy_tui.tui.screens.save import SaveDialog
from isdeploy_tui.tui.widgets.detail import as_content
from isdeploy_tui.tui.widgets.log_pane import LogPane


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


class IsdeployApp(LookingApp[None]):
    """The screen over a session.

    ``operations`` None is read-only: nothing that changes a server can be reached. ``theme`` is a name of
    ``theme.THEMES`` or of the library; None chooses by terminal. ``banner`` stands in the top line; ``status_line``
    is asked once a second for what stands at its right. ``log_lines`` and ``log_keep`` go before the configuration's.
    ``reopen`` lets servers.toml be edited here and gone by at once.
    """

    BINDINGS = bindings_for("app")

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
        reopen: Reopen | None = None,
    ) -> None:
        super().__init__(theme=theme, ascii=ascii)
        self._log_sizes = log_lines, log_keep
        self._readers = follow_log, follow_script, read_journals
        self.ports = Ports(
            session,
            monitor,
            operations,
            *self._readers_of(session),
            history or SessionHistory(),
            banner,
            status_line,
            self._sizes_for(session.config),
            reopen,
        )
        self.actions = remapped(session.config.keys)
        self.set_keymap(as_textual(session.config.keys))
        self.main = MainScreen(self.ports, self.look)
        self.painted = asyncio.Event()

    def get_default_screen(self) -> Screen[None]:
        """Start with the main screen."""
        return self.main

    def on_ready(self) -> None:
        """Say that the first screen stands: what takes its time may begin."""
        self.painted.set()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Offer every action of the table by name; in read-only mode those that change nothing."""
        places: dict[Scope, DOMNode] = {"app": self, "main": self.main, "log": self.main.log_area.pane}
        for action in self.actions:
            target = places.get(action.scope)
            if action.palette and target is not None and not (action.changes and self.main.read_only):
                run = getattr(target, f"action_{action.name}")
                keys = f"  ({action.key_text})" if action.key_text else ""
                yield SystemCommand(f"{action.label}{keys}", action.help, run)
        yield SystemCommand("theme", "Choose other colours", self.action_change_theme)

    @on(LogPane.LineWanted)
    def _show_line(self, event: LogPane.LineWanted) -> None:
        self.push_screen(LineReader(event.line, event.number))

    @on(LogPane.SaveWanted)
    def _save(self, event: LogPane.SaveWanted) -> None:
        self.push_screen(SaveDialog(event.lines, event.label, event.what))

    def action_help(self) -> None:
        """Show all keys."""
        self.push_screen(Reader("Keys", help_page(self.look, self.actions, read_only=self.main.read_only)))

    def action_settings(self) -> None:
        """Look at servers.toml and edit it."""
        if self.screen is not self.main:
            return
        config = self.ports.session.config
        if self.ports.reopen is None:
            self.notify("There is no servers.toml to edit here.", markup=False)
            return
        # An editor takes longer to load than all other screens together, and few starts need one.
        from isdeploy_tui.tui.screens.settings import SettingsScreen

        fixed = "read-only: nothing is saved" if self.main.read_only else ""
        try:
            screen = SettingsScreen(read_file(Path(config.source)), self.look, fixed=fixed)
        except ConfigError as error:
            self.notify(printable(str(error)), severity="error", markup=False)
            return
        self.push_screen(screen, self._saved)

    def _saved(self, config: Config | None) -> None:
        if config is not None:
            self._go_by(config)

    @work(group="go-by", exclusive=True)
    async def _go_by(self, config: Config) -> None:
        """Go by another configuration, as soon as nothing runs or is asked that goes by the old one."""
        if self.ports.reopen is None:
            return
        if self.main.operations.running:
            self.notify("Saved. It holds once what runs has ended.", markup=False)
        while self.main.operations.running or self.screen is not self.main:
            await asyncio.sleep(0.2)
        old = self.ports
        session, monitor, runner, history = self.ports.reopen(config)
        follow_log, follow_script, read_journals = self._readers_of(session)
        self.ports = replace(
            old,
            session=session,
            monitor=monitor,
            runner=runner,
            history=history,
            follow_log=follow_log,
            follow_script=follow_script,
            read_journals=read_journals,
            log=self._sizes_for(config),
        )
        self.actions = remapped(config.keys)
        self.set_keymap(as_textual(config.keys))
        monitor.start()
        await self.main.go_by(self.ports)
        self.notify(f"{printable(Path(config.source).name)} holds: {summary(config)}", markup=False)
        if old.runner is not None:
            await old.runner.aclose()
        await old.monitor.aclose()

    def _readers_of(self, session: Session) -> tuple[FollowLog, FollowLog, ReadJournals]:
        follow_log, follow_script, read_journals = self._readers
        return (
            follow_log or reading.follow_log(session),
            follow_script or reading.follow_script(session),
            read_journals or reading.read_journals(session),
        )

    def _sizes_for(self, config: Config) -> LogSizes:
        lines, keep = self._log_sizes
        return LogSizes(lines or config.log_lines, keep or config.log_keep)

    async def action_quit(self) -> None:
        """Leave, asking first while operations run."""
        self.action_leave()

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Leave, asking first while operations run."""
        from isdeploy_tui.tui.screens.settings import SettingsScreen

        if isinstance(self.screen, SettingsScreen) and not await self.screen.may_leave():
            return
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
