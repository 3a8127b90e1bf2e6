"""What a log line is about and what of it is shown, found out only for the lines that somebody looks at."""

import re
from typing import Literal

from isdeploy_tui.printable import MAX_LINE, printable

Level = Literal["error", "warning", "info", "debug", "trace", "notice", "mark"]

WHOLE = 64 * 1024
"""Characters of a line that can be seen at all: as many as come from the server."""


class NoticeLine(str):
    """A line that is not of the log: what the program has to say about it."""

    __slots__ = ()


class TroubleLine(NoticeLine):
    """A notice of something that went wrong."""

    __slots__ = ()


class MarkLine(NoticeLine):
    """A place to jump to: a deploy, or what the person has marked."""

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
_THROWN = re.compile(r"\s*(?:Caused by|Suppressed): |[\w.$]+(?:Exception|Error)(?::|$)")

# One of these is in every line of level "error"; looking for them costs a tenth of finding out the level.
_ERROR_HINTS = ("ERROR", "SEVERE", "Exception", "Error", "Caused by", "FATAL", "심각", "Suppressed")

# What Tomcat and Spring Boot say when they begin and end to start; Tomcat in the language of its machine.
_STARTS = (
    "Server startup in",
    "Server version name:",
    "밀리초 내에 시작되었습니다",
    "서버 버전 이름:",
)
_SPRING_STARTED = re.compile(r"\bStarted \S+ in [\d.]+ seconds")


def level_of(line: str) -> Level:
    """Return the level of a line; ``trace`` is a line of a stack trace; a line that tells none is ``info``."""
    if isinstance(line, NoticeLine):
        return "error" if isinstance(line, TroubleLine) else "mark" if isinstance(line, MarkLine) else "notice"
    if "\x1b" in line:
        line = shown(line)
    if _STACK.match(line):
        return "trace"
    if _THROWN.match(line):
        return "error"
    found = _FIRST_WORD.match(line)
    return _WORDS[found[1]] if found else "info"


def is_of_error(line: str, after_error: bool) -> bool:
    """True for an error and for the lines that belong to it: its stack trace, what else is indented below it."""
    if line[:1] in (" ", "\t"):
        return after_error
    return any(hint in line for hint in _ERROR_HINTS) and level_of(line) == "error"


def is_mark(line: str) -> bool:
    """True for a place to jump to: the start of a Tomcat, a deploy, a mark."""
    if isinstance(line, MarkLine) or any(words in line for words in _STARTS):
        return True
    return "Started " in line and _SPRING_STARTED.search(line) is not None


def shown(line: str, limit: int = MAX_LINE) -> str:
    """Return a raw line as it may be shown; of a longer one how much is left out is told at its end."""
    text = last_state(line)
    more = len(text) - limit
    return printable(text, limit) if more <= 0 else f"{printable(text[:limit], limit)} {left_out(more)}"


def last_state(line: str) -> str:
    """Return what a terminal would show of a line with carriage returns: a progress bar draws itself with them."""
    return line.rstrip("\r").rpartition("\r")[2] if "\r" in line else line


def states(line: str) -> list[str]:
    """Return all that a raw line with carriage returns has shown, one after the other, whole, as it may be shown."""
    return [shown(state, WHOLE) for state in line.rstrip("\r").split("\r") if state] or [""]


def left_out(characters: int) -> str:
    """Say that a line is longer than what is shown of it."""
    return f"… {characters:,} more characters"


def plain(line: str) -> str:
    """Return a raw line as filters and searches see it: as it is shown, escape sequences gone."""
    if len(line) > MAX_LINE:
        return shown(line)
    return line if line.isprintable() else shown(line)
