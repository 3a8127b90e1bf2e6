"""Everything that can be done by key, in one table: keys, footer, help and palette are made from it.

Nothing here needs the terminal library before ``bindings_for`` is called, so that a command can judge a remapping.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from isdeploy_tui.tui.actions.action import GROUPS, Action, Scope, key_name
from isdeploy_tui.tui.actions.fleet import FLEET
from isdeploy_tui.tui.actions.log import LOG
from isdeploy_tui.tui.actions.program import PROGRAM

if TYPE_CHECKING:
    from textual.binding import BindingType

__all__ = [
    "ACTIONS",
    "GROUPS",
    "Action",
    "Scope",
    "actions_for",
    "bindings_for",
    "find",
    "is_changing",
    "key_name",
]

ACTIONS: tuple[Action, ...] = (*FLEET, *LOG, *PROGRAM)
"""All of them."""


def actions_for(scope: Scope) -> Iterator[Action]:
    """Yield the actions whose keys work there."""
    return (action for action in ACTIONS if action.scope == scope)


def bindings_for(scope: Scope) -> "list[BindingType]":
    """Return the Textual bindings of a scope."""
    from textual.binding import Binding

    return [
        Binding(action.keys, action.name, action.label, show=bool(action.rank), tooltip=action.help, id=action.id)
        for action in actions_for(scope)
    ]


def is_changing(name: str) -> bool:
    """True for the Textual action of something that is gone in read-only mode."""
    return name in _CHANGING


def find(id: str) -> Action | None:
    """Return the action of that id, with the keys it has when nobody remaps them."""
    return _BY_ID.get(id)


_BY_ID = {action.id: action for action in ACTIONS}
_CHANGING = frozenset(action.name for action in ACTIONS if action.changes)
