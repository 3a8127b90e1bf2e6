"""The question before a deploy."""

import pytest

from isdeploy_tui import config
from isdeploy_tui.engine.plans import OperationKind, Refusal
from isdeploy_tui.tui.screens.deploy import split
from tests.tui.fakes import BLUE, SITE, W1, a_plan
from tests.tui.stage import SMALL, on_stage

SETTINGS = config.parse(SITE)
ON_BLUE = ("end", "up")


async def test_it_shows_comment_script_and_host_and_gives_the_script_the_exact_words() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "p")
        for text in (
            "Deploy intranet/gate/blue",
            "Ask the helpdesk before lunch",
            "/opt/deploy/blue.sh",
            "on      gate",
        ):
            assert text in actor.screen, text
        assert "The script gets no arguments." in actor.screen
        await actor.type("v1 'two words' \"\"")
        assert "The script gets 1 v1 2 two words 3 (empty)" in actor.screen
        await actor.press("enter")
        started = actor.world.operations.started
        assert [start.arguments for start in started] == [("v1", "two words", "")]
        assert actor.world.history.history(BLUE) == ["v1 'two words' \"\""]


@pytest.mark.parametrize("key", ["p", "R"])
async def test_secret_arguments_are_masked_where_it_is_told_what_the_script_gets(key: str) -> None:
    async with on_stage(site='secret_arguments = ["*password=*", "--token *"]\n' + SITE) as actor:
        await actor.press(*ON_BLUE, key)
        await actor.type("v1 db_password=hunter22 --token t4711")
        assert "The script gets 1 v1 2 db_password=**** 3 --token 4 ****" in actor.screen
        await actor.press("enter")
        assert [start.arguments for start in actor.world.operations.started] == [
            ("v1", "db_password=hunter22", "--token", "t4711")
        ]


async def test_a_quote_that_is_not_closed_is_said_and_starts_nothing() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "p")
        await actor.type("'oops")
        assert "a quote is not closed" in actor.screen
        await actor.press("enter")
        assert actor.world.operations.started == []
        assert actor.dialog == "ConfirmDeploy"


async def test_up_and_down_go_through_what_was_typed_before_and_back_to_the_draft() -> None:
    async with on_stage() as actor:
        actor.world.history.remember(BLUE, "old")
        actor.world.history.remember(BLUE, "new")
        await actor.press(*ON_BLUE, "p")
        await actor.type("draft")
        await actor.press("up")
        assert "The script gets 1 new" in actor.screen
        await actor.press("up", "up", "up")
        assert "The script gets 1 old" in actor.screen
        await actor.press("down", "down")
        assert "The script gets 1 draft" in actor.screen
        await actor.press("up", "enter")
        assert actor.world.operations.started[0].arguments == ("new",)
        assert actor.world.history.history(BLUE) == ["new", "old"]


async def test_production_asks_for_the_services_name_after_the_arguments() -> None:
    async with on_stage() as actor:
        await actor.press("p")
        await actor.type("v1")
        await actor.press("enter")
        assert actor.world.operations.started == []
        await actor.type("shop")
        await actor.press("enter")
        assert [start.arguments for start in actor.world.operations.started] == [("v1",)]


async def test_all_workers_of_the_tomcat_are_named() -> None:
    async with on_stage() as actor:
        await actor.press("p")
        assert "Deploy shop/web1/worker1" in actor.screen
        assert "one Tomcat behind shop/web1/worker1, shop/web2/worker1" in actor.screen


async def test_a_worker_that_is_not_drained_is_refused_until_its_name_is_typed() -> None:
    async with on_stage() as actor:
        refusal = Refusal(str(BLUE), "it is active, so requests reach it; drain it first.")
        actor.world.operations.answer = a_plan(SETTINGS, OperationKind.DEPLOY, [BLUE], refusals=[refusal])
        await actor.press(*ON_BLUE, "p")
        assert "drain it first" in actor.screen
        await actor.type("v1")
        await actor.press("enter", "enter")
        assert actor.world.operations.started == []
        await actor.type("blue")
        await actor.press("enter")
        assert [(start.force, start.arguments) for start in actor.world.operations.started] == [(True, ("v1",))]


async def test_everything_is_in_view_on_a_small_screen() -> None:
    async with on_stage(size=SMALL) as actor:
        await actor.press("p")
        for text in (
            "The argument is the GitLab tag",
            "/opt/deploy/tomcat1.sh",
            "Arguments:",
            "Type  shop",
            "Cancel (esc)",
        ):
            assert text in actor.screen, text


async def test_a_deploy_that_was_called_off_is_not_remembered() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "p")
        await actor.type("v1")
        await actor.press("escape")
        assert (actor.world.operations.started, actor.world.history.history(BLUE)) == ([], [])


async def test_the_output_is_shown_as_it_comes_and_how_the_script_ended() -> None:
    async with on_stage() as actor:
        await actor.press(*ON_BLUE, "p", "enter")
        running = actor.world.operations.all[0]
        assert "output deploy intranet/gate/blue" in actor.screen
        await running.print("copying", "starting \x1b[31mred\x1b[0m [/x]")
        await actor.until("starting red [/x]")
        await running.fail("exit 7; the worker stays out of rotation")
        await actor.until("failed after 0.0 s: exit 7; the worker stays out of rotation")
        assert "gate/blue script failed: exit 7; the worker stays out of rotation" in actor.screen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ()),
        ("  a  b ", ("a", "b")),
        ("'a b' c\\ d", ("a b", "c d")),
        ("$(x) `y` ; rm *", ("$(x)", "`y`", ";", "rm", "*")),
        ("한글 태그", ("한글", "태그")),
    ],
)
def test_words_are_split_as_a_shell_would_without_expanding_anything(text: str, words: tuple[str, ...]) -> None:
    assert split(text) == words


@pytest.mark.parametrize("text", ["'a", '"a', "a\\"])
def test_what_cannot_be_split_is_a_sentence(text: str) -> None:
    answer = split(text)
    assert isinstance(answer, str)
    assert answer.startswith("It cannot be split into words")


def test_characters_that_cannot_be_seen_are_not_sent() -> None:
    assert isinstance(split("a\x1b[2Jb"), str)


def test_the_tests_site_has_one_tomcat_behind_two_apaches() -> None:
    assert len(SETTINGS.same_tomcat(W1)) == 2
