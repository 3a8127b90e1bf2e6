"""Apache httpd's configuration language: text in, directives out, each with its file and line (httpd: server/util.c).

Lines that end with a backslash go on, ``#`` begins a comment only at a line's start, arguments may be quoted, sections
are ``<Name …>`` to ``</Name>``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\$\{([^}:]+)\}")
_END = re.compile(r"</\s*([^\s>]+)")


@dataclass(frozen=True, slots=True)
class Place:
    """A line (from 1) of a file on the server."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file} line {self.line}"


@dataclass(frozen=True, slots=True)
class Section:
    """A ``<Name arguments>``; ``name`` in lower case."""

    name: str
    arguments: tuple[str, ...]
    place: Place

    @property
    def argument(self) -> str:
        """The first argument, or an empty text."""
        return self.arguments[0] if self.arguments else ""


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive, ``name`` in lower case; ``sections`` are those around it, the outermost first."""

    name: str
    arguments: tuple[str, ...]
    place: Place
    sections: tuple[Section, ...] = ()

    @property
    def argument(self) -> str:
        """The first argument, or an empty text."""
        return self.arguments[0] if self.arguments else ""

    def inside(self, name: str) -> Section | None:
        """Return the innermost section of that name around it."""
        return next((section for section in reversed(self.sections) if section.name == name), None)


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a section."""

    section: Section


@dataclass(frozen=True, slots=True)
class Closing:
    """The end of the innermost section of that name."""

    name: str


Item = Directive | Opening | Closing


def read_items(text: str, file: str) -> Iterator[Item]:
    """Yield what one file says, in its order; what is no directive is left out. Any text is read without an error."""
    for line, number in _logical_lines(text):
        place = Place(file, number)
        if line.startswith("</"):
            if match := _END.match(line):
                yield Closing(match[1].lower())
        elif line.startswith("<"):
            words = split_arguments(line[1:].rstrip().removesuffix(">"))
            if words:
                yield Opening(Section(words[0].lower(), tuple(words[1:]), place))
        elif words := split_arguments(line):
            yield Directive(words[0].lower(), tuple(words[1:]), place)


def _logical_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yield each line with the number of its beginning; continued lines are one (httpd: ap_cfg_getline)."""
    whole, began = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.removesuffix("\r")
        began = began or number
        if line.endswith("\\") and not line.endswith("\\\\"):
            whole += line[:-1]
            continue
        whole = (whole + line).strip()
        if whole and not whole.startswith("#"):
            yield whole, began
        whole, began = "", 0
    if (whole := whole.strip()) and not whole.startswith("#"):
        yield whole, began


def split_arguments(line: str) -> list[str]:
    """Return the words of a line, quotes and their escapes removed (httpd: ap_getword_conf)."""
    words: list[str] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        quote = line[at] if line[at] in "\"'" else ""
        at += len(quote)
        word = ""
        while at < len(line) and (line[at] != quote if quote else not line[at].isspace()):
            if quote and line[at] == "\\" and line[at + 1 : at + 2] in (quote, "\\"):
                at += 1
            word += line[at]
            at += 1
        at += len(quote)
        words.append(word)
    return words


def resolve_variables(text: str, variables: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Replace ``${NAME}``; return the text, and the names that are not known and stay as they are."""
    unknown: list[str] = []

    def value(match: re.Match[str]) -> str:
        if match[1] in variables:
            return variables[match[1]]
        unknown.append(match[1])
        return match[0]

    return _VARIABLE.sub(value, text), tuple(unknown)
