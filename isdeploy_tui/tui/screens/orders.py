"""From a key to a running operation: ask, then start exactly what was agreed to."""

from collections.abc import Sequence
from typing import Any

from textual.app import App

from isdeploy_tui.config import Config, WorkerId
from isdeploy_tui.engine.control import Ask
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.tui.bridge import sentence
from isdeploy_tui.tui.ports import Ports, Runner, Running
from isdeploy_tui.tui.screens.confirm import ConfirmRotation
from isdeploy_tui.tui.screens.deploy import ConfirmDeploy
from isdeploy_tui.tui.screens.plan_dialog import Decision, PlanDialog
from isdeploy_tui.tui.screens.roll import ConfirmRoll
from isdeploy_tui.tui.theme import Look


async def ask_for(
    app: App[Any], ports: Ports, look: Look, kind: OperationKind, targets: Sequence[WorkerId]
) -> Decision | None:
    """Show the plan, and return what a person said yes to; None when nothing, or in read-only mode."""
    runner, history = ports.runner, ports.history
    if runner is None or not targets:
        return None
    dialog: PlanDialog
    secret = ports.session.config.secret_arguments
    if kind is OperationKind.DEPLOY:
        dialog = ConfirmDeploy(runner, targets, look, history, secret)
    elif kind is OperationKind.ROLL:
        dialog = ConfirmRoll(runner, targets, look, history, secret)
    else:
        dialog = ConfirmRotation(runner, kind, targets, look, ports.session.config)
    config, fleet = ports.session.config, ports.monitor.fleet
    if kind is not OperationKind.DEPLOY and may_leave_front(config, targets):
        dialog.may_hosts = True
        out = all(fleet.apaches[target.apache_id].front is Front.OUT for target in targets)
        # Whoever took it out that way will put it back that way, or go on where a roll was left.
        dialog.hosts = out and kind is not OperationKind.DRAIN
    decision: Decision | None = await app.push_screen_wait(dialog)
    if decision is not None and decision.typed:
        history.remember(targets[0], decision.typed)
    return decision


def may_leave_front(config: Config, targets: Sequence[WorkerId]) -> bool:
    """True when these are whole Apaches, each of which can leave the balancer in front."""
    chosen = set(targets)
    apaches = [config.apache(id) for id in {target.apache_id for target in targets}]
    return all(apache.front is not None and all(worker.id in chosen for worker in apache.workers) for apache in apaches)


def start(app: App[Any], runner: Runner, decision: Decision, ask: Ask, take_over: str = "") -> Running | None:
    """Start what was decided; ``take_over`` is the reason for going on where somebody else left off.

    ``ask`` is what the operation asks through.
    """
    try:
        return runner.start(
            decision.plan,
            force=decision.force,
            arguments=decision.arguments,
            ask=ask,
            take_over=take_over,
        )
    except Exception as error:
        app.notify(f"Nothing was started: {sentence(error)}", severity="error", markup=False, timeout=15)
        return None


async def left_by_another(operation: Running) -> InTheWay | None:
    """Wait until an operation has begun or was refused; return who left its Tomcat in the middle, if that is why."""
    async for event in operation.follow():
        if not (isinstance(event, Step) and event.step == "lease" and event.state is StepState.REFUSED):
            return None
    held = operation.in_the_way
    return held if held is not None and held.lease.is_orphan else None
