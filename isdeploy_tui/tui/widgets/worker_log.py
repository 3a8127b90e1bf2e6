"""The log of one worker: title, text, and what is followed."""

import textwrap
from collections.abc import Sequence

from textual import getters
from textual.app import ComposeResult
from textual.containers import Vertical

from isdeploy_tui.config import WorkerId
from isdeploy_tui.tui.bridge import LogFeed
from isdeploy_tui.tui.ports import FollowLog
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.log_box import LogBox
from isdeploy_tui.tui.widgets.log_line import MarkLine, NoticeLine
from isdeploy_tui.tui.widgets.log_pane import LogPane
from isdeploy_tui.tui.widgets.log_title import titled
from isdeploy_tui.tui.widgets.pane_title import PaneTitle

LINES = 200
"""Lines of a log that are read before it is followed."""


class WorkerLog(Vertical):
    """Follows one worker's log at a time, from its last ``lines`` lines; following ends with the widget.

    ``hint`` stands behind the name when there is room for it; without one, as one of several, only the name is told.
    """

    DEFAULT_CSS = "WorkerLog { height: 1fr; width: 1fr; }"

    title = getters.query_one(PaneTitle)

    def __init__(self, follow_log: FollowLog, look: Look, *, lines: int, keep: int, id: str | None = None) -> None:
        super().__init__(id=id)
        self.hint = ""
        self._look = look
        self._box = LogBox(pane_id="log", keep=keep)
        self._feed = LogFeed(follow_log, self._feed_log, self.say, lines=lines)

    def compose(self) -> ComposeResult:
        """Yield title and text."""
        yield PaneTitle()
        yield self._box

    def on_mount(self) -> None:
        """Say that nothing is followed yet."""
        self.watch(self.pane, "changes", self.show_title)

    async def on_unmount(self) -> None:
        """Let the log go."""
        await self._feed.aclose()

    @property
    def pane(self) -> LogPane:
        """The text."""
        return self._box.pane

    @property
    def worker(self) -> WorkerId | None:
        """Whose log is followed."""
        return self._feed.worker

    def follow_worker(self, worker: WorkerId) -> None:
        """Follow the log of this worker, unless it is followed already."""
        if worker != self.worker:
            self.pane.clear()
            self.pane.label = str(worker)
            self._feed.switch(worker)
            self.show_title()

    def say(self, text: str) -> None:
        """Put a sentence of ours into the text."""
        tell(self.pane, text, NoticeLine, self._look)

    def mark(self, text: str) -> None:
        """Put a place to jump to into the text."""
        tell(self.pane, text, MarkLine, self._look)

    def _feed_log(self, lines: Sequence[str]) -> None:
        self.pane.feed(lines)

    def show_title(self) -> None:
        """Tell what is shown and how it stands."""
        what = f"log {self.worker}" if self.worker is not None else "log: choose a worker"
        if not self.hint:
            what = what.removeprefix("log ")
        self.title.show(*titled(what, self.hint, self.pane, self._look, self.title.size.width))


def tell(pane: LogPane, text: str, kind: type[NoticeLine], look: Look) -> None:
    """Put a sentence of ours into a pane, whole: what it says matters more than that it is one line."""
    width = max(20, pane.size.width or 80)
    first, *others = textwrap.wrap(f"{look.glyphs.dash} {text}", width) or [""]
    # Only the first line of a mark is one to jump to.
    more = NoticeLine if issubclass(kind, MarkLine) else kind
    pane.feed([kind(first), *(more(line) for line in others)])
