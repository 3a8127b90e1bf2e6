"""uriworkermap.properties as it stands: every byte kept, every line that mod_jk takes for a rule found.

This is the syntactic view. ``effective`` has what mod_jk makes of it, ``routing`` what httpd does with a request.
"""

from dataclasses import dataclass

from isdeploy_tui.modjk.properties import Entry, Piece, position, read_pieces
from isdeploy_tui.modjk.rulevalue import Extension, RuleValue, parse_value


@dataclass(frozen=True, slots=True)
class Rule:
    """A line that makes one or two rules: ``patterns`` has what ``|`` stands for, without ``-`` and ``!``.

    ``disabled`` is the leading ``-`` (mod_jk skips it), ``exclusion`` the ``!`` (what matches is not forwarded).
    ``value`` is as written: a ``$(name)`` in it is not replaced here.
    """

    entry: Entry
    disabled: bool
    exclusion: bool
    patterns: tuple[str, ...]
    value: RuleValue

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.entry.line

    @property
    def key(self) -> str:
        """The whole left side, with ``-``, ``!`` and ``|``."""
        return self.entry.key

    @property
    def worker(self) -> str:
        """The worker that is named, as written."""
        return self.value.worker

    @property
    def extensions(self) -> tuple[Extension, ...]:
        """What follows the worker, as written."""
        return self.value.extensions


@dataclass(frozen=True, slots=True)
class UriMap:
    """A whole map file: ``pieces`` cover it without a gap; ``rules`` and ``entries`` are in the file's order."""

    data: bytes
    pieces: tuple[Piece, ...]
    entries: tuple[Entry, ...]
    rules: tuple[Rule, ...]

    @classmethod
    def parse(cls, data: bytes) -> "UriMap":
        """Read a map. Never fails: what mod_jk ignores is in ``pieces`` only."""
        pieces = tuple(read_pieces(data))
        entries = tuple(piece.entry for piece in pieces if piece.entry)
        return cls(data, pieces, entries, tuple(rule for entry in entries if (rule := parse_rule(entry))))

    def position(self, offset: int) -> tuple[int, int]:
        """Return (line, column) of a byte, both from 1."""
        return position(self.data, offset)


parse = UriMap.parse


def parse_rule(entry: Entry) -> Rule | None:
    """Return the rule that a ``key=value`` makes, None when its key is no pattern (mod_jk: uri_worker_map_load)."""
    first, bar, second = entry.key.partition("|")
    # The second pattern is the key without the bar, not the part after it: X|Y stands for X and XY.
    halves = [half for key in ((first, first + second) if bar else (first,)) if (half := _pattern(key))]
    if not halves:
        return None
    disabled, exclusion, _ = halves[0]
    return Rule(entry, disabled, exclusion, tuple(pattern for _, _, pattern in halves), parse_value(entry.value))


def _pattern(key: str) -> tuple[bool, bool, str] | None:
    """Take ``-`` and ``!`` off, in that order; None unless a slash follows (mod_jk: uri_worker_map_add)."""
    disabled = key.startswith("-")
    key = key.removeprefix("-")
    exclusion = key.startswith("!")
    key = key.removeprefix("!")
    return (disabled, exclusion, key) if key.startswith("/") else None
