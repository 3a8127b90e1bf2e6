"""Operations of the engine itself on real servers: what a command line cannot time so exactly."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import pytest

from isdeploy_tui import config
from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.operations import Operations, Result, RunningOperation
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step
from isdeploy_tui.remote.connections import SshHosts
from tests.lab.stack import Stack
from tests.lab.visits import workers_of

W1 = WorkerId("shop", "web1", "worker1")


@pytest.fixture
async def operations(stack: Stack) -> AsyncIterator[Operations]:
    """The operations of a session on the stack."""
    configuration = config.load(stack.config_file)
    hosts = SshHosts(configuration.ssh_config, configuration.connect_seconds)
    yield Operations(Session(configuration, hosts))
    await hosts.aclose()


async def change(operations: Operations, kind: OperationKind) -> None:
    """Carry it out without the settle time."""
    operation = operations.start(await operations.plan(kind, [W1]), wait=False)
    assert await operation.wait() is Result.DONE, operation.events


def load_map(stack: Stack) -> None:
    """Let httpd's children load the map as it is: jkstatus makes the child that answers look at once."""
    for _ in range(6):
        stack.apache.jkstatus()


def last_words(operation: RunningOperation) -> str:
    """What the operation said last."""
    last = operation.events[-1]
    assert isinstance(last, Step)
    return last.detail


async def test_a_drain_and_a_restore_within_one_second_both_reach_httpd(stack: Stack, operations: Operations) -> None:
    for _ in range(3):
        await change(operations, OperationKind.DRAIN)
        drained = int(stack.apache.map.stat().st_mtime)
        load_map(stack)
        await change(operations, OperationKind.RESTORE)
        restored = int(stack.apache.map.stat().st_mtime)
        assert restored > drained
    assert stack.apache.map.read_bytes() == stack.apache.map_bytes
    await asyncio.sleep(stack.scenario.settle_seconds)
    assert workers_of(stack.url) == {"worker1", "worker2", "worker3"}


async def test_a_map_whose_time_is_ahead_of_the_clock_is_followed_by_a_newer_one(
    stack: Stack, operations: Operations
) -> None:
    """Whenever the restore comes, its second is not the drain's: no machine is too slow to prove it this way."""
    await change(operations, OperationKind.DRAIN)
    ahead = int(time.time()) + 3600
    os.utime(stack.apache.map, (ahead, ahead))
    # Every child must have that time: a visit alone makes only the child look that answers it.
    await asyncio.sleep(stack.scenario.settle_seconds)
    assert "worker1" not in workers_of(stack.url)
    await change(operations, OperationKind.RESTORE)
    assert stack.apache.map.stat().st_mtime == ahead + 1
    await asyncio.sleep(stack.scenario.settle_seconds)
    assert workers_of(stack.url) == {"worker1", "worker2", "worker3"}


async def test_a_map_edited_between_plan_and_write_stays_as_edited(stack: Stack, operations: Operations) -> None:
    plan = await operations.plan(OperationKind.DRAIN, [W1])
    stack.apache.write_map(b"# noon\n/*=balancer\n")
    known = stack.apache.map.stat()
    operation = operations.start(plan)
    assert await operation.wait() is Result.FAILED
    assert "was changed by somebody else since this was planned. Nothing was written." in last_words(operation)
    assert stack.apache.map.read_bytes() == b"# noon\n/*=balancer\n"
    now = stack.apache.map.stat()
    assert (now.st_ino, now.st_mtime_ns) == (known.st_ino, known.st_mtime_ns)


async def test_a_map_that_somebody_undoes_in_the_settle_time_is_told(stack: Stack, operations: Operations) -> None:
    operation = operations.start(await operations.plan(OperationKind.DRAIN, [W1]))
    async for event in operation.follow():
        if isinstance(event, Step) and (event.step, event.state) == ("settle", "started"):
            stack.apache.write_map(stack.apache.map_bytes)
    assert await operation.wait() is Result.FAILED
    assert "was changed by somebody else meanwhile" in last_words(operation)


async def test_a_connection_cut_in_the_settle_time_costs_nothing(stack: Stack, operations: Operations) -> None:
    operation = operations.start(await operations.plan(OperationKind.DRAIN, [W1]))
    async for event in operation.follow():
        if isinstance(event, Step) and (event.step, event.state) == ("settle", "started"):
            stack.machines["web1"].drop_connections()
    assert await operation.wait() is Result.DONE, operation.events
    assert "worker1" not in workers_of(stack.url)
