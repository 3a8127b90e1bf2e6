"""The question before a drain or a restore."""

import asyncio
from dataclasses import replace

import pytest

from isdeploy_tui import config
from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.plans import OperationKind, OperationPlan, Refusal
from isdeploy_tui.remote.errors import ConnectError
from tests.tui.fakes import BLUE, GREEN, SITE, W1, W2, a_plan
from tests.tui.stage import SMALL, Actor, on_stage

SETTINGS = config.parse(SITE)
ON_BLUE = ("end", "up")
"""The keys that bring the cursor from the first worker to intranet/gate/blue, which is not production."""


def refused(kind: OperationKind = OperationKind.DRAIN, *, forcible: bool = True) -> OperationPlan:
    refusal = Refusal(str(BLUE), "rule /* would have no active member left.", forcible)
    return a_plan(SETTINGS, kind, [BLUE], refusals=[refusal])


async def test_a_drain_shows_the_exact_change_and_who_stays_and_starts_what_was_shown() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "d")
        for text in (
            "Drain intranet/gate/blue",
            "gate:/srv/conf/uriworkermap.properties",
            "-/*=balancer",
            "+/*=balancer_exe",
            "line 2: swap",
            "active  /* green",
            "61.5 s after it is written",
        ):
            assert text in actor.screen, text
        await actor.press("enter")
        operations = actor.world.operations
        assert [(kind, targets) for kind, targets, _ in operations.asked] == [(OperationKind.DRAIN, (BLUE,))]
        assert operations.started[0].plan.changes[0].diff
        assert not operations.started[0].force
        assert actor.dialog == "MainScreen"


async def test_y_is_yes() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "d", "y")
        assert len(actor.world.operations.started) == 1


@pytest.mark.parametrize("key", ["escape", "n", "ctrl+c"])
async def test_no_changes_nothing(key: str) -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "d", key)
        assert actor.world.operations.started == []
        assert actor.dialog == "MainScreen"


async def test_the_buttons_can_be_reached_and_pressed() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "d", "tab", "tab", "enter")
        assert actor.world.operations.started == []
        await actor.press("d", "tab", "enter")
        assert len(actor.world.operations.started) == 1


async def test_enter_does_nothing_while_the_servers_are_being_read() -> None:
    async with on_stage() as actor:
        actor.world.operations.gate = asyncio.Event()
        await actor.press(*ON_BLUE, "d", "enter", "y")
        assert "Reading" in actor.screen
        assert actor.world.operations.started == []
        actor.world.operations.gate.set()
        await actor.until("+/*=balancer_exe")
        assert actor.world.operations.started == []


async def test_a_failed_reading_is_a_sentence_and_can_be_tried_again() -> None:
    async with on_stage() as actor:
        actor.world.operations.answer = ConnectError("gate", "refused", "connection refused.", "Is sshd running there?")
        await actor.press(*ON_BLUE, "d", "enter")
        assert "gate: connection refused. Is sshd running there?" in actor.screen
        assert "Nothing was changed." in actor.screen
        assert actor.world.operations.started == []
        actor.world.operations.answer = None
        await actor.press("ctrl+r")
        assert "+/*=balancer_exe" in actor.screen


async def test_an_error_nobody_foresaw_is_told_and_ends_nothing() -> None:
    async with on_stage() as actor:
        actor.world.operations.answer = ValueError("something [/x] odd\x1b[2J")
        await actor.press(*ON_BLUE, "d")
        assert "something [/x] odd" in actor.screen
        await actor.press("escape")
        assert actor.dialog == "MainScreen"


async def test_a_refusal_needs_the_workers_name_typed_and_is_then_forced() -> None:
    async with on_stage() as actor:
        actor.world.operations.answer = refused()
        await actor.press(*ON_BLUE, "d", "enter")
        assert "would have no active member left" in actor.screen
        assert "to override the refusal" in actor.screen
        assert actor.world.operations.started == []
        await actor.type("blu")
        await actor.press("enter")
        assert actor.world.operations.started == []
        await actor.type("e")
        await actor.press("enter")
        assert [start.force for start in actor.world.operations.started] == [True]


async def test_the_letters_of_yes_and_no_are_letters_where_something_is_typed() -> None:
    async with on_stage() as actor:
        actor.world.operations.answer = refused()
        await actor.press(*ON_BLUE, "d", "y", "n")
        assert actor.dialog == "ConfirmRotation"
        assert actor.world.operations.started == []


async def test_what_cannot_be_forced_cannot_be_started_by_any_key() -> None:
    async with on_stage() as actor:
        actor.world.operations.answer = refused(forcible=False)
        await actor.press(*ON_BLUE, "d")
        assert "This cannot be forced." in actor.screen
        assert "to override" not in actor.screen
        await actor.press("enter", "y", "tab", "enter")
        assert actor.world.operations.started == []


async def test_production_needs_the_services_name_typed() -> None:
    async with on_stage() as actor:
        await actor.press("d", "enter")
        assert "PRODUCTION" in actor.screen
        assert "Type  shop  to confirm" in actor.screen
        assert actor.world.operations.started == []
        await actor.type("shop")
        await actor.press("enter")
        assert [start.force for start in actor.world.operations.started] == [False]


async def test_a_refusal_in_production_needs_both_names() -> None:
    async with on_stage() as actor:
        refusal = Refusal("shop/web1", "rule /* would have no active member left.")
        actor.world.operations.answer = a_plan(SETTINGS, OperationKind.DRAIN, [W1], refusals=[refusal])
        await actor.press("d")
        await actor.type("shop")
        await actor.press("enter")
        assert actor.world.operations.started == []
        await actor.type(" worker1")
        await actor.press("enter")
        assert [start.force for start in actor.world.operations.started] == [True]


