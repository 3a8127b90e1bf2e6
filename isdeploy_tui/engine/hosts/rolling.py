"""Roll over whole hosts: one leaves the balancer in front, all its Tomcats are deployed to, it comes in again."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.front import FrontHost
from isdeploy_tui.engine.hosts.quiet import wait_quiet
from isdeploy_tui.engine.hosts.standing import last_one_in, services_on, stand
from isdeploy_tui.engine.hosts.switching import Switch, switch
from isdeploy_tui.engine.merging import merge
from isdeploy_tui.engine.plans import HostTurn, OperationPlan, Tomcat
from isdeploy_tui.engine.rolling import LEAVE, PUT_BACK, Fate, deploy_until_ready, question_after
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event, Step, StepState

GIVE_UP = "put it in again and stop"


@dataclass(slots=True)
class _Progress:
    """What a roll has done so far: ``failed`` hosts stay out."""

    failed: list[HostTurn]
    stopped: bool = False


async def roll_hosts(session: Session, plan: OperationPlan, control: Control) -> AsyncGenerator[Event, None]:
    """Carry out a roll over whole hosts. No map is written.

    Who else is in is asked again before each goes out. Stops at the first failure beyond ``max_failed``: what failed
    stays out of the balancer in front, everything else is in or untouched, and the last step says what to do.
    """
    assert plan.hosts is not None
    progress = _Progress([])
    taken = 0
    for turn in plan.hosts.turns:
        taken += 1
        async for event in _turn(session, turn, control, progress, pause=plan.hosts.pause):
            yield event
        if progress.stopped or control.interrupted.is_set() or len(progress.failed) > plan.hosts.max_failed:
            break
    for step in (*_not_touched(session, plan.hosts.turns[taken:]), *_left_out(session, progress)):
        yield step


async def still_one_left(session: Session, host: FrontHost, control: Control) -> AsyncIterator[Step]:
    """Ask once more, right before a host goes out, whether another one answers; a refused step: none does."""
    for refusal in last_one_in(host, await stand(session, services_on(host))):
        state = StepState.DONE if control.force else StepState.REFUSED
        detail = f"{refusal.sentence} Forced." if control.force else refusal.sentence
        yield Step(session.clock(), refusal.target, "guard", state, detail)


async def _turn(
    session: Session, turn: HostTurn, control: Control, progress: _Progress, *, pause: bool
) -> AsyncIterator[Event]:
    """One host: out, left alone, deployed to, and in again."""
    host, out = turn.host, Switch(Front.OUT)
    if not turn.is_out:
        async for guarded in still_one_left(session, host, control):
            yield guarded
            progress.stopped = progress.stopped or guarded.state is StepState.REFUSED
        if progress.stopped:
            return
    left_alone = False
    async for step in switch(session, host, control, out):
        yield step
    if out.holds:
        left_alone = True
        async for news in wait_quiet(session, host, turn.tomcats, control, give_up=GIVE_UP):
            yield news
            left_alone = left_alone and not (isinstance(news, Step) and news.state is StepState.FAILED)
    if not left_alone:
        # Nothing was done to its Tomcats: one that was in can have its requests back.
        progress.stopped = True
        if out.tried:
            async for step in _bring_in(session, turn, control, progress):
                yield step
        return
    tomcats = [Tomcat(workers, run) for workers, run in zip(turn.tomcats, turn.runs, strict=True)]
    fates: dict[WorkerId, Fate] = {}
    async for news in merge(deploy_until_ready(session, tomcat, control, fates) for tomcat in tomcats):
        yield news
    ended = set(fates.values())
    if ended == {Fate.UNTOUCHED}:
        progress.stopped = True
        if out.tried:
            async for step in _bring_in(session, turn, control, progress):
                yield step
        return
    if ended != {Fate.READY}:
        progress.failed.append(turn)
        return
    if pause and not control.interrupted.is_set():
        question = question_after(str(host.id), tomcats, "out of the balancer in front")
        target = str(host.id)
        yield Step(session.clock(), target, "pause", StepState.STARTED, question.text)
        answer = await control.decide(question)
        if answer == LEAVE:
            progress.stopped = True
            progress.failed.append(turn)
            yield Step(session.clock(), target, "pause", StepState.FAILED, f"{host.id} was left out on request")
            return
        progress.stopped = answer == PUT_BACK
        yield Step(session.clock(), target, "pause", StepState.DONE, f"told to {answer}")
    async for step in _bring_in(session, turn, control, progress):
        yield step


async def _bring_in(session: Session, turn: HostTurn, control: Control, progress: _Progress) -> AsyncIterator[Step]:
    """Put a host back; an interrupted roll does this too, because one that is ready and out helps nobody."""
    into = Switch(Front.IN)
    async for step in switch(session, turn.host, patient(control), into):
        yield step
    if not into.holds:
        progress.failed.append(turn)


def patient(control: Control) -> Control:
    """Return orders under which a host comes in again although the operation was interrupted."""
    return Control(force=control.force, wait=control.wait and not control.interrupted.is_set(), confirm=control.confirm)


def _left_out(session: Session, progress: _Progress) -> list[Step]:
    """Say of each host that was not seen to be in again what a person can do about it."""
    return [
        Step(
            session.clock(),
            str(turn.host.id),
            "roll",
            StepState.FAILED,
            f"{names(turn)} is not in the balancer in front again. Look at its Tomcats and mend it; then roll it "
            f"again (isdeploy-tui roll {names(turn)} --hosts -- …), or put it back as it is "
            f"(isdeploy-tui restore {names(turn)} --hosts).",
        )
        for turn in progress.failed
    ]


def names(turn: HostTurn) -> str:
    """Return the Apaches of a turn as targets to type."""
    return " ".join(dict.fromkeys(str(worker.id.apache_id) for workers in turn.tomcats for worker in workers))


def _not_touched(session: Session, turns: Sequence[HostTurn]) -> list[Step]:
    if not turns:
        return []
    detail = f"stopped before its end; not touched: {', '.join(map(names, turns))}"
    return [Step(session.clock(), turns[0].host.id.service, "roll", StepState.FAILED, detail)]
