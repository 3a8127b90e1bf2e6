"""What does not fit together: each thing as one sentence, at the worker or the Apache where it shows.

Pure: from what was read to what a person should know. Nothing here is a guess about who was right.
"""

from collections.abc import Iterable, Mapping

from isdeploy_tui.config import ApacheConfig, Config, WorkerId
from isdeploy_tui.engine.fleet import WorkerState
from isdeploy_tui.modjk.jkstatus import JkStatus
from isdeploy_tui.modjk.rotation import MemberState, Rotation
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


def overridden_by_httpd(apache: ApacheConfig, status: JkStatus) -> Iterable[str]:
    """Sentences about JkMount rules in httpd's configuration: the map does not rule them.

    A virtual host without a map that mounts a single worker is left out: it is there to reach a drained Tomcat.
    """
    ruled = {rule.server for rules in status.maps.values() for rule in rules if rule.source == "uriworkermap"}
    for target, rules in status.maps.items():
        shared = target in status.lb_members
        mounted = [rule.uri for rule in rules if rule.source == "JkMount" and (shared or rule.server in ruled)]
        if mounted:
            yield (
                f"httpd's configuration has JkMount {printable(', '.join(mounted), 200)} to {printable(target, 80)}: "
                f"{apache.map} does not rule these"
            )


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
