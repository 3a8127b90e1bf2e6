"""Evidence that a Tomcat can take requests: CPING over mod_jk's own path, and its check URL."""

import asyncio
from dataclasses import dataclass

from isdeploy_tui.config import ApacheConfig, WorkerConfig
from isdeploy_tui.engine import guards
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.plans import Refusal
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.workers import Workers
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.probes import cping, http_get
from isdeploy_tui.remote.runs import going_run


@dataclass(frozen=True, slots=True)
class Readiness:
    """What one gate saw: ``refusal`` is None when it lets the worker through; ``detail`` is the evidence."""

    worker: WorkerConfig
    gate: str
    detail: str
    refusal: Refusal | None = None


async def ping(session: Session, apache: ApacheConfig, workers: Workers, member: str) -> tuple[Health, str]:
    """Ask a member's AJP connector from its Apache's host; return its health and the evidence. Raises nothing."""
    worker = workers.workers.get(member)
    if worker is None:
        return Health.UNKNOWN, f"{printable(member)} is not defined in {apache.workers_file}"
    try:
        result = await cping(session.host(apache.ssh), worker.host, worker.port)
    except RemoteError as error:
        return Health.UNKNOWN, str(error)
    return Health(result.health), result.detail


async def ping_all(
    session: Session, apache: ApacheConfig, workers: Workers, members: frozenset[str]
) -> dict[str, Health]:
    """Ask several members at once."""
    order = sorted(members)
    answers = await asyncio.gather(*(ping(session, apache, workers, member) for member in order))
    return {member: health for member, (health, _) in zip(order, answers, strict=True)}


async def ready_to_restore(
    session: Session, apache: ApacheConfig, workers: Workers, worker: WorkerConfig
) -> tuple[Readiness, ...]:
    """Pass a worker through the gates before it gets requests again. Raises nothing."""
    if (busy := await script_goes_on(session, worker)) is not None:
        return (busy,)
    health, detail = await ping(session, apache, workers, worker.id.worker)
    refusal = None if health is Health.UP else guards.not_ready(worker.id, detail or health.value)
    gates = [Readiness(worker, "ping", detail or health.value, refusal)]
    if worker.check_url and refusal is None:
        gates.append(await check(session, apache, worker, worker.check_url))
    return tuple(gates)


async def script_goes_on(session: Session, worker: WorkerConfig) -> Readiness | None:
    """Return the refusal when a deploy script of this Tomcat still runs, started by us or anybody. Raises nothing."""
    if worker.deploy is None:
        return None
    try:
        run = await going_run(session.host(worker.ssh), worker.tomcat)
    except RemoteError:
        # CPING is asked from the Apache's side: a Tomcat whose own host is out of reach may well be ready.
        return None
    if run is None:
        return None
    return Readiness(worker, "script", f"run {run} goes on", guards.script_goes_on(worker, run))


async def check(
    session: Session, apache: ApacheConfig, worker: WorkerConfig, url: str, text: str | None = None
) -> Readiness:
    """Ask the worker's check URL through its Apache's host: it must answer 200, and with ``text`` in its body."""
    try:
        answer = await http_get(session.host(apache.ssh), url)
    except RemoteError as error:
        return Readiness(worker, "check", str(error), guards.check_failed(worker, f"nothing ({error})"))
    # Tomcat has no words of its own: its reason is the number once more.
    reason = "" if answer.reason == str(answer.status) else printable(answer.reason, 80)
    detail = f"{answer.status} {reason}".strip()
    if answer.status != 200:
        return Readiness(worker, "check", f"{url}: {detail}", guards.check_failed(worker, detail))
    if text is not None and text not in answer.body.decode("utf-8", "replace"):
        missing = f"{detail} without the text '{text}'"
        return Readiness(worker, "check", f"{url}: {missing}", guards.check_failed(worker, missing))
    shown = f" with '{text}'" if text is not None else ""
    return Readiness(worker, "check", f"{url}: {detail}{shown}")
