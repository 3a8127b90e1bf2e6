"""The log of the selected worker, or those of several side by side; and the output of the latest deploy."""

from collections.abc import Sequence
from math import ceil
from typing import Literal

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.events import Resize

from isdeploy_tui.config import Config, WorkerId
from isdeploy_tui.tui.ages import clock
from isdeploy_tui.tui.bridge import LogFeed
from isdeploy_tui.tui.ports import FollowLog
from isdeploy_tui.tui.story import Story
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.log_box import LogBox
from isdeploy_tui.tui.widgets.log_buffer import KEEP
from isdeploy_tui.tui.widgets.log_line import NoticeLine, TroubleLine
from isdeploy_tui.tui.widgets.log_pane import LogPane
from isdeploy_tui.tui.widgets.log_title import titled
from isdeploy_tui.tui.widgets.pane_title import PaneTitle
from isdeploy_tui.tui.widgets.worker_log import LINES, WorkerLog, tell

Tab = Literal["log", "output"]

MOST = 8
"""Logs side by side, at the most."""

_COLUMN = 40
"""Cells that a log side by side with others has at least, unless the terminal itself is narrower."""


class LogArea(Container):
    """``tab`` is what is shown: logs or output. Following a log ends with its widget."""

    DEFAULT_CSS = """
    LogArea {
        & > #shown-logs { layout: grid; grid-size: 1; grid-gutter: 0 1; height: 1fr; }
        & > #shown-output { height: 1fr; }
        & WorkerLog:focus-within PaneTitle, & #shown-output:focus-within PaneTitle {
            background: $title-focus; color: $title-focus-text; text-style: bold;
            &:ansi { text-style: bold reverse; color: ansi_default; background: ansi_default; }
        }
    }
    """

    _logs_box = getters.query_one("#shown-logs", Container)
    _output_title = getters.query_one("#output-title", PaneTitle)

    def __init__(
        self,
        follow_log: FollowLog,
        follow_script: FollowLog,
        look: Look,
        *,
        lines: int = LINES,
        keep: int = KEEP,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.tab: Tab = "log"
        self.story: Story | None = None
        self._follow_log = follow_log
        self._look = look
        self._lines = lines
        self._keep = keep
        self._output = LogBox(pane_id="output", label="output")
        self.logs: list[WorkerLog] = [self._new_log()]
        self._marked: set[tuple[Story, str]] = set()
        self._script = LogFeed(follow_script, self.feed_output, self._script_notice, end="")

    def compose(self) -> ComposeResult:
        """Yield logs and output."""
        with Container(id="shown-logs"):
            yield from self.logs
        with Vertical(id="shown-output"):
            yield PaneTitle(id="output-title")
            yield self._output

    def on_mount(self) -> None:
        """Show the log."""
        self.show("log")
        self.watch(self.output_pane, "changes", self.show_output_title, init=False)
        self.output_pane.feed([NoticeLine("No deploy script has run since the program was started.")])

    async def on_unmount(self) -> None:
        """Let the script's output go."""
        await self._script.aclose()

    def _new_log(self) -> WorkerLog:
        return WorkerLog(self._follow_log, self._look, lines=self._lines, keep=self._keep)

    @property
    def log_pane(self) -> LogPane:
        """The text of the log that has the focus, else of the first."""
        return next((log for log in self.logs if log.has_focus_within), self.logs[0]).pane

    @property
    def output_pane(self) -> LogPane:
        """The text of the output."""
        return self._output.pane

    @property
    def pane(self) -> LogPane:
        """The text that is shown."""
        return self.log_pane if self.tab == "log" else self.output_pane

    # -- which logs --------------------------------------------------------------------------------------------

    def show(self, tab: Tab) -> None:
        """Show the logs or the output."""
        self.tab = tab
        self._logs_box.display = tab == "log"
        self.query_one("#shown-output").display = tab == "output"
        self._show_hints()
        self.show_output_title()

    def point_at(self, worker: WorkerId) -> None:
        """Follow the log of this worker, unless several logs were asked for."""
        if len(self.logs) == 1:
            self.logs[0].follow_worker(worker)

    async def follow_workers(self, workers: Sequence[WorkerId]) -> None:
        """Follow the logs of these workers, at most MOST, side by side; those that are followed already go on."""
        wanted = list(dict.fromkeys(workers))[:MOST]
        if len(wanted) == 1 == len(self.logs):
            self.logs[0].follow_worker(wanted[0])
            return
        old = {log.worker: log for log in self.logs}
        self.logs = [old.get(worker) or self._new_log() for worker in wanted]
        for log in old.values():
            if log not in self.logs:
                await log.remove()
        await self._logs_box.mount(*(log for log in self.logs if not log.is_attached))
        places = {log: place for place, log in enumerate(self.logs)}
        self._logs_box.sort_children(key=lambda log: places[log] if isinstance(log, WorkerLog) else 0)
        for worker, log in zip(wanted, self.logs, strict=True):
            log.follow_worker(worker)
        self._arrange()
        self._show_hints()

    def focus_next(self) -> bool:
        """Give the focus to the next log, when there is one beside the one that has it."""
        places = [place for place, log in enumerate(self.logs) if log.has_focus_within]
        if self.tab != "log" or not places or places[0] + 1 >= len(self.logs):
            return False
        self.logs[places[0] + 1].pane.focus()
        return True

    def _arrange(self) -> None:
        columns = min(len(self.logs), max(1, (self.size.width + 1) // (_COLUMN + 1)))
        # Two rows of three are easier to read than one of five and one of one.
        self._logs_box.styles.grid_size_columns = ceil(len(self.logs) / ceil(len(self.logs) / columns))

    def on_resize(self, event: Resize) -> None:
        """Make use of the width."""
        self._arrange()

    def _show_hints(self) -> None:
        for log in self.logs:
            log.hint = "o output" if len(self.logs) == 1 else ""
            if log.is_mounted:
                log.show_title()

    @on(LogPane.Queried)
    def _look_for_the_same(self, event: LogPane.Queried) -> None:
        """What is looked for in one of several logs is looked for in all of them."""
        if isinstance(event.pane, LogPane) and any(log.pane is event.pane for log in self.logs):
            for log in self.logs:
                if log.pane is not event.pane:
                    log.pane.look_for(event.pane.wanted)

    # -- operations --------------------------------------------------------------------------------------------

    def begin_output(self, story: Story) -> None:
        """Make room for the output of an operation that has just been started."""
        self._script.stop()
        self.story = story
        self.output_pane.clear()
        self.output_pane.label = f"output {story.title}"
        self.show("output")

    def follow_script(self, worker: WorkerId) -> None:
        """Show the output of the current or last script of this worker's Tomcat, whoever started it."""
        self.story = None
        self.output_pane.clear()
        self.output_pane.label = f"output {worker}"
        self._script.switch(worker)
        self.show("output")

    @property
    def has_output(self) -> bool:
        """True when there is a script whose output is shown."""
        return self.story is not None or self._script.worker is not None

    def feed_output(self, lines: Sequence[str]) -> None:
        """Take in what the script has printed."""
        self.output_pane.feed(lines)

    def end_output(self, story: Story) -> None:
        """Say how the script ended, below what it printed."""
        if story is self.story:
            trouble = f": {story.troubles[-1].detail}" if story.troubles else ""
            kind = NoticeLine if story.went_well else TroubleLine
            tell(self.output_pane, f"{story.outcome()}{trouble}", kind, self._look)

    def mark_scripts(self, story: Story, config: Config) -> None:
        """Mark where a deploy script began in the log of its Tomcat, so that one can jump there."""
        for chapter in story.chapters:
            if chapter.step != "script" or (story, chapter.target) in self._marked:
                continue
            self._marked.add((story, chapter.target))
            for log in self.logs:
                if log.worker and chapter.target in {str(worker.id) for worker in config.same_tomcat(log.worker)}:
                    log.mark(f"the deploy script begins, {clock(chapter.started)}: {story.title}")

    def _script_notice(self, text: str) -> None:
        tell(self.output_pane, text, NoticeLine, self._look)

    def show_output_title(self) -> None:
        """Tell what the output is of and how it stands."""
        if self.story is not None:
            what = f"output {self.story.title}"
        else:
            what = f"output {self._script.worker}" if self._script.worker is not None else "output"
        width = self._output_title.size.width
        self._output_title.show(*titled(what, "l log", self.output_pane, self._look, width))
