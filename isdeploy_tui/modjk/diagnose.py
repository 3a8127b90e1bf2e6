"""What is wrong with a map, and what mod_jk makes of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from isdeploy_tui.modjk.effective import EffectiveRule, effective_rules, fatal_entry, member_activations
from isdeploy_tui.modjk.overlap import ties
from isdeploy_tui.modjk.properties import LINE_LIMIT, SPACE, Entry, Piece, encode
from isdeploy_tui.modjk.rulevalue import ACTIVATIONS
from isdeploy_tui.modjk.urimap import Rule, UriMap
from isdeploy_tui.modjk.workers import Activation, Workers
from isdeploy_tui.printable import printable

Consequence = Literal["ignored", "404", "500", "503", "crash", "ambiguous"]

_BOM = b"\xef\xbb\xbf"
_STRAY = "; \t\v\f\\"
"""What people put beside a worker's name, and mod_jk takes for a part of it."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """Something wrong at ``line`` and ``column`` (both from 1, the column in characters); ``text`` is one sentence.

    ``consequence`` is what mod_jk makes of it: it ignores the thing, requests get 404, 500 or 503, httpd's children
    crash when they load the map, or what happens is undefined.
    """

    line: int
    column: int
    text: str
    consequence: Consequence

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}: {self.text}"


def diagnose(urimap: UriMap, workers: Workers) -> tuple[Diagnostic, ...]:
    """Return all that is wrong, in the file's order."""
    check = _Check(urimap, workers)
    found = [*check.pieces(), *check.entries(), *check.rules(), *check.ties()]
    return tuple(sorted(found, key=lambda item: (item.line, item.column)))


def _quoted(text: str) -> str:
    return f"'{printable(text, 80)}'"


