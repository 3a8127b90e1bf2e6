"""Other keys for actions: ``[keys]`` of servers.toml, judged before the screen opens.

Textual would ignore an unknown action, and silently drop a binding whose key another one takes.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import replace

from isdeploy_tui.printable import printable
from isdeploy_tui.tui.actions import ACTIONS, Action, find, key_name
from isdeploy_tui.tui.actions.action import CHARACTERS, name_of

LOOKING = frozenset("ywtfelcsijkgG") | {"enter", "escape", "tab", "slash"}
"""Keys that k9s and less use for looking: a habit must not change a server."""

NO_KEY = "no_key"
"""What Textual binds where a person has taken all keys from an action; no terminal sends it."""

_MODIFIERS = ("alt", "ctrl", "shift")
_NAMED = {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete", "backspace"),
    *("enter", "tab", "escape", "space", *(f"f{number}" for number in range(1, 25)), *CHARACTERS),
}
_MEANT = {
    "esc": "escape",
    "return": "enter",
    "ret": "enter",
    "del": "delete",
    "ins": "insert",
    "bs": "backspace",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "pgdown": "pagedown",
    "page_up": "pageup",
    "page_down": "pagedown",
    "spacebar": "space",
    "control": "ctrl",
}
_SENT_AS = {
    "ctrl+i": "tab",
    "ctrl+m": "enter",
    "ctrl+h": "backspace",
    "ctrl+left_square_bracket": "escape",
}
"""What terminals send for a key that they cannot tell from another."""

_MOVES = {
    *("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "enter"),
    *("j", "k", "g", "G", "ctrl+b", "ctrl+f"),
}
_EDITING = {f"ctrl+{letter}" for letter in "aecdkuvwxyz"} | {"f6", "f7", "tab", "enter", "backspace", "delete"}
_FIXED: Mapping[str, set[str]] = {
    "app": _MOVES | {"ctrl+p"},
    "main": _MOVES | {"ctrl+p"},
    "tree": _MOVES | {"ctrl+p"},
    "log": {"ctrl+p"},
    "operations": {*_MOVES, "q", "a", "ctrl+c", "tab", "shift+tab"},
    "settings": {*_MOVES, *_EDITING, "ctrl+p"},
}
"""Keys that move or close where an action of that scope works, and cannot be remapped themselves."""

_TOGETHER = (
    ("app", "main", "tree"),
    ("app", "main", "log"),
    ("operations", "log"),
    ("app", "settings"),
)
"""The scopes whose keys work at the same time; Textual asks the last one first."""


def judge(keys: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return what is wrong with a remapping: the action's id as it was written, and a sentence."""
    problems: list[tuple[str, str]] = []
    for id, text in keys.items():
        action = find(id)
        problems += ((id, sentence) for sentence in ([_unknown(id)] if action is None else _wrong_keys(action, text)))
    told = {id for id, _ in problems}
    problems += ((id, sentence) for id, sentence in _doubles(keys) if id not in told)
    return problems


def remapped(keys: Mapping[str, str]) -> tuple[Action, ...]:
    """Return the table with these keys, of which ``judge`` has found nothing to say."""
    return tuple(_with_keys(action, keys[action.id]) if action.id in keys else action for action in ACTIONS)


def as_textual(keys: Mapping[str, str]) -> dict[str, str]:
    """Return the remapping for ``App.set_keymap``."""
    return {action.id: action.keys or NO_KEY for action in remapped(keys) if action.id in keys}


def canonical(text: str) -> str | None:
    """Return Textual's name of a key, however it is written (``/``, ``slash``, ``Shift+A``); None if it is none."""
    if text.endswith("+"):
        text = text[:-1] + "plus"
    *before, base = text.split("+")
    modifiers = {modifier.strip().lower() for modifier in before}
    if not modifiers <= set(_MODIFIERS):
        return None
    if len(base) == 1 and base.isprintable() and base != " ":
        if base.isalpha() and modifiers == {"shift"}:
            return base.upper()
        base = name_of(base.lower() if "ctrl" in modifiers else base)
    elif base.lower() in _NAMED:
        base = base.lower()
    else:
        return None
    return "+".join((*sorted(modifiers), base))


