"""Leaving: at once when nothing runs, asking first when something does, and never ending a step."""

import asyncio

import pytest

from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.tui.run import finish
from tests.tui.fakes import BLUE, Result, a_plan, a_world
from tests.tui.stage import on_stage


@pytest.mark.parametrize("key", ["q", "ctrl+c", "ctrl+q"])
async def test_with_nothing_running_it_leaves_at_once(key: str) -> None:
    async with on_stage() as actor:
        await actor.press(key)
        assert actor.world.app._exit


async def test_with_something_running_it_asks_and_stays_on_demand() -> None:
    async with on_stage() as actor:
        await actor.press("end", "up", "d", "enter")
        await actor.world.operations.all[0].step("settle", StepState.STARTED, "61.5 s")
        await actor.press("q")
        assert "» drain intranet/gate/blue  settle" in actor.screen
        assert "what was done stays done" in actor.screen
        assert "keeps its output and its exit code" in actor.screen
        await actor.press("escape")
        assert not actor.world.app._exit
        assert actor.dialog == "MainScreen"
        assert not actor.world.operations.all[0].interrupted


async def test_leaving_with_something_running_is_possible_and_interrupts_nothing_by_itself() -> None:
    async with on_stage() as actor:
        await actor.press("end", "up", "d", "enter", "q", "enter")
        assert actor.world.app._exit
        assert not actor.world.operations.all[0].interrupted


async def test_ctrl_c_in_a_dialog_closes_only_the_dialog() -> None:
    async with on_stage() as actor:
        await actor.press("d", "ctrl+c")
        assert actor.dialog == "MainScreen"
        assert not actor.world.app._exit


async def test_after_an_operation_has_ended_nothing_is_asked() -> None:
    async with on_stage() as actor:
        await actor.press("end", "up", "d", "enter")
        await actor.world.operations.all[0].end(Result.DONE)
        await actor.until("done in")
        await actor.press("q")
        assert actor.world.app._exit


async def test_after_the_screen_is_gone_it_says_what_it_waits_for_and_how_it_ended() -> None:
    world = a_world()
    running = world.operations.start(a_plan(world.operations.settings, OperationKind.DRAIN, [BLUE]))
    await running.step("settle", StepState.STARTED, "61.5 s")
    said: list[str] = []
    await finish(world.operations, said.append)
    assert said[0] == "Waiting for the current step of drain intranet/gate/blue (settle) …"
    assert said[1].startswith("drain intranet/gate/blue: interrupted")
    assert world.operations.closed
    assert running.interrupted


async def test_with_nothing_running_nothing_is_said() -> None:
    world = a_world()
    said: list[str] = []
    await finish(world.operations, said.append)
    assert said == []


async def test_closing_the_screen_closes_the_log_and_leaves_the_operation_alone() -> None:
    async with on_stage() as actor:
        await actor.until("worker1 begins")
        await actor.press("end", "up", "d", "enter")
    await asyncio.sleep(0)
    assert len(actor.world.logs.closed) == len(actor.world.logs.opened)
    assert not actor.world.operations.all[0].interrupted
    assert actor.world.operations.all[0].result is None
