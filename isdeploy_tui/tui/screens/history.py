"""Who did what: the journals of the servers, read when somebody wants to know, newest first."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from isdeploy_tui.config import ApacheId, Config, WorkerId
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.journal import Entry
from isdeploy_tui.tui.ages import local_time
from isdeploy_tui.tui.bridge import sentence
from isdeploy_tui.tui.overview import NodeId, workers_of
from isdeploy_tui.tui.ports import Journals, ReadJournals
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line, as_content
from isdeploy_tui.tui.widgets.pane_title import PaneTitle

EVERYTHING = "everything"


class HistoryScreen(ModalScreen[None], inherit_bindings=False):
    """Lists entries beside all that is known of the selected one. Left and right narrow and widen what it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,H,ctrl+c", "close", "Close", show=False),
        Binding("up,k", "move('cursor_up')", "Up", show=False),
        Binding("down,j", "move('cursor_down')", "Down", show=False),
        Binding("pageup,b,ctrl+b", "move('page_up')", "Page up", show=False),
        Binding("pagedown,space,ctrl+f", "move('page_down')", "Page down", show=False),
        Binding("home,g", "move('first')", "Newest", show=False),
        Binding("end,G", "move('last')", "Oldest", show=False),
        Binding("left,h", "widen(1)", "Wider", show=False),
        Binding("right,l,tab", "widen(-1)", "Narrower", show=False),
        Binding("ctrl+r", "read_again", "Read again", show=False),
    ]
    AUTO_FOCUS = "OptionList"

    def __init__(self, read: ReadJournals, config: Config, node: NodeId | None, look: Look) -> None:
        super().__init__()
        self._read_journals = read
        self._config = config
        self._look = look
        self._scopes = scopes(node)
        self._scope = 0
        self._entries: list[Entry] = []
        self._problems: Sequence[str] = ()

    def compose(self) -> ComposeResult:
        """Yield the list, the entry, the keys."""
        with Vertical(id="dialog", classes="-full"):
            yield PaneTitle(id="history-title")
            yield Static(id="history-note")
            yield OptionList(id="history-list", markup=False)
            yield PaneTitle(id="entry-title")
            with VerticalScroll(id="entry", can_focus=False):
                yield Static(id="entry-text")
            with Horizontal(id="operations-hint"):
                yield Static(Content("esc closes, left/right another scope, ctrl+r reads again"), id="hint")

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one("#entry-title", PaneTitle).show(Content("entry"), "")
        self.action_read_again()

    def action_read_again(self) -> None:
        """Read the journals of what is looked at."""
        self._entries = []
        self.query_one(OptionList).clear_options()
        self._show_around(f"{self._look.glyphs.running} Reading the journals{self._look.glyphs.ellipsis}")
        self._read()

    @work(exclusive=True)
    async def _read(self) -> None:
        scope = self._scopes[self._scope]
        workers = (
            tuple(worker.id for worker in self._config.workers()) if scope is None else workers_of(scope, self._config)
        )
        try:
            found: Journals = await self._read_journals(workers)
        except Exception as error:
            # Whatever went wrong is a sentence for the person who waits here, never the end of the program.
            self._show_around(f"{self._look.glyphs.bad} {sentence(error)}")
            return
        self._entries = list(reversed(found.entries))
        self._problems = found.problems
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(self._row(entry)) for entry in self._entries])
        if self._entries:
            options.highlighted = 0
        self._show_around("" if self._entries else "No journal tells of anything done here.")

    def _show_around(self, note: str) -> None:
        look = self._look
        names = [str(scope) if scope is not None else EVERYTHING for scope in self._scopes]
        chosen = names[self._scope]
        more = f" {look.glyphs.dot} ".join(name for name in names if name != chosen)
        left = Content.assemble((f"history {chosen}", "bold"), (f"   {more}", "not bold"))
        number = len(self._entries)
        self.query_one("#history-title", PaneTitle).show(left, f"{number} {'entry' if number == 1 else 'entries'}")
        lines: list[Line] = [((printable(note), look.muted),)] if note else []
        lines += [((f"{look.glyphs.bad} {printable(problem)}", look.bad),) for problem in self._problems]
        about = self.query_one("#history-note", Static)
        about.display = bool(lines)
        about.update(as_content(iter(lines)))
        self._show_entry()

    @on(OptionList.OptionHighlighted)
    def _show_entry(self) -> None:
        index = self.query_one(OptionList).highlighted
        entry = self._entries[index] if index is not None and index < len(self._entries) else None
        self.query_one("#entry-text", Static).update(as_content(entry_lines(entry, self._look) if entry else iter(())))
        self.query_one("#entry", VerticalScroll).scroll_home(animate=False)

    def _row(self, entry: Entry) -> Content:
        look = self._look
        return Content.assemble(
            (f"{local_time(entry.time)}  ", look.muted),
            (f"{entry.user} ".ljust(9), look.strong),
            (f"{entry.kind} ".ljust(8), ""),
            (f"{entry.step} {entry.state}".ljust(16), _style(entry, look)),
            f" {_short(entry.target)}",
            (f"  {entry.detail}" if entry.detail else "", look.muted),
        )

    def action_widen(self, steps: int) -> None:
        """Look at more (1) or at less (-1) of the tree, round and round."""
        self._scope = (self._scope + steps) % len(self._scopes)
        self._problems = ()
        self.action_read_again()

    def action_move(self, how: str) -> None:
        """Move the cursor."""
        getattr(self.query_one(OptionList), f"action_{how}")()

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)


def scopes(node: NodeId | None) -> tuple[NodeId | None, ...]:
    """Return what can be looked at from a node of the tree, the narrowest first; None is everything."""
    if isinstance(node, WorkerId):
        return (node, node.apache_id, node.service, None)
    if isinstance(node, ApacheId):
        return (node, node.service, None)
    return (node, None) if node is not None else (None,)


def entry_lines(entry: Entry, look: Look) -> Iterator[Line]:
    """Yield all that the journal says in one entry."""
    login = f", as {entry.account}@{entry.ssh}" if entry.account else f", as seen by {entry.ssh}"
    yield ("who      ", look.muted), (f"{entry.user}@{entry.bastion}", look.strong), (login, "")
    yield ("when     ", look.muted), (local_time(entry.time), "")
    what = f"{entry.kind}: {entry.step}"
    yield ("what     ", look.muted), (f"{what} ", look.strong), (entry.state, f"bold {_style(entry, look)}")
    for name, value in (
        ("on", entry.target),
        ("result", entry.detail),
        ("reason", entry.reason),
        ("with", entry.arguments),
        ("run", entry.run),
        ("map was", entry.map_before),
        ("map is", entry.map_after),
        ("id", entry.operation),
    ):
        if value:
            yield (f"{name:<9}", look.muted), (printable(value), "")


def _short(target: str) -> str:
    names = target.split()
    return target if len(names) < 2 else f"{names[0]} and {len(names) - 1} more"


def _style(entry: Entry, look: Look) -> str:
    if entry.state == StepState.DONE:
        return look.good
    return look.bad if entry.state in {StepState.FAILED, StepState.REFUSED} else look.notice
