"""Deploy arguments that nobody must read: masked before they reach the screen, the journal or the history."""

import fnmatch
import re
from collections.abc import Sequence

MASK = "****"

_SHORTEST = 4
"""Characters from which a secret is also masked inside a script's output; shorter ones would blot out the text."""


def is_secret(arguments: Sequence[str], index: int, patterns: Sequence[str]) -> bool:
    """True when a word fits a pattern, alone (``*password=*``) or after the word before it (``--token *``)."""
    word = arguments[index]
    pair = f"{arguments[index - 1]} {word}" if index else None
    return any(
        fnmatch.fnmatchcase(pair, pattern) if " " in pattern and pair else fnmatch.fnmatchcase(word, pattern)
        for pattern in patterns
    )


def mask(arguments: Sequence[str], patterns: Sequence[str]) -> tuple[str, ...]:
    """Return the arguments with secret ones masked; of ``name=value`` the name stays readable."""
    return tuple(
        _masked(word) if is_secret(arguments, index, patterns) else word for index, word in enumerate(arguments)
    )


def _masked(word: str) -> str:
    name, equals, _ = word.partition("=")
    return f"{name}={MASK}" if equals else MASK


def hide(text: str, arguments: Sequence[str], patterns: Sequence[str]) -> str:
    """Return a line that a script printed with the secrets among its arguments masked."""
    for index, word in enumerate(arguments):
        secret = word.partition("=")[2] or word
        if len(secret) >= _SHORTEST and is_secret(arguments, index, patterns):
            text = text.replace(secret, MASK)
    return text


def hide_words(text: str, patterns: Sequence[str]) -> str:
    """Return a line with every word masked that looks like a secret argument: for who does not know the arguments."""
    if not patterns:
        return text
    pieces = re.split(r"(\s+)", text)
    pieces[::2] = mask(pieces[::2], patterns)
    return "".join(pieces)
