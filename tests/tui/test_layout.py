"""Where things stand, as text: ``UPDATE_GOLDENS=1 pytest tests/tui/test_layout.py`` writes the pictures anew."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.asking import LoginQuestion
from isdeploy_tui.tui.asking import AskOnScreen
from isdeploy_tui.tui.looking import PlainScrollBarRender
from tests.tui.fakes import BLUE, GREEN, START, W1, W2, W3, WEB2
from tests.tui.stage import SMALL, WIDE, Actor, on_stage
from tests.tui.test_shared_work import ORPHAN, RUNNING, entries, left_on

GOLDENS = Path(__file__).parent / "goldens"


async def nothing(actor: Actor) -> None:
    await actor.until("line 39")


async def drain(actor: Actor) -> None:
    await actor.press("d")


async def deploy(actor: Actor) -> None:
    await actor.press("down", "p")
    await actor.type("release/2026.1")


async def operations(actor: Actor) -> None:
    await actor.press("end", "up", "p", "enter")
    running = actor.world.operations.all[0]
    await running.step("script", StepState.STARTED, "gate:/opt/deploy/blue.sh, run 20260106T120000Z-blue-9f3a", BLUE)
    await running.print("copying blue.war", "restarting")
    actor.world.clock.now += 7
    await actor.until("restarting")
    await running.fail("exit 7; the worker stays out of rotation; output in gate:~/.local/state/isdeploy/runs/1/log")
    await actor.until("✗ deploy intranet/gate/blue  failed after 7 s")
    await actor.until("— failed after 7 s")


async def story(actor: Actor) -> None:
    await operations(actor)
    await actor.press("a")


async def login(actor: Actor) -> None:
    ask = AskOnScreen()

    async def ask_on() -> None:
        with ask.on(actor.world.app):
            await ask.ask(question)

    prompts = (("Password:", False), ("One-time code:", True))
    question = LoginQuestion("web1", "Two factors are needed on this server since May", prompts, from_server=True)
    actor.background.append(asyncio.create_task(ask_on()))
    await actor.until("Two factors")
    await actor.type("secret")
    await actor.press("enter", "1", "2")
    await actor.until("│ 12 ")
    await actor.until("nothing is kept")


async def take_over(actor: Actor) -> None:
    await actor.press("end", "up", "p", "enter")
    held = InTheWay(BLUE, ORPHAN, 300, RUNNING)
    await actor.world.operations.all[0].refuse(held)
    await actor.until("Why you take it over")
    await actor.type("kim is off")
    await actor.until("kim is off")


async def pick_up(actor: Actor) -> None:
    actor.world.monitor.put(W2, leftover=left_on(W2, RUNNING, "roll", W1, W3), lease=replace(ORPHAN, kind="roll"))
    await actor.press("down")
    await actor.until("the log of shop/web1/worker2 begins")
    await actor.press("u")
    await actor.until("Its history")


async def history(actor: Actor) -> None:
    actor.world.journals.entries = entries()
    await actor.press("H", "left", "left", "left", "down")
    await actor.until("4 entries")
    await actor.until("exit 7")


@pytest.fixture(autouse=True)
def plain_scroll_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a scroll bar's handle stands depends on what was painted before."""
    monkeypatch.setattr("isdeploy_tui.tui.looking.ScrollBarRender", PlainScrollBarRender)


CASES: dict[str, tuple[Callable[[Actor], Awaitable[None]], tuple[int, int], dict[str, Any]]] = {
    "main-80x24": (nothing, SMALL, {"status_line": lambda: "visitors 1,234 · lost 0"}),
    "main-120x40": (nothing, WIDE, {"status_line": lambda: "visitors 1,234 · lost 0", "banner": "DEMO"}),
    "main-200x50": (nothing, (200, 50), {}),
    "read-only-80x24": (nothing, SMALL, {"read_only": True}),
    "ascii-80x24": (nothing, SMALL, {"ascii": True}),
    "drain-80x24": (drain, SMALL, {}),
    "deploy-80x24": (deploy, SMALL, {}),
    "take-over-80x24": (take_over, SMALL, {}),
    "pick-up-80x24": (pick_up, SMALL, {}),
    "history-80x24": (history, SMALL, {}),
    "login-80x24": (login, SMALL, {}),
    "failure-80x24": (operations, SMALL, {}),
    "operations-120x40": (story, WIDE, {}),
}


@pytest.mark.parametrize("name", CASES)
async def test_the_screen_looks_as_it_did(name: str) -> None:
    play, size, options = CASES[name]
    logs = {W1: [f"06-Jan-2026 12:00:00 INFO [main] line {number}" for number in range(40)]}
    async with on_stage(size=size, logs=logs, **options) as actor:
        put = actor.world.monitor.put
        put(W2, rotation=Rotation.STOPPED, since=START - 725, reason="/* → balancer_ex2 leaves it out (line 2)")
        put(W3, health=Health.DOWN, error="10.0.0.13:8009: connection refused")
        put(WEB2, warnings=("line 9: worker9 is not in worker.list: its requests get 500",))
        put(BLUE, busy=12)
        put(GREEN, rotation=Rotation.DISABLED, busy=3, since=START - 90)
        await actor.until("line 39")
        await play(actor)
        golden = GOLDENS / f"{name}.txt"
        seen = actor.screen + "\n"
        if os.environ.get("UPDATE_GOLDENS"):
            GOLDENS.mkdir(exist_ok=True)
            golden.write_text(seen, "utf-8")
        assert seen == golden.read_text("utf-8")
        rows = seen.splitlines()
        assert len(rows) == size[1]


async def test_ascii_draws_with_ascii_only() -> None:
    async with on_stage(size=SMALL, ascii=True) as actor:
        for key in ("d", "escape", "p", "escape", "question_mark", "escape", "a"):
            await actor.press(key)
            assert actor.screen.isascii(), actor.screen
