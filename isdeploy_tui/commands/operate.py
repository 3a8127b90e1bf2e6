"""``drain``, ``restore``, ``deploy`` and ``roll``: the engine's operations, told line by line."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from isdeploy_tui.cli import DONE, FAILED, REFUSED, USAGE
from isdeploy_tui.commands.audience import forgiving
from isdeploy_tui.commands.faults import hush
from isdeploy_tui.commands.opening import open_session
from isdeploy_tui.commands.telling import ask_on_terminal, confirmed, how_to_take_over, show_plan, tell
from isdeploy_tui.config import ConfigError
from isdeploy_tui.engine import report, traffic
from isdeploy_tui.engine.operations import Operations, Result, RunningOperation
from isdeploy_tui.engine.planning import PlanningError
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.engine.targets import TargetError, resolve
from isdeploy_tui.remote.errors import RemoteError

_EXIT = {Result.DONE: DONE, Result.FAILED: FAILED, Result.REFUSED: REFUSED, Result.INTERRUPTED: FAILED}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_ASKED_FIRST = {OperationKind.DEPLOY, OperationKind.ROLL}


def run_drain(options: argparse.Namespace) -> int:
    """Take workers out of rotation."""
    return _run(OperationKind.DRAIN, options)


def run_restore(options: argparse.Namespace) -> int:
    """Put workers back."""
    return _run(OperationKind.RESTORE, options)


def run_deploy(options: argparse.Namespace) -> int:
    """Run the deploy script of a drained worker."""
    return _run(OperationKind.DEPLOY, options)


def run_roll(options: argparse.Namespace) -> int:
    """Deploy to a whole site, one Tomcat or batch after the other."""
    return _run(OperationKind.ROLL, options)


def _run(kind: OperationKind, options: argparse.Namespace) -> int:
    if options.read_only:
        return _say_no(f"{kind.value} changes servers; --read-only only watches")
    try:
        return asyncio.run(_operate(kind, options))
    except KeyboardInterrupt:
        # Once an operation runs it is told of a Ctrl-C; this one came before.
        print("interrupted; nothing was changed", file=sys.stderr)
    except asyncio.CancelledError:
        sentence = "left at once; what was under way may go on, and its lease is free after a minute"
        print(f"{sentence}; look at what is true now: isdeploy-tui status", file=sys.stderr)
    return FAILED


async def _operate(kind: OperationKind, options: argparse.Namespace) -> int:
    async with open_session(options) as session:
        try:
            targets = [worker.id for worker in resolve(session.config, options.targets)]
        except TargetError as error:
            return _say_no(str(error))
        operations = Operations(session, _say_beside)
        keys = ("batch", "pause", "max_failed", "soft", "hosts")
        how = {key: getattr(options, key) for key in keys if hasattr(options, key)}
        try:
            plan = await operations.plan(kind, targets, **how)
        except (PlanningError, RemoteError) as error:
            if options.json:
                tell(
                    Step(session.clock(), " ".join(options.targets), "plan", StepState.FAILED, str(error)), as_json=True
                )
            print(f"{kind.value} failed: {error}", file=sys.stderr)
            return FAILED
        if not options.json:
            show_plan(plan, options.arguments, session.config.secret_arguments)
        will_run = (not plan.is_refused or (options.force and plan.can_be_forced)) and plan.has_work
        # A script that drains says so by its very words; a person may have pressed the wrong arrow key.
        by_person = sys.stdin.isatty() and any(service.is_production for service in plan.services)
        if (kind in _ASKED_FIRST or by_person) and will_run and not options.yes:
            if not sys.stdin.isatty():
                return _say_no(f"{kind.value} asks before it runs a script; give --yes where there is no terminal")
            if not await confirmed(plan.services):
                print("Nothing was done.")
                return FAILED
        result = await _carry_out(session, operations, plan, options)
        await operations.notifier.ended()
        return _EXIT[result]


async def _carry_out(
    session: Session, operations: Operations, plan: OperationPlan, options: argparse.Namespace
) -> Result:
    ends = await traffic.mark(session, plan.targets)
    operation = operations.start(
        plan,
        force=options.force,
        wait=not getattr(options, "no_wait", False),
        arguments=options.arguments,
        ask=ask_on_terminal if sys.stdin.isatty() and not options.json else None,
        take_over=options.take_over,
    )
    with _interrupted_by_signals(operation):
        async for event in operation.follow():
            with forgiving(operation.interrupt):
                tell(event, as_json=options.json)
    result = await operation.wait()
    if (held := operation.in_the_way) is not None and held.lease.is_orphan:
        with forgiving(_ignore):
            print(how_to_take_over(held.worker), file=sys.stderr, flush=True)
    if plan.kind is OperationKind.ROLL and result is not Result.REFUSED:
        counted = await traffic.count(session, ends)
        ended = operation.ended or session.clock()
        account = report.Account(plan, result, operation.events, operation.started, ended, counted)
        if not options.json:
            with forgiving(operation.interrupt):
                print("\n".join(report.as_text(account)), flush=True)
        if options.report:
            _keep(options.report, report.as_json(account))
    return result


def _keep(path: str, content: report.Json) -> None:
    try:
        Path(path).write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise ConfigError(path, [f"the report cannot be written: {error.strerror}; the roll itself is over"]) from None


def _say_no(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return USAGE


def _say_beside(sentence: str) -> None:
    with forgiving(_ignore):
        print(sentence, file=sys.stderr, flush=True)


@contextmanager
def _interrupted_by_signals(operation: RunningOperation) -> Iterator[None]:
    """First signal: stop after the step that runs. A second one ends the program at once, by cancelling its task.

    A closed terminal is told several times, by kernel, shell and session manager: after a SIGHUP only SIGINT counts.
    Whoever started us with ``nohup`` wants no SIGHUP heeded at all.
    """
    loop = asyncio.get_running_loop()
    heeded = [number for number in _SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    program = asyncio.current_task()
    assert program is not None

    def leave() -> None:
        hush()
        program.cancel()

    def interrupt(first: int) -> None:
        for number in heeded:
            impatient = number == signal.SIGINT or (number == signal.SIGTERM and first != signal.SIGHUP)
            loop.add_signal_handler(number, leave if impatient else _ignore)
        operation.interrupt()
        with forgiving(_ignore):
            print("stopping after the current step; once more to leave at once", file=sys.stderr, flush=True)

    for number in heeded:
        loop.add_signal_handler(number, interrupt, number)
    try:
        yield
    finally:
        for number in heeded:
            loop.remove_signal_handler(number)


def _ignore() -> None:
    return
