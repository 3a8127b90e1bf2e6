"""What servers ask at login: a dialog that nobody types into by accident and that keeps nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from isdeploy_tui.remote.asking import LoginQuestion, Questions
from isdeploy_tui.tui.asking import AskOnScreen
from isdeploy_tui.tui.screens.login import Answer
from tests.tui.stage import SMALL, Actor, on_stage

PASSPHRASE = LoginQuestion("web1", "Passphrase of ~/.ssh/id_ed25519", (("Passphrase:", False),), False)
CODES = LoginQuestion("web1", "Two factors", (("Password:", False), ("Code:", True)), True)


@asynccontextmanager
async def asking(**options: Any) -> AsyncIterator[tuple[Actor, AskOnScreen]]:
    ask = AskOnScreen()
    async with on_stage(size=SMALL, **options) as actor:
        with ask.on(actor.world.app):
            yield actor, ask


async def test_a_passphrase_is_asked_for_and_never_shown() -> None:
    async with asking() as (actor, ask):
        answer = asyncio.create_task(ask.ask(PASSPHRASE))
        await actor.until("Passphrase of ~/.ssh/id_ed25519")
        assert "Log in to web1" in actor.screen
        await actor.type("open sesame")
        assert "sesame" not in actor.screen
        assert "•••" in actor.screen
        dialog = actor.world.app.screen
        await actor.press("enter")
        assert await answer == ("open sesame",)
        assert actor.dialog == "MainScreen"
        assert [line.value for line in dialog.query(Answer)] in ([], [""])


async def test_several_prompts_are_answered_one_after_the_other_and_what_may_be_seen_is() -> None:
    async with asking() as (actor, ask):
        answer = asyncio.create_task(ask.ask(CODES))
        await actor.until("web1 says: Two factors")
        assert "The server chose these words" in actor.screen
        await actor.type("secret")
        await actor.press("enter")
        await actor.type("123456")
        assert "secret" not in actor.screen
        assert "123456" in actor.screen
        await actor.press("enter")
        assert await answer == ("secret", "123456")


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_giving_up_leaves_the_server_out(key: str) -> None:
    async with asking() as (actor, ask):
        answer = asyncio.create_task(ask.ask(PASSPHRASE))
        await actor.until("Passphrase")
        await actor.type("sec")
        await actor.press(key)
        assert await answer is None
        assert actor.dialog == "MainScreen"
        assert not actor.world.app._exit


async def test_what_was_typed_for_something_else_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isdeploy_tui.tui.screens.login.QUIET_SECONDS", 3600)
    async with asking() as (actor, ask):
        await actor.press("d")
        answer = asyncio.create_task(ask.ask(PASSPHRASE))
        await actor.until("Passphrase")
        for key in ("s", "h", "o", "p", "enter", "escape"):
            await actor.press(key)
        assert not answer.done()
        assert actor.dialog == "LoginDialog"
        monkeypatch.setattr("isdeploy_tui.tui.screens.login.QUIET_SECONDS", 0.001)
        await actor.press("x")
        while actor.world.app.focused is None:
            await actor.pilot.pause(0.01)
        await actor.type("mine")
        await actor.press("enter")
        assert await answer == ("mine",)
        assert actor.dialog == "ConfirmRotation"


async def test_a_secret_cannot_be_copied_and_what_may_be_seen_can() -> None:
    async with asking() as (actor, ask):
        answer = asyncio.create_task(ask.ask(CODES))
        await actor.until("Two factors")
        await actor.type("secret")
        await actor.press("home", "shift+end", "ctrl+x")
        assert actor.world.app.clipboard == ""
        await actor.press("enter")
        await actor.type("123456")
        await actor.press("home", "shift+end", "ctrl+x")
        assert actor.world.app.clipboard == "123456"
        await actor.type("1")
        await actor.press("enter")
        assert await answer == ("secret", "1")


async def test_when_the_server_waits_no_longer_the_dialog_goes_away_also_from_below_another() -> None:
    async with asking() as (actor, ask):
        first = asyncio.create_task(ask.ask(PASSPHRASE))
        await actor.until("Passphrase")
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await actor.settle()
        assert actor.dialog == "MainScreen"
        second = asyncio.create_task(ask.ask(PASSPHRASE))
        await actor.until("Passphrase")
        actor.world.app.action_help()
        await actor.until("Change")
        second.cancel()
        await asyncio.gather(second, return_exceptions=True)
        await actor.settle()
        assert actor.dialog == "Reader"
        await actor.press("escape")
        async with asyncio.timeout(30):
            while actor.dialog != "MainScreen":
                await actor.pilot.pause(0.02)


async def test_several_servers_wait_for_their_turn() -> None:
    async with asking() as (actor, ask):
        questions = Questions(ask)
        answers = [
            asyncio.create_task(questions.put(name, "", (("Code:", True),), from_server=True))
            for name in ("web1", "web2")
        ]
        await actor.until("Log in to web1")
        await actor.type("1")
        await actor.press("enter")
        await actor.until("Log in to web2")
        await actor.press("escape")
        assert await asyncio.gather(*answers) == [("1",), None]


async def test_hostile_words_of_a_server_are_shown_as_they_are() -> None:
    async with asking() as (actor, ask):
        questions = Questions(ask)
        words = "\x1b]52;c;ZXZpbA==\x07[bold]Enter[/] [/x]"
        answer = asyncio.create_task(questions.put("web1", words, ((words, False),), from_server=True))
        await actor.until("[bold]Enter[/] [/x]")
        assert "\x1b" not in actor.screen
        await actor.press("escape")
        assert await answer is None


async def test_what_is_asked_before_the_screen_waits_and_after_it_is_not_answered() -> None:
    ask = AskOnScreen()
    early = asyncio.create_task(ask.ask(PASSPHRASE))
    async with on_stage(size=SMALL) as actor:
        with ask.on(actor.world.app):
            await actor.until("Passphrase")
            await actor.press("x", "enter")
            assert await early == ("x",)
            open_still = asyncio.create_task(ask.ask(PASSPHRASE))
            await actor.until("Passphrase")
        assert await open_still is None
        assert await ask.ask(PASSPHRASE) is None
