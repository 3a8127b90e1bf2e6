"""Which values of a map change so that members get what is wished: by swapping the balancer, or by extensions.

All rules of one balancer are decided together, and its exclusions with them: mod_jk honours ``!/x=balancer`` only
while the matching rule names the same worker, so a swap that forgot it would forward what must not be forwarded.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from isdeploy_tui.modjk.edit import set_activation, set_worker
from isdeploy_tui.modjk.effective import EffectiveRule
from isdeploy_tui.modjk.homes import listed_balancers
from isdeploy_tui.modjk.memberstate import MapView
from isdeploy_tui.modjk.properties import LINE_LIMIT, Entry, encode, line_of, replace_spans
from isdeploy_tui.modjk.rulevalue import parse_value
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Activation
from isdeploy_tui.printable import printable

Wishes = Mapping[str, Activation]
Edits = Mapping[Entry, str]


class PlanError(Exception):
    """Nothing can be planned; the text is one sentence that says why, and what to do where that is known."""


def apply_edits(urimap: UriMap, edits: Edits) -> UriMap:
    """Return the map with these entries' values replaced."""
    return UriMap.parse(
        replace_spans(urimap.data, [(entry.value_span, encode(value)) for entry, value in edits.items()])
    )


def derive(view: MapView, wishes: Wishes) -> Edits:
    """Return the changes for all balancers. Raises PlanError.

    Who comes back does so first: who leaves then leaves a map that nobody else's return depends on.
    """
    restores = {member: wish for member, wish in wishes.items() if wish is Activation.ACTIVE}
    if 0 < len(restores) < len(wishes):
        between = apply_edits(view.urimap, derive(view, restores))
        drains = {member: wish for member, wish in wishes.items() if member not in restores}
        last = apply_edits(between, derive(MapView.of(between, view.workers, view.homes), drains))
        pairs = zip(view.urimap.entries, last.entries, strict=True)
        return {old: new.value for old, new in pairs if old.value != new.value}
    edits: dict[Entry, str] = {}
    for balancer in dict.fromkeys(rule.worker for rule in view.forwarding()):
        if view.workers.balancer(balancer) is not None:
            edits |= _Group(view, balancer, wishes).edits()
    check_lengths(view.urimap, edits)
    return edits


def check_lengths(urimap: UriMap, edits: Edits) -> None:
    """Raise PlanError when a changed line would be so long that mod_jk cuts it."""
    grown: dict[int, int] = {}
    for entry, value in edits.items():
        more = len(encode(value)) - (entry.value_span.end - entry.value_span.start)
        grown[entry.line] = grown.get(entry.line, 0) + more
    for entry in edits:
        length = len(line_of(urimap.data, entry.key_span.start)) + grown[entry.line]
        if length >= LINE_LIMIT:
            raise PlanError(f"Line {entry.line} would have {length} bytes; mod_jk reads less than {LINE_LIMIT}.")


def concerned(view: MapView, member: str) -> bool:
    """True when some rule sends requests to the member through a balancer, or did before it was taken out."""
    return any(view.activation(rule, member) is not None for rule in view.forwarding())


def _restored(view: MapView, members: Iterable[str]) -> MapView:
    edits = derive(view, dict.fromkeys(members, Activation.ACTIVE))
    return MapView.of(apply_edits(view.urimap, edits), view.workers, view.homes)


