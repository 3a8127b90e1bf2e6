"""A log with the line in which a search or a filter of it is typed."""

from dataclasses import replace

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical

from isdeploy_tui.tui.widgets.log_buffer import KEEP
from isdeploy_tui.tui.widgets.log_pane import LogPane, Query
from isdeploy_tui.tui.widgets.log_pattern import PatternError, pattern
from isdeploy_tui.tui.widgets.log_prompt import Kind, LogPrompt
from isdeploy_tui.tui.widgets.log_scroll import LogScroll


class LogBox(Vertical):
    """``pane_id`` and ``keep`` are the pane's."""

    DEFAULT_CSS = "LogBox { height: 1fr; }"

    pane = getters.query_one(LogPane)
    prompt = getters.query_one(LogPrompt)

    def __init__(self, *, pane_id: str | None = None, keep: int = KEEP, label: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self._pane = LogPane(id=pane_id, keep=keep, label=label)
        self._before = Query()

    def compose(self) -> ComposeResult:
        """Yield the text and the line below it."""
        yield self._pane
        yield LogPrompt()

    def on_mount(self) -> None:
        """Tell what is found as it is found."""
        self.watch(self._pane, "changes", self._changed, init=False)

    @on(LogPane.Asked)
    def _ask(self, event: LogPane.Asked) -> None:
        event.stop()
        self._before = self._pane.wanted
        current = self._before.search if event.what == "search" else self._before.filter
        self.prompt.open(event.what, current.text if current is not None else "")

    @on(LogPrompt.Typed)
    def _typed(self, event: LogPrompt.Typed) -> None:
        event.stop()
        # A pattern that is not whole yet leaves standing what was there before it.
        if self._apply(event.kind, event.text):
            self.prompt.say("")
            self._say_found()

    @on(LogPrompt.Kept)
    def _kept(self, event: LogPrompt.Kept) -> None:
        event.stop()
        if self._apply(event.kind, event.text):
            self._close()
            if event.kind == "search":
                self._pane.go_to_nearest_hit()

    @on(LogPrompt.Dropped)
    def _dropped(self, event: LogPrompt.Dropped) -> None:
        event.stop()
        self._pane.look_for(self._before)
        self._close()

    def _changed(self) -> None:
        if self.prompt.display:
            self._say_found()

    @on(LogScroll.TooSlow)
    def _too_slow(self) -> None:
        words = "That expression takes too long on some of these lines; it was taken away."
        if self.prompt.display:
            self.prompt.say(words, bad=True)
        else:
            self.app.notify(words, severity="warning", markup=False)

    def _apply(self, kind: Kind, text: str) -> bool:
        """Look for what was typed; False, and it is said, when it is no regular expression."""
        try:
            found = pattern(text, may_invert=kind == "filter")
        except PatternError as error:
            self.prompt.say(f"invalid: {error}", bad=True)
            return False
        query = self._pane.wanted
        self._pane.look_for(replace(query, search=found) if kind == "search" else replace(query, filter=found))
        return True

    def _say_found(self) -> None:
        view = self._pane.view
        wanted = view.search if self.prompt.kind == "search" else view.filter
        if self.prompt.is_bad:
            return
        if wanted is None:
            self.prompt.say(
                "a regular expression" if self.prompt.kind == "search" else "a regular expression; ! inverts"
            )
            return
        number = len(view.hits) if self.prompt.kind == "search" else len(view)
        self.prompt.say(f"{number:,} {'line' if number == 1 else 'lines'}")

    def _close(self) -> None:
        self.prompt.display = False
        self._pane.focus()
