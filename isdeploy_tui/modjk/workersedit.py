"""Adding balancers to a workers.properties in the file's own style, and nothing else: every other byte stays."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from isdeploy_tui.modjk.exclusions import Exclusion
from isdeploy_tui.modjk.properties import LINE_LIMIT, SPACE, Entry, Piece, decode, encode, read_pieces
from isdeploy_tui.modjk.workers import Workers, parse_workers
from isdeploy_tui.modjk.workersfile import read_properties
from isdeploy_tui.printable import printable

_MEMBERS = ("balance_workers", "balanced_workers")
_OWN = {*_MEMBERS, "mount", "reference"}
"""Attributes in which an exclusion balancer differs from its home. ``mount`` would be a rule of its own."""

_LIST = "worker.list"


class WorkersEditError(Exception):
    """The balancers can't be added; the text is one sentence that says why."""


def add_balancers(data: bytes, additions: Sequence[Exclusion]) -> bytes:
    """Return the file with these balancers, each with its home's attributes, and with all of them in worker.list.

    A new one is written like an exclusion balancer that is there already, or like its home: the same attributes in
    the same order, the same spacing, references where that one has some. Raises WorkersEditError when the result
    would not be what it should be; nothing but these balancers may change.
    """
    before = parse_workers(data)
    fault = ""
    for copied in (True, False):
        try:
            text = _File(data).with_blocks([item for item in additions if item.is_new], from_siblings=copied)
            text = _File(text).with_listed([item.name for item in additions])
        except WorkersEditError as error:
            fault = str(error)
            continue
        fault = _fault(data, text, before, additions)
        if not fault:
            return text
    raise WorkersEditError(fault)


@dataclass(frozen=True, slots=True)
class _Line:
    """A ``key=value`` line without its comment: what stands before the key, the key, around ``=``, the value."""

    indent: str
    entry: Entry
    equals: str

    def with_text(self, key: str, value: str) -> str:
        return f"{self.indent}{key}{self.equals}{value}"


class _File:
    """A file's text by lines, and where things go."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.pieces = [piece for piece in read_pieces(data) if piece.entry]
        self.end_of_line = "\r\n" if data.partition(b"\n")[0].endswith(b"\r") else "\n"
        self.workers = parse_workers(data)

    def with_blocks(self, additions: Iterable[Exclusion], *, from_siblings: bool) -> bytes:
        """Put each new balancer behind the last line that belongs to its home or one of its exclusion balancers."""
        data = self.data
        places: dict[int, list[str]] = {}
        for item in additions:
            if not self._own_lines(item.home):
                raise WorkersEditError(f"'{printable(item.home, 80)}' has no lines of its own to write others like it.")
            siblings = self._siblings(item.home)
            model = siblings[-1] if from_siblings and siblings else item.home
            last = max(piece.line for name in (item.home, *siblings) for piece in self._own_lines(name))
            block = self._block(model, item)
            block = ["", *block] if self._is_apart(model) else block
            places.setdefault(last, []).extend(block)
        for line, text in sorted(places.items(), reverse=True):
            data = self._insert(data, line, text)
        return data

    def with_listed(self, names: Sequence[str]) -> bytes:
        """Put names into worker.list: on lines of their own where each has one, else behind the last one of a line."""
        lines = [piece for piece in self.pieces if piece.entry and piece.entry.key == _LIST]
        if not lines:
            raise WorkersEditError("workers.properties has no worker.list.")
        last = self._line(lines[-1])
        values = [_names(piece.entry.value) for piece in lines if piece.entry]
        if len(lines) > 1 and all(len(value) == 1 for value in values):
            return self._insert(self.data, lines[-1].line, [last.with_text(_LIST, name) for name in names])
        longest = max(lines, key=lambda piece: len(_names(piece.entry.value)) if piece.entry else 0)
        entry = longest.entry
        assert entry is not None
        separator = _separator(entry.value)
        more = encode("".join(separator + name for name in names))
        if longest.span.end - longest.span.start + len(more) >= LINE_LIMIT:
            return self._insert(self.data, lines[-1].line, [last.with_text(_LIST, separator.join(names))])
        return self.data[: entry.value_span.end] + more + self.data[entry.value_span.end :]

    def _block(self, model: str, item: Exclusion) -> list[str]:
        """Return the lines of one balancer, written like those of ``model``."""
        lines: list[str] = []
        members = list(item.members)
        model_lines = [self._line(piece) for piece in self._own_lines(model)]
        listing = [line for line in model_lines if _attribute(line.entry.key) in _MEMBERS]
        one_each = len(listing) > 1 and all(len(_names(line.entry.value)) == 1 for line in listing)
        separator = next((_separator(line.entry.value) for line in listing if len(_names(line.entry.value)) > 1), ",")
        values = members if one_each else [separator.join(members)]
        for line in model_lines:
            attribute = _attribute(line.entry.key)
            key = f"worker.{item.name}.{attribute}"
            if attribute in _MEMBERS:
                lines += [line.with_text(key, value) for value in values]
                values = []
            elif attribute != "mount":
                lines.append(line.with_text(key, line.entry.value))
        if values:
            lines.append(model_lines[-1].with_text(f"worker.{item.name}.balance_workers", values[0]))
        return lines

    def _siblings(self, home: str) -> list[str]:
        """The balancers with some of the home's members, in the order in which the file has them."""
        members = set(self.workers.balancers[home].members)
        found = [name for name, other in self.workers.balancers.items() if set(other.members) < members]
        written = [name for name in found if self._own_lines(name)]
        return sorted(written, key=lambda name: self._own_lines(name)[-1].line)

    def _own_lines(self, name: str) -> list[Piece]:
        prefix = f"worker.{name}."
        return [
            piece
            for piece in self.pieces
            if piece.entry and piece.entry.key.startswith(prefix) and "." not in piece.entry.key[len(prefix) :]
        ]

    def _line(self, piece: Piece) -> _Line:
        entry = piece.entry
        assert entry is not None
        start = self.data.rfind(b"\n", 0, entry.key_span.start) + 1
        indent = decode(self.data[start : entry.key_span.start])
        between = decode(self.data[entry.key_span.end : entry.value_span.start])
        return _Line(indent if not indent.strip() else "", entry, between)

    def _is_apart(self, name: str) -> bool:
        """True when an empty line, and perhaps comments, stand before the balancer's lines."""
        lines = self.data.split(b"\n")[: self._own_lines(name)[0].line - 1]
        while lines and lines[-1].strip(SPACE).startswith(b"#"):
            lines.pop()
        return not lines or not lines[-1].strip(SPACE)

    def _insert(self, data: bytes, line: int, text: Sequence[str]) -> bytes:
        """Put lines behind a line of the file; a last line without an end goes on having none."""
        lines = data.split(b"\n")
        new = [encode(each + self.end_of_line.removesuffix("\n")) for each in text]
        if line == len(lines):
            # The last line has no end.
            lines[-1] += encode(self.end_of_line.removesuffix("\n"))
            new[-1] = encode(text[-1])
        return b"\n".join([*lines[:line], *new, *lines[line:]])


