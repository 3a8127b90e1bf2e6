"""From a key to a running operation: ask, then start exactly what was agreed to."""

from collections.abc import Sequence
from typing import Any

from textual.app import App

from isdeploy_tui.config import Config, WorkerId
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.tui.bridge import sentence
from isdeploy_tui.tui.ports import History, Runner, Running
from isdeploy_tui.tui.screens.choose import ask_on_screen
from isdeploy_tui.tui.screens.confirm import ConfirmRotation
from isdeploy_tui.tui.screens.deploy import ConfirmDeploy
from isdeploy_tui.tui.screens.plan_dialog import Decision, PlanDialog
from isdeploy_tui.tui.screens.roll import ConfirmRoll
from isdeploy_tui.tui.theme import Look


async def ask_for(
    app: App[Any],
    runner: Runner,
    history: History,
    look: Look,
    config: Config,
    kind: OperationKind,
    targets: Sequence[WorkerId],
) -> Running | None:
    """Show the plan, and start it when a person says yes; None when not."""
    dialog: PlanDialog
    if kind is OperationKind.DEPLOY:
        dialog = ConfirmDeploy(runner, targets, look, history)
    elif kind is OperationKind.ROLL:
        dialog = ConfirmRoll(runner, targets, look, history)
    else:
        dialog = ConfirmRotation(runner, kind, targets, look, config)
    decision: Decision | None = await app.push_screen_wait(dialog)
    if decision is None:
        return None
    try:
        operation = runner.start(
            decision.plan, force=decision.force, arguments=decision.arguments, ask=ask_on_screen(app)
        )
    except Exception as error:
        app.notify(f"Nothing was started: {sentence(error)}", severity="error", markup=False, timeout=15)
        return None
    if decision.typed:
        history.remember(targets[0], decision.typed)
    return operation
