"""Deploy: run the script of one drained Tomcat and follow it to its end."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

from isdeploy_tui.config import WorkerConfig
from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.idle import busy_on, wait_idle
from isdeploy_tui.engine.lastdeploy import GOES_ON, MAY_RUN
from isdeploy_tui.engine.leases import LeaseLostError
from isdeploy_tui.engine.lines import LineSplitter
from isdeploy_tui.engine.planning import plan_deploy, views_of
from isdeploy_tui.engine.plans import OperationPlan, ScriptRun
from isdeploy_tui.engine.secrets import fingerprints, hide
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event, Output, Step, StepState
from isdeploy_tui.remote.errors import ConnectionLostError, RemoteError
from isdeploy_tui.remote.runs import RunEnd, RunOutput, follow_run
from isdeploy_tui.remote.runstart import start_run


def new_run_id(worker: WorkerConfig, now: float) -> str:
    """Return a name for a run that sorts by time and tells the worker: ``20261122T153100Z-worker1-9f3a``."""
    stamp = datetime.fromtimestamp(now, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{stamp}-{worker.id.worker.replace(':', '_')}-{secrets.token_hex(2)}"


async def deploy(session: Session, plan: OperationPlan, control: Control) -> AsyncGenerator[Event, None]:
    """Carry out a deploy plan: look once more that the Tomcat is drained and idle, run the script to its end.

    With ``force`` the script runs at once, whatever reaches the Tomcat.
    """
    for run in plan.scripts:
        if not control.force:
            async for step in _wait_until_undisturbed(session, plan, run, control):
                yield step
                if step.state in {StepState.FAILED, StepState.REFUSED}:
                    return
        async for event in run_script(session, run, control):
            yield event


async def _wait_until_undisturbed(
    session: Session, plan: OperationPlan, run: ScriptRun, control: Control
) -> AsyncIterator[Step]:
    """Yield what is waited for until no request reaches the Tomcat; the last step failed or refused: it is not so."""
    target = str(run.worker.id)
    workers = [session.config.worker(id) for id in plan.targets]
    try:
        refusals = list((await plan_deploy(session, plan.targets)).refusals)
        views, _ = await views_of(session, workers)
    except RemoteError as error:
        yield Step(session.clock(), target, "guard", StepState.REFUSED, str(error))
        return
    if refusals:
        detail = " ".join(f"{refusal.target}: {refusal.sentence}" for refusal in refusals)
        yield Step(session.clock(), target, "guard", StepState.REFUSED, detail)
        return
    rest = max(view.apache.settle_seconds - (view.map.now - view.map.mtime) for view in views.values())
    if rest > 0:
        detail = f"{rest:.1f} s: the map was written so recently that requests may still follow the old one"
        yield Step(session.clock(), target, "settle", StepState.STARTED, detail)
        if not await control.pause(rest):
            yield Step(session.clock(), target, "settle", StepState.FAILED, "interrupted; nothing was deployed")
            return
        yield Step(session.clock(), target, "settle", StepState.DONE)
    busy = await busy_on(session, workers)
    if busy.count is None:
        detail = f"nothing tells whether requests are still in flight ({busy.source})"
        yield Step(session.clock(), target, "idle", StepState.DONE, detail)
        return
    async for step in wait_idle(session, workers, control, give_up="stop; it stays out of rotation"):
        yield step


async def run_script(session: Session, run: ScriptRun, control: Control) -> AsyncIterator[Event]:
    """Start a deploy script as a detached run and yield its output and its end.

    The run's id is among the facts of each step, but for the last one when there is no run: nothing was started.
    """
    worker = run.worker
    target = str(worker.id)
    run_id = new_run_id(worker, session.clock())
    host = session.host(worker.ssh)

    patterns = session.config.secret_arguments

    def step(state: StepState, detail: str, run: str = run_id) -> Step:
        return Step(session.clock(), target, "script", state, detail, {"run": run})

    yield step(StepState.STARTED, f"{worker.ssh}:{run.script}, run {run_id}")
    try:
        await control.confirm()
        if control.interrupted.is_set():
            yield step(StepState.FAILED, "interrupted; nothing was deployed", "")
            return
        words = [run.script, *control.arguments]
        veiled = fingerprints(control.arguments, patterns, run_id)
        await start_run(host, run_id, words, label=str(session.operator), tomcat=worker.tomcat, veiled=veiled)
    except (RemoteError, LeaseLostError) as error:
        # When the connection was lost over it, there may be one to look up.
        yield step(StepState.FAILED, str(error), run_id if isinstance(error, ConnectionLostError) else "")
        return
    splitter = LineSplitter()
    try:
        async with aclosing(until_interrupted(follow_run(host, run_id), control)) as events:
            async for event in events:
                if isinstance(event, RunOutput):
                    if lines := splitter.feed(event.data):
                        yield Output(target, tuple(hide(line, control.arguments, patterns) for line in lines))
                    continue
                if lines := splitter.rest():
                    yield Output(target, tuple(hide(line, control.arguments, patterns) for line in lines))
                yield step(*_ending(worker, run_id, event))
                return
    except RemoteError as error:
        yield step(StepState.FAILED, f"{error} {MAY_RUN}: {_where(worker, run_id)}.")
        return
    yield step(StepState.FAILED, f"interrupted; {GOES_ON}: {_where(worker, run_id)}")


async def until_interrupted(
    events: AsyncIterator[RunOutput | RunEnd], control: Control
) -> AsyncGenerator[RunOutput | RunEnd, None]:
    """Pass events on until they end or the operation is interrupted."""
    interrupted = asyncio.ensure_future(control.interrupted.wait())
    try:
        while True:
            following = asyncio.ensure_future(anext(events, None))
            await asyncio.wait({following, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
                return
            event = following.result()
            if event is None:
                return
            yield event
    finally:
        interrupted.cancel()


def _ending(worker: WorkerConfig, run_id: str, end: RunEnd) -> tuple[StepState, str]:
    if end.code == 0:
        return StepState.DONE, "exit 0"
    where = _where(worker, run_id)
    if end.code is None:
        return StepState.FAILED, f"the script ended without an exit code (host restarted or killed); {where}"
    return StepState.FAILED, f"exit {end.code}; the worker stays out of rotation; {where}"


def _where(worker: WorkerConfig, run_id: str) -> str:
    return f"output in {worker.ssh}:~/.local/state/isdeploy/runs/{run_id}/log"