def _attribute(key: str) -> str:
    return key.rpartition(".")[2]


def _names(value: str) -> list[str]:
    return [name for name in re.split("[ \t,]+", value) if name]


def _separator(value: str) -> str:
    found = re.search(r"(?<=[^ \t,])[ \t,]+(?=[^ \t,])", value)
    return found[0] if found else ","


def _fault(old: bytes, new: bytes, before: Workers, additions: Sequence[Exclusion]) -> str:
    """Return what is wrong with the new file; nothing when it is the old one and the additions."""
    after, properties = parse_workers(new), read_properties(new)[0]
    differences = (_difference(properties, item) for item in additions if item.is_new)
    if differs := next(filter(None, differences), ""):
        return differs
    worse = [problem for problem in after.problems if problem not in before.problems]
    if worse:
        return f"With them {worse[0]}."
    names = {item.name for item in additions}
    unchanged = (
        set(after.listed) == {*before.listed, *names},
        set(after.balancers) == {*before.balancers, *names},
        all(after.workers[name] == worker for name, worker in before.workers.items()),
        all(after.balancers[name] == balancer for name, balancer in before.balancers.items()),
    )
    if not all(unchanged):
        return "They would change workers that are there already (variables or references in workers.properties)."
    for item in additions:
        if set(after.balancers[item.name].members) != set(item.members):
            return f"'{printable(item.name, 80)}' would not get the members that it should have."
    return ""


def _difference(properties: dict[str, str], item: Exclusion) -> str:
    """Return in what a new balancer differs from its home, but for its members."""
    own, home = (
        {
            key.removeprefix(prefix): value
            for key, value in properties.items()
            if key.startswith(prefix) and key.removeprefix(prefix) not in {*_MEMBERS, "reference"}
        }
        for prefix in (f"worker.{item.name}.", f"worker.{item.home}.")
    )
    name = printable(item.name, 80)
    if "mount" in own:
        return f"'{name}' would inherit 'mount', rules of its own: put those into the map first."
    home.pop("mount", None)
    attribute = next((key for key in {**home, **own} if own.get(key) != home.get(key)), "")
    return (
        f"'{name}' would differ from '{printable(item.home, 80)}' in '{printable(attribute, 80)}'." if attribute else ""
    )
