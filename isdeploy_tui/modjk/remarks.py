"""Sentences about a plan that a person should read before it is carried out."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from isdeploy_tui.modjk.derive import Wishes
from isdeploy_tui.modjk.effective import EffectiveRule
from isdeploy_tui.modjk.homes import Homes
from isdeploy_tui.modjk.memberstate import MapView, MemberState, Rotation, pinned_rules
from isdeploy_tui.modjk.workers import Activation
from isdeploy_tui.printable import printable

_METHODS = {"R": "Request", "T": "Traffic", "B": "Busyness", "S": "Session", "N": "Next"}

_MOST_SECONDS = 120


def _names(names: Collection[str]) -> str:
    return ", ".join(printable(name, 80) for name in names)


def unknown_homes(homes: Homes) -> Iterator[str]:
    """``balancers = […]`` of servers.toml names something else."""
    for name in homes.unknown:
        yield f"balancers in servers.toml names '{printable(name, 80)}', which is no balancer of worker.list."


def disagreements(view: MapView, states: Mapping[str, MemberState], wishes: Wishes) -> Iterator[str]:
    """The rules do not agree about a member; the plan ends that, and nobody will know how it was."""
    for name, wish in wishes.items():
        found = {view.activation(rule, name) for rule in view.forwarding()} - {None}
        if states[name].rotation is Rotation.UNKNOWN and len(found) > 1:
            what = "put into all of them" if wish is Activation.ACTIVE else "taken out of all of them"
            yield f"The rules do not agree about {printable(name, 80)} ({states[name].reason}); it is {what}."


def still_reached(after: MapView, wishes: Wishes) -> Iterator[str]:
    """Rules by which a drained member still gets requests."""
    pinned = pinned_rules(after.rules, after.workers)
    for member, wish in wishes.items():
        if wish is Activation.ACTIVE:
            continue
        name = printable(member, 80)
        for key in pinned.get(member, ()):
            yield f"Requests for {printable(key, 80)} still go to {name}: that rule names it alone."
        for rule in after.forwarding():
            if after.activation(rule, member) is Activation.ACTIVE:
                yield (
                    f"Requests for {printable(rule.key, 80)} (line {rule.line}) still go to {name}: "
                    "'drained' in servers.toml says nothing about that rule."
                )


def held_back(after: MapView, wishes: Wishes) -> Iterator[str]:
    """Members that workers.properties keeps out, whatever the map says."""
    for member, wish in wishes.items():
        worker = after.workers.workers.get(member)
        if wish is not Activation.ACTIVE or worker is None or worker.activation is Activation.ACTIVE:
            continue
        if any(after.activation(rule, member) is worker.activation for rule in after.forwarding()):
            yield (
                f"{printable(member, 80)} stays {worker.activation}: workers.properties says so. Correct it there "
                f"(worker.{printable(member, 80)}.activation=Active) and restart httpd gracefully, or write "
                f"active={printable(member, 80)} into the rule."
            )


@dataclass(frozen=True, slots=True)
class Stampede:
    """A member that will get nearly every request of a balancer once it is back, until it has caught up.

    While a member is out by an extension its load value stands still and the others' grow; ``others`` are those that
    share its requests meanwhile. ``method`` is R, T, S or N. ``remedy`` is a sentence on what would avoid it, or
    empty.
    """

    member: str
    balancer: str
    method: str
    others: int
    remedy: str = ""


_MISSING = (
    "A balancer without it in workers.properties and worker.list would avoid that; 'isdeploy-tui balancers' prints it."
)


def stampedes(before: MapView, after: MapView, wishes: Wishes) -> Iterator[Stampede]:
    """Yield who will be stampeded on because of a change.

    With a swap the balancer's load values stand still as a whole. Method B counts requests in flight and has no such
    memory (measured on mod_jk 1.2.48).
    """
    for member, wish in wishes.items():
        restored = wish is Activation.ACTIVE
        for old, new in zip(before.rules, after.rules, strict=True):
            if not new.forwards or old.value == new.value:
                continue
            out, back = (old, new) if restored else (new, old)
            if _is_out_by_extension(out, member) and not _is_out_by_extension(back, member):
                yield from _stampede(after, out, member, restored)


def _is_out_by_extension(rule: EffectiveRule, member: str) -> bool:
    return rule.value.activation(member) in (Activation.DISABLED, Activation.STOPPED)


def _stampede(view: MapView, rule: EffectiveRule, member: str, restored: bool) -> Iterator[Stampede]:
    balancer = view.workers.balancer(rule.worker)
    if balancer is None or balancer.method == "B" or member not in balancer.members or len(balancer.members) < 2:
        return
    rest = [name for name in balancer.members if not _is_out_by_extension(rule, name)]
    remedy = _remedy(view, rule, member, restored, rest)
    yield Stampede(member, balancer.name, balancer.method, max(1, len(rest)), remedy)


def _remedy(view: MapView, rule: EffectiveRule, member: str, restored: bool, rest: Sequence[str]) -> str:
    if rule.value.activation(member) is Activation.DISABLED:
        return ""
    existing = view.homes.with_members(frozenset(rest))
    if not rest or (existing and restored):
        return ""
    if existing:
        return f"'{printable(existing[0], 80)}' would avoid that, but other rules or extensions stand in its way."
    return _MISSING


def stampede_sentences(found: Iterable[Stampede]) -> tuple[str, ...]:
    """Return what to say of them, members of one balancer together."""
    members: dict[Stampede, list[str]] = {}
    for item in found:
        members.setdefault(replace(item, member=""), []).append(item.member)
    return tuple(_stampede_sentence(item, tuple(dict.fromkeys(names))) for item, names in members.items())


def _stampede_sentence(item: Stampede, members: Sequence[str]) -> str:
    each = "each of " if len(members) > 1 else ""
    sentence = (
        f"After its restore {each}{_names(members)} will get nearly every request of '{printable(item.balancer, 80)}', "
        f"{_how_long(item)}: method={_METHODS[item.method]} counts on while a member is out by an extension."
    )
    return f"{sentence} {item.remedy}".rstrip()


def _how_long(item: Stampede) -> str:
    """Say how long, roughly: what the others got in its place meanwhile comes to it alone.

    Load values are halved every minute (mod_jk: decay_load, worker.maintain), so two minutes' worth is the most.
    """
    if item.method not in ("R", "T"):
        return "for a while"
    words = {1: "as long as it was", 2: "half as long as it was", 3: "a third of the time that it was"}
    share = words.get(item.others, f"1/{item.others} of the time that it was")
    return f"for about {share} out (at most {_MOST_SECONDS / item.others:.0f} s)"
