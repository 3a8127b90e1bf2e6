"""The plan of a roll: order, batches, every map on the way, and the fewest active members at any moment.

The restore of one batch and the drain of the next are one map write, so N batches need N + 1 settle times.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from isdeploy_tui.config import ApacheId, WorkerConfig, WorkerId
from isdeploy_tui.engine import gates, guards
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.planning import PlanningError, map_change, plan_map, services_of, views_of
from isdeploy_tui.engine.plans import (
    MapChange,
    OperationKind,
    OperationPlan,
    Refusal,
    RollPlan,
    ScriptRun,
    Tomcat,
    Transition,
)
from isdeploy_tui.engine.reading import ApacheView
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk import rotation
from isdeploy_tui.modjk.remarks import Stampede, stampede_sentences
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.printable import printable

SOFT_SECONDS = 60.0
"""How long the drained stay *disabled* when a soft roll is asked for and the service does not say."""

Views = Mapping[ApacheId, ApacheView]


async def plan_roll(
    session: Session,
    targets: Sequence[WorkerId],
    *,
    batch: int = 1,
    pause: bool = False,
    max_failed: int = 0,
    soft: bool = False,
) -> OperationPlan:
    """Plan a roll over the Tomcats behind these workers. Raises RemoteError, PlanningError."""
    tomcats = tomcats_of(session, targets)
    workers = [worker for tomcat in tomcats for worker in tomcat.workers]
    services = services_of(session, [worker.id for worker in workers])
    configured = max(service.soft_seconds for service in services)
    empty = RollPlan((), MappingProxyType({}), pause, max_failed, configured or (SOFT_SECONDS if soft else 0))
    views, unread = await views_of(session, workers)
    plan = OperationPlan(
        kind=OperationKind.ROLL,
        targets=tuple(worker.id for worker in workers),
        services=services,
        scripts=tuple(tomcat.run for tomcat in tomcats),
        soft=empty.soft_seconds > 0,
        roll=empty,
    )
    if unread:
        return replace(plan, refusals=tuple(replace(refusal, forcible=False) for refusal in unread))
    # Those that a failed roll left out come first: nothing is lost by it, and the capacity is back the sooner.
    tomcats.sort(key=lambda tomcat: not all(is_out(views, worker) for worker in tomcat.workers))
    batches = [tuple(tomcats[start : start + batch]) for start in range(0, len(tomcats), batch)]
    health = await _health(session, views)
    walk = _Walk(session, views, health)
    transitions = [walk.step(restores, drains) for restores, drains in zip([(), *batches], [*batches, ()], strict=True)]
    return replace(
        plan,
        changes=tuple(change for transition in transitions for change in transition.changes),
        refusals=tuple(dict.fromkeys(walk.refusals)),
        warnings=tuple(dict.fromkeys(walk.warnings)),
        roll=replace(empty, transitions=tuple(transitions), fewest_active=MappingProxyType(walk.fewest)),
    )


def tomcats_of(session: Session, targets: Sequence[WorkerId]) -> list[Tomcat]:
    """Return the Tomcats behind the targets, each with all its workers. Raises PlanningError without a script."""
    tomcats: dict[str, Tomcat] = {}
    for id in targets:
        workers = session.config.same_tomcat(id)
        identity = workers[0].tomcat
        if identity in tomcats:
            continue
        scripted = next((worker for worker in workers if worker.deploy), None)
        if scripted is None or scripted.deploy is None:
            raise PlanningError(f'{id}: no deploy script is configured; add deploy = "/…/deploy.sh" to servers.toml.')
        tomcats[identity] = Tomcat(workers, ScriptRun(scripted, scripted.deploy))
    return list(tomcats.values())


def is_out(views: Views, worker: WorkerConfig) -> bool:
    """True when this worker's Apache sends it nothing."""
    member = views[worker.id.apache_id].members.get(worker.id.worker)
    return member is not None and member.rotation is Rotation.STOPPED


def names_on(tomcats: Iterable[Tomcat], apache: ApacheId) -> list[str]:
    """Return mod_jk's names of these Tomcats on one Apache."""
    return [worker.id.worker for tomcat in tomcats for worker in tomcat.workers if worker.id.apache_id == apache]


def capacity_refusals(
    view: ApacheView, plan: rotation.Plan, health: Mapping[str, Health], min_active: int
) -> list[Refusal]:
    """What speaks against a map with so few members that answer."""
    refusals = [*guards.map_is_faulty(view.apache, plan), *guards.leaves_rule_empty(view.apache, plan)]
    for rule, members in plan.active.items():
        answering = [member for member in members if health.get(member) is not Health.DOWN]
        if rule not in plan.left_empty and len(answering) < min_active:
            refusals.append(guards.too_few(view.apache, rule, answering, min_active))
    return refusals


class _Walk:
    """Walks from map to map as the roll will, noting what it meets."""

    def __init__(self, session: Session, views: Views, health: Mapping[ApacheId, Mapping[str, Health]]) -> None:
        self._session = session
        self._views = dict(views)
        self._health = {id: dict(states) for id, states in health.items()}
        self.refusals: list[Refusal] = []
        self._warnings: list[str] = []
        self._stampedes: dict[ApacheId, list[Stampede]] = {}
        self.fewest: dict[str, int] = {}

    @property
    def warnings(self) -> list[str]:
        """What to know before it begins; a stampede is told once for all members of a balancer."""
        stampedes = [
            f"{id}: {printable(sentence)}"
            for id, found in self._stampedes.items()
            for sentence in stampede_sentences(found)
        ]
        return [*self._warnings, *stampedes]

    def step(self, restores: Sequence[Tomcat], drains: Sequence[Tomcat]) -> Transition:
        changes: list[MapChange] = []
        for id, view in self._views.items():
            # What comes back will have passed its gates by then, whatever it is now.
            self._health[id].update(dict.fromkeys(names_on(restores, id), Health.UP))
            plan = plan_map(view, drain=names_on(drains, id), restore=names_on(restores, id))
            if drains:
                least = self._session.config.service(id.service).min_active
                self.refusals += capacity_refusals(view, plan, self._health[id], least)
                for rule, members in plan.active.items():
                    key = f"{id} {printable(rule)}"
                    self.fewest[key] = min(self.fewest.get(key, len(members)), len(members))
            told = stampede_sentences(plan.stampedes)
            self._warnings += [f"{id}: {printable(warning)}" for warning in plan.warnings if warning not in told]
            # Each is met twice, when it goes and when it comes back.
            known = {(item.member, item.balancer) for item in self._stampedes.get(id, ())}
            fresh = [item for item in plan.stampedes if (item.member, item.balancer) not in known]
            self._stampedes.setdefault(id, []).extend(fresh)
            if plan.after != plan.before:
                # What there is to know of the whole is told once, with the plan.
                changes.append(replace(map_change(view, plan), warnings=()))
                self._views[id] = replace(view, urimap=UriMap.parse(plan.after))
        return Transition(tuple(restores), tuple(drains), tuple(changes))


async def _health(session: Session, views: Views) -> dict[ApacheId, dict[str, Health]]:
    answers = await asyncio.gather(
        *(gates.ping_all(session, view.apache, view.workers, frozenset(view.members)) for view in views.values())
    )
    return dict(zip(views, answers, strict=True))
