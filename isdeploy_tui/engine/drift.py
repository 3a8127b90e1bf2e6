"""What does not fit together: each thing as one sentence, at the worker or the Apache where it shows.

Pure: from what was read to what a person should know. Nothing here is a guess about who was right.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from isdeploy_tui.config import ApacheConfig, Config, WorkerId
from isdeploy_tui.engine.fleet import WorkerState
from isdeploy_tui.modjk.effective import EffectiveRule
from isdeploy_tui.modjk.jkstatus import FROM_MAP, JkStatus, MapEntry
from isdeploy_tui.modjk.rotation import MemberState, Rotation
from isdeploy_tui.modjk.rulevalue import split_members
from isdeploy_tui.modjk.workers import Activation
from isdeploy_tui.printable import printable


def shared_tomcats(config: Config) -> tuple[tuple[WorkerId, ...], ...]:
    """Return the groups of workers that are one Tomcat seen by several apaches."""
    groups: dict[str, list[WorkerId]] = {}
    for worker in config.workers():
        groups.setdefault(worker.tomcat, []).append(worker.id)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def apaches_disagree(
    groups: Iterable[Iterable[WorkerId]], workers: Mapping[WorkerId, WorkerState]
) -> Mapping[WorkerId, str]:
    """Return a sentence for each worker of the groups whose Tomcat another Apache sees in another rotation."""
    found: dict[WorkerId, str] = {}
    for group in groups:
        known = [workers[id] for id in group if workers[id].rotation is not Rotation.UNKNOWN]
        if len({state.rotation for state in known}) > 1:
            for state in known:
                others = [other for other in known if other.rotation is not state.rotation]
                words = ", ".join(f"{other.rotation.value} on {other.id.apache_id}" for other in others)
                found[state.id] = f"the same Tomcat is {words}"
    return found


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something about an Apache that does not fit together, and the members whose requests it concerns."""

    sentence: str
    members: frozenset[str]


def overridden_by_httpd(apache: ApacheConfig, status: JkStatus) -> Iterable[Contradiction]:
    """Tell of JkMount rules in httpd's configuration: the map does not rule them.

    A virtual host without a map that mounts a single worker is left out: it is there to reach a drained Tomcat.
    """
    ruled = {rule.server for rules in status.maps.values() for rule in rules if rule.source == FROM_MAP}
    for target, rules in status.maps.items():
        shared = target in status.lb_members
        mounted = [rule.uri for rule in rules if rule.source == "JkMount" and (shared or rule.server in ruled)]
        if mounted:
            yield Contradiction(
                f"httpd's configuration has JkMount {printable(', '.join(mounted), 200)} to {printable(target, 80)}: "
                f"{apache.map} does not rule these",
                frozenset(status.lb_members.get(target, (target,))),
            )


def not_followed(apache: ApacheConfig, rules: Iterable[EffectiveRule], status: JkStatus) -> Iterable[Contradiction]:
    """Tell of rules that httpd has in memory otherwise than the map has them.

    Only for a map that is older than the settle time: until then that is as it should be. The child that answers looks
    at its file first, whatever JkMountFileReload says (mod_jk: jk_status.c), so what differs comes of another file, or
    of one that it could not read. What one of several virtual hosts has from a map of its own is left out, and so are
    rules that only one side has.
    """
    held: dict[str, list[tuple[str, MapEntry]]] = {}
    for target, entries in status.maps.items():
        for entry in entries:
            if entry.source == FROM_MAP:
                held.setdefault(entry.uri, []).append((target, entry))
    for rule in rules:
        there = held.get(rule.pattern, []) if rule.forwards else []
        members = status.lb_members.get(rule.worker, ())
        ours = {member: rule.value.activation(member) for member in members}
        if there and not any(target == rule.worker and _held(entry, members) == ours for target, entry in there):
            target, entry = there[0]
            theirs = {Activation.DISABLED: entry.disabled, Activation.STOPPED: entry.stopped}
            lists = {name: ",".join(rule.value.members(name)) for name in theirs}
            yield Contradiction(
                f"httpd has not read {apache.map} as it is: jkstatus has {_shown(rule.pattern, target, theirs)} where "
                f"the map has {_shown(rule.pattern, rule.worker, lists)} (is it the JkMountFile?)",
                frozenset((*members, *status.lb_members.get(target, (target,)))),
            )


def _held(entry: MapEntry, members: Iterable[str]) -> Mapping[str, Activation | None]:
    """What a rule in httpd's memory says about members (mod_jk: extension_fix_activation; stopped is applied last)."""
    said: dict[str, Activation] = {}
    for activation, names in (
        (Activation.ACTIVE, entry.active),
        (Activation.DISABLED, entry.disabled),
        (Activation.STOPPED, entry.stopped),
    ):
        said |= dict.fromkeys(split_members(names), activation)
    return {member: said.get(member) for member in members}


def _shown(uri: str, target: str, lists: Mapping[Activation, str]) -> str:
    return printable(f"{uri}={target}" + "".join(f";{name}={names}" for name, names in lists.items() if names), 200)


def status_disagrees(status: JkStatus, name: str, member: MemberState) -> str:
    """Return a sentence when mod_jk's own status has a member out, or in error, which the map has in."""
    seen = status.members.get(name)
    if seen is None or member.rotation is not Rotation.ACTIVE:
        return ""
    if seen.activation in {"DIS", "STP"}:
        word = "disabled" if seen.activation == "DIS" else "stopped"
        return f"jkstatus has it {word} (set there or in workers.properties), though the map has it active"
    if seen.state.startswith("ERR"):
        return f"mod_jk marks it {printable(seen.state, 20)}: it gets no requests until it recovers"
    return ""
