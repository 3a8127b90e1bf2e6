"""The new map that takes members out of rotation or puts them back, and what is to be said about it."""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from isdeploy_tui.modjk import remarks
from isdeploy_tui.modjk.derive import Edits, PlanError, apply_edits, check_lengths, concerned, derive
from isdeploy_tui.modjk.diagnose import diagnose
from isdeploy_tui.modjk.effective import fatal_entry
from isdeploy_tui.modjk.homes import find_homes
from isdeploy_tui.modjk.memberstate import MapView, MemberState, Rotation, member_states
from isdeploy_tui.modjk.presetrules import Presets, matching_preset, preset_entries
from isdeploy_tui.modjk.properties import SPACE, decode, line_of
from isdeploy_tui.modjk.remarks import Stampede
from isdeploy_tui.modjk.rulevalue import RuleValue, parse_value
from isdeploy_tui.modjk.soundness import check_edits
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Activation, Workers
from isdeploy_tui.printable import printable

How = Literal["swap", "extension", "preset"]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One line that changes: the whole line ``before`` and ``after``, printable, and by which means."""

    line: int
    before: str
    after: str
    how: How


@dataclass(frozen=True, slots=True)
class Plan:
    """A map ``before`` and ``after`` (equal when nothing is to be done), byte for byte.

    ``active``: the members that are active afterwards, for each rule with a balancer by its key. ``left_empty``: the
    keys of rules that have none left. ``faults``: sentences about rules that httpd answers with 500 already, and
    ``stampedes``: who gets nearly every request afterwards; what is to be said of both is among the ``warnings``, too.
    """

    before: bytes
    after: bytes
    changes: tuple[RuleChange, ...]
    active: Mapping[str, tuple[str, ...]]
    left_empty: tuple[str, ...]
    warnings: tuple[str, ...]
    faults: tuple[str, ...] = ()
    stampedes: tuple[Stampede, ...] = ()

    def diff(self) -> tuple[str, ...]:
        """Return the change as lines of a unified diff, without file names, printable."""
        old, new = (
            [printable(line.removesuffix("\r")) for line in decode(data).removesuffix("\n").split("\n")]
            for data in (self.before, self.after)
        )
        return tuple(difflib.unified_diff(old, new, lineterm="", n=2))[2:]


def plan(
    urimap: UriMap,
    workers: Workers,
    *,
    drain: Collection[str] = (),
    restore: Collection[str] = (),
    soft: bool = False,
    presets: Presets,
) -> Plan:
    """Return the map in which ``drain`` is out and ``restore`` is in, everyone else as before.

    ``soft`` disables instead of stopping: sessions that have begun still reach the member. What is out or in already
    changes nothing. Raises PlanError when that can't be computed or would not be safe to write.
    """
    view = MapView.of(urimap, workers, find_homes(workers, presets.balancers))
    order = _Order(view, presets, drain, restore, soft)
    order.check()
    edits, preset = order.edits()
    new = apply_edits(urimap, edits)
    after = MapView.of(new, workers, view.homes)
    held_back = list(remarks.held_back(after, order.wishes))
    if held_back and not edits:
        raise PlanError(held_back[0])
    faults = _lint(view, after, edits)
    stampedes = tuple(dict.fromkeys(remarks.stampedes(view, after, order.wishes)))
    warnings = [
        *remarks.unknown_homes(view.homes),
        *remarks.disagreements(view, order.states, order.wishes),
        *remarks.still_reached(after, order.wishes),
        *held_back,
        *remarks.stampede_sentences(stampedes),
        *order.warnings,
        *faults,
    ]
    return Plan(
        urimap.data,
        new.data,
        _changes(urimap, new, edits, preset),
        MappingProxyType(_active(after)),
        _left_empty(view, after, edits),
        tuple(dict.fromkeys(warnings)),
        faults,
        stampedes,
    )


class _Order:
    """What was asked for, and how the map can be changed to give it."""

    def __init__(
        self, view: MapView, presets: Presets, drain: Collection[str], restore: Collection[str], soft: bool
    ) -> None:
        self.view = view
        self.presets = presets
        self.drain = dict.fromkeys(drain)
        self.restore = dict.fromkeys(restore)
        self.soft = soft
        out = Activation.DISABLED if soft else Activation.STOPPED
        self.wishes = dict.fromkeys(self.drain, out) | dict.fromkeys(self.restore, Activation.ACTIVE)
        self.states: Mapping[str, MemberState] = member_states(view, presets)
        self.warnings: list[str] = []

    def check(self) -> None:
        """Raise PlanError for what makes no sense at all."""
        for name in self.drain:
            if name in self.restore:
                raise PlanError(f"{printable(name, 80)} can't be taken out and put back at once.")
        for name in self.wishes:
            if name not in self.states:
                raise PlanError(f"No balancer of workers.properties has a member {printable(name, 80)}.")
        fatal = fatal_entry(self.view.urimap)
        if fatal is not None:
            raise PlanError(
                f"Line {fatal.line}: '{printable(fatal.key, 80)}' makes mod_jk give up the whole map, and httpd's "
                "children crash when they load it; take that line out first."
            )

    def edits(self) -> tuple[Edits, bool]:
        """Return the changed values, and whether they are presets. Raises PlanError."""
        if self._is_met():
            return {}, False
        preset = self._preset()
        if preset is not None and self._returns(preset):
            return preset, True
        try:
            # One after the other, so that a preset can bring the one back that no preset can replace by the next.
            derived, by_preset = self._in_turn() if self.drain and self.restore else (self._derived(), False)
        except PlanError:
            if preset is None:
                raise
            self.warnings.append(
                "The way back will not give the same bytes: the map differs from what servers.toml gives as 'rules'."
            )
            return preset, True
        if preset is not None and apply_edits(self.view.urimap, preset) != apply_edits(self.view.urimap, derived):
            self.warnings.append(
                "The rules of servers.toml were not used: the map differs from them, and the way back would change it."
            )
        return derived, by_preset

    def _in_turn(self) -> tuple[Edits, bool]:
        first = _Order(self.view, self.presets, (), self.restore, self.soft)
        edits, by_preset = first.edits()
        between = apply_edits(self.view.urimap, edits)
        view = MapView.of(between, self.view.workers, self.view.homes)
        second = _Order(view, self.presets, self.drain, (), self.soft)
        edits, second_by_preset = second.edits()
        last = apply_edits(between, edits)
        self.warnings += first.warnings + second.warnings
        pairs = zip(self.view.urimap.entries, last.entries, strict=True)
        changed = {old: new.value for old, new in pairs if old.value != new.value}
        return changed, second_by_preset or (by_preset and not edits)

    def _is_met(self) -> bool:
        """True when a preset says that all is as wished already."""
        if matching_preset(self.view.urimap, self.view.workers, self.presets) is None:
            return False
        outs = {Rotation.STOPPED, Rotation.DISABLED} if self.soft else {Rotation.STOPPED}
        return all(self.states[name].rotation in outs for name in self.drain) and all(
            self.states[name].rotation is Rotation.ACTIVE for name in self.restore
        )

    def _preset(self) -> Edits | None:
        """Return the presets for exactly those who shall be out; None when they can't express it."""
        if self.soft:
            return None
        out: set[str] = set(self.drain)
        for name, state in self.states.items():
            if name in self.wishes or name not in self.view.workers.workers:
                continue
            if self.view.workers.workers[name].activation is not Activation.ACTIVE:
                continue
            if state.rotation is Rotation.STOPPED:
                out.add(name)
            elif state.rotation is not Rotation.ACTIVE and name in self.view.homes.everyone:
                return None
        if len(out) > 1:
            return None
        values = self.presets.drained.get(next(iter(out)), {}) if out else self.presets.rules
        edits = preset_entries(self.view.urimap, values)
        if edits is None:
            return None
        check_lengths(self.view.urimap, edits)
        found = matching_preset(apply_edits(self.view.urimap, edits), self.view.workers, self.presets)
        return edits if found == frozenset(out) else None

    def _returns(self, edits: Edits) -> bool:
        """True when the opposite order would give the same bytes again."""
        new = apply_edits(self.view.urimap, edits)
        back = [name for name in self.drain if self.states[name].rotation is not Rotation.STOPPED]
        out = [name for name in self.restore if self.states[name].rotation is Rotation.STOPPED]
        order = _Order(MapView.of(new, self.view.workers, self.view.homes), self.presets, out, back, False)
        try:
            undone = order._preset()
            return apply_edits(new, order._derived() if undone is None else undone).data == self.view.urimap.data
        except PlanError:
            return False

    def _derived(self) -> Edits:
        """Return what follows from the balancers alone. Raises PlanError."""
        for name, wish in self.wishes.items():
            if concerned(self.view, name):
                continue
            pinned = self.states[name].pinned if name in self.states else ()
            if pinned or wish is Activation.ACTIVE:
                why = f" (only {', '.join(printable(key, 80) for key in pinned)} names it)" if pinned else ""
                raise PlanError(
                    f"No rule uses a balancer with {printable(name, 80)}{why}, so it can't be "
                    f"{'restored' if wish is Activation.ACTIVE else 'drained'}; give the rules with rules = {{…}} and "
                    "drained = {…} in servers.toml, or change the map by hand."
                )
            self.warnings.append(f"No rule uses a balancer with {printable(name, 80)}: there is nothing to take out.")
        edits = derive(self.view, self.wishes)
        check_edits(self.view, edits, self.wishes)
        return edits


