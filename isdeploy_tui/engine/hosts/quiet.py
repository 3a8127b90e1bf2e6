"""Is a host that is out really left alone: no request in flight on its Tomcats, and none that comes.

A balancer in front that does not cut connections leaves those that are open where they are: a client that keeps one
open goes on asking through it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from isdeploy_tui.config import WorkerConfig
from isdeploy_tui.engine.control import Choice, Control, Question
from isdeploy_tui.engine.front import FrontHost
from isdeploy_tui.engine.idle import GO_ON, PUT_BACK, WAIT_ON, busy_on, wait_idle
from isdeploy_tui.engine.merging import merge
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.status import read_status
from isdeploy_tui.engine.steps import Event, Step, StepState

QUIET_SECONDS = 2.0
"""So long no request may come."""

Tomcats = Sequence[Sequence[WorkerConfig]]


async def wait_quiet(
    session: Session, host: FrontHost, tomcats: Tomcats, control: Control, *, give_up: str, evidence: bool = True
) -> AsyncIterator[Event]:
    """Wait until no request is in flight on these Tomcats of a host, and none comes; a failed step: it is not so.

    ``give_up`` is how that choice reads. Without ``evidence`` it is enough to say that nothing can tell, where
    that is so.
    """
    failed = False
    async for event in merge(_idle(session, workers, control, give_up, evidence) for workers in tomcats):
        yield event
        failed = failed or (isinstance(event, Step) and event.state is StepState.FAILED)
    if not failed:
        async for step in _none_comes(session, host, tomcats, control, give_up):
            yield step


async def _idle(
    session: Session, workers: Sequence[WorkerConfig], control: Control, give_up: str, evidence: bool
) -> AsyncIterator[Event]:
    if not evidence:
        # A Tomcat's own threads serve other Apaches, too, and may never be idle then.
        shared = len(session.config.same_tomcat(workers[0].id)) > len(workers)
        counted = all(session.config.apache(worker.id.apache_id).status_url for worker in workers)
        why = "" if counted or not shared else "it is shared with other Apaches, and there is no status_url"
        if not why and (busy := await busy_on(session, workers)).count is None:
            why = busy.source
        if why:
            detail = f"nothing tells whether requests are still in flight ({why})"
            yield Step(session.clock(), str(workers[0].id), "idle", StepState.DONE, detail)
            return
    async for step in wait_idle(session, workers, control, give_up=give_up):
        yield step


async def _none_comes(
    session: Session, host: FrontHost, tomcats: Tomcats, control: Control, give_up: str
) -> AsyncIterator[Step]:
    """Compare mod_jk's own counters over a time. Where there are none, the balancer in front is believed."""

    def step(state: StepState, detail: str) -> Step:
        return Step(session.clock(), str(host.id), "quiet", state, detail)

    before = await _elected(session, tomcats)
    if isinstance(before, str):
        yield step(
            StepState.DONE, f"nothing counts the requests that come ({before}); the balancer in front is believed"
        )
        return
    yield step(StepState.STARTED, f"does any request come within {QUIET_SECONDS:g} s?")
    timeout = session.config.service(host.id.service).drain_timeout
    began, limit, came = session.clock(), timeout, 0
    while True:
        if not await control.pause(QUIET_SECONDS):
            yield step(StepState.FAILED, "interrupted")
            return
        now = await _elected(session, tomcats)
        if isinstance(now, str):
            yield step(StepState.FAILED, f"the requests that come could not be counted again: {now}")
            return
        if now == before:
            earlier = f" ({came} came before that)" if came else ""
            yield step(StepState.DONE, f"no request came within {QUIET_SECONDS:g} s{earlier}, says jkstatus")
            return
        came += max(0, now[0] - before[0])
        waited = session.clock() - began
        yield step(StepState.STARTED, f"{came} requests still came to it; open connections, or health checks?")
        if waited >= limit:
            answer = GO_ON if control.force else await control.decide(_question(host, came, waited, give_up))
            if answer == GO_ON:
                yield step(StepState.DONE, f"told to go on though {came} requests came within {waited:.0f} s")
                return
            if answer != WAIT_ON:
                detail = f"{came} requests came within {waited:.0f} s though it is out (drain_timeout {timeout:g} s)"
                yield step(StepState.FAILED, detail)
                return
            limit = waited + timeout
        before = now


async def _elected(session: Session, tomcats: Tomcats) -> tuple[int, int] | str:
    """Return the requests that these Tomcats have got and those in flight, or why nobody counts them."""
    names: dict[str, set[str]] = {}
    urls = {}
    for worker in (worker for workers in tomcats for worker in workers):
        apache = session.config.apache(worker.id.apache_id)
        if apache.status_url is None:
            return f"{apache.id} has no status_url"
        # Virtual hosts of one httpd share their counters.
        urls[apache.status_url] = apache
        names.setdefault(apache.status_url, set()).add(worker.id.worker)
    answers = await asyncio.gather(*(read_status(session, apache) for apache in urls.values()))
    elected = busy = 0
    for url, answer in zip(urls, answers, strict=True):
        if isinstance(answer, str):
            return answer
        members = [answer.members[name] for name in names[url] if name in answer.members]
        elected += sum(member.elected for member in members)
        busy += sum(member.busy for member in members)
    return elected, busy


def _question(host: FrontHost, came: int, waited: float, give_up: str) -> Question:
    return Question(
        str(host.id),
        f"{host.id} is out of the balancer in front, but {came} requests came to its Tomcats within {waited:.0f} s.",
        (
            Choice(WAIT_ON, "wait on"),
            Choice(GO_ON, "go on: they are health checks, or may be lost"),
            Choice(PUT_BACK, give_up),
        ),
        PUT_BACK,
    )
