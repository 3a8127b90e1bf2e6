"""What a log line is about, found out only for the lines on screen."""

import re
from typing import Literal

from isdeploy_tui.printable import printable

Level = Literal["error", "warning", "info", "debug", "trace", "notice"]


class NoticeLine(str):
    """A line that is not of the log: what the program has to say about it."""

    __slots__ = ()


class TroubleLine(NoticeLine):
    """A notice of something that went wrong."""

    __slots__ = ()


# Tomcat writes JULI's localized names: in Korean 심각, 경고, 정보.
_WORDS: dict[str, Level] = {
    **dict.fromkeys(("SEVERE", "ERROR", "FATAL", "심각"), "error"),
    **dict.fromkeys(("WARNING", "WARN", "경고"), "warning"),
    **dict.fromkeys(("INFO", "CONFIG", "정보"), "info"),
    **dict.fromkeys(("DEBUG", "TRACE", "FINE", "FINER", "FINEST"), "debug"),
}
_FIRST_WORD = re.compile(rf".{{0,80}}?\b({'|'.join(_WORDS)})\b")
_STACK = re.compile(r"\s+at [\w.$<>/@]+\(|\s+\.\.\. \d+ (?:more|common frames)")
_THROWN = re.compile(r"Caused by: |[\w.$]+(?:Exception|Error)(?::|$)")


def level_of(line: str) -> Level:
    """Return the level of a line; ``trace`` is a line of a stack trace; a line that tells none is ``info``."""
    if isinstance(line, NoticeLine):
        return "error" if isinstance(line, TroubleLine) else "notice"
    if _STACK.match(line):
        return "trace"
    if _THROWN.match(line):
        return "error"
    found = _FIRST_WORD.match(line)
    return _WORDS[found[1]] if found else "info"


def shown(line: str) -> str:
    """Return a raw line as it may be shown."""
    return printable(line.removesuffix("\r"))
