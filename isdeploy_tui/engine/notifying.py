"""Tells others when an operation has ended: ``notify_command`` runs on this machine, with the facts around it.

The facts are environment variables, never part of a command line: no shell reads what a server or a person wrote.
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Mapping, Sequence

from isdeploy_tui.engine.plans import OperationPlan
from isdeploy_tui.engine.secrets import hide, mask
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event, Step, StepState
from isdeploy_tui.printable import printable

LIMIT_SECONDS = 10.0
"""How long the command may take; then it, and all that it has started, is ended."""

_LONGEST = 4000
"""Characters of one variable."""


def facts(
    session: Session,
    plan: OperationPlan,
    arguments: Sequence[str],
    result: str,
    events: Sequence[Event],
    seconds: float,
) -> Mapping[str, str]:
    """Return the variables that tell of an operation that has ended, secret arguments masked."""
    patterns = session.config.secret_arguments
    troubles = [
        f"{event.target} {event.step} {event.state.value}: {event.detail}"
        for event in events
        if isinstance(event, Step) and event.state in {StepState.FAILED, StepState.REFUSED}
    ]
    values = {
        "OPERATION": plan.kind.value,
        "RESULT": result,
        "TARGETS": " ".join(map(str, plan.targets)),
        "SERVICES": " ".join(service.name for service in plan.services),
        "ENVIRONMENT": " ".join(dict.fromkeys(service.environment for service in plan.services if service.environment)),
        "ARGUMENTS": " ".join(mask(arguments, patterns)),
        "SECONDS": f"{seconds:.0f}",
        "USER": session.operator.user,
        "BASTION": session.operator.bastion,
        "DETAIL": "; ".join(hide(trouble, arguments, patterns) for trouble in troubles),
    }
    return {f"ISDEPLOY_{name}": printable(value, _LONGEST) for name, value in values.items()}


class Notifier:
    """Runs ``notify_command`` beside everything else; ``say`` is told once what is wrong with it."""

    def __init__(self, command: Sequence[str], say: Callable[[str], None] | None) -> None:
        self.say = say
        self._command = command
        self._tasks: set[asyncio.Task[None]] = set()
        self._said: set[str] = set()

    def begin(self, variables: Mapping[str, str]) -> None:
        """Run it with these variables, when there is one."""
        if self._command:
            task = asyncio.create_task(self._run(variables))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def ended(self) -> None:
        """Wait until all that were begun have ended or were ended: LIMIT_SECONDS at most."""
        await asyncio.gather(*self._tasks)

    async def _run(self, variables: Mapping[str, str]) -> None:
        problem = await notify(self._command, variables)
        if problem and problem not in self._said and self.say is not None:
            self._said.add(problem)
            self.say(problem)


async def notify(command: Sequence[str], variables: Mapping[str, str], limit: float = LIMIT_SECONDS) -> str:
    """Run the command with these variables; return why it failed, or an empty text. Raises nothing foreseeable.

    It is a session of its own: a closed terminal does not end it.
    """
    name = printable(command[0], 200)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **variables},
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return f"notify_command: {name} could not be started: {printable(reason, 200)}."
    try:
        async with asyncio.timeout(limit):
            status = await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        return f"notify_command: {name} took longer than {limit:g} s and was ended."
    return f"notify_command: {name} ended with status {status}." if status else ""
