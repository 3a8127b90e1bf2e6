"""The first screen of all: what the program is, in two sentences, and what one can do now."""

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from isdeploy_tui.config import Config
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.screens.ask_line import AskLine
from isdeploy_tui.tui.screens.settings import SettingsScreen
from isdeploy_tui.tui.theme import Look

if TYPE_CHECKING:
    from isdeploy_tui.tui.first_run import Beginnings, Draft

WHAT = (
    "Deploys to Tomcats behind Apache httpd and mod_jk without losing a request: one after the other leaves the load "
    "balancing, gets your deploy script with its log beside it, and returns once it answers. "
    "All over plain SSH, without an agent, and every change is shown before it is made."
)


class Way(Enum):
    """What one can begin with."""

    DEMO = "demo"
    HOSTS = "hosts"
    FILES = "files"
    EXAMPLE = "example"


_SAID = {
    Way.DEMO: ("Try the demo", "servers and visitors inside this program; nothing real is touched"),
    Way.HOSTS: ("Find out from the servers", "name your Apaches; reads their configuration, changes nothing"),
    Way.FILES: ("Import", "what an is-deploy console or agent, or an Ansible inventory, knows"),
    Way.EXAMPLE: ("Start from the example", "with a comment on every key, in the editor"),
}


class WelcomeScreen(Screen[Path | Way | None], inherit_bindings=False):
    """Dismissed with the file that was saved, with ``Way.DEMO``, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "leave", "Quit", show=False),
        Binding("up,k", "cursor(-1)", "Up", show=False),
        Binding("down,j", "cursor(1)", "Down", show=False),
        *(Binding(str(number), f"choose({number - 1})", show=False) for number in range(1, len(Way) + 1)),
    ]
    AUTO_FOCUS = "OptionList"

    def __init__(self, beginnings: "Beginnings", look: Look) -> None:
        super().__init__()
        self._beginnings = beginnings
        self._look = look
        self._ways = [way for way in Way if way is not Way.HOSTS or beginnings.from_hosts is not None]

    def compose(self) -> ComposeResult:
        """Yield the words and the ways."""
        look = self._look
        with Vertical(id="dialog", classes="-welcome"):
            yield Static(Content.assemble(("isdeploy", look.strong), ("-tui", look.muted)), id="heading")
            yield Static(Content(WHAT))
            nothing = Content.assemble(("There is no servers.toml yet. ", look.notice), "How would you like to begin?")
            yield Static(nothing, id="demand")
            yield OptionList(*(Option(self._option(*entry)) for entry in enumerate(self._ways, 1)), id="choices")
            where = printable(str(self._beginnings.file.path))
            yield Static(Content(f"What you save goes to {where}"), id="saved-to")
            yield Static(Content("enter or its number chooses, esc or q quits"), id="hint")

    def _option(self, number: int, way: Way) -> Content:
        look = self._look
        title, about = _SAID[way]
        line = Content.assemble((f"{number}  ", look.key), (title, look.strong))
        return Content.assemble(line, "\n   ", (about, look.muted))

    def action_leave(self) -> None:
        """Quit."""
        self.dismiss(None)

    def action_cursor(self, rows: int) -> None:
        """Go up or down."""
        choices = self.query_one(OptionList)
        if rows > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def action_choose(self, index: int) -> None:
        """Take one of the ways."""
        if index < len(self._ways):
            self._go(self._ways[index])

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self._go(self._ways[event.option_index])

    def _go(self, way: Way) -> None:
        beginnings = self._beginnings
        if way is Way.DEMO:
            self.dismiss(way)
        elif way is Way.EXAMPLE:
            self._edit(beginnings.example)
        elif way is Way.FILES:
            about = (
                "The console's config directory, config.json or service/*.json, an agent's setting.json, "
                "or an Ansible inventory:"
            )
            dialog = AskLine("Import", about, yes="Import", working="Reading", attempt=beginnings.from_files)
            self.app.push_screen(dialog, self._drafted)
        elif beginnings.from_hosts is not None:
            about = "The SSH names of your Apaches, as you would write them after ssh, a space between two:"
            dialog = AskLine(
                "Find out from the servers",
                about,
                yes="Look",
                working=f"Looking; nothing is changed there {self._look.glyphs.ellipsis}",
                attempt=beginnings.from_hosts,
            )
            self.app.push_screen(dialog, self._drafted)

    def _drafted(self, draft: "Draft | None") -> None:
        if draft is not None:
            self._edit(draft.text, draft.notes)

    def _edit(self, text: str, notes: Sequence[str] = ()) -> None:
        self.app.push_screen(SettingsScreen(self._beginnings.file, self._look, text=text, notes=notes), self._saved)

    def _saved(self, config: Config | None) -> None:
        if config is not None:
            self.dismiss(self._beginnings.file.path)
