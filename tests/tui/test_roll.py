"""The question before a roll, and what a roll asks while it runs."""

import asyncio
from dataclasses import replace

from isdeploy_tui.engine.control import Choice, Question
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import StepState
from tests.tui.fakes import SITE, W1, Result
from tests.tui.stage import SMALL, Actor, on_stage

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


async def asked(actor: Actor, question: Question = QUESTION) -> asyncio.Task[str]:
    ask = actor.world.operations.started[0].ask
    assert ask is not None
    answer = asyncio.ensure_future(ask(question))
    actor.background.append(answer)
    await actor.until("leave it out and stop")
    return answer


async def test_a_roll_opens_its_story_and_its_question_is_answered_there_by_its_number() -> None:
    async with on_stage() as actor:
        await begin(actor)
        assert actor.dialog == "OperationsScreen"
        answer = await asked(actor)
        assert "worker1 [/x] is deployed and still out." in actor.screen
        await actor.press("7")
        assert not answer.done()
        await actor.press("2")
        assert await answer == "put back"
        await actor.settle()
        assert "leave it out and stop" not in actor.screen


async def test_elsewhere_a_question_is_a_dialog_that_can_be_put_away_to_look_around_and_answered_later() -> None:
    async with on_stage() as actor:
        await begin(actor)
        await actor.press("escape")
        answer = await asked(actor)
        assert actor.dialog == "Choose"
        await actor.press("escape")
        assert actor.dialog == "MainScreen"
        assert not answer.done()
        await actor.until("waits for your word")
        await actor.press("l")
        assert not answer.done()
        await actor.press("escape", "a", "3")
        assert await answer == "leave"


async def test_a_question_in_a_dialog_is_answered_with_enter_too() -> None:
    async with on_stage() as actor:
        await begin(actor)
        await actor.press("escape")
        answer = await asked(actor)
        await actor.press("down", "down", "enter")
        assert await answer == "leave"


async def test_a_question_whose_operation_is_interrupted_leaves_the_screen() -> None:
    async with on_stage() as actor:
        await begin(actor)
        await actor.press("escape")
        answer = await asked(actor)
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        await actor.settle()
        assert actor.dialog == "MainScreen"
        assert "waits for your word" not in actor.screen


async def test_a_question_that_is_open_when_the_screen_ends_disturbs_nobody() -> None:
    async with on_stage() as actor:
        await begin(actor)
        answer = await asked(actor)
        actor.background.clear()
    answer.cancel()
    assert isinstance((await asyncio.gather(answer, return_exceptions=True))[0], asyncio.CancelledError)


async def test_two_questions_at_once_are_asked_one_after_the_other() -> None:
    async with on_stage() as actor:
        await begin(actor)
        first = await asked(actor)
        second = await asked(actor, replace(QUESTION, text="And the other one?"))
        await actor.press("1")
        assert await first == "go on"
        await actor.until("And the other one?")
        await actor.press("3")
        assert await second == "leave"


async def test_while_it_runs_a_key_lets_it_pause_after_this_tomcat_and_once_more_does_not() -> None:
    async with on_stage() as actor:
        await begin(actor)
        running = actor.world.operations.all[0]
        await actor.until("p pauses,")
        await actor.press("p")
        assert running.pauses
        await actor.until("p does not pause")
        await actor.press("p")
        assert not running.pauses


async def test_the_story_tells_the_plan_how_far_it_is_and_the_evidence_of_every_gate() -> None:
    async with on_stage(size=(160, 48), logs={W1: ["INFO its own log"]}) as actor:
        await begin(actor)
        running = actor.world.operations.all[0]
        await actor.until("1 · shop/web1/worker1 waits")
        assert "never fewer than 2 active for shop/web1 /*" in actor.screen
        await running.step("idle", StepState.STARTED, "are requests in flight?", busy=None)
        for count in (7, 4, 1):
            await running.step("idle", StepState.STARTED, f"{count} in flight, says jkstatus", busy=count)
        await actor.until("1 » shop/web1/worker1 idle")
        await actor.until("█▅▂  1 in flight")
        await running.step("idle", StepState.DONE, "no request in flight (it was 7, 4, 1), says jkstatus", busy=0)
        await running.step("script", StepState.STARTED, "was1:/opt/deploy/shop.sh, run 1")
        await running.print("unpacking shop.war")
        await running.step("script", StepState.DONE, "exit 0")
        await running.step("ready", StepState.STARTED, "waiting for CPING, at most 180 s")
        await running.step("ping", StepState.DONE, "CPONG in 2 ms")
        await running.step("ready", StepState.DONE, "after 3.1 s")
        await actor.until("1 ✓ shop/web1/worker1 deployed")
        for words in ("█▅▂▁  no request", "exit 0", "CPONG in 2 ms", "unpacking shop.war", "INFO its own log"):
            await actor.until(words)
        assert actor.screen.count(" idle ") == 1
        actor.world.clock.now += 62
        await running.end(Result.DONE)
        await actor.until("end")
        assert "1 min 02 s" in actor.screen


async def test_on_a_small_terminal_a_key_shows_the_log_instead_of_the_output() -> None:
    async with on_stage(size=SMALL, logs={W1: ["INFO its own log"]}) as actor:
        await begin(actor)
        await actor.world.operations.all[0].print("unpacking shop.war")
        await actor.until("unpacking shop.war")
        assert "INFO its own log" not in actor.screen
        await actor.press("l")
        await actor.until("INFO its own log")
        assert "unpacking shop.war" not in actor.screen


async def test_the_end_of_an_operation_rings_unless_that_is_turned_off() -> None:
    for site, wanted in ((SITE, 1), (f"bell = false\n{SITE}", 0)):
        async with on_stage(site=site) as actor:
            rung: list[int] = []
            setattr(actor.world.app, "bell", lambda rung=rung: rung.append(1))  # noqa: B010
            await begin(actor)
            await actor.world.operations.all[0].end(Result.DONE)
            await actor.until("done in")
            assert len(rung) == wanted


async def test_what_goes_wrong_with_the_command_to_notify_is_said() -> None:
    async with on_stage() as actor:
        say = actor.world.operations.notifier.say
        assert say is not None
        say("notify_command: /opt/[x] ended with status 3.")
        await actor.until("/opt/[x] ended with status 3.")


async def test_read_only_has_no_roll() -> None:
    async with on_stage(read_only=True) as actor:
        await actor.press("R")
        assert actor.dialog == "MainScreen"
        assert "roll" not in actor.screen
