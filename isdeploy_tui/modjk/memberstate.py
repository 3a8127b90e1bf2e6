"""What a map says about each member: in rotation, disabled, stopped, or not to be told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from isdeploy_tui.modjk.effective import EffectiveRule, effective_rules, fatal_entry
from isdeploy_tui.modjk.homes import Homes, find_homes
from isdeploy_tui.modjk.presetrules import Presets, matching_preset
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Activation, Workers
from isdeploy_tui.printable import printable


class Rotation(StrEnum):
    """A member's place in the load balancing, in mod_jk's words. Only ``ACTIVE`` is "in rotation"."""

    ACTIVE = "active"
    DISABLED = "disabled"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MemberState:
    """A member's rotation with a sentence that says which rule causes it, or why it can't be told.

    ``pinned`` are the keys of rules that name the worker alone: their requests reach it whatever its rotation is.
    """

    rotation: Rotation
    reason: str
    pinned: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MapView:
    """A map with everything that is derived from it and the workers; made once, asked often."""

    urimap: UriMap
    workers: Workers
    homes: Homes
    rules: tuple[EffectiveRule, ...] = field(repr=False)

    @classmethod
    def of(cls, urimap: UriMap, workers: Workers, homes: Homes) -> "MapView":
        """Derive what is needed."""
        return cls(urimap, workers, homes, effective_rules(urimap))

    def forwarding(self) -> Iterable[EffectiveRule]:
        """The rules by which requests go somewhere."""
        return (rule for rule in self.rules if rule.forwards)

    def activation(self, rule: EffectiveRule, member: str) -> Activation | None:
        """What the member gets by the rule; None when the rule says nothing about it.

        Not being a member of a cut-down balancer is as good as being stopped.
        """
        balancer = self.workers.balancer(rule.worker)
        if balancer is None or not balancer.members:
            return None
        if member in balancer.members:
            return rule.value.activation(member) or self.workers.workers[member].activation
        return Activation.STOPPED if member in self.homes.absent(rule.worker)[0] else None


def pinned_rules(rules: Iterable[EffectiveRule], workers: Workers) -> Mapping[str, tuple[str, ...]]:
    """Return for each worker that rules name alone the keys of those rules."""
    pinned: dict[str, list[str]] = {}
    for rule in rules:
        named = workers.workers.get(rule.worker)
        if rule.forwards and workers.is_listed(rule.worker) and named and named.type not in ("lb", "status"):
            pinned.setdefault(rule.worker, []).append(rule.key)
    return {worker: tuple(dict.fromkeys(keys)) for worker, keys in pinned.items()}


def rotations(urimap: UriMap, workers: Workers, presets: Presets) -> Mapping[str, MemberState]:
    """Return the state of every member of every home balancer, and of every worker that a rule names alone."""
    view = MapView.of(urimap, workers, find_homes(workers, presets.balancers))
    return member_states(view, presets)


def member_states(view: MapView, presets: Presets) -> Mapping[str, MemberState]:
    """Do the same as ``rotations`` with a view at hand."""
    pinned = pinned_rules(view.rules, view.workers)
    names = dict.fromkeys((*view.homes.everyone, *presets.drained, *pinned))
    states: dict[str, MemberState] = {}
    found = matching_preset(view.urimap, view.workers, presets)
    for name in names:
        rotation, reason = _derived(view, name)
        if found is not None and fatal_entry(view.urimap) is None:
            rotation, reason = _by_preset(view, name, found, rotation, reason)
        states[name] = MemberState(rotation, reason, pinned.get(name, ()))
    return MappingProxyType(states)


def _by_preset(view: MapView, name: str, out: frozenset[str], rotation: Rotation, reason: str) -> tuple[Rotation, str]:
    if name in out:
        if len(out) > 1:
            others = ", ".join(printable(other, 80) for other in sorted(out - {name}))
            return Rotation.UNKNOWN, f"'drained' in servers.toml is the same for it and {others}"
        return Rotation.STOPPED, "the map has the rules that 'drained' in servers.toml gives for it"
    own = view.workers.workers[name].activation if name in view.workers.workers else Activation.ACTIVE
    if own is not Activation.ACTIVE and rotation is not Rotation.ACTIVE:
        return Rotation(own.value), f"workers.properties says that it is {own}"
    if rotation is Rotation.ACTIVE:
        return rotation, reason
    return Rotation.ACTIVE, "the map has the rules that servers.toml gives"


def _derived(view: MapView, name: str) -> tuple[Rotation, str]:
    fatal = fatal_entry(view.urimap)
    if fatal is not None:
        return (
            Rotation.UNKNOWN,
            f"line {fatal.line}: '{printable(fatal.key, 80)}' makes mod_jk give up the whole map, and crash",
        )
    verdicts = [verdict for rule in view.forwarding() if (verdict := _verdict(view, rule, name))]
    if not verdicts:
        return Rotation.UNKNOWN, f"no rule of the map uses a balancer with {printable(name, 80)}"
    first = verdicts[0]
    for verdict in verdicts:
        if verdict[0] is Rotation.UNKNOWN:
            return verdict
    for rotation, reason in verdicts:
        if rotation is not first[0]:
            return Rotation.UNKNOWN, f"the rules disagree: {first[1]}; {reason}"
    return first


def _verdict(view: MapView, rule: EffectiveRule, name: str) -> tuple[Rotation, str] | None:
    """What one rule means for one member, with the reason; None when it says nothing about it."""
    place = f"line {rule.line} ({printable(rule.key, 80)})"
    balancer = printable(rule.worker, 80)
    if not view.workers.is_listed(rule.worker):
        unlisted = view.workers.balancers.get(rule.worker)
        if unlisted is None or name not in unlisted.members:
            return None
        return Rotation.UNKNOWN, f"{place} names '{balancer}', which is not in worker.list: httpd answers 500"
    activation = view.activation(rule, name)
    if activation is None:
        if rule.worker in view.workers.balancers and name in view.homes.absent(rule.worker)[1]:
            homes = " or ".join(f"'{printable(home, 80)}'" for home in view.homes.of(rule.worker))
            return (
                Rotation.UNKNOWN,
                f"{place} uses '{balancer}', which may stand for {homes}; say which with balancers = […], "
                "or give the rules when everyone is in with rules = {…}, in servers.toml",
            )
        return None
    if name not in view.workers.balancers[rule.worker].members:
        return Rotation.STOPPED, f"{place} goes to '{balancer}', which leaves it out"
    named = rule.value.activation(name)
    if named is not None:
        return Rotation(named.value), f"{place} says {named}={printable(name, 80)}"
    if activation is not Activation.ACTIVE:
        return Rotation(
            activation.value
        ), f"{place} goes to '{balancer}'; workers.properties says that it is {activation}"
    return Rotation.ACTIVE, f"{place} goes to '{balancer}'"
