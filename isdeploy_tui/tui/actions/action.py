"""What an action is, and how its keys are written."""

import string
import unicodedata
from dataclasses import dataclass
from typing import Literal

Scope = Literal["app", "main", "tree", "log", "operations", "settings"]
"""Where a key works: everywhere, on the main screen, while the tree or a log has the focus, in the operations view, in
the settings."""

GROUPS = ("Change", "Look", "Choose", "Log", "Settings", "Program")
"""The headings of the help, in order."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    ``id`` is its name for remapping; its last part is the Textual action. ``keys`` are alternatives, separated by
    commas; empty when a person has taken all of them away. ``changes`` marks what changes servers or only serves that:
    gone in read-only mode. ``rank`` orders the footer; 0 keeps it out of it. ``palette`` offers it in the command
    palette.
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
    def key_list(self) -> tuple[str, ...]:
        """Its keys, the one that is shown first."""
        return tuple(self.keys.split(",")) if self.keys else ()

    @property
    def key_text(self) -> str:
        """Its keys as a person reads them."""
        return self.display or " ".join(key_name(key) for key in self.key_list)


_FRIENDLY = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
"""Where Textual's name of a key is not that of the character in Unicode (textual: ``KEY_NAME_REPLACEMENTS``)."""


def name_of(character: str) -> str:
    """Return the name of the key that types this character: ``slash`` for ``/``, ``d`` for ``d``."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _FRIENDLY.get(name, name)


CHARACTERS = {name_of(character): character for character in string.punctuation}
"""The characters of keys that have names."""

_SHORT = {**CHARACTERS, "escape": "esc", "pagedown": "pgdn", "pageup": "pgup"}


def key_name(key: str) -> str:
    """Return a key as it is written on the screen: ``/``, ``esc``, ``^r``."""
    modifiers, plus, base = key.rpartition("+")
    return f"{modifiers}{plus}".replace("ctrl+", "^") + _SHORT.get(base, base)
