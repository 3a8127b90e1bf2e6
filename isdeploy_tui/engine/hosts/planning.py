"""Plans for whole hosts: the order, who stays in meanwhile, what speaks against it. Nothing is changed here."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from isdeploy_tui.config import WorkerConfig, WorkerId
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.front import FrontHost, Place, front_host, read_place
from isdeploy_tui.engine.gates import Readiness
from isdeploy_tui.engine.hosts.standing import (
    Standing,
    last_one_in,
    ready_to_serve,
    services_on,
    stand,
    whole_hosts,
    workers_on,
)
from isdeploy_tui.engine.planning import services_of, views_of
from isdeploy_tui.engine.plans import HostsPlan, HostTurn, OperationKind, OperationPlan, Refusal, ScriptRun
from isdeploy_tui.engine.rollplan import is_out, tomcats_of
from isdeploy_tui.engine.session import Session


async def plan_hosts(
    session: Session,
    kind: OperationKind,
    targets: Sequence[WorkerId],
    *,
    pause: bool = False,
    max_failed: int = 0,
) -> OperationPlan:
    """Plan to take these Apaches out of the balancer in front, to put them back, or to roll over them.

    Raises PlanningError when a target is no whole Apache, has no commands, or (roll) no deploy script.
    """
    config = session.config
    hosts = whole_hosts(config, targets)
    services = services_of(session, [worker.id for host in hosts for worker in workers_on(host)])
    standings = await stand(session, [service.name for service in services])
    known = {standing.host: standing.place for standing in standings}
    turns = [_turn(session, kind, host, targets, known[host]) for host in hosts]
    plan = OperationPlan(
        kind=kind,
        targets=tuple(worker.id for turn in turns for group in turn.tomcats for worker in group),
        services=services,
        refusals=tuple(_unknown(host, known[host]) for host in hosts if known[host].front is Front.UNKNOWN),
        hosts=HostsPlan((), MappingProxyType({}), pause, max_failed),
    )
    if plan.refusals:
        return plan
    if kind is OperationKind.RESTORE:
        return await _restore(session, plan, turns)
    # Two people who each take another host out would both find the other one in: so all of the service is held.
    names = {service.name for service in services}
    held = tuple(worker.id for worker in config.workers() if worker.id.service in names)
    plan = replace(plan, also_held=held)
    if kind is OperationKind.DRAIN:
        return _drain(plan, turns, standings)
    return await _roll(session, plan, turns, standings)


def _turn(
    session: Session, kind: OperationKind, host: FrontHost, targets: Sequence[WorkerId], place: Place
) -> HostTurn:
    here = [id for id in targets if id.apache_id in host.ids]
    runs: tuple[ScriptRun, ...] = ()
    if kind is OperationKind.ROLL:
        runs = tuple(tomcat.run for tomcat in tomcats_of(session, here))
    groups: dict[str, tuple[WorkerConfig, ...]] = {}
    for id in here:
        same = session.config.same_tomcat(id)
        groups[same[0].tomcat] = tuple(worker for worker in same if worker.id.apache_id in host.ids)
    return HostTurn(host, tuple(groups.values()), runs, place.front is Front.OUT)


def _unknown(host: FrontHost, place: Place) -> Refusal:
    return Refusal(
        str(host.id), f"where it stands in the balancer in front is not known ({place.evidence}).", forcible=False
    )


async def _restore(session: Session, plan: OperationPlan, turns: Sequence[HostTurn]) -> OperationPlan:
    out = [turn for turn in turns if turn.is_out]
    found = await asyncio.gather(*(ready_to_serve(session, turn.host) for turn in out))
    return _with(plan, out, turns, tuple(refusal for answers in found for refusal in refusals_of(answers)))


def refusals_of(answers: Iterable[Readiness | Refusal]) -> list[Refusal]:
    """Return what speaks against putting a host back."""
    found = (answer if isinstance(answer, Refusal) else answer.refusal for answer in answers)
    return [refusal for refusal in found if refusal is not None]


def _drain(plan: OperationPlan, turns: Sequence[HostTurn], standings: Sequence[Standing]) -> OperationPlan:
    walk = _Walk(list(standings))
    going = [turn for turn in turns if not turn.is_out]
    for turn in going:
        walk.out(turn)
    plan = _with(plan, going, turns, tuple(walk.refusals))
    assert plan.hosts is not None
    return replace(plan, hosts=replace(plan.hosts, fewest_in=MappingProxyType(walk.fewest)))


async def _roll(
    session: Session, plan: OperationPlan, turns: Sequence[HostTurn], standings: Sequence[Standing]
) -> OperationPlan:
    assert plan.hosts is not None
    # One that is out already comes first: nothing is lost by it, and there is one more the sooner.
    turns = sorted(turns, key=lambda turn: not turn.is_out)
    walk = _Walk(list(standings))
    for turn in turns:
        walk.out(turn)
        walk.back(turn)
    shared = await asyncio.gather(*(_still_reached(session, turn, turns) for turn in turns))
    views, unread = await views_of(session, [worker for turn in turns for group in turn.tomcats for worker in group])
    stay = [
        f"{worker.id} is out of rotation in its map, and stays so"
        for turn in turns
        for group in turn.tomcats
        for worker in group
        if worker.id.apache_id in views and is_out(views, worker)
    ]
    return replace(
        plan,
        scripts=tuple(run for turn in turns for run in turn.runs),
        refusals=(*unread, *walk.refusals, *(refusal for refusals in shared for refusal in refusals)),
        warnings=tuple(stay),
        hosts=replace(plan.hosts, turns=tuple(turns), fewest_in=MappingProxyType(walk.fewest)),
    )


def _with(
    plan: OperationPlan, going: Sequence[HostTurn], turns: Sequence[HostTurn], refusals: tuple[Refusal, ...]
) -> OperationPlan:
    """Fill in who goes; all others of ``turns`` are where they should be already."""
    assert plan.hosts is not None
    stay = tuple(worker.id for turn in turns if turn not in going for group in turn.tomcats for worker in group)
    return replace(plan, refusals=refusals, unchanged=stay, hosts=replace(plan.hosts, turns=tuple(going)))


async def _still_reached(session: Session, turn: HostTurn, turns: Sequence[HostTurn]) -> list[Refusal]:
    """Refuse to deploy to a Tomcat that gets requests from an Apache which is in meanwhile."""
    going = {other.host for other in turns}
    refusals = []
    for group in turn.tomcats:
        others = [worker for worker in session.config.same_tomcat(group[0].id) if worker not in group]
        reached = [worker for worker in others if not await _stays_out(session, worker, going)]
        if reached:
            names = ", ".join(str(worker.id) for worker in reached)
            refusals.append(
                Refusal(
                    str(group[0].id),
                    f"its Tomcat is also {names}, whose Apache is in the balancer in front: requests would reach it "
                    "while it is deployed to; roll it by the maps.",
                    forcible=False,
                )
            )
    return refusals


async def _stays_out(session: Session, worker: WorkerConfig, going: set[FrontHost]) -> bool:
    host = front_host(session.config, worker.id.apache_id)
    if host is None or host in going:
        return False
    return (await read_place(session, host.ssh, host.front)).front is Front.OUT


@dataclass(slots=True)
class _Walk:
    """Goes from host to host as the operation will, noting what it meets."""

    standings: list[Standing]
    refusals: list[Refusal] = field(default_factory=list)
    fewest: dict[str, int] = field(default_factory=dict)

    def out(self, turn: HostTurn) -> None:
        """One goes out."""
        if not turn.is_out:
            self.refusals += last_one_in(turn.host, self.standings)
        self._set(turn.host, Place(Front.OUT, "it goes out before"))
        for service in services_on(turn.host):
            left = sum(standing.is_in for standing in self.standings if service in services_on(standing.host))
            self.fewest[service] = min(self.fewest.get(service, left), left)

    def back(self, turn: HostTurn) -> None:
        """It comes back, and has passed its gates by then."""
        self._set(turn.host, Place(Front.IN, ""))

    def _set(self, host: FrontHost, place: Place) -> None:
        self.standings = [Standing(host, place) if standing.host == host else standing for standing in self.standings]
