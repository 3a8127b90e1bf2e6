"""Reads the servers and says what an operation would do: nothing is changed here."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from isdeploy_tui.config import ApacheConfig, ApacheId, ServiceConfig, WorkerConfig, WorkerId
from isdeploy_tui.engine import gates, guards
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.front import read_place
from isdeploy_tui.engine.plans import MapChange, OperationKind, OperationPlan, Refusal, ScriptRun
from isdeploy_tui.engine.reading import ApacheView, read_apache
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk import rotation
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError


class PlanningError(Exception):
    """Nothing can be planned; the text says where and why, and that nothing was changed."""


async def plan_rotation(
    session: Session, kind: OperationKind, targets: Sequence[WorkerId], *, soft: bool = False
) -> OperationPlan:
    """Plan a drain or a restore of workers. Raises RemoteError, PlanningError."""
    by_apache: dict[ApacheId, list[WorkerId]] = defaultdict(list)
    for id in targets:
        by_apache[id.apache_id].append(id)
    views = await asyncio.gather(*(read_apache(session, session.config.apache(id)) for id in by_apache))
    changes: list[MapChange] = []
    unchanged: list[WorkerId] = []
    refusals: list[Refusal] = []
    warnings: list[str] = []
    for view in views:
        ids = by_apache[view.apache.id]
        change, found, said = await _plan_apache(session, view, kind, ids, soft)
        refusals += found
        if change is None:
            unchanged += ids
        else:
            changes.append(change)
        warnings += [f"{view.apache.id}: {warning}" for warning in said]
    return OperationPlan(
        kind=kind,
        targets=tuple(targets),
        services=services_of(session, targets),
        changes=tuple(changes),
        unchanged=tuple(unchanged),
        refusals=tuple(refusals),
        warnings=tuple(warnings),
        soft=soft,
    )


async def _plan_apache(
    session: Session, view: ApacheView, kind: OperationKind, ids: Sequence[WorkerId], soft: bool
) -> tuple[MapChange | None, list[Refusal], tuple[str, ...]]:
    """Return the write, what speaks against it, and what to know about it (also where nothing is to be written)."""
    apache = view.apache
    names = [id.worker for id in ids]
    draining = kind is OperationKind.DRAIN
    plan = plan_map(view, drain=names if draining else (), restore=() if draining else names, soft=soft)
    if plan.after == plan.before:
        return None, [], tuple(map(printable, plan.warnings))
    refusals = [*guards.map_is_faulty(apache, plan)]
    if draining:
        refusals += guards.leaves_rule_empty(apache, plan)
        members = frozenset(member for active in plan.active.values() for member in active)
        health = await gates.ping_all(session, apache, view.workers, members)
        refusals += guards.leaves_only_down(apache, plan, health)
    else:
        passed = await asyncio.gather(
            *(gates.ready_to_restore(session, apache, view.workers, session.config.worker(id)) for id in ids)
        )
        refusals += [gate.refusal for worker in passed for gate in worker if gate.refusal]
    change = map_change(view, plan)
    return change, refusals, change.warnings


def plan_map(
    view: ApacheView, *, drain: Sequence[str] = (), restore: Sequence[str] = (), soft: bool = False
) -> rotation.Plan:
    """Plan one Apache's map from what it is in ``view``, by mod_jk's names. Raises PlanningError."""
    try:
        return rotation.plan(view.urimap, view.workers, drain=drain, restore=restore, soft=soft, presets=view.presets)
    except rotation.PlanError as error:
        raise PlanningError(f"{view.apache.id}: {printable(str(error))} {view.apache.map} was not touched.") from None


def map_change(view: ApacheView, plan: rotation.Plan) -> MapChange:
    """Return the write that a plan of one map asks for, its texts printable."""
    active = {printable(rule): tuple(map(printable, members)) for rule, members in plan.active.items()}
    return MapChange(
        apache=view.apache,
        before=plan.before,
        after=plan.after,
        expected_sha256=view.map.sha256,
        diff=tuple(map(printable, plan.diff())),
        how=tuple(f"line {change.line}: {change.how}" for change in plan.changes),
        active=MappingProxyType(active),
        warnings=tuple(map(printable, plan.warnings)),
    )


async def plan_deploy(session: Session, targets: Sequence[WorkerId]) -> OperationPlan:
    """Plan the deploy script of one Tomcat, given by any of its workers. Raises PlanningError."""
    tomcats = {session.config.worker(id).tomcat for id in targets}
    if len(tomcats) != 1:
        raise PlanningError(
            "deploy works on one Tomcat at a time; these targets are "
            + ", ".join(sorted(map(str, targets)))
            + ". Nothing was changed."
        )
    workers = session.config.same_tomcat(targets[0])
    scripted = next((worker for worker in workers if worker.deploy), None)
    if scripted is None or scripted.deploy is None:
        raise PlanningError(
            f'{targets[0]}: no deploy script is configured; add deploy = "/…/deploy.sh" to servers.toml.'
        )
    views, refusals = await views_of(session, workers)
    for worker in workers:
        view = views.get(worker.id.apache_id)
        if view is None:
            continue
        state = view.members.get(worker.id.worker)
        if state is None:
            refusals.append(guards.not_known(worker.id, view.apache))
        elif (refusal := guards.not_drained(worker.id, state)) and not await _left_alone(session, view.apache):
            refusals.append(refusal)
    return OperationPlan(
        kind=OperationKind.DEPLOY,
        targets=tuple(worker.id for worker in workers),
        services=services_of(session, [worker.id for worker in workers]),
        scripts=(ScriptRun(scripted, scripted.deploy),),
        refusals=tuple(refusals),
    )


async def _left_alone(session: Session, apache: ApacheConfig) -> bool:
    """True when the balancer in front sends nothing to this Apache: then no request reaches what is behind it."""
    if apache.front is None:
        return False
    return (await read_place(session, apache.ssh, apache.front)).front is Front.OUT


async def views_of(
    session: Session, workers: Sequence[WorkerConfig]
) -> tuple[Mapping[ApacheId, ApacheView], list[Refusal]]:
    """Read every Apache that sees these workers; those that cannot be read come back as refusals."""
    ids = list(dict.fromkeys(worker.id.apache_id for worker in workers))
    results = await asyncio.gather(
        *(read_apache(session, session.config.apache(id)) for id in ids), return_exceptions=True
    )
    views: dict[ApacheId, ApacheView] = {}
    refusals: list[Refusal] = []
    for id, result in zip(ids, results, strict=True):
        if isinstance(result, ApacheView):
            views[id] = result
        elif isinstance(result, RemoteError):
            refusals.append(guards.not_read(id, result))
        else:
            raise result
    return views, refusals


def services_of(session: Session, targets: Sequence[WorkerId]) -> tuple[ServiceConfig, ...]:
    """Return the services of these workers, each once."""
    return tuple(session.config.service(name) for name in dict.fromkeys(id.service for id in targets))
