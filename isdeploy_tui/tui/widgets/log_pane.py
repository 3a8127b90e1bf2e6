"""Live text to look for something in: filter, search, marks, a line chosen to be seen whole or copied."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from isdeploy_tui.tui.actions import bindings_for
from isdeploy_tui.tui.widgets.log_buffer import KEEP
from isdeploy_tui.tui.widgets.log_chooser import LogChooser
from isdeploy_tui.tui.widgets.log_line import MarkLine
from isdeploy_tui.tui.widgets.log_pattern import Pattern
from isdeploy_tui.tui.widgets.log_prompt import Kind
from isdeploy_tui.tui.widgets.log_scroll import LogScroll


@dataclass(frozen=True, slots=True)
class Query:
    """What a person looks for in a log."""

    filter: Pattern | None = None
    search: Pattern | None = None
    errors_only: bool = False


class LogPane(LogChooser, inherit_bindings=False):
    """A log with a filter, a search and marks. ``now`` gives the time of marks."""

    BINDINGS = bindings_for("log")
    BINDING_GROUP_TITLE = "Log"

    class Asked(LogScroll.Said):
        """The person wants to type a filter or a search."""

        def __init__(self, pane: "LogPane", what: Kind) -> None:
            super().__init__(pane)
            self.what = what

    class Queried(LogScroll.Said):
        """The person looks for something else now."""

    def __init__(self, *, keep: int = KEEP, id: str | None = None, label: str = "") -> None:
        super().__init__(keep=keep, id=id, label=label)
        self.now: Callable[[], datetime] = datetime.now
        self._wants_hit = 0

    # -- what is looked for ------------------------------------------------------------------------------------

    @property
    def wanted(self) -> Query:
        """What is looked for."""
        return Query(self.view.filter, self.view.search, self.view.errors_only)

    def look_for(self, query: Query) -> None:
        """Look for something else from now on."""
        before = self.wanted
        if query == before:
            return
        self._wants_hit = 0
        with self.other_lines(hold=self.held):
            if (query.filter, query.errors_only) != (before.filter, before.errors_only):
                self.view.let_through(query.filter, query.errors_only)
            if query.search != before.search:
                self.view.look_for(query.search)
        self.post_message(self.Queried(self))

    def action_search(self) -> None:
        """Type what to search for."""
        self.post_message(self.Asked(self, "search"))

    def action_filter_lines(self) -> None:
        """Type which lines to show."""
        self.post_message(self.Asked(self, "filter"))

    def action_errors_only(self) -> None:
        """Show errors with their stack traces only, or everything again."""
        query = self.wanted
        self.look_for(Query(query.filter, query.search, not query.errors_only))

    def action_next_hit(self) -> None:
        """Go to the next line that the search has found."""
        self._go_to_hit(1)

    def action_previous_hit(self) -> None:
        """Go to the one before."""
        self._go_to_hit(-1)

    def go_to_nearest_hit(self) -> None:
        """Go to what a new search finds: the newest while following, else the first from the top of the screen on."""
        if self.view.search is not None:
            self._go_to_hit(-1 if self.follow else 1, here=True)

    def _go_to_hit(self, step: int, *, here: bool = False) -> None:
        view = self.view
        if view.search is None:
            self.action_search()
            return
        if not len(view):
            return
        if self.cursor is not None:
            start = self.cursor - step * here
        elif self.follow or step < 0:
            rows = self.rows_on_screen()
            start = view.number(rows.stop - 1) + 1 if step < 0 else view.number(len(view) - 1)
        else:
            start = view.number(self.rows_on_screen().start) - 1
        hit = view.hit_after(start) if step > 0 else view.hit_before(start)
        if hit is None and here:
            hit = view.hit_before(start) if step > 0 else view.hit_after(start)
        self._wants_hit = 0
        if hit is not None:
            self.choose(hit, in_the_middle=True)
        elif not self._is_done:
            self._wants_hit = step * (2 if here else 1)
        elif not here:
            edge = "below" if step > 0 else "above"
            self._tell(f"No more of {view.search.text} {edge}")

    def flush(self) -> None:
        """Show what was fed, now; go to the hit that was wanted as soon as it is found."""
        super().flush()
        if (wanted := self._wants_hit) and self._is_done:
            self._go_to_hit(1 if wanted > 0 else -1, here=abs(wanted) == 2)

    def action_previous_mark(self) -> None:
        """Go to the last start, deploy or mark before what is on screen."""
        self._go_to_mark(-1)

    def action_next_mark(self) -> None:
        """Go to the next one."""
        self._go_to_mark(1)

    def _go_to_mark(self, step: int) -> None:
        if self.cursor is not None:
            here = self.view.row_of(self.cursor)
        else:
            here = len(self.view) if step < 0 else self.rows_on_screen().start - 1
        row = self.view.mark_near(here, step)
        if row is not None:
            self.choose(self.view.number(row), in_the_middle=True)
        else:
            edge = "above" if step < 0 else "below"
            self._tell(f"No start, deploy or mark {edge}")

    def action_mark_time(self) -> None:
        """Put a mark with the time below the last line."""
        self.feed([MarkLine(f"mark {self.now():%H:%M:%S}")])
        self.flush()

    # -- one step back -----------------------------------------------------------------------------------------

    def what_is_shown(self) -> str:
        """Say in a word or two which lines of the text are shown."""
        words = ["errors only"] if self.view.errors_only else []
        if self.view.filter is not None:
            words.append(f"filter {self.view.filter.text}")
        return ", ".join(words) or super().what_is_shown()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave esc to what is around when there is nothing to step back from."""
        return action != "step_back" or self.has_step_back

    @property
    def has_step_back(self) -> bool:
        """True when something is chosen or looked for."""
        return self.cursor is not None or self.text_selection is not None or self.wanted != Query()

    def action_step_back(self) -> None:
        """Undo what was done last: the selection, the chosen line, the search, the filter."""
        query = self.wanted
        if self.step_back():
            return
        if query.search is not None:
            self.look_for(Query(query.filter, None, query.errors_only))
        elif query.filter is not None:
            self.look_for(Query(None, None, query.errors_only))
        else:
            self.look_for(Query())

    def action_clear_lines(self) -> None:
        """Forget the lines that are shown; new ones go on coming."""
        self.clear()
