"""The log of the selected worker and the output of the latest deploy: two panes, one of them shown."""

import textwrap
from collections.abc import Sequence
from typing import Literal

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content

from isdeploy_tui.config import WorkerId
from isdeploy_tui.tui.bridge import LogFeed
from isdeploy_tui.tui.ports import FollowLog
from isdeploy_tui.tui.story import Story
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.log_line import NoticeLine, TroubleLine
from isdeploy_tui.tui.widgets.log_pane import LogPane
from isdeploy_tui.tui.widgets.pane_title import PaneTitle

Tab = Literal["log", "output"]


class LogArea(Vertical):
    """``tab`` is the pane that is shown. Following a log ends with the widget."""

    title = getters.query_one(PaneTitle)
    log_pane = getters.query_one("#log", LogPane)
    output_pane = getters.query_one("#output", LogPane)

    def __init__(self, follow_log: FollowLog, follow_script: FollowLog, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tab: Tab = "log"
        self.story: Story | None = None
        self._look = look
        self._feed = LogFeed(follow_log, self._feed_log, self._notice)
        self._script = LogFeed(follow_script, self.feed_output, self._script_notice, end="")

    def compose(self) -> ComposeResult:
        """Yield title and panes."""
        yield PaneTitle(id="log-title")
        yield LogPane(id="log")
        yield LogPane(id="output")

    def on_mount(self) -> None:
        """Show the log."""
        self.show("log")
        self.output_pane.feed([NoticeLine("No deploy script has run since the program was started.")])

    async def on_unmount(self) -> None:
        """Let the log go."""
        await self._feed.aclose()
        await self._script.aclose()

    @property
    def pane(self) -> LogPane:
        """The pane that is shown."""
        return self.log_pane if self.tab == "log" else self.output_pane

    @property
    def worker(self) -> WorkerId | None:
        """Whose log is followed."""
        return self._feed.worker

    def show(self, tab: Tab) -> None:
        """Show one of the panes."""
        self.tab = tab
        self.log_pane.display = tab == "log"
        self.output_pane.display = tab == "output"
        self.show_title()

    def follow_worker(self, worker: WorkerId) -> None:
        """Follow the log of this worker, unless it is followed already."""
        if worker != self._feed.worker:
            self.log_pane.clear()
            self._feed.switch(worker)
            self.show_title()

    def begin_output(self, story: Story) -> None:
        """Make room for the output of an operation that has just been started."""
        self._script.stop()
        self.story = story
        self.output_pane.clear()
        self.show("output")

    def follow_script(self, worker: WorkerId) -> None:
        """Show the output of the current or last script of this worker's Tomcat, whoever started it."""
        self.story = None
        self.output_pane.clear()
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
            self._tell(self.output_pane, f"{story.outcome()}{trouble}", NoticeLine if story.went_well else TroubleLine)

    def _feed_log(self, lines: Sequence[str]) -> None:
        self.log_pane.feed(lines)

    def _notice(self, text: str) -> None:
        self._tell(self.log_pane, text, NoticeLine)

    def _script_notice(self, text: str) -> None:
        self._tell(self.output_pane, text, NoticeLine)

    def _tell(self, pane: LogPane, text: str, kind: type[NoticeLine]) -> None:
        """Put a sentence of ours into a pane, whole: what it says matters more than that it is one line."""
        width = max(20, pane.size.width or 80)
        pane.feed([kind(line) for line in textwrap.wrap(f"{self._look.glyphs.dash} {text}", width)])

    @on(LogPane.Changed)
    def show_title(self) -> None:
        """Tell what is shown and whether it stands still."""
        other = "o output" if self.tab == "log" else "l log"
        if self.tab == "log":
            what = f"log {self.worker}" if self.worker is not None else "log: choose a worker"
        elif self.story is not None:
            what = f"output {self.story.title}"
        else:
            what = f"output {self._script.worker}" if self._script.worker is not None else "output"
        left = Content.assemble((what, "bold"), (f"   {other}", "not bold"))
        self.title.show(left, self._standing())

    def _standing(self) -> Content:
        pane, look = self.pane, self._look
        words: list[str] = []
        if pane.column:
            words.append(f"column {pane.column + 1}")
        if pane.wrap:
            words.append("wrap")
        if pane.buffer.dropped:
            words.append(f"last {len(pane.buffer.view):,} of {pane.buffer.received:,} lines")
        before = f" {look.glyphs.dot} ".join(words) + ("  " if words else "")
        if pane.follow:
            return Content.assemble(before, "following")
        pending = f" +{pane.buffer.pending:,} " if pane.buffer.pending else ""
        return Content.assemble(before, "standing still ", (pending, "reverse"))
