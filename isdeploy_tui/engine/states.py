"""The states of an Apache and its workers, made of what one look at it brought."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine import drift
from isdeploy_tui.engine.fleet import ApacheState, Front, Health, WorkerState
from isdeploy_tui.engine.front import Place
from isdeploy_tui.engine.leftover import Leftover
from isdeploy_tui.engine.reading import ApacheView
from isdeploy_tui.modjk.jkstatus import JkStatus
from isdeploy_tui.modjk.rotation import MemberState, Rotation
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.journal import Lease

OUT = frozenset({Rotation.STOPPED, Rotation.DISABLED})
"""The rotations of a worker that somebody took out."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look at an Apache brought beside its files.

    ``pings`` and ``leases`` are by member and by Tomcat, ``change`` says who wrote the map, ``written`` when that was
    (Unix seconds by our clock).
    """

    status: JkStatus
    pings: Mapping[str, tuple[Health, str]]
    leases: Mapping[str, Lease]
    change: str
    scripts: Mapping[WorkerId, Leftover | None]
    contradictions: tuple[drift.Contradiction, ...]
    written: float


def in_front(state: ApacheState, place: Place | None, switched: str = "") -> ApacheState:
    """Return an Apache's state with where it stands in the balancer in front of it, and who took it out there."""
    if place is None:
        return state
    reason = place.evidence if place.front is Front.UNKNOWN else switched
    return replace(state, front=place.front, front_reason=reason)


def worker_state(view: ApacheView, name: str, tomcat: str, seen: Seen) -> WorkerState:
    """Return the state of one worker."""
    missing = MemberState(Rotation.UNKNOWN, f"no balancer of {view.apache.map} has a member of this name")
    member = view.members.get(name, missing)
    health, problem = seen.pings[name]
    counters = seen.status.members.get(name)
    lease = seen.leases.get(printable(tomcat))
    id = next(worker.id for worker in view.apache.workers if worker.id.worker == name)
    out = member.rotation in OUT
    remarks = (
        drift.status_disagrees(seen.status, name, member),
        *(contradiction.sentence for contradiction in seen.contradictions if name in contradiction.members),
        seen.change if out and lease is None else "",
        *(
            f"rule {printable(rule)} names it alone: its requests reach it whatever is drained"
            for rule in member.pinned
        ),
    )
    return WorkerState(
        id,
        rotation=member.rotation,
        health=health,
        busy=counters.busy if counters else None,
        error=problem,
        reason=printable(member.reason),
        address=printable(view.workers.address(name)) if name in view.workers.workers else "",
        since=seen.written if out else 0.0,
        remarks=tuple(filter(None, remarks)),
        lease=lease,
        leftover=seen.scripts.get(id),
    )