def _with_keys(action: Action, text: str) -> Action:
    keys = ",".join(dict.fromkeys(canonical(key.strip()) or "" for key in text.split(",") if key.strip()))
    return replace(action, keys=keys, display="")


def _unknown(id: str) -> str:
    ids = [action.id for action in ACTIONS]
    near = [one for one in ids if one.rpartition(".")[2] == id] or difflib.get_close_matches(id, ids, 1)
    hint = f"did you mean '{near[0]}'?" if near else "docs/configuration.md lists them"
    return f"no action is called that; {hint}"


def _wrong_keys(action: Action, text: str) -> Iterator[str]:
    written = [key.strip() for key in text.split(",")] if text.strip() else []
    found = [canonical(key) for key in written]
    for typed, key in zip(written, found, strict=True):
        if key is None:
            yield f"'{printable(typed, 40)}' is no key; {_meant(typed)}"
        elif key in _SENT_AS:
            yield f"'{typed}' is the same as {_SENT_AS[key]} for a terminal; take another key"
        elif "escape" in action.keys.split(",") and key == "escape":
            continue
        elif key == "escape":
            yield "'escape' always steps back; take another key"
        elif action.changes and key in LOOKING:
            yield f"'{typed}' is a key for looking in k9s and less; nothing that changes servers may be on it"
        elif key in _FIXED[action.scope] and key not in action.keys.split(","):
            yield f"'{typed}' has a meaning there that cannot be changed; take another key"
        elif action.scope == "settings" and (len(key) == 1 or key in CHARACTERS or key == "space"):
            yield f"'{typed}' is text there; take a key with ctrl, or a function key"
    if "escape" in action.keys.split(",") and "escape" not in found:
        yield "'escape' always steps back; add it"


def _meant(typed: str) -> str:
    if not typed:
        return 'a comma stands between two keys; the key itself is "comma"'
    lowered = typed.lower()
    for sign in ("^", "c-", "ctrl-"):
        if lowered.startswith(sign) and canonical(f"ctrl+{lowered[len(sign) :]}"):
            return f"did you mean 'ctrl+{lowered[len(sign) :]}'?"
    parts = [_MEANT.get(part, part) for part in lowered.split("+")]
    if canonical("+".join(parts)):
        return f"did you mean '{'+'.join(parts)}'?"
    near = difflib.get_close_matches(lowered, sorted(_NAMED), 1)
    return f"did you mean '{near[0]}'?" if near else 'a key is "x", "/", "f5", "ctrl+r", "space" or the like'


def _doubles(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield each action of ``keys`` on a key that another action has in the same place, and the other one's name."""
    actions = [action for action in remapped(keys) if "" not in action.keys.split(",") or not action.keys]
    told: set[tuple[str, str]] = set()
    for scopes in _TOGETHER:
        here = [action for action in actions if action.scope in scopes and not _is_dead(action, scopes)]
        for number, one in enumerate(here):
            for other in here[:number]:
                shared = set(one.key_list) & set(other.key_list)
                if not shared or (one.id, other.id) in _SHADOWING or (one.id, other.id) in told:
                    continue
                told.add((one.id, other.id))
                mine, theirs = (one, other) if one.id in keys else (other, one)
                yield (
                    mine.id,
                    f"'{key_name(min(shared))}' is {theirs.id}'s ({theirs.label}) in the same place; take another key",
                )


def _is_dead(action: Action, scopes: tuple[str, ...]) -> bool:
    """True for what changes servers while a log has the focus: its keys do nothing there."""
    return action.changes and action.scope == "main" and "log" in scopes


def _own_doubles() -> frozenset[tuple[str, str]]:
    """Return the pairs that share a key in the table itself: in a log, esc and / mean the log first."""
    pairs = ((one, other) for one in ACTIONS for other in ACTIONS if one is not other)
    return frozenset((one.id, other.id) for one, other in pairs if set(one.key_list) & set(other.key_list))


_SHADOWING = _own_doubles()
