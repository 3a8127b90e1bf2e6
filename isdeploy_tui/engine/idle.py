"""Is a drained Tomcat really idle: the requests in flight on it, read until there are none.

After the settle time no new request reaches it, but those in flight still run; a Tomcat that is stopped then loses
them.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from isdeploy_tui.config import WorkerConfig
from isdeploy_tui.engine.control import Choice, Control, Question
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.status import read_status
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.inflight import count_in_flight

POLL_SECONDS = (0.1, 0.5)
"""Between two looks at the requests in flight: as long as a look takes, within these bounds.

A status worker tells in milliseconds, a thread dump costs the Tomcat's host a third of a second.
"""

WAIT_ON, GO_ON, PUT_BACK = "wait on", "go on", "put back"


@dataclass(frozen=True, slots=True)
class Busy:
    """Requests in flight on one Tomcat; ``count`` None: nothing can tell. ``source`` says what told, or why not."""

    count: int | None
    source: str


async def busy_on(session: Session, workers: Sequence[WorkerConfig]) -> Busy:
    """Ask for the requests in flight on one Tomcat, as every Apache that shares it sees them. Raises nothing.

    From each Apache's status worker where ``status_url`` is configured; where one of them has none, or does not
    answer, from the Tomcat's own threads, which know the requests of all.
    """
    answers = await asyncio.gather(*(_from_status(session, worker) for worker in workers))
    if all(isinstance(answer, int) for answer in answers):
        return Busy(sum(answer for answer in answers if isinstance(answer, int)), "jkstatus")
    why = "; ".join(dict.fromkeys(answer for answer in answers if isinstance(answer, str)))
    logged = next((worker for worker in workers if worker.log), None)
    if logged is None or logged.log is None:
        return Busy(None, f"{why}; no log is configured, so its process cannot be found either")
    try:
        seen = await count_in_flight(session.host(logged.ssh), logged.log)
    except RemoteError as error:
        return Busy(None, f"{why}; {error}")
    return Busy(seen.count, "jcmd" if seen.count is not None else f"{why}; {seen.reason}")


async def _from_status(session: Session, worker: WorkerConfig) -> int | str:
    apache = session.config.apache(worker.id.apache_id)
    status = await read_status(session, apache)
    if isinstance(status, str):
        return status
    member = status.members.get(worker.id.worker)
    return f"{apache.status_url} on {apache.ssh} does not show {worker.id.worker}" if member is None else member.busy


async def wait_idle(
    session: Session,
    workers: Sequence[WorkerConfig],
    control: Control,
    *,
    give_up: str = "put it back and stop",
) -> AsyncIterator[Step]:
    """Wait until nothing is in flight on one Tomcat; tell the number as it falls.

    Ends with a ``done`` step, or with a ``failed`` one after ``drain_timeout`` seconds when the person (or nobody)
    says to give up, or when interrupted. ``give_up`` is how that choice reads.
    """
    target = str(workers[0].id)
    service = session.config.service(workers[0].id.service)

    def step(state: StepState, detail: str, count: int | None) -> Step:
        return Step(session.clock(), target, "idle", state, detail, {"busy": count})

    started = session.clock()
    limit = service.drain_timeout
    curve: list[int] = []
    # Before the first answer: a thread dump takes its time.
    yield step(StepState.STARTED, "are requests in flight?", None)
    while True:
        looked = session.clock()
        busy = await busy_on(session, workers)
        pause = min(max(POLL_SECONDS[0], session.clock() - looked), POLL_SECONDS[1])
        if busy.count == 0:
            fell = f" (it was {', '.join(map(str, curve))})" if curve else ""
            yield step(StepState.DONE, f"no request in flight{fell}, says {busy.source}", 0)
            return
        if busy.count is None:
            async for event in _wait_blindly(session, target, service.quiet_seconds, busy.source, control):
                yield event
            return
        if curve[-1:] != [busy.count]:
            curve.append(busy.count)
            yield step(StepState.STARTED, f"{busy.count} in flight, says {busy.source}", busy.count)
        waited = session.clock() - started
        if waited >= limit:
            answer = await control.decide(_question(target, busy.count, waited, give_up))
            if answer == GO_ON:
                yield step(StepState.DONE, f"told to go on with {busy.count} in flight", busy.count)
                return
            if answer != WAIT_ON:
                detail = (
                    f"still {busy.count} in flight after {waited:.0f} s (drain_timeout {service.drain_timeout:g} s)"
                )
                yield step(StepState.FAILED, detail, busy.count)
                return
            limit = waited + service.drain_timeout
        if not await control.pause(pause):
            yield step(StepState.FAILED, f"interrupted with {busy.count} in flight", busy.count)
            return


async def _wait_blindly(
    session: Session, target: str, seconds: float | None, why: str, control: Control
) -> AsyncIterator[Step]:
    """Where nothing can tell, wait as long as the configuration says, and say that this is no evidence."""

    def step(state: StepState, detail: str) -> Step:
        return Step(session.clock(), target, "idle", state, detail, {"busy": None})

    if seconds is None:
        yield step(
            StepState.FAILED,
            f"nothing tells whether requests are in flight ({why}); configure status_url, "
            "or quiet_seconds to wait blindly",
        )
        return
    yield step(
        StepState.STARTED, f"nothing tells whether requests are in flight ({why}); waiting {seconds:g} s blindly"
    )
    if await control.pause(seconds):
        yield step(StepState.DONE, f"waited {seconds:g} s blindly (quiet_seconds); not seen to be idle")
    else:
        yield step(StepState.FAILED, "interrupted while waiting blindly")


def _question(target: str, count: int, waited: float, give_up: str) -> Question:
    return Question(
        target,
        f"{target} still has {count} in flight after {waited:.0f} s.",
        (
            Choice(WAIT_ON, "wait on"),
            Choice(GO_ON, "go on: these requests will be lost"),
            Choice(PUT_BACK, give_up),
        ),
        PUT_BACK,
    )
