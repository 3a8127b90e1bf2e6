"""The line at the bottom: the keys that do something here and now."""

from collections.abc import Iterator
from typing import Any

from textual.content import Content
from textual.events import Click
from textual.screen import Screen
from textual.widget import Widget

from isdeploy_tui.tui.actions import ACTIONS, Action, key_name
from isdeploy_tui.tui.theme import Look

ALWAYS = 90
"""The rank from which an action is shown however narrow the terminal is."""


def key_of(screen: Screen[Any], id: str) -> str:
    """Return how the key of an action is written that is shown first here and now; empty when it has none."""
    return next((key_name(key) for action, key, _ in _active(screen) if action.id == id), "")


def _active(screen: Screen[Any]) -> Iterator[tuple[Action, str, bool]]:
    """Yield the actions that have a key here: with the first of their keys that is active, and whether it does
    something."""
    active = screen.active_bindings
    for action in getattr(screen.app, "actions", ACTIONS):
        for key in action.key_list:
            if key in active and active[key].binding.id == action.id:
                yield action, key, active[key].enabled
                break


class KeyBar(Widget):
    """Shows the bindings of the focused chain that the table ranks, the most needed first, as many as fit."""

    DEFAULT_CSS = """
    KeyBar {
        dock: bottom;
        height: 1;
        background: $panel;
        color: $foreground;
        &:ansi { background: ansi_default; }
    }
    """

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._places: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        """Keep up with the focus and with what can be done."""
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, _: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        """Return as many keys as fit; help and quit always do."""
        entries = self._entries()
        last = [entry for entry in entries if entry[0].rank >= ALWAYS]
        chosen: list[tuple[str, Content]] = []
        room = self.size.width - 1 - sum(self._entry(*entry).cell_length + 2 for entry in last)
        for entry in entries:
            content = self._entry(*entry)
            if entry[0].rank < ALWAYS:
                room -= content.cell_length + 2
                if room < 0:
                    break
                chosen.append((entry[1], content))
        chosen += [(entry[1], self._entry(*entry)) for entry in last]
        self._places, column = [], 1
        for key, content in chosen:
            self._places.append((column, column + content.cell_length, key))
            column += content.cell_length + 2
        return Content.assemble(" ", Content("  ").join(content for _, content in chosen))

    def on_click(self, event: Click) -> None:
        """Do what the key under the pointer does."""
        for start, end, key in self._places:
            if start <= event.x < end:
                self.app.simulate_key(key)

    def _entries(self) -> list[tuple[Action, str, bool]]:
        found = (entry for entry in _active(self.screen) if entry[0].rank)
        # In a log, what can be done with it goes before what the screen can always do.
        return sorted(found, key=lambda entry: (entry[0].scope != "log", entry[0].rank))

    def _entry(self, action: Action, key: str, enabled: bool) -> Content:
        style, label = (self._look.key, "") if enabled else (self._look.muted, self._look.muted)
        return Content.assemble((key_name(key), style), " ", (action.label, label))