async def test_several_are_marked_listed_and_changed_with_one_yes_and_the_marks_are_gone() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "space", "space")
        assert "2 marked" in actor.screen
        await actor.press("r")
        assert "Restore intranet/gate: blue, green" in actor.screen
        await actor.press("enter")
        assert [start.plan.targets for start in actor.world.operations.started] == [(BLUE, GREEN)]
        assert "marked" not in actor.screen


async def test_targets_of_several_apaches_are_listed_one_by_one() -> None:
    async with on_stage() as actor:
        await actor.press("space", "end", "space", "d")
        assert "Drain shop, intranet: 2 workers" in actor.screen
        assert f"  {W1}" in actor.screen
        assert f"  {GREEN}" in actor.screen


async def test_a_parent_node_stands_for_its_workers() -> None:
    async with on_stage() as actor:
        await actor.press("end", "up", "up", "r")
        assert actor.world.operations.asked[0][1] == (BLUE, GREEN)


async def test_nothing_to_do_is_said_and_enter_closes() -> None:
    async with on_stage() as actor:
        plan = replace(a_plan(SETTINGS, OperationKind.DRAIN, [BLUE]), changes=(), unchanged=(BLUE,))
        actor.world.operations.answer = plan
        await actor.press(*ON_BLUE, "d")
        assert "Already out of rotation" in actor.screen
        assert "Nothing to do." in actor.screen
        await actor.press("enter")
        assert (actor.dialog, actor.world.operations.started) == ("MainScreen", [])


async def test_a_soft_drain_is_planned_anew() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "d", "s")
        assert "+/*=balancer;disabled=blue" in actor.screen
        assert "its own sessions" in actor.screen
        assert [soft for _, _, soft in actor.world.operations.asked] == [False, True]
        await actor.press("enter")
        assert actor.world.operations.started[0].plan.soft


async def test_a_restore_has_no_soft_way() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "r", "s")
        assert [soft for _, _, soft in actor.world.operations.asked] == [False]
        assert "soft" not in actor.screen


async def test_a_rule_that_would_have_nobody_left_says_503() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "space", "space", "d")
        assert "nobody: every request gets 503" in actor.screen


async def test_a_long_plan_scrolls_on_a_small_screen_and_the_buttons_stay_in_view() -> None:
    async with on_stage(size=SMALL) as actor:
        change = a_plan(SETTINGS, OperationKind.DRAIN, [BLUE]).changes[0]
        long = replace(change, diff=tuple(f"+/rule{number}=balancer" for number in range(60)))
        actor.world.operations.answer = replace(a_plan(SETTINGS, OperationKind.DRAIN, [BLUE]), changes=(long,))
        await actor.press(*ON_BLUE, "d")
        assert "+/rule0=" in actor.screen
        assert "Cancel (esc)" in actor.screen
        await _scroll_to_end(actor)
        assert "active  /* green" in actor.screen
        assert "Cancel (esc)" in actor.screen


async def _scroll_to_end(actor: Actor) -> None:
    await actor.press("down", "down")
    assert "+/rule0=" not in actor.screen
    await actor.press(*["pagedown"] * 8)


async def test_a_plan_that_cannot_be_started_after_all_is_said_in_a_sentence() -> None:
    async with on_stage() as actor:

        def start(*_: object, **__: object) -> None:
            raise ConnectError("gate", "lost", "the map has changed since.")

        actor.world.operations.start = start  # type: ignore[method-assign,assignment]
        await actor.press(*ON_BLUE, "d", "enter")
        await actor.until("Nothing was started: gate: the map has changed since.")


async def test_two_production_workers_of_one_service_need_its_name_once() -> None:
    async with on_stage() as actor:
        await actor.press("space", "space", "d")
        assert "Type  shop  to confirm" in actor.screen
        await actor.type("shop")
        await actor.press("enter")
        assert actor.world.operations.started[0].plan.targets == (W1, W2)


async def test_the_other_workers_of_a_tomcat_are_told_and_taken_in_on_demand() -> None:
    async with on_stage() as actor:
        await actor.press("d")
        assert "To other Apaches it is shop/web2/worker1; ctrl+t takes that in, too." in actor.screen
        await actor.press("ctrl+t")
        assert "Drain shop: 2 workers" in actor.screen
        assert "To other Apaches" not in actor.screen
        await actor.press("ctrl+t", "ctrl+t")
        await actor.type("shop")
        await actor.press("enter")
        assert actor.world.operations.started[0].plan.targets == (W1, WorkerId("shop", "web2", "worker1"))


async def test_a_worker_that_is_alone_with_its_tomcat_has_nothing_to_take_in() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "d", "t")
        assert "Tomcat" not in actor.screen.split("Every new request")[0].split("Drain intranet")[1]
        assert len(actor.world.operations.asked) == 1


@pytest.mark.parametrize("rows", [24, 40])
async def test_a_long_plan_takes_the_whole_screen_and_wastes_none_of_it(rows: int) -> None:
    async with on_stage(size=(80, rows)) as actor:
        change = a_plan(SETTINGS, OperationKind.DRAIN, [BLUE]).changes[0]
        long = replace(change, diff=tuple(f"+/rule{number}=balancer" for number in range(60)))
        actor.world.operations.answer = replace(a_plan(SETTINGS, OperationKind.DRAIN, [BLUE]), changes=(long,))
        await actor.press(*ON_BLUE, "d")
        await actor.settle()
        lines = actor.screen.splitlines()
        assert "Drain intranet/gate/blue" in lines[1]
        assert "Cancel (esc)" in lines[-2]
        assert sum("+/rule" in line for line in lines) >= rows - 10
