"""Rules that mod_jk can't put in order: equally many slashes, equally long, and some request fits both."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, groupby

from isdeploy_tui.modjk.effective import EffectiveRule, priority
from isdeploy_tui.modjk.properties import encode

MAX_PAIRS = 2_000
"""Pairs that are looked at in one map; a map with more has other worries."""

MAX_LENGTH = 256
"""Bytes of a pattern up to which it is worth comparing."""

_STAR, _ANY = ord("*"), ord("?")


def ties(rules: Sequence[EffectiveRule]) -> Iterator[tuple[EffectiveRule, EffectiveRule]]:
    """Yield pairs of rules (in match order) that tie and have different values (mod_jk: worker_compare)."""
    left = MAX_PAIRS
    for _, group in groupby(rules, key=lambda rule: priority(rule.pattern)):
        for first, second in combinations(group, 2):
            if left == 0:
                return
            left -= 1
            if first.value.text != second.value.text and _overlap(encode(first.pattern), encode(second.pattern)):
                yield (first, second) if first.line <= second.line else (second, first)


def _overlap(one: bytes, other: bytes) -> bool:
    """True when some text fits both patterns."""
    if len(one) > MAX_LENGTH or not _may_overlap(one, other):
        return False
    # Which ends of ``other`` can be reached while ``one`` is walked through, byte by byte.
    reached = _skip_stars(other, {0})
    for token in one:
        following: set[int] = set()
        for at in reached:
            if token == _STAR:
                following.update(range(at, len(other) + 1))
            elif at < len(other):
                if other[at] == _STAR:
                    following.add(at)
                elif other[at] == token or _ANY in (token, other[at]):
                    following.add(at + 1)
        reached = _skip_stars(other, following)
    return len(other) in reached


def _skip_stars(pattern: bytes, reached: Iterable[int]) -> set[int]:
    result: set[int] = set()
    for at in reached:
        result.add(at)
        while at < len(pattern) and pattern[at] == _STAR:
            at += 1
            result.add(at)
    return result


def _may_overlap(one: bytes, other: bytes) -> bool:
    """A quick no for patterns whose plain beginnings differ."""
    for mine, theirs in zip(one, other, strict=False):
        if mine in (_STAR, _ANY) or theirs in (_STAR, _ANY):
            return True
        if mine != theirs:
            return False
    return len(one) == len(other)
