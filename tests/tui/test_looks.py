"""Pictures of the whole screen, colours included, for what text cannot tell: themes, bands, what stands out."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from textual.pilot import Pilot

from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.plans import OperationKind, Refusal
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.tui.looking import PlainScrollBarRender
from tests.tui.fakes import START, W1, W2, W3, World, a_plan, a_world
from tests.tui.stage import Actor
from tests.tui.test_roll import QUESTION, begin

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the pictures are compared on Python 3.11 only")

LOG = [
    "06-Jan-2026 12:00:01 INFO a",
    "06-Jan-2026 12:00:02 WARNING b",
    "심각 오류: 상품을 장바구니에 담지 못했습니다",
    "\tat a.b.C(C.java:1)",
    "06-Jan-2026 12:00:03 DEBUG the last line",
]


@pytest.fixture(autouse=True)
def plain_scroll_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a scroll bar's handle stands depends on what was painted before."""
    monkeypatch.setattr("isdeploy_tui.tui.looking.ScrollBarRender", PlainScrollBarRender)


async def nothing(actor: Actor) -> None:
    await actor.until("Tomcat up")


async def drain(actor: Actor) -> None:
    await actor.press("d")
    await actor.until("Type  shop  to confirm")


async def refused(actor: Actor) -> None:
    refusal = Refusal("shop/web1", "rule /* would have no active member left: every request of it would get 503.")
    settings = actor.world.operations.settings
    actor.world.operations.answer = a_plan(settings, OperationKind.DRAIN, [W1, W3], refusals=[refusal])
    await actor.press("space", "down", "space", "d")
    await actor.until("no active member left")
    await actor.until("override the refusal")


async def failed(actor: Actor) -> None:
    await actor.press("end", "up", "p", "enter")
    running = actor.world.operations.all[0]
    await running.step("script", StepState.STARTED, "gate:/opt/deploy/blue.sh", running.plan.scripts[0].worker.id)
    await running.print("copying blue.war")
    actor.world.clock.now += 7
    await running.fail("exit 7; the worker stays out of rotation; output in gate:~/.local/state/isdeploy/runs/1/log")
    await actor.until("— failed after 7 s")
    await actor.until("✗ deploy intranet/gate/blue  failed after 7 s")


async def story(actor: Actor) -> None:
    await begin(actor)
    running = actor.world.operations.all[0]
    for count in (7, 5, 2):
        await running.step("idle", StepState.STARTED, f"{count} in flight, says jkstatus", busy=count)
    await running.step("idle", StepState.DONE, "no request in flight (it was 7, 5, 2), says jkstatus", busy=0)
    await running.step("script", StepState.STARTED, "was1:/opt/deploy/shop.sh, run 1")
    await running.print("unpacking shop.war", "starting Tomcat")
    actor.world.clock.now += 12
    await running.step("script", StepState.DONE, "exit 0")
    await running.step("ping", StepState.DONE, "from web1: up")
    await running.step("pause", StepState.STARTED, "shop/web1/worker1 is deployed and out of rotation.")
    ask = actor.world.operations.started[0].ask
    assert ask is not None
    actor.background.append(asyncio.ensure_future(ask(QUESTION)))
    await actor.until("3 leave it out and stop")
    await actor.until("starting Tomcat")
    if actor.world.app.size.width >= 110:
        await actor.until("the last line")


async def help_page(actor: Actor) -> None:
    await actor.press("question_mark")
    await actor.until("Take the selected workers out of rotation")


async def searched(actor: Actor) -> None:
    await actor.press("l", "slash")
    await actor.type("오류|warn")
    await actor.press("enter")
    await actor.until("of 2")


@dataclass(frozen=True)
class Picture:
    """What is done before the picture is taken, how large the terminal is, and the program's options."""

    play: Callable[[Actor], Awaitable[None]]
    size: tuple[int, int]
    options: dict[str, Any] = field(default_factory=dict)


PICTURES = {
    "dark": Picture(nothing, (120, 36)),
    "light-drain": Picture(drain, (80, 24), {"theme": "light"}),
    "ansi": Picture(nothing, (80, 24), {"theme": "ansi-dark"}),
    "ansi-light-failed": Picture(failed, (80, 24), {"theme": "ansi-light"}),
    "dark-failed": Picture(failed, (120, 36)),
    "dark-refused": Picture(refused, (120, 36)),
    "dark-story": Picture(story, (160, 48)),
    "light-story-small": Picture(story, (80, 24), {"theme": "light"}),
    "read-only": Picture(nothing, (80, 24), {"read_only": True}),
    "ascii": Picture(drain, (80, 24), {"ascii": True}),
    "light-wide-searched": Picture(searched, (200, 50), {"theme": "light"}),
    "light-help": Picture(help_page, (120, 36), {"theme": "light"}),
}


@pytest.mark.parametrize("name", PICTURES)
def test_the_screen_looks_as_it_did(snap_compare: Callable[..., bool], name: str) -> None:
    picture = PICTURES[name]
    world: World = a_world(**{"theme": "dark", "logs": {W1: LOG}, **picture.options})

    async def play(pilot: Pilot[Any]) -> None:
        actor = Actor(world, pilot)
        world.monitor.put(W1, version="2.4.1")
        world.monitor.put(W2, rotation=Rotation.STOPPED, since=START - 725, reason="/* → balancer_ex2", busy=0)
        world.monitor.put(W3, health=Health.DOWN, error="connection refused")
        await actor.until("the last line")
        await actor.until("12m")
        await picture.play(actor)
        await actor.settle()

    assert snap_compare(world.app, terminal_size=picture.size, run_before=play)
