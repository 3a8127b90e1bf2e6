"""The line reader that uriworkermap.properties and workers.properties share (mod_jk: jk_map_read_properties).

Everything here counts in bytes, because mod_jk does: a line is cut after 8191 of them, white space is what C's
``isspace`` says, a NUL ends a line. Text is decoded only afterwards, so that any byte survives a round trip.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

LINE_LIMIT = 8191
"""Bytes, line end included, that one read takes; the rest is read as a new line (mod_jk: fgets in jk_map.c)."""

SPACE = b" \t\n\v\f\r"


class Span(NamedTuple):
    """Bytes ``start`` up to, not including, ``end`` of a file."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One ``key=value`` that mod_jk reads. ``line`` is the line in the file, from 1; the spans are in bytes of it."""

    line: int
    key: str
    value: str
    key_span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class Piece:
    """What one read of mod_jk takes: a line, or a part of one that is too long.

    ``text`` is what is left without the comment; ``tail`` is true for the second and later parts of a long line.
    """

    line: int
    span: Span
    text: bytes
    tail: bool
    entry: Entry | None


def decode(data: bytes) -> str:
    """Return text for bytes of any encoding; ``encode`` gives back the same bytes."""
    return data.decode("utf-8", "surrogateescape")


def encode(text: str) -> bytes:
    """Return the bytes of a text that came from ``decode``; a lone surrogate of another origin becomes ``?``."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def read_pieces(data: bytes) -> Iterator[Piece]:
    """Yield the file as mod_jk reads it, in order, without a gap."""
    start = 0
    for number, line in enumerate(_lines(data), 1):
        for offset in range(0, len(line), LINE_LIMIT):
            raw = line[offset : offset + LINE_LIMIT]
            text = raw.partition(b"\0")[0].partition(b"#")[0]
            at = start + offset
            yield Piece(number, Span(at, at + len(raw)), text, offset > 0, _entry(number, at, text))
        start += len(line)


def _lines(data: bytes) -> Iterator[bytes]:
    # Not splitlines(): only LF ends a line for fgets.
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end


def _entry(line: int, at: int, text: bytes) -> Entry | None:
    """Split at the first ``=``; nothing without one, or with an empty side (mod_jk: jk_map_read_property)."""
    left, equals, right = text.partition(b"=")
    key, value = left.strip(SPACE), right.strip(SPACE)
    if not (equals and key and value):
        return None
    key_start = at + len(left) - len(left.lstrip(SPACE))
    value_start = at + len(left) + 1 + len(right) - len(right.lstrip(SPACE))
    return Entry(
        line,
        decode(key),
        decode(value),
        Span(key_start, key_start + len(key)),
        Span(value_start, value_start + len(value)),
    )


def position(data: bytes, offset: int) -> tuple[int, int]:
    """Return (line, column) of a byte, both from 1, the column in characters."""
    start = data.rfind(b"\n", 0, offset) + 1
    return data.count(b"\n", 0, offset) + 1, len(decode(data[start:offset])) + 1


def line_of(data: bytes, offset: int) -> bytes:
    """Return the line that holds a byte, without its LF or CRLF."""
    start = data.rfind(b"\n", 0, offset) + 1
    end = data.find(b"\n", offset)
    return data[start : end if end >= 0 else len(data)].removesuffix(b"\r")


def replace_spans(data: bytes, replacements: Sequence[tuple[Span, bytes]]) -> bytes:
    """Return ``data`` with each span replaced; spans must not overlap."""
    parts: list[bytes] = []
    done = 0
    for span, new in sorted(replacements):
        parts += (data[done : span.start], new)
        done = span.end
    parts.append(data[done:])
    return b"".join(parts)


MAX_VARIABLES = 21
"""Substitutions tried in one value before the rest stays as it is (mod_jk: jk_map_replace_properties)."""


@dataclass(frozen=True, slots=True)
class Expansion:
    """A value with its ``$(name)`` replaced: which names were ``found`` and which stay as they are."""

    value: str
    found: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def expand(value: str, known: dict[str, str]) -> Expansion:
    """Replace ``$(name)`` by what ``known`` holds; not recursive (mod_jk: jk_map_replace_properties).

    mod_jk also looks into httpd's environment, which nobody can see from outside: such a name is ``missing``.
    """
    found: list[str] = []
    missing: list[str] = []
    start = 0
    for _ in range(MAX_VARIABLES):
        start = value.find("$(", start)
        end = value.find(")", start)
        if start < 0 or end < 0:
            break
        name = value[start + 2 : end]
        text = known.get(name)
        if text is None:
            missing.append(name)
            start = end
        else:
            found.append(name)
            value = value[:start] + text + value[end + 1 :]
            start += len(text)
    return Expansion(decode(encode(value)) if found else value, tuple(found), tuple(missing))
