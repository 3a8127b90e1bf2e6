"""What the engine says, at the screen's pace."""

import asyncio
from collections.abc import AsyncIterator, Callable

from isdeploy_tui import config
from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.remote.errors import ConnectError
from isdeploy_tui.tui.bridge import FleetBridge, LogFeed, OperationsBridge
from isdeploy_tui.tui.pace import FULL
from isdeploy_tui.tui.ports import Changed
from tests.tui.fakes import (
    BLUE,
    GREEN,
    SITE,
    W1,
    W2,
    Chunk,
    Clock,
    FakeLogs,
    FakeMonitor,
    FakeRunning,
    Note,
    Result,
    a_plan,
)

SETTINGS = config.parse(SITE)


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def until(met: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not met():
            await asyncio.sleep(0.01)


async def test_changes_are_gathered_and_told_once() -> None:
    monitor, told = FakeMonitor(SETTINGS, Clock()), list[Changed]()
    bridge = FleetBridge(monitor, told.append)
    for number in range(1_000):
        monitor.put(W1 if number % 2 else W2, busy=number)
    assert told == []
    await until(lambda: told)
    assert told == [frozenset({W1, W2})]
    bridge.close()


async def test_closed_it_tells_nothing_more() -> None:
    monitor, told = FakeMonitor(SETTINGS, Clock()), list[Changed]()
    bridge = FleetBridge(monitor, told.append)
    monitor.put(W1, busy=1)
    bridge.close()
    monitor.put(W1, busy=2)
    await asyncio.sleep(FULL * 2)
    assert told == []


async def test_only_the_log_of_the_latest_worker_is_fed_and_the_others_are_let_go() -> None:
    logs, lines = FakeLogs(), list[str]()
    feed = LogFeed(logs.follow, lines.extend, lines.append)
    for worker in (W1, W2, BLUE):
        feed.switch(worker)
        await turns()
    logs.write(W1, "stale")
    logs.write(BLUE, "fresh")
    await turns()
    assert lines[-2:] == [f"INFO: the log of {BLUE} begins", "fresh"]
    assert "stale" not in lines
    assert logs.closed == [W1, W2]
    await feed.aclose()
    assert logs.closed == [W1, W2, BLUE]


async def test_a_follower_that_takes_its_time_to_end_feeds_nothing_any_more() -> None:
    release, lines = asyncio.Event(), list[str]()

    async def stubborn(worker: WorkerId, _: int) -> AsyncIterator[Chunk | Note]:
        try:
            yield Chunk([f"first {worker.worker}"])
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            await release.wait()
            yield Chunk([f"late {worker.worker}"])

    feed = LogFeed(stubborn, lines.extend, lines.append)
    feed.switch(W1)
    await turns()
    feed.switch(BLUE)
    await turns()
    release.set()
    await turns()
    assert lines == ["first worker1", "first blue"]
    await feed.aclose()


async def test_what_keeps_a_log_from_being_followed_is_said() -> None:
    said = list[str]()

    def nothing(worker: WorkerId, _: int) -> AsyncIterator[Chunk | Note]:
        raise LookupError(f"{worker}: no log is configured")

    async def broken(worker: WorkerId, _: int) -> AsyncIterator[Chunk | Note]:
        raise ConnectError("was1", "refused", "connection refused.", "Is sshd running?")
        yield Chunk([])

    async def strange(worker: WorkerId, _: int) -> AsyncIterator[Chunk | Note]:
        raise ValueError("odd\nthing")
        yield Chunk([])

    for follow in (nothing, broken, strange):
        feed = LogFeed(follow, lambda lines: None, said.append)
        feed.switch(GREEN)
        await turns()
        await feed.aclose()
    assert said == [
        "intranet/gate/green: no log is configured",
        "was1: connection refused. Is sshd running?",
        "it cannot be followed: odd thing",
    ]


async def test_stories_are_kept_and_told_and_closing_ends_no_operation() -> None:
    changed, printed = list[str](), list[str]()
    clock = Clock()
    bridge = OperationsBridge(
        clock,
        lambda stories: changed.extend(story.phase(clock()) for story in stories),
        lambda _, lines: printed.extend(lines),
    )
    running = FakeRunning(a_plan(SETTINGS, OperationKind.DEPLOY, [BLUE]), clock)
    story = bridge.watch(running)
    await running.step("script", StepState.STARTED, "", BLUE)
    await running.print("one", "two")
    await turns()
    assert bridge.doing == {BLUE: "deploy: script"}
    assert printed == ["one", "two"]
    assert not bridge.dismiss()
    other = bridge.watch(FakeRunning(a_plan(SETTINGS, OperationKind.DRAIN, [W1]), clock))
    await running.end(Result.DONE)
    await turns()
    assert (story.is_over, other.is_over) == (True, False)
    assert bridge.running == [other]
    assert bridge.dismiss()
    assert bridge.shown == [other]
    await bridge.aclose()
    assert other.operation.result is None


async def test_of_many_operations_only_the_newest_are_remembered() -> None:
    bridge = OperationsBridge(Clock(), lambda _: None, lambda _, __: None)
    for _ in range(80):
        running = FakeRunning(a_plan(SETTINGS, OperationKind.DRAIN, [W1]), Clock())
        bridge.watch(running)
        await running.end(Result.DONE)
        await turns(5)
    assert len(bridge.stories) <= 51
    await bridge.aclose()