def _lint(before: MapView, after: MapView, edits: Edits) -> tuple[str, ...]:
    """Return the faults that were there before. Raises PlanError when the new map is not fit to be written."""
    if not after.urimap.data.strip(SPACE):
        raise PlanError("The map is empty; httpd forwards nothing by it.")
    known = [str(item) for item in diagnose(before.urimap, before.workers) if item.consequence == "500"]
    for item in diagnose(after.urimap, after.workers):
        if item.consequence == "crash":
            raise PlanError(f"With this change the map would crash httpd's children: {item}.")
        if item.consequence == "500" and str(item) not in known:
            raise PlanError(f"With this change requests would be answered with 500: {item}.")
    return tuple(known)


def _changes(old: UriMap, new: UriMap, edits: Edits, preset: bool) -> tuple[RuleChange, ...]:
    changes: list[RuleChange] = []
    for entry, changed in zip(old.entries, new.entries, strict=True):
        if entry not in edits:
            continue
        how: How = "preset" if preset else _how(parse_value(entry.value), parse_value(edits[entry]))
        before, after = (
            printable(decode(line_of(data, item.key_span.start)))
            for data, item in ((old.data, entry), (new.data, changed))
        )
        changes.append(RuleChange(entry.line, before, after, how))
    return tuple(changes)


def _how(before: RuleValue, after: RuleValue) -> How:
    named = [{(item, name) for item in Activation for name in value.members(item)} for value in (before, after)]
    return "swap" if after.worker != before.worker and named[1] <= named[0] else "extension"


def _active(view: MapView) -> dict[str, tuple[str, ...]]:
    active: dict[str, tuple[str, ...]] = {}
    for rule in view.forwarding():
        balancer = view.workers.balancer(rule.worker)
        if balancer is not None:
            members = (name for name in balancer.members if view.activation(rule, name) is Activation.ACTIVE)
            active[rule.key] = tuple(members)
    return active


def _left_empty(before: MapView, after: MapView, edits: Edits) -> tuple[str, ...]:
    """Keys of rules without an active member that had one, or that the plan changes."""
    then, now = _active(before), _active(after)
    touched = {rule.key for rule in before.rules if rule.rule.entry in edits or rule.holder in edits}
    return tuple(key for key, members in now.items() if not members and (then.get(key) or key in touched))
