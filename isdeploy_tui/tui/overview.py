"""What is right and what is wrong, summed up for every level of the tree: pure, from a Fleet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import lru_cache

from isdeploy_tui.config import ApacheConfig, ApacheId, Config, ServiceConfig, WorkerId
from isdeploy_tui.engine.fleet import ApacheState, Fleet, Front, Health, WorkerState
from isdeploy_tui.engine.plans import OperationKind, OperationPlan, RollPlan
from isdeploy_tui.modjk.rotation import Rotation

NodeId = str | ApacheId | WorkerId
"""What a node of the tree stands for: a service by its name, an apache, a worker."""


class Severity(IntEnum):
    """How much something wants to be looked at; the highest of its children is a parent's."""

    GOOD = 0
    READING = 1
    OUT = 2
    UNSURE = 3
    BAD = 4


@dataclass(frozen=True, slots=True)
class Counts:
    """How many workers are in which state; each is counted once.

    ``active`` are those in rotation whose Tomcat is not known to be down, ``down`` those in rotation whose Tomcat
    does not answer: the ones that cost requests. One that is out of rotation may be up or down, as its deploy needs.
    """

    total: int = 0
    active: int = 0
    disabled: int = 0
    stopped: int = 0
    unknown: int = 0
    down: int = 0
    reading: int = 0
    errors: int = 0
    warnings: int = 0
    severity: Severity = field(default=Severity.GOOD, kw_only=True)

    @classmethod
    def total_of(cls, parts: Iterable["Counts"]) -> "Counts":
        """Return the counts of all parts together, with the worst severity of any."""
        counted = tuple(parts)
        numbers = zip(*(part._numbers for part in counted), strict=True)
        severity = max((part.severity for part in counted), default=Severity.GOOD)
        return cls(*map(sum, numbers), severity=severity) if counted else cls()

    @property
    def _numbers(self) -> tuple[int, ...]:
        return (
            self.total,
            self.active,
            self.disabled,
            self.stopped,
            self.unknown,
            self.down,
            self.reading,
            self.errors,
            self.warnings,
        )


def is_reading(apache: ApacheState) -> bool:
    """True before anything of this apache was read."""
    return not apache.error and not apache.seen


def is_stale(apache: ApacheState, config: Config, now: float) -> bool:
    """True when what is shown of this apache is older than it should be: three polls, and never under ten seconds."""
    return bool(apache.seen) and now - apache.seen > max(10.0, 3 * config.poll_seconds)


def worker_severity(worker: WorkerState, apache: ApacheState) -> Severity:
    """Return how much a worker wants to be looked at; one that is out and down is being worked on, not broken."""
    return _severity(worker.rotation, worker.health, is_reading(apache))


def _severity(rotation: Rotation, health: Health, reading: bool) -> Severity:
    if reading:
        return Severity.READING
    if rotation is Rotation.UNKNOWN:
        return Severity.UNSURE
    if rotation is not Rotation.ACTIVE:
        return Severity.OUT
    return {Health.UP: Severity.GOOD, Health.DOWN: Severity.BAD}.get(health, Severity.UNSURE)


def count_apache(config: ApacheConfig, fleet: Fleet) -> Counts:
    """Return the counts of one apache's workers, its own errors and warnings in the severity."""
    apache = fleet.apaches[config.id]
    states = tuple((state.rotation, state.health) for state in (fleet.workers[worker.id] for worker in config.workers))
    return _counts(states, is_reading(apache), bool(apache.error), len(apache.warnings), apache.front)


@lru_cache(4096)
def _counts(
    states: tuple[tuple[Rotation, Health], ...], reading: bool, error: bool, warnings: int, front: Front | None
) -> Counts:
    """Count once: the Apaches of a large fleet are in few states, and are counted at every change of any of them."""
    total = Counts.total_of(_one(rotation, health, reading) for rotation, health in states)
    severity = total.severity
    if error or (not total.active and not total.reading and not total.unknown):
        severity = Severity.BAD
    elif warnings or front is Front.UNKNOWN:
        severity = max(severity, Severity.UNSURE)
    elif front is Front.OUT:
        severity = max(severity, Severity.OUT)
    return replace(total, errors=int(error), warnings=warnings, severity=severity)


def _one(rotation: Rotation, health: Health, reading: bool) -> Counts:
    down = rotation is Rotation.ACTIVE and health is Health.DOWN
    return Counts(
        total=1,
        active=rotation is Rotation.ACTIVE and not down,
        disabled=rotation is Rotation.DISABLED,
        stopped=rotation is Rotation.STOPPED,
        unknown=rotation is Rotation.UNKNOWN and not reading,
        down=down,
        reading=reading,
        severity=_severity(rotation, health, reading),
    )


def count_service(config: ServiceConfig, fleet: Fleet) -> Counts:
    """Return the counts of a whole service."""
    return Counts.total_of(count_apache(apache, fleet) for apache in config.apaches)


def count_all(config: Config, fleet: Fleet) -> Counts:
    """Return the counts of everything."""
    return Counts.total_of(count_service(service, fleet) for service in config.services)