class _Check:
    def __init__(self, urimap: UriMap, workers: Workers) -> None:
        self.urimap = urimap
        self.workers = workers
        self.effective = effective_rules(urimap)
        self.syntax = {rule.entry: rule for rule in urimap.rules}

    def at(self, offset: int, text: str, consequence: Consequence) -> Diagnostic:
        return Diagnostic(*self.urimap.position(offset), text, consequence)

    def pieces(self) -> Iterator[Diagnostic]:
        """What the reader makes of lines that are no rules."""
        long: int | None = None
        for piece in self.urimap.pieces:
            if piece.tail and piece.line != long:
                long = piece.line
                text = f"the line has more than {LINE_LIMIT} bytes; mod_jk reads the rest as a line of its own"
                yield self.at(piece.span.start, text, "ambiguous")
            yield from self._piece(piece)

    def _piece(self, piece: Piece) -> Iterator[Diagnostic]:
        nul = self.urimap.data.find(b"\0", *piece.span)
        if nul >= 0 and nul - piece.span.start == len(piece.text):
            yield self.at(nul, "a NUL byte ends the line for mod_jk; what follows is not read", "ignored")
        if piece.entry is None and (text := piece.text.strip(SPACE)):
            what = "a key or a value is missing" if b"=" in text else "there is no '='"
            start = piece.span.start + len(piece.text) - len(piece.text.lstrip(SPACE))
            yield self.at(start, f"{what}; mod_jk skips the line without a word", "ignored")

    def entries(self) -> Iterator[Diagnostic]:
        """Keys that are no patterns, and rules that a later line replaces."""
        fatal = fatal_entry(self.urimap)
        last = {entry.key: entry for entry in self.urimap.entries}
        for entry in self.urimap.entries:
            start = entry.key_span.start
            if entry is fatal:
                text = (
                    f"mod_jk does not know {_quoted(entry.key)}: it gives up the whole map, and httpd's children crash"
                )
                yield self.at(start, text, "crash")
            elif entry not in self.syntax:
                if text := self._no_pattern(entry):
                    yield self.at(start, text, "ignored")
            elif last[entry.key] is not entry:
                text = f"line {last[entry.key].line} has the same key {_quoted(entry.key)}, and counts instead"
                yield self.at(start, text, "ignored")

    def _no_pattern(self, entry: Entry) -> str:
        """Why a key is no pattern; nothing when it defines a variable that is used."""
        variable = f"$({entry.key})"
        if any(variable in other.value for other in self.urimap.entries if other.key_span > entry.key_span):
            return ""
        key = _quoted(entry.key)
        if encode(entry.key).startswith(_BOM):
            return "the file begins with a byte order mark, which spoils its first rule: save it without one"
        if entry.key.startswith("!-"):
            return f"{key} has its marks the wrong way round: write -! to switch an exclusion off"
        if entry.key.startswith("*"):
            return f"{key} must begin with a slash, whatever the documentation says: write {_quoted('/' + entry.key)}"
        return f"{key} does not begin with a slash: mod_jk drops the rule"

    def rules(self) -> Iterator[Diagnostic]:
        """What the rules that count lead to."""
        forwarding = [rule for rule in self.effective if rule.forwards]
        if not forwarding and fatal_entry(self.urimap) is None:
            yield Diagnostic(1, 1, "the map has no rule: httpd forwards nothing by it", "404")
        seen: set[Entry] = set()
        targets = {rule.worker for rule in forwarding}
        for rule in self.effective:
            if rule.disabled or rule.rule.entry in seen:
                continue
            seen.add(rule.rule.entry)
            value = rule.rule.entry.value_span.start
            for name in rule.missing:
                text = f"$({printable(name, 80)}) is not defined above; only httpd's environment could have it"
                yield self.at(value, text, "ambiguous")
            if not rule.exclusion:
                yield from self._target(rule, value)
            elif rule.worker != "*" and rule.worker not in targets:
                text = f"no rule goes to {_quoted(rule.worker)}: this exclusion excludes nothing"
                yield self.at(value, text, "ignored")

    def _target(self, rule: EffectiveRule, value: int) -> Iterator[Diagnostic]:
        if not self.workers.is_listed(rule.worker):
            yield self.at(value, f"{self._unlisted(rule.worker)}: httpd answers 500", "500")
            return
        yield from self._extensions(rule)
        balancer = self.workers.balancer(rule.worker)
        if balancer is None:
            return
        activations = member_activations(rule, self.workers).values()
        if Activation.ACTIVE not in activations:
            sessions = "" if Activation.DISABLED not in activations else ", except for sessions that have begun"
            text = f"no member of {_quoted(rule.worker)} is active by this rule: httpd answers 503{sessions}"
            yield self.at(value, text, "503")

    def _unlisted(self, worker: str) -> str:
        name = _quoted(worker)
        known = {*self.workers.listed, *self.workers.workers}
        if (bare := worker.strip(_STRAY)) != worker and bare in known:
            return f"{name} is not the worker {_quoted(bare)}, to the letter"
        if worker in self.workers.balancers:
            return f"the balancer {name} is not in worker.list"
        if worker in self.workers.workers:
            return f"{name} is only a member of a balancer, not in worker.list"
        return f"{name} is not in worker.list"

    def _extensions(self, rule: EffectiveRule) -> Iterator[Diagnostic]:
        balancer = self.workers.balancer(rule.worker)
        lists = {activation.value for activation in ACTIVATIONS}
        for extension in rule.value.extensions:
            where = self._inside(rule.rule, rule.value.text, extension.span.start)
            if not extension.name:
                yield self.at(where, f"mod_jk does not know the extension {_quoted(extension.text)}", "ignored")
            elif extension.repeated:
                yield self.at(where, f"{extension.name}= is there already; only the first counts", "ignored")
            elif extension.name in lists and balancer is None:
                yield self.at(
                    where, f"{_quoted(rule.worker)} is no balancer: {extension.name}= means nothing", "ignored"
                )
            elif extension.name in lists and balancer is not None:
                for name in rule.value.members(Activation(extension.name)):
                    if name not in balancer.members:
                        text = f"{_quoted(name)} in {extension.name}= is no member of {_quoted(rule.worker)}"
                        yield self.at(where, text, "ignored")

    @staticmethod
    def _inside(rule: Rule, text: str, index: int) -> int:
        """Where in the file a character of the value stands; the value's start when variables moved it."""
        start = rule.entry.value_span.start
        return start + len(encode(text[:index])) if rule.entry.value == text else start

    def ties(self) -> Iterable[Diagnostic]:
        """Rules whose order C leaves undefined, and that lead elsewhere."""
        for first, second in ties([rule for rule in self.effective if rule.forwards]):
            text = (
                f"{_quoted(second.pattern)} and {_quoted(first.pattern)} (line {first.line}) fit the same requests and "
                "are equally long: which of them counts is undefined"
            )
            yield self.at(second.rule.entry.key_span.start, text, "ambiguous")
