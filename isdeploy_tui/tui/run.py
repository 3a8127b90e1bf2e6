"""Runs the screen around an engine that outlives it: leaving the screen never stops a change half-way."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.tui.app import IsdeployApp
from isdeploy_tui.tui.asking import AskOnScreen
from isdeploy_tui.tui.output import forgiving_output
from isdeploy_tui.tui.overview import subject
from isdeploy_tui.tui.ports import FleetSource, Runner, Running


async def run_tui(
    session: Session,
    monitor: FleetSource,
    operations: Runner | None,
    *,
    mouse: bool = True,
    say: Callable[[str], None] | None = None,
    ask: AskOnScreen | None = None,
    app: IsdeployApp | None = None,
    **options: Any,
) -> int:
    """Show the screen until the person leaves, then let every operation finish its step; return the exit status.

    ``ask`` is what the session's servers ask through: it is shown here. ``options`` are those of IsdeployApp, unless an
    ``app`` is given. A closed terminal (SIGHUP) and SIGTERM leave,
    too; they end no step. What the person has changed in the settings may have given the screen another engine.
    """
    app = app or IsdeployApp(session, monitor, operations, **options)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGHUP, signal.SIGTERM):
        loop.add_signal_handler(number, app.exit)
    beginning = asyncio.create_task(_begin(app, monitor))
    try:
        with forgiving_output(), ask.on(app) if ask is not None else contextlib.nullcontext():
            await app.run_async(mouse=mouse)
    finally:
        beginning.cancel()
        if app.ports.runner is not None:
            await finish(app.ports.runner, say or _say)
        await app.ports.monitor.aclose()
        for number in (signal.SIGHUP, signal.SIGTERM):
            loop.remove_signal_handler(number)
    return app.return_code or 0


async def _begin(app: IsdeployApp, monitor: FleetSource) -> None:
    """Watch as soon as the first screen stands: it waits for no server, nor for what reaching one takes."""
    await app.painted.wait()
    monitor.start()


async def finish(operations: Runner, say: Callable[[str], None]) -> None:
    """Let every operation that runs finish its step, and say what is being waited for and how each ended.

    The first Ctrl-C explains the waiting, the second one ends it.
    """
    operations.notifier.say = say
    running = tuple(operations.running)
    if not running:
        # What is told of the last one's end may still be under way.
        await operations.aclose()
        return
    for line in _waiting_for(running):
        say(line)
    closing = asyncio.ensure_future(operations.aclose())
    loop = asyncio.get_running_loop()
    asked = False

    def hurry() -> None:
        nonlocal asked
        if asked:
            closing.cancel()
        asked = True
        say("Still waiting, so that nothing is left half-way. Ctrl-C again leaves at once.")

    loop.add_signal_handler(signal.SIGINT, hurry)
    try:
        await closing
    except asyncio.CancelledError:
        say("Left without waiting. Look at what is out of rotation before you go on: isdeploy-tui status")
    else:
        for operation in running:
            say(_ending_of(operation))
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def _waiting_for(running: Sequence[Running]) -> list[str]:
    return [f"Waiting for the current step of {_name(operation)}{_step_of(operation)} …" for operation in running]


def _ending_of(operation: Running) -> str:
    last = next((event for event in reversed(operation.events) if isinstance(event, Step)), None)
    result = operation.result.value if operation.result is not None else "running"
    return f"{_name(operation)}: {result}" + (f" ({last.step}: {last.detail})" if last is not None else "")


def _name(operation: Running) -> str:
    return f"{operation.plan.kind.value} {subject(operation.plan)}"


def _step_of(operation: Running) -> str:
    last = next((event for event in reversed(operation.events) if isinstance(event, Step)), None)
    return f" ({last.step})" if last is not None and last.state is StepState.STARTED else ""


def _say(line: str) -> None:
    # After SIGHUP there is no terminal to say it to.
    with contextlib.suppress(OSError, ValueError):
        print(line, file=sys.stderr, flush=True)
