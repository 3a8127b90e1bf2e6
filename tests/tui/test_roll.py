"""The question before a roll, and what a roll asks while it runs."""

import asyncio

from isdeploy_tui.engine.control import Choice, Question
from isdeploy_tui.engine.plans import OperationKind
from tests.tui.stage import Actor, on_stage

QUESTION = Question(
    "shop/web1/worker1",
    "worker1 [/x] is deployed and still out.",
    (Choice("go on", "go on"), Choice("put back", "put it back and stop"), Choice("leave", "leave it out and stop")),
    "leave",
)


async def begin(actor: Actor) -> None:
    await actor.press("R")
    await actor.type("v2")
    await actor.press("enter")
    await actor.type("shop")
    await actor.press("enter")


async def test_it_shows_every_moment_and_the_fewest_active_and_starts_with_the_arguments() -> None:
    async with on_stage() as actor:
        await actor.press("R")
        for text in ("Roll shop/web1/worker1", "never fewer than 2 active for shop/web1", "1. out shop/web1/worker1"):
            assert text in actor.screen, text
        await actor.press("escape")
        await begin(actor)
        started = actor.world.operations.started
        assert [(start.plan.kind, start.arguments) for start in started] == [(OperationKind.ROLL, ("v2",))]


async def test_pausing_after_each_is_asked_for_with_a_key_and_said() -> None:
    async with on_stage() as actor:
        await actor.press("R")
        assert "Waits for your word" not in actor.screen
        await actor.press("ctrl+t")
        assert "Waits for your word after each" in actor.screen


async def test_a_question_of_the_roll_is_answered_with_its_number_or_enter_and_esc_does_not_answer_it() -> None:
    async with on_stage() as actor:
        await begin(actor)
        ask = actor.world.operations.started[0].ask
        assert ask is not None
        answer = asyncio.create_task(ask(QUESTION))
        await actor.until("leave it out and stop")
        await actor.press("escape")
        assert not answer.done()
        await actor.press("2")
        assert await answer == "put back"
        answer = asyncio.create_task(ask(QUESTION))
        await actor.until("leave it out and stop")
        await actor.press("down", "down", "enter")
        assert await answer == "leave"


async def test_a_question_whose_operation_is_interrupted_leaves_the_screen() -> None:
    async with on_stage() as actor:
        await begin(actor)
        ask = actor.world.operations.started[0].ask
        assert ask is not None
        answer = asyncio.create_task(ask(QUESTION))
        await actor.until("leave it out and stop")
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        await actor.settle()
        assert actor.dialog == "MainScreen"


async def test_two_questions_at_once_are_asked_one_after_the_other() -> None:
    async with on_stage() as actor:
        await begin(actor)
        ask = actor.world.operations.started[0].ask
        assert ask is not None
        answers = [asyncio.create_task(ask(QUESTION)) for _ in range(2)]
        await actor.until("leave it out and stop")
        await actor.press("1")
        await actor.until("leave it out and stop")
        await actor.press("3")
        assert await asyncio.gather(*answers) == ["go on", "leave"]


async def test_read_only_has_no_roll() -> None:
    async with on_stage(read_only=True) as actor:
        await actor.press("R")
        assert actor.dialog == "MainScreen"
        assert "roll" not in actor.screen
