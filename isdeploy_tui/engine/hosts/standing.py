"""Who is in the balancer in front, and can take the requests of one that goes out."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from isdeploy_tui.config import Config, WorkerConfig, WorkerId
from isdeploy_tui.engine import gates
from isdeploy_tui.engine.fleet import Front, Health
from isdeploy_tui.engine.front import FrontHost, Place, front_host, front_hosts, read_place
from isdeploy_tui.engine.gates import Readiness
from isdeploy_tui.engine.planning import PlanningError, plan_map, views_of
from isdeploy_tui.engine.plans import Refusal
from isdeploy_tui.engine.reading import ApacheView, read_apache
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError


@dataclass(frozen=True, slots=True)
class Standing:
    """One host: where it stands, and why it could not answer every request by itself (empty: it could)."""

    host: FrontHost
    place: Place
    trouble: str = ""

    @property
    def is_in(self) -> bool:
        """True when the balancer in front sends it requests."""
        return self.place.front is Front.IN

    @property
    def serves(self) -> bool:
        """True when it answers requests."""
        return self.is_in and not self.trouble

    @property
    def why_not(self) -> str:
        """``shop/web2 is out``."""
        if self.place.front is Front.UNKNOWN:
            return f"where {self.host.id} stands is not known ({self.place.evidence})"
        return f"{self.host.id} is out" if not self.is_in else f"{self.host.id} is in, but {self.trouble}"


def workers_on(host: FrontHost) -> tuple[WorkerConfig, ...]:
    """Return all workers of a host's Apaches."""
    return tuple(worker for apache in host.apaches for worker in apache.workers)


def services_on(host: FrontHost) -> tuple[str, ...]:
    """Return the names of the services that lose an Apache when this host goes out."""
    return tuple(dict.fromkeys(apache.id.service for apache in host.apaches))


def whole_hosts(config: Config, targets: Sequence[WorkerId]) -> tuple[FrontHost, ...]:
    """Return the hosts of these targets, in their order.

    Raises PlanningError for a part of an Apache, and for one without commands.
    """
    found: dict[FrontHost, None] = {}
    for id in dict.fromkeys(target.apache_id for target in targets):
        host = front_host(config, id)
        if host is None:
            raise PlanningError(
                f"{id}: servers.toml names no out_command, in_command and state_command for it, so it cannot be taken "
                "out of the balancer in front. Nothing was changed."
            )
        if not {worker.id for worker in config.apache(id).workers} <= set(targets):
            raise PlanningError(
                f"{id}: only a whole Apache leaves the balancer in front: name {id}. Nothing was changed."
            )
        found[host] = None
    return tuple(found)


async def stand(session: Session, services: Iterable[str]) -> list[Standing]:
    """Look at every host of these services. Raises nothing foreseeable."""
    hosts = dict.fromkeys(host for service in services for host in front_hosts(session.config, service))
    return list(await asyncio.gather(*(_look(session, host) for host in hosts)))


async def _look(session: Session, host: FrontHost) -> Standing:
    place, (views, unread) = await asyncio.gather(
        read_place(session, host.ssh, host.front), views_of(session, workers_on(host))
    )
    troubles = [refusal.sentence for refusal in unread]
    for trouble in await asyncio.gather(*(_trouble(session, view) for view in views.values())):
        troubles += [trouble] if trouble else []
    return Standing(host, place, "; ".join(troubles))


async def _trouble(session: Session, view: ApacheView) -> str:
    """Return why this Apache could not answer all of its requests."""
    try:
        active = plan_map(view).active
    except PlanningError as error:
        return str(error)
    members = frozenset(member for names in active.values() for member in names)
    health = await gates.ping_all(session, view.apache, view.workers, members)
    for rule, names in active.items():
        if all(health[name] is Health.DOWN for name in names):
            return f"no member of its rule {printable(rule)} answers"
    return "" if active else "its map has no rule for these workers"


def last_one_in(host: FrontHost, standings: Iterable[Standing]) -> list[Refusal]:
    """Refuse to take out the last host of a service that answers its requests."""
    refusals = []
    for service in services_on(host):
        others = [standing for standing in standings if standing.host != host and service in services_on(standing.host)]
        if not any(other.serves for other in others):
            why = "; ".join(other.why_not for other in others) or "there is no other"
            refusals.append(
                Refusal(
                    str(host.id),
                    f"no other Apache of {service} would be in the balancer in front ({why}): its requests would "
                    "be lost.",
                )
            )
    return refusals


async def ready_to_serve(session: Session, host: FrontHost) -> list[Readiness | Refusal]:
    """Pass every worker that its map has in rotation through the gates. Raises nothing."""
    answers: list[Readiness | Refusal] = []
    for apache in host.apaches:
        try:
            view = await read_apache(session, apache)
        except RemoteError as error:
            answers.append(Refusal(str(apache.id), f"could not be read: {error}"))
            continue
        active = [worker for worker in apache.workers if _is_active(view, worker)]
        if not active:
            answers.append(Refusal(str(apache.id), "none of its workers is in rotation."))
        passed = await asyncio.gather(
            *(gates.ready_to_restore(session, apache, view.workers, worker) for worker in active)
        )
        answers += [gate for worker in passed for gate in worker]
    return answers


def _is_active(view: ApacheView, worker: WorkerConfig) -> bool:
    member = view.members.get(worker.id.worker)
    return member is not None and member.rotation is Rotation.ACTIVE
