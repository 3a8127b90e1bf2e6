"""What is found on the servers of a lab once a program has died or was cut off there."""

import json
import time
from pathlib import Path

from tests.lab.command_line import until
from tests.lab.processes import own_processes
from tests.lab.stack import Stack

_OUR_SHELLS = "sh\0-s"


def records(stack: Stack) -> Path:
    """Return the directory of journal, leases and backups."""
    return stack.apache.map.parent / ".isdeploy"


def leases(stack: Stack) -> str:
    """Return the leases as they stand."""
    return (records(stack) / "leases").read_text()


def journal(stack: Stack) -> list[dict[str, str]]:
    """Return the journal, oldest first."""
    return [json.loads(line) for line in (records(stack) / "journal.jsonl").read_text().splitlines()]


async def come_to_rest(stack: Stack) -> None:
    """Return when everything that a dead program has sent is through: its connections, then its shells."""
    await until(lambda: not any(machine.connections() for machine in stack.machines.values() if machine.runs))
    await until(lambda: not list(own_processes(stack.directory, _OUR_SHELLS)))


def let_a_minute_pass(stack: Stack) -> None:
    """Make the heartbeats as old as they would be by then."""
    lines = [line.split(" ", 2) for line in leases(stack).splitlines()]
    text = "".join(f"{key} {int(time.time()) - 61} {rest}\n" for key, beat, rest in lines)
    (records(stack) / "leases").write_text(text)


def drop_connections(stack: Stack) -> None:
    """Cut every connection to every machine."""
    for machine in stack.machines.values():
        machine.drop_connections()
