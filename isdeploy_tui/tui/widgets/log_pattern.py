"""What a person looks for in a log: a regular expression, which may be wrong, and may be slow."""

import re
import signal
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FrameType

from isdeploy_tui.tui.widgets.log_line import plain

PATIENCE = 0.25
"""Seconds of processor time after which a regular expression on some lines counts as too slow."""


class PatternError(ValueError):
    """Not a regular expression; a sentence for the person who typed it."""


class TooSlowError(Exception):
    """A regular expression takes so long on a line that it would hold up everything."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """``text`` as it was typed; ``inverted`` asks for the lines that do not match."""

    text: str
    regex: re.Pattern[str]
    matches: Callable[[str], bool]
    inverted: bool = False

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return what to highlight in a line as it is shown: characters from, to."""
        if self.inverted:
            return []
        return [match.span() for match in self.regex.finditer(text) if match.end() > match.start()]


def pattern(typed: str, *, may_invert: bool = False) -> Pattern | None:
    """Return what was typed as a Pattern; None when nothing was.

    Upper and lower case are the same unless a capital was typed. With ``may_invert`` a leading ``!`` asks for the
    lines that do not match. Raises PatternError.
    """
    inverted = may_invert and typed.startswith("!")
    text = typed[1:] if inverted else typed
    if not text:
        return None
    any_case = not re.search(r"[A-Z]", re.sub(r"\\.", "", text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            regex = re.compile(text, re.IGNORECASE if any_case else 0)
    except re.error as error:
        where = "" if error.pos is None else f" at character {error.pos + 1 + inverted}"
        raise PatternError(f"{error.msg}{where}") from None
    except (OverflowError, RecursionError, MemoryError) as error:
        raise PatternError(f"{error}" or "too large") from None
    # A plain word is several times quicker to find without the machinery, and most of what is typed is one.
    found: Callable[[str], bool]
    if _is_literal(text):
        found = partial(_contains_any_case, text.lower()) if any_case else partial(_contains, text)
    else:
        found = partial(_found, regex)
    return Pattern(typed, regex, partial(_not, found) if inverted else found, inverted)


def _is_literal(text: str) -> bool:
    return not any(char in r"\.^$*+?{}[]|()" for char in text)


def _contains(text: str, line: str) -> bool:
    return text in plain(line)


def _contains_any_case(text: str, line: str) -> bool:
    return text in plain(line).lower()


def _found(regex: re.Pattern[str], line: str) -> bool:
    return regex.search(plain(line)) is not None


def _not(found: Callable[[str], bool], line: str) -> bool:
    return not found(line)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raise TooSlowError when what is done inside takes more than ``seconds`` of processor time.

    Python's ``re`` can be stopped by nothing but a signal, and only in the main thread; elsewhere nothing is limited.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def late(number: int, frame: FrameType | None) -> None:
        if armed:
            raise TooSlowError

    before = signal.signal(signal.SIGVTALRM, late)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
