"""Roll: one batch of Tomcats after the other is drained, waited for, deployed to, checked and put back."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.control import Choice, Control, Question
from isdeploy_tui.engine.deploying import run_script
from isdeploy_tui.engine.idle import wait_idle
from isdeploy_tui.engine.merging import merge
from isdeploy_tui.engine.plans import OperationPlan, RollPlan, Tomcat
from isdeploy_tui.engine.ready import look_before, wait_ready
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event, Step, StepState
from isdeploy_tui.engine.transition import Moved, move

GO, PUT_BACK, LEAVE = "go on", "put back", "leave"


class Fate(StrEnum):
    """How one Tomcat came out of its turn."""

    READY = "ready"
    UNTOUCHED = "untouched"
    FAILED = "failed"


@dataclass(slots=True)
class _Progress:
    """What a roll has done so far: ``ready`` waits for its restore, ``failed`` stays out."""

    ready: list[Tomcat]
    failed: list[Tomcat]
    stopped: bool = False


async def roll(session: Session, plan: OperationPlan, control: Control) -> AsyncGenerator[Event, None]:
    """Carry out a roll plan.

    Each map is planned anew from what it is at its moment, so that other people's changes to other workers survive;
    the guards look at it again each time. Stops at the first failure beyond ``max_failed``: what failed stays out,
    everything else is in rotation or untouched, and the last step says what to do.
    """
    assert plan.roll is not None
    progress = _Progress([], [])
    turns = 0
    for batch in plan.roll.batches:
        turns += 1
        async for event in _turn(session, plan.roll, batch, control, progress):
            yield event
        if progress.stopped or control.interrupted.is_set() or len(progress.failed) > plan.roll.max_failed:
            break
    if progress.ready:
        async for event in _bring_back(session, progress.ready, control):
            yield event
    for step in (*_not_touched(session, plan.roll.batches[turns:]), *_left_out(session, progress)):
        yield step


async def _turn(
    session: Session, plan: RollPlan, batch: Sequence[Tomcat], control: Control, progress: _Progress
) -> AsyncIterator[Event]:
    """One batch: drain it (with the restore of the one before), and bring it to where it can be restored."""
    moved = Moved()
    # While the map settles there is time to connect to where the scripts will run.
    connecting = asyncio.gather(*(look_before(session, tomcat.workers) for tomcat in batch))
    try:
        async for event in move(session, control, moved, restores=progress.ready, drains=batch, soft=plan.soft_seconds):
            yield event
    finally:
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
    if moved.restored:
        progress.ready = []
    if not moved.drained:
        progress.stopped = True
        for tomcat in moved.half_out:
            untouched = control.interrupted.is_set() and tomcat.id in moved.taken_out
            (progress.ready if untouched else progress.failed).append(tomcat)
        return
    fates: dict[WorkerId, Fate] = {}
    async for news in merge(_work(session, tomcat, control, fates) for tomcat in batch):
        yield news
    progress.ready = [tomcat for tomcat in batch if fates.get(tomcat.id) is Fate.READY]
    # Nothing was done to it: the old version still runs and can have its requests back, if it had them before.
    put_back = [tomcat for tomcat in batch if fates.get(tomcat.id) is Fate.UNTOUCHED and tomcat.id in moved.taken_out]
    progress.failed += [tomcat for tomcat in batch if tomcat not in progress.ready and tomcat not in put_back]
    if put_back:
        progress.stopped = True
        progress.ready += put_back
    elif control.pausing.is_set() and progress.ready and not control.interrupted.is_set():
        async for event in _pause(session, control, progress):
            yield event


async def _work(
    session: Session, tomcat: Tomcat, control: Control, fates: dict[WorkerId, Fate]
) -> AsyncIterator[Event]:
    """Wait until one drained Tomcat is idle, deploy to it, wait until it is ready."""
    fates[tomcat.id] = Fate.FAILED
    async for event in wait_idle(session, tomcat.workers, control):
        yield event
        if event.state is StepState.FAILED:
            fates[tomcat.id] = Fate.UNTOUCHED
            return
    async for news in deploy_until_ready(session, tomcat, control, fates):
        yield news


async def deploy_until_ready(
    session: Session, tomcat: Tomcat, control: Control, fates: dict[WorkerId, Fate]
) -> AsyncIterator[Event]:
    """Deploy to one Tomcat that nothing reaches, wait until it is ready, and note how it came out of that."""
    fates[tomcat.id] = Fate.FAILED
    before = await look_before(session, tomcat.workers)
    for story in (
        run_script(session, tomcat.run, control),
        wait_ready(session, tomcat.workers, control, before),
    ):
        async for event in story:
            yield event
            if isinstance(event, Step) and event.state in {StepState.FAILED, StepState.REFUSED}:
                not_begun = event.step == "script" and not event.facts.get("run") and control.interrupted.is_set()
                fates[tomcat.id] = Fate.UNTOUCHED if not_begun else Fate.FAILED
                return
    fates[tomcat.id] = Fate.READY


async def _pause(session: Session, control: Control, progress: _Progress) -> AsyncIterator[Step]:
    """Let a person test what was just deployed, still out of rotation, and decide."""
    names = ", ".join(str(tomcat.id) for tomcat in progress.ready)
    question = question_after(names, progress.ready, "out of rotation")
    target = question.target
    yield Step(session.clock(), target, "pause", StepState.STARTED, question.text)
    answer = await control.decide(question)
    if answer == LEAVE:
        progress.stopped = True
        progress.failed += progress.ready
        progress.ready = []
        yield Step(session.clock(), target, "pause", StepState.FAILED, f"{names} was left out of rotation on request")
        return
    progress.stopped = answer == PUT_BACK
    yield Step(session.clock(), target, "pause", StepState.DONE, f"told to {answer}")


def question_after(names: str, tomcats: Sequence[Tomcat], where: str) -> Question:
    """Ask whether what was deployed to, and is still ``where``, may have its requests back."""
    urls = ", ".join(url for tomcat in tomcats for worker in tomcat.workers if (url := worker.check_url))
    look = f" Test it at {urls}." if urls else ""
    return Question(
        str(tomcats[0].id),
        f"{names} is deployed, ready and still {where}.{look}",
        (
            Choice(GO, "go on: put it back and take the next"),
            Choice(PUT_BACK, "put it back and stop"),
            Choice(LEAVE, "leave it out and stop"),
        ),
        LEAVE,
    )


async def _bring_back(session: Session, tomcats: Sequence[Tomcat], control: Control) -> AsyncIterator[Event]:
    """Restore what is ready; an interrupted roll does this too, because a ready Tomcat left out helps nobody."""
    moved = Moved()
    patient = Control(force=control.force, wait=control.wait and not control.interrupted.is_set())
    async for event in move(session, patient, moved, restores=tomcats, drains=()):
        yield event


def _left_out(session: Session, progress: _Progress) -> list[Step]:
    """Say of each Tomcat that stays out what a person can do about it."""
    return [
        Step(
            session.clock(),
            str(tomcat.id),
            "roll",
            StepState.FAILED,
            f"{', '.join(str(worker.id) for worker in tomcat.workers)} stays out of rotation. Look at its log and mend "
            f"it; then roll it again (isdeploy-tui roll {tomcat.id} -- …), or put it back as it is "
            f"(isdeploy-tui restore {' '.join(str(worker.id) for worker in tomcat.workers)}).",
        )
        for tomcat in progress.failed
    ]


def _not_touched(session: Session, batches: Sequence[Sequence[Tomcat]]) -> list[Step]:
    names = [str(tomcat.id) for batch in batches for tomcat in batch]
    if not names:
        return []
    detail = f"stopped before its end; not touched: {', '.join(names)}"
    return [Step(session.clock(), batches[0][0].id.service, "roll", StepState.FAILED, detail)]
