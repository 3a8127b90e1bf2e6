"""Everything that can be done by key, in one table: keys, footer, help and palette are made from it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Scope = Literal["app", "main", "tree", "log", "operations"]
"""Where a key works: everywhere, on the main screen, while the tree or a log has the focus, in the operations view."""

GROUPS = ("Change", "Look", "Choose", "Log", "Program")
"""The headings of the help, in order."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    ``id`` is its name for remapping; its last part is the Textual action. ``keys`` are alternatives, separated by
    commas. ``changes`` marks what changes servers or only serves that: gone in read-only mode. ``rank`` orders the
    footer; 0 keeps it out of it. ``palette`` offers it in the command palette.
    """

    id: str
    keys: str
    label: str
    help: str
    group: str
    scope: Scope
    changes: bool = False
    rank: int = 0
    palette: bool = True
    display: str = ""

    @property
    def name(self) -> str:
        """The Textual action it runs."""
        return self.id.rpartition(".")[2]

    @property
    def key_text(self) -> str:
        """Its keys as a person reads them."""
        return self.display or " ".join(key_name(key) for key in self.keys.split(","))


ACTIONS: tuple[Action, ...] = (
    Action(
        "fleet.drain",
        "d",
        "drain",
        "Take the selected workers out of rotation; shows the exact change first",
        "Change",
        "main",
        changes=True,
        rank=1,
    ),
    Action(
        "fleet.deploy",
        "p",
        "deploy",
        "Run the deploy script of the selected, drained worker",
        "Change",
        "main",
        changes=True,
        rank=2,
    ),
    Action(
        "fleet.restore",
        "r",
        "restore",
        "Put the selected workers back into rotation; shows the exact change first",
        "Change",
        "main",
        changes=True,
        rank=3,
    ),
    Action(
        "fleet.roll",
        "R",
        "roll",
        "Drain, deploy, check and restore the selected Tomcats one after the other; shows the whole plan first",
        "Change",
        "main",
        changes=True,
        rank=4,
    ),
    Action("fleet.show_log", "l", "log", "Show the selected worker's log and go to it", "Look", "main", rank=4),
    Action(
        "fleet.show_logs",
        "L",
        "logs",
        "Show the logs of the marked workers, or of all under a node, side by side",
        "Look",
        "main",
        rank=7,
    ),
    Action("fleet.show_output", "o", "output", "Show the output of the latest deploy script", "Look", "main", rank=9),
    Action(
        "fleet.show_operations",
        "a",
        "activity",
        "Show all operations: plan, steps with their evidence, output and log",
        "Look",
        "main",
        rank=8,
    ),
    Action(
        "fleet.pick_up",
        "u",
        "pick up",
        "Where something was left in the middle: follow its script, go on, put the worker back",
        "Change",
        "main",
        rank=12,
    ),
    Action(
        "fleet.show_history", "H", "history", "Show who did what, from the servers' journals", "Look", "main", rank=13
    ),
    Action("fleet.info", "i", "info", "Show everything known about the selected node", "Look", "main", rank=10),
    Action(
        "fleet.zoom", "f", "full", "Give the whole screen to the tree or the log, and back", "Look", "main", rank=11
    ),
    Action(
        "fleet.refresh_now",
        "ctrl+r",
        "refresh",
        "Read the servers now; those that were left out at login ask again",
        "Look",
        "main",
    ),
    Action(
        "fleet.filter", "slash", "filter", "Show only the workers that match what you type", "Choose", "main", rank=5
    ),
    Action(
        "fleet.problems",
        "ctrl+z",
        "problems",
        "Show only the workers that are not active and up",
        "Choose",
        "main",
    ),
    Action(
        "fleet.mark",
        "space",
        "mark",
        "Mark a worker, or all under a node, to act on several at once",
        "Choose",
        "tree",
        rank=6,
        palette=False,
    ),
    Action(
        "fleet.mark_range",
        "ctrl+@,ctrl+space",
        "mark range",
        "Mark all workers from the last one marked to here",
        "Choose",
        "tree",
        palette=False,
        display="^space",
    ),
    Action(
        "fleet.sort",
        "O",
        "order",
        "Put what is not active and up first, or keep the configuration's order",
        "Choose",
        "main",
    ),
    Action("fleet.unmark", "ctrl+backslash", "unmark", "Take all marks away", "Choose", "main"),
    Action(
        "fleet.switch",
        "tab",
        "switch",
        "Go from the tree to the log, the output and back",
        "Choose",
        "main",
        palette=False,
    ),
    Action(
        "fleet.back",
        "escape",
        "back",
        "One step back: full screen, log, filter, marks, then finished operations",
        "Choose",
        "main",
        palette=False,
    ),
    Action(
        "log.search",
        "slash",
        "search",
        "Search: a regular expression; capitals count once one is typed",
        "Log",
        "log",
        rank=1,
    ),
    Action("log.next_hit", "n", "next", "Next line that was found, downwards", "Log", "log", palette=False),
    Action("log.previous_hit", "N", "previous", "Next line that was found, upwards", "Log", "log", palette=False),
    Action(
        "log.filter_lines",
        "ampersand",
        "filter",
        "Show only the lines that match (! before it: that do not)",
        "Log",
        "log",
        rank=2,
    ),
    Action("log.errors_only", "e", "errors", "Show only errors with their stack traces", "Log", "log", rank=3),
    Action(
        "log.toggle_follow",
        "s",
        "follow",
        "Follow the end of the log, or stand still",
        "Log",
        "log",
        rank=5,
    ),
    Action("log.toggle_wrap", "w", "wrap", "Wrap long lines, or cut them off", "Log", "log", rank=6),
    Action("log.open", "enter", "line", "Choose a line; once more shows it whole", "Log", "log", rank=8, palette=False),
    Action("log.select", "v", "select", "Begin to select lines, or end it", "Log", "log", rank=7, palette=False),
    Action("log.select_down", "shift+down", "select down", "Select one line more", "Log", "log", palette=False),
    Action("log.select_up", "shift+up", "select up", "Select one line more above", "Log", "log", palette=False),
    Action(
        "log.copy",
        "y,c",
        "copy",
        "Copy the selected lines, or the chosen one, to the terminal's clipboard",
        "Log",
        "log",
        rank=12,
        palette=False,
    ),
    Action(
        "log.save",
        "S,ctrl+s",
        "save",
        "Save the selected lines, or all that are shown, to a file on this machine",
        "Log",
        "log",
        rank=10,
    ),
    Action(
        "log.previous_mark",
        "left_square_bracket",
        "last start",
        "Go back to the last start, deploy or mark",
        "Log",
        "log",
        rank=9,
    ),
    Action("log.next_mark", "right_square_bracket", "next start", "Go on to the next one", "Log", "log"),
    Action("log.mark_time", "m", "mark", "Put a mark with the time below the last line", "Log", "log", rank=11),
    Action("log.clear_lines", "C", "clear", "Forget the lines; new ones go on coming", "Log", "log"),
    Action("log.bottom", "G,end,shift+end", "end", "Go to the end and follow", "Log", "log", rank=4, display="G end"),
    Action(
        "log.top", "g,home,shift+home", "start", "Go to the first line that is kept", "Log", "log", display="g home"
    ),
    Action(
        "log.line_down",
        "down,j",
        "down",
        "One line on",
        "Log",
        "log",
        palette=False,
    ),
    Action("log.line_up", "up,k", "up", "One line back", "Log", "log", palette=False),
    Action(
        "log.screen_down",
        "pagedown,space,ctrl+f",
        "page down",
        "One page on",
        "Log",
        "log",
        palette=False,
        display="pgdn space",
    ),
    Action(
        "log.screen_up",
        "pageup,b,ctrl+b",
        "page up",
        "One page back",
        "Log",
        "log",
        palette=False,
        display="pgup b",
    ),
    Action("log.half_down", "d,ctrl+d", "half down", "Half a page on", "Log", "log", palette=False),
    Action("log.half_up", "u,ctrl+u", "half up", "Half a page back", "Log", "log", palette=False),
    Action("log.right", "right", "right", "Half a screen to the right along long lines", "Log", "log", palette=False),
    Action("log.left", "left", "left", "Half a screen to the left", "Log", "log", palette=False),
    Action(
        "log.step_back",
        "escape",
        "back",
        "One step back: selection, chosen line, search, filter; then to the tree",
        "Log",
        "log",
        palette=False,
    ),
    Action(
        "operations.stop",
        "x",
        "stop after this step",
        "In the activity (a): ask the operation to stop when its step has ended",
        "Change",
        "operations",
        changes=True,
        rank=1,
        palette=False,
    ),
    Action(
        "operations.pause",
        "p",
        "pause after this Tomcat",
        "In the activity (a): let a roll wait for your word after this Tomcat, or not",
        "Change",
        "operations",
        changes=True,
        rank=2,
        palette=False,
    ),
    Action(
        "operations.other_pane",
        "l",
        "log or output",
        "In the activity (a): log or output, where there is room for one only",
        "Look",
        "operations",
        palette=False,
    ),
    Action("app.help", "question_mark,f1", "help", "This page", "Program", "app", rank=90, display="?"),
    Action(
        "app.leave",
        "q,ctrl+c,ctrl+q",
        "quit",
        "Leave; asks while operations run",
        "Program",
        "app",
        rank=91,
        display="q",
    ),
)
"""All of them."""

_NAMES = {
    "slash": "/",
    "question_mark": "?",
    "escape": "esc",
    "ctrl+backslash": "^\\",
    "pagedown": "pgdn",
    "pageup": "pgup",
    "ampersand": "&",
    "left_square_bracket": "[",
    "right_square_bracket": "]",
}


def key_name(key: str) -> str:
    """Return a key as it is written on the screen: ``/``, ``esc``, ``^r``."""
    return _NAMES.get(key) or key.replace("ctrl+", "^")


def actions_for(scope: Scope) -> Iterator[Action]:
    """Yield the actions whose keys work there."""
    return (action for action in ACTIONS if action.scope == scope)


def bindings_for(scope: Scope) -> list[BindingType]:
    """Return the Textual bindings of a scope."""
    return [
        Binding(action.keys, action.name, action.label, show=bool(action.rank), tooltip=action.help, id=action.id)
        for action in actions_for(scope)
    ]


def is_changing(name: str) -> bool:
    """True for the Textual action of something that is gone in read-only mode."""
    return name in _CHANGING


def find(id: str) -> Action | None:
    """Return the action of that id."""
    return _BY_ID.get(id)


_BY_ID = {action.id: action for action in ACTIONS}
_CHANGING = frozenset(action.name for action in ACTIONS if action.changes)
