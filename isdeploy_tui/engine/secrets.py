"""Deploy arguments that nobody must read: masked before they reach the screen, the journal or the history."""

import fnmatch
import hashlib
import re
from collections.abc import Collection, Iterator, Sequence

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


def _values(arguments: Sequence[str], patterns: Sequence[str]) -> Iterator[str]:
    """Yield the secrets among the arguments that are long enough to look for: of ``name=value`` the value."""
    for index, word in enumerate(arguments):
        secret = word.partition("=")[2] or word
        if len(secret) >= _SHORTEST and is_secret(arguments, index, patterns):
            yield secret


def hide(text: str, arguments: Sequence[str], patterns: Sequence[str]) -> str:
    """Return a line that a script printed with the secrets among its arguments masked."""
    for secret in _values(arguments, patterns):
        text = text.replace(secret, MASK)
    return text


def fingerprints(arguments: Sequence[str], patterns: Sequence[str], run: str) -> tuple[str, ...]:
    """Return by what others know the secrets of a run when they see them, without knowing them."""
    return tuple(_fingerprint(secret, run) for secret in _values(arguments, patterns))


def _fingerprint(secret: str, run: str) -> str:
    return hashlib.sha256(f"{run}\0{secret}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hide_words(text: str, patterns: Sequence[str], run: str = "", known: Collection[str] = ()) -> str:
    """Return a line of a run's output for who does not know its arguments.

    Masked is every word that looks like a secret argument, or whose fingerprint is among the ``known`` ones.
    """
    pieces = re.split(r"(\s+)", text)
    if patterns:
        pieces[::2] = mask(pieces[::2], patterns)
    if known:
        pieces[::2] = (_veiled(word, run, known) for word in pieces[::2])
    return "".join(pieces)


def _veiled(word: str, run: str, known: Collection[str]) -> str:
    # A secret may have such characters itself, so the longest candidate comes first.
    bare = word.strip("\"'`,;:.()[]{}<>")
    for secret in dict.fromkeys((word, bare, bare.partition("=")[2], bare.partition(":")[2])):
        if secret and _fingerprint(secret, run) in known:
            return word.replace(secret, MASK)
    return word
