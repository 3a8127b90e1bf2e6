"""A plan for whole hosts in words, the same for the screen and the command line."""

import shlex
from collections.abc import Iterator

from isdeploy_tui.engine.front import FrontHost
from isdeploy_tui.engine.plans import HostsPlan, HostTurn, OperationKind
from isdeploy_tui.printable import printable


def host_lines(plan: HostsPlan, kind: OperationKind) -> Iterator[str]:
    """Yield what is going to be done, moment by moment; lines that belong to the one above are indented."""
    for service, least in plan.fewest_in.items():
        yield f"never fewer than {least} Apache{'' if least == 1 else 's'} of {service} in the balancer in front"
    for number, turn in enumerate(plan.turns, 1):
        yield f"{number}. {names(turn.host)} on {turn.host.ssh}"
        yield from (f"   {line}" for line in _turn(turn, kind))


def names(host: FrontHost) -> str:
    """Return the Apaches that go together."""
    return ", ".join(str(apache.id) for apache in host.apaches)


def _turn(turn: HostTurn, kind: OperationKind) -> Iterator[str]:
    front = turn.host.front
    if kind is not OperationKind.RESTORE:
        command = "it is out already" if turn.is_out else _command(front.out_command)
        yield f"out     {command}"
        yield f"wait    {front.out_seconds:g} s, and until no request is left or comes"
    if turn.runs:
        several = len(turn.host.apaches) > 1
        tomcats = (str(run.worker.id) if several else run.worker.id.worker for run in turn.runs)
        yield f"deploy  {', '.join(tomcats)}; at once, until ready"
    if kind is not OperationKind.DRAIN:
        yield f"in      {_command(front.in_command)}"
        yield f"wait    {front.in_seconds:g} s"


def _command(words: tuple[str, ...]) -> str:
    return printable(shlex.join(words), 200)