def phrases(counts: Counts) -> Iterator[tuple[str, Severity]]:
    """Yield the counts as short phrases with how bad each is: ``2/3 active``, ``1 down``, ``1 unknown``.

    The worst come first, because a narrow tree cuts the rest.
    """
    known = counts.total - counts.reading
    if counts.reading == counts.total:
        yield f"{counts.total} {'worker' if counts.total == 1 else 'workers'}, reading", Severity.READING
        return
    full = counts.active == known
    level = Severity.GOOD if full else Severity.BAD if not counts.active and not counts.unknown else Severity.OUT
    yield f"{counts.active}/{known} active", level
    for number, word, severity in (
        (counts.errors, "unreachable", Severity.BAD),
        (counts.down, "down", Severity.BAD),
        (counts.unknown, "unknown", Severity.UNSURE),
        (counts.stopped, "stopped", Severity.OUT),
        (counts.disabled, "disabled", Severity.OUT),
        (counts.reading, "reading", Severity.READING),
    ):
        if number:
            yield f"{number} {word}", severity
    if counts.warnings:
        yield f"{counts.warnings} {'warning' if counts.warnings == 1 else 'warnings'}", Severity.UNSURE


def workers_of(node: NodeId | None, config: Config) -> tuple[WorkerId, ...]:
    """Return the workers that a node of the tree stands for, in the configuration's order."""
    if node is None:
        return ()
    if isinstance(node, str):
        return tuple(worker.id for worker in config.workers() if worker.id.service == node)
    if isinstance(node, WorkerId):
        return (node,)
    return tuple(worker.id for worker in config.apache(node).workers)


def logs_of(workers: Iterable[WorkerId], config: Config) -> tuple[WorkerId, ...]:
    """Return one worker for each log there is among these: two that are the same Tomcat have one log."""
    found: dict[tuple[str, str], WorkerId] = {}
    for id in workers:
        worker = config.worker(id)
        if worker.log is not None:
            found.setdefault((worker.ssh, worker.log), id)
    return tuple(found.values())


def matching(config: Config, fleet: Fleet, text: str, *, only_problems: bool = False) -> frozenset[WorkerId]:
    """Return the workers that a filter lets through: every word of ``text`` occurs in names, state or environment."""
    words = text.casefold().split()
    found: set[WorkerId] = set()
    for service in config.services:
        for apache in service.apaches:
            state = fleet.apaches[apache.id]
            for worker in apache.workers:
                seen = fleet.workers[worker.id]
                if only_problems and not (worker_severity(seen, state) > Severity.READING or state.error):
                    continue
                haystack = " ".join(
                    (str(worker.id), service.environment, seen.rotation, seen.health, seen.address, worker.ssh)
                ).casefold()
                if all(word in haystack for word in words):
                    found.add(worker.id)
    return frozenset(found)


def problems_first(config: Config, fleet: Fleet) -> tuple[WorkerId, ...]:
    """Return all workers with what wants to be looked at most first: services, their apaches, their workers."""

    def severity(worker: WorkerId) -> Severity:
        return worker_severity(fleet.workers[worker], fleet.apaches[worker.apache_id])

    services = sorted(config.services, key=lambda service: -count_service(service, fleet).severity)
    apaches = (
        apache
        for service in services
        for apache in sorted(service.apaches, key=lambda apache: -count_apache(apache, fleet).severity)
    )
    return tuple(
        id
        for apache in apaches
        for id in sorted((worker.id for worker in apache.workers), key=lambda id: -severity(id))
    )


def common_name(targets: Iterable[WorkerId]) -> str:
    """Return a short name for targets: the id of one, ``shop/web1: worker1, worker2`` for several of one apache.

    ``shop: 6 workers`` for those of several.
    """
    ids = tuple(targets)
    if not ids:
        return "nothing"
    if len(ids) == 1:
        return str(ids[0])
    if len({id.apache_id for id in ids}) == 1:
        names = ", ".join(id.worker for id in ids[:3]) + (f" and {len(ids) - 3} more" if len(ids) > 3 else "")
        return f"{ids[0].apache_id}: {names}"
    services = ", ".join(dict.fromkeys(id.service for id in ids))
    return f"{services}: {len(ids)} workers"


def _tomcats(plan: RollPlan) -> str:
    """Return ``shop: worker1, worker2``: each Tomcat once, however many Apaches share it; by itself one has its id."""
    ids = [tomcat.id for batch in plan.batches for tomcat in batch]
    if len({id.service for id in ids}) != 1 or len(ids) == 1:
        return common_name(ids)
    unique = len({id.worker for id in ids}) == len(ids)
    names = [id.worker if unique else f"{id.apache}/{id.worker}" for id in ids]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{ids[0].service}: {', '.join(names[:3])}{more}"


def subject(plan: OperationPlan) -> str:
    """Return a short name for what a plan is about: a deploy's one Tomcat, a roll's Tomcats, else the targets."""
    if plan.hosts is not None and plan.targets:
        return ", ".join(dict.fromkeys(str(target.apache_id) for target in plan.targets))
    if plan.roll is not None and plan.roll.transitions:
        return _tomcats(plan.roll)
    if plan.kind is OperationKind.DEPLOY and plan.scripts:
        return common_name(run.worker.id for run in plan.scripts)
    return common_name(plan.targets)
