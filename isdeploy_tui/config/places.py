"""In which line of a servers.toml something stands, found with the TOML reader itself and no second grammar.

The reader tells no lines. But a key exists in the beginning of a file, up to some line, from that line on: a search by
halves finds it in about ten readings.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from isdeploy_tui.config.table import KeyPath, Problem


def lines_of(text: str, problems: Sequence[Problem]) -> list[int | None]:
    """Return for each problem the line (from 1) where it can be mended, None where there is no such place.

    What is missing stands where its table begins.
    """
    lines = text.split("\n")
    try:
        whole = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _line_of_error(str(error), len(lines))
        return [line for _ in problems]
    readings = _Readings(lines)
    return [readings.line_of(path) if (path := _existing(whole, one.path)) else None for one in problems]


def _line_of_error(message: str, count: int) -> int:
    found = re.search(r"\(at line (\d+), column \d+\)", message)
    return int(found[1]) if found else count


def _existing(data: Any, path: KeyPath) -> KeyPath:
    """Return the longest beginning of a path that is there."""
    while path and not _is_there(data, path):
        path = path[:-1]
    return path


def _is_there(data: Any, path: KeyPath) -> bool:
    for key in path:
        if isinstance(data, Mapping) and isinstance(key, str):
            # An id of [keys] may be written as a dotted key.
            names = [key] if key in data else key.split(".")
            for name in names:
                if not isinstance(data, Mapping) or name not in data:
                    return False
                data = data[name]
        elif isinstance(data, list) and isinstance(key, int) and key < len(data):
            data = data[key]
        else:
            return False
    return True


class _Readings:
    """What the reader makes of the first N lines, each N read once; None where that is no whole statement."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._read: dict[int, Any] = {}

    def line_of(self, path: KeyPath) -> int:
        """Return the line where the statement begins that brings what is at ``path``, which is there."""
        without, with_it = 0, len(self._lines)
        while (between := self._whole_between(without, with_it)) is not None:
            if _is_there(self._first(between), path):
                with_it = between
            else:
                without = between
        return without + 1

    def _whole_between(self, start: int, end: int) -> int | None:
        """Return a number of lines between these two that is whole statements, near the middle; None without one."""
        middle = (start + end) // 2
        candidates = (*range(middle, end), *range(middle - 1, start, -1))
        return next((count for count in candidates if count > start and self._first(count) is not None), None)

    def _first(self, count: int) -> Any:
        if count not in self._read:
            try:
                self._read[count] = tomllib.loads("\n".join(self._lines[:count]))
            except tomllib.TOMLDecodeError:
                self._read[count] = None
        return self._read[count]