@dataclass(slots=True)
class _Group:
    """All rules of one balancer, and what shall become of its members.

    ``back`` is the way back of a change that is being tried: then every wish is meant exactly, and nothing is tried.
    """

    view: MapView
    balancer: str
    wishes: Wishes
    back: bool = False
    rules: list[EffectiveRule] = field(init=False)
    exclusions: list[EffectiveRule] = field(init=False)
    members: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.rules = [rule for rule in self.view.forwarding() if rule.worker == self.balancer]
        self.exclusions = [
            rule for rule in self.view.rules if rule.exclusion and not rule.disabled and rule.worker == self.balancer
        ]
        self.members = self.view.homes.members(self.balancer)

    def edits(self) -> Edits:
        """Return the changed values, none when all is as wished. Raises PlanError."""
        changes = [(rule, self._changes(rule)) for rule in self.rules]
        changed = {member: wish for _, found in changes for member, wish in found.items()}
        if not changed:
            return {}
        joining = frozenset(changed) - self.members
        swapped = self._swap(changes, changed, joining)
        return self._extend(changes, joining) if swapped is None else swapped

    def _changes(self, rule: EffectiveRule) -> dict[str, Activation]:
        """The wishes that this rule does not meet yet."""
        certain, maybe = self.view.homes.absent(self.balancer)
        changes: dict[str, Activation] = {}
        for member, wish in self.wishes.items():
            if member in maybe and wish is not Activation.STOPPED:
                raise PlanError(self._ambiguous(member, rule))
            if member not in self.members and member not in certain:
                continue
            now = self.view.activation(rule, member)
            if now is wish or (wish is Activation.DISABLED and now is Activation.STOPPED and not self.back):
                continue
            if member in self.members and wish is Activation.ACTIVE and rule.value.activation(member) is None:
                # Its own activation in workers.properties: nothing in the map holds it back.
                continue
            changes[member] = wish
        return changes

    def _ambiguous(self, member: str, rule: EffectiveRule) -> str:
        homes = " or ".join(f"'{printable(home, 80)}'" for home in self.view.homes.of(self.balancer))
        return (
            f"Line {rule.line} ({printable(rule.key, 80)}) uses '{printable(self.balancer, 80)}', which may stand for "
            f"{homes}: say which {printable(member, 80)} belongs to with balancers = […] in servers.toml."
        )

    def _swap(
        self,
        changes: list[tuple[EffectiveRule, dict[str, Activation]]],
        changed: Mapping[str, Activation],
        joining: frozenset[str],
    ) -> Edits | None:
        """Try a balancer that has exactly the members that are left; None when the rules need extensions."""
        texts: dict[Entry, str] = {}
        for rule, found in changes:
            if rule.holder is None:
                return None
            text = rule.holder.value
            for member in found:
                text = set_activation(text, member, Activation.ACTIVE)
            texts[rule.holder] = text
        if Activation.DISABLED in changed.values() or any(parse_value(text).has_activations for text in texts.values()):
            return None
        leaving = frozenset(member for member, wish in changed.items() if wish is Activation.STOPPED)
        if not leaving and not joining:
            return self._different(texts)
        for target in self._targets((self.members - leaving) | joining):
            if not leaving:
                self._check_home(target, self.members | joining)
            edits = self._retarget(texts, target)
            if edits is not None and (self.back or not leaving or self._returns(edits, target, changed)):
                return edits
        return None

    def _check_home(self, target: str, members: frozenset[str]) -> None:
        """Raise PlanError when the way home is not one, but several."""
        same = [home for home in self.view.homes.with_members(members) if home in self.view.homes.names]
        if target in same and len(same) > 1:
            raise PlanError(self._ambiguous(min(members - self.members), self.rules[0]))

    def _retarget(self, texts: Mapping[Entry, str], target: str) -> Edits | None:
        """Let the rules and the exclusions name the target; None when some exclusion can't be edited."""
        edits = dict(texts)
        for rule in self.exclusions:
            if rule.holder is None:
                return None
            edits.setdefault(rule.holder, rule.holder.value)
        return self._different({holder: set_worker(text, target) for holder, text in edits.items()})

    def _returns(self, edits: Edits, target: str, changed: Mapping[str, Activation]) -> bool:
        """True when the way back from the edited map, computed from it alone, gives the same bytes as before.

        It would not when rules or exclusions of the target's own are there already, or when it has several homes.
        """
        before: dict[str, Activation] = {}
        for member in changed:
            found = {self.view.activation(rule, member) for rule in self.rules}
            if len(found) != 1 or None in found:
                return False
            before[member] = found.pop() or Activation.ACTIVE
        urimap = apply_edits(self.view.urimap, edits)
        view = MapView.of(urimap, self.view.workers, self.view.homes)
        try:
            back = _Group(view, target, before, back=True).edits()
            return apply_edits(urimap, back).data == self.view.urimap.data and self._is_same_in_steps(view, target)
        except PlanError:
            return False

    def _is_same_in_steps(self, view: MapView, target: str) -> bool:
        """True when two that are out can come back one by one, in any order, as they do together.

        From a home that is so; a balancer that was cut down before might be forgotten on the way.
        """
        if self.balancer in self.view.homes.names:
            return True
        out = sorted(view.homes.absent(target)[0])
        pairs = ((one, other) for one in out for other in out if one != other)
        return all(
            _restored(view, (one, other)) == _restored(_restored(view, (one,)), (other,)) for one, other in pairs
        )

    def _extend(self, changes: list[tuple[EffectiveRule, dict[str, Activation]]], joining: frozenset[str]) -> Edits:
        """Say it with extensions, on a balancer that has all who come back."""
        base, absent = self._base(joining)
        texts: dict[Entry, str] = {}
        for rule, found in changes:
            if not found and base == self.balancer:
                continue
            if rule.holder is None:
                raise PlanError(
                    f"Line {rule.line} ({printable(rule.key, 80)}) takes its value from variables that can't be "
                    "changed for it alone: write the balancer into the rule itself."
                )
            text = rule.holder.value
            for member in self._in_order(found):
                text = set_activation(text, member, found[member])
            for member in self._in_order(absent):
                text = set_activation(text, member, Activation.STOPPED)
            texts[rule.holder] = text
        if base == self.balancer:
            return self._different(texts)
        edits = self._retarget(texts, base)
        if edits is None:
            raise PlanError(
                f"An exclusion of '{printable(self.balancer, 80)}' takes its value from variables that can't be "
                "changed for it alone: write the balancer into the rule itself."
            )
        return edits

    def _base(self, joining: frozenset[str]) -> tuple[str, frozenset[str]]:
        """Return the smallest balancer that has who is in and who comes back, and who else must stay out of it."""
        if not joining:
            return self.balancer, frozenset()
        needed = self.members | joining
        if exact := self._targets(needed):
            self._check_home(exact[0], needed)
            return exact[0], frozenset()
        homes = self.view.homes.of(self.balancer)
        if len(homes) > 1:
            raise PlanError(self._ambiguous(min(joining), self.rules[0]))
        everyone = self.view.homes.members(homes[0])
        fitting = [
            name
            for name in listed_balancers(self.view.workers)
            if needed <= self.view.homes.members(name) < everyone and not self._is_used(name)
        ]
        base = min(fitting, key=lambda name: len(self.view.homes.members(name)), default=homes[0])
        return base, self.view.homes.members(base) - needed

    def _targets(self, members: frozenset[str]) -> list[str]:
        """Balancers with exactly these members: homes first, and no others that the map uses for something else."""
        return [
            name
            for name in self.view.homes.with_members(members)
            if name in self.view.homes.names or not self._is_used(name)
        ]

    def _is_used(self, balancer: str) -> bool:
        return any(rule.worker == balancer for rule in self.view.rules if not rule.disabled)

    def _in_order(self, members: Iterable[str]) -> list[str]:
        order = {name: index for index, name in enumerate(self.view.homes.everyone)}
        return sorted(members, key=lambda name: (order.get(name, len(order)), name))

    @staticmethod
    def _different(texts: Mapping[Entry, str]) -> Edits:
        return {entry: text for entry, text in texts.items() if text != entry.value}
