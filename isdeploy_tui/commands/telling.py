"""How an operation is shown, asked about and told on a plain terminal."""

import json
import shlex
import sys
import time
from collections.abc import Sequence

from isdeploy_tui.commands.prompt import read_line
from isdeploy_tui.config import ServiceConfig, WorkerId
from isdeploy_tui.engine.control import Question
from isdeploy_tui.engine.hosts.wording import host_lines
from isdeploy_tui.engine.plans import MapChange, OperationPlan
from isdeploy_tui.engine.secrets import mask
from isdeploy_tui.engine.steps import Output, Step, StepState
from isdeploy_tui.printable import printable


def show_plan(plan: OperationPlan, arguments: Sequence[str], secret: Sequence[str]) -> None:
    """Print what is going to be done: for a roll moment by moment, for the rest map by map."""
    if plan.hosts is not None:
        for line in host_lines(plan.hosts, plan.kind):
            print(line)
    elif plan.roll is None:
        for change in plan.changes:
            _show_change(change)
    else:
        for number, transition in enumerate(plan.roll.transitions, 1):
            back = ", ".join(str(tomcat.id) for tomcat in transition.restores)
            out = ", ".join(str(tomcat.id) for tomcat in transition.drains)
            print(f"{number}. " + "; ".join(filter(None, (back and f"back: {back}", out and f"out: {out}"))))
            for change in transition.changes:
                _show_change(change)
        for rule, least in plan.roll.fewest_active.items():
            print(f"never fewer than {least} active for {rule}")
    for run in plan.scripts:
        words = " ".join(printable(shlex.quote(word)) for word in mask(arguments, secret))
        print(f"{run.worker.id}: {run.worker.ssh}:{run.script} {words}".rstrip())
    for service in plan.services:
        if plan.scripts and service.comment:
            print(f"{service.name}: {service.comment}")
    for warning in plan.warnings:
        print(f"warning: {warning}", file=sys.stderr)


def _show_change(change: MapChange) -> None:
    print(f"  {change.apache.id}: {change.apache.ssh}:{change.apache.map}")
    for line in change.diff:
        print(f"    {line}")
    for rule, members in change.active.items():
        print(f"    active for {rule}: {', '.join(members) or 'nobody'}")


def how_to_take_over(worker: WorkerId) -> str:
    """Return what to type when somebody left a worker in the middle."""
    return (
        f"Look at it: isdeploy-tui history {worker}; isdeploy-tui follow {worker} shows its script's output. "
        "The same command with --take-over 'why' goes on; "
        f"isdeploy-tui restore {worker} --take-over 'why' puts it back."
    )


async def confirmed(services: Sequence[ServiceConfig]) -> bool:
    """Ask for the go on the terminal: a production service wants its name typed."""
    try:
        for service in services:
            if service.is_production:
                prompt = f"{service.name} is {service.environment}. Type its name to go on: "
                if (await read_line(prompt)).strip() != service.name:
                    return False
        if any(service.is_production for service in services):
            return True
        return (await read_line("Run it? [y/N] ")).strip().lower() in {"y", "yes"}
    except (EOFError, OSError):
        return False


async def ask_on_terminal(question: Question) -> str:
    """Put an operation's question to the person, by number. A terminal that is gone answers as nobody does."""
    try:
        print(question.text)
        for number, choice in enumerate(question.choices, 1):
            print(f"  {number}  {choice.label}")
        while True:
            answer = (await read_line("? ")).strip()
            if answer.isdecimal() and 1 <= int(answer[:9]) <= len(question.choices):
                return question.choices[int(answer[:9]) - 1].key
    except (EOFError, OSError):
        return question.otherwise


def tell(event: Step | Output, *, as_json: bool) -> None:
    """Print one event. With ``as_json`` a script's words go beside the objects, to standard error, not among them."""
    if isinstance(event, Output):
        for line in event.lines:
            print(line, file=sys.stderr if as_json else sys.stdout, flush=True)
    elif as_json:
        print(json.dumps(event.as_json(), ensure_ascii=False), flush=True)
    else:
        clock = time.strftime("%H:%M:%S", time.localtime(event.time))
        bad = event.state in {StepState.FAILED, StepState.REFUSED}
        line = f"{clock}  {event.target}  {event.step:7} {event.state.value:8} {event.detail}".rstrip()
        print(line, file=sys.stderr if bad else sys.stdout, flush=True)
