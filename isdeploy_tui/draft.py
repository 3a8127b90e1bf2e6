"""A servers.toml in the making: what was found out so far, and in comments what a person still has to look at."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from isdeploy_tui.printable import printable

REVIEW = "REVIEW"
"""Stands in the comments of all that was guessed, for a search in the editor."""

Value = str | int | float | bool | Sequence[str] | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """One ``key = value``; ``note`` becomes a comment above it. ``is_set`` False: only a comment, to be filled in."""

    key: str
    value: Value
    note: str = ""
    is_set: bool = True


@dataclass(frozen=True, slots=True)
class DraftTable:
    """A service, an Apache or a worker: comments, then its lines, then the tables in it."""

    name: str
    lines: tuple[Line, ...] = ()
    comments: tuple[str, ...] = ()
    tables: tuple["DraftTable", ...] = field(default=())


def as_toml(head: Sequence[str], services: Sequence[DraftTable], settings: Sequence[Line] = ()) -> str:
    """Return the text of a servers.toml with ``head`` as its first comments and ``settings`` at its top.

    Nothing in it can end a comment.
    """
    blocks = [_comments(head)] if head else []
    if settings:
        blocks.append([line for setting in settings for line in _line(setting)])
    for service in services:
        blocks += _tables(service, ("service", "apache", "worker"), 1)
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _tables(table: DraftTable, kinds: Sequence[str], depth: int) -> Iterator[list[str]]:
    block = [*_comments(table.comments), f"[[{'.'.join(kinds[:depth])}]]", f"name = {_value(table.name)}"]
    for line in table.lines:
        block += _line(line)
    yield block
    for inner in table.tables:
        yield from _tables(inner, kinds, depth + 1)


def _line(line: Line) -> list[str]:
    return [
        *_comments([line.note] if line.note else []),
        f"{'' if line.is_set else '# '}{line.key} = {_value(line.value)}",
    ]


def _comments(texts: Sequence[str]) -> list[str]:
    return [f"# {printable(text)}".rstrip() for text in texts]


def _value(value: Value) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{_value(key)} = {_value(item)}" for key, item in value.items()) + " }"
    if isinstance(value, str):
        # What JSON escapes in printable text, TOML's basic strings escape alike.
        return json.dumps(printable(value), ensure_ascii=False)
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    return "[" + ", ".join(_value(item) for item in value) + "]"


def usable_name(text: str, otherwise: str, taken: Collection[str] = ()) -> str:
    """Return ``text`` as servers.toml allows names, none of ``taken``; ``otherwise`` when nothing is left of it."""
    name = re.sub(r"[^A-Za-z0-9_.:-]+", "-", text).strip("-") or otherwise
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    return candidate
