"""Pictures of the real program over a fake engine.

``python -m tests.screenshots [NAME…]`` writes screenshots/NAME.svg and .png.

The PNGs need the fonts of apt's fonts-dejavu-core, and fonts-nanum-coding for the Korean ones; what is missing is said.
"""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from textual.pilot import Pilot

import isdeploy_tui
from isdeploy_tui.config.saving import FileAsRead
from isdeploy_tui.engine.control import Choice, Question
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.plans import OperationKind, Refusal
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.tui.first_run import Beginnings, Draft, FirstRunApp
from isdeploy_tui.tui.screens.settings import SettingsScreen
from tests.drawing import drawn, missing_fonts, png
from tests.tui.fakes import GREEN, W1, W2, W3, WEB2, Result, World, a_plan, a_world
from tests.tui.living import LOG, trouble

EXAMPLE = Path(isdeploy_tui.__file__).parent / "example.toml"

TARGET = Path(__file__).parent.parent / "screenshots"

ACCESS = tuple(
    f"06-Jan-2026 12:00:{second:02}.{second * 37 % 1000:03} INFO [exec-{second % 7}] "
    f"Access GET /article/{second * 37} 200 {second % 9 + 2} ms"
    for second in range(6, 60)
)

KOREAN = (
    "2026-01-06 12:00:07.120 정보 [main] org.apache.catalina.core.StandardService 서비스 [Catalina]을(를) 시작합니다",
    "2026-01-06 12:00:09.331 정보 [main] 웹 애플리케이션 아카이브 [shop.war]을(를) 배치합니다",
    "2026-01-06 12:00:11.045 경고 [pool-2] com.example.Mail 메일 서버의 응답이 느립니다: 4.2초",
    "2026-01-06 12:00:12.518 심각 [exec-3] com.example.Cart 상품 4711을(를) 장바구니에 담지 못했습니다",
    "java.lang.IllegalStateException: 재고가 없습니다",
    "\tat com.example.Stock.take(Stock.java:81)",
    "2026-01-06 12:00:13.907 정보 [main] 서버가 [4,211] 밀리초 내에 시작되었습니다",
)

Play = Callable[[World, Pilot[None]], Awaitable[None]]


@dataclass(frozen=True)
class Picture:
    """One picture: its size in cells and what is done before it is taken."""

    play: Play
    size: tuple[int, int] = (120, 36)
    options: dict[str, object] = field(default_factory=dict)


async def nothing(world: World, pilot: Pilot[None]) -> None:
    """The main screen as it opens."""


async def drain(world: World, pilot: Pilot[None]) -> None:
    """The question before a drain."""
    await press(pilot, "d")


async def refused(world: World, pilot: Pilot[None]) -> None:
    """The question before a drain that a guard refuses."""
    targets = [W1, W2, W3]
    refusal = Refusal("shop/web1", "rule /* would have no active member left: every request of it would get 503.")
    settings = world.operations.settings
    world.operations.answer = a_plan(settings, OperationKind.DRAIN, targets, refusals=[refusal])
    await press(pilot, "up", "d")


async def deploy(world: World, pilot: Pilot[None]) -> None:
    """The question before a deploy."""
    await press(pilot, "down", "p", *"release/2026.1", "space", *"'with", "space", *"migration'", "enter", *"shop")


async def running(world: World, pilot: Pilot[None]) -> None:
    """A deploy and a drain under way."""
    await press(pilot, "d", *"shop", "enter")
    drained = world.operations.all[0]
    await drained.step("write", StepState.STARTED, "web1:/home/conf/uriworkermap.properties")
    world.clock.now += 0.4
    await drained.step("write", StepState.DONE, "line 2: swap; old map kept as /home/conf/.isdeploy/backups/7.map")
    world.monitor.put(W1, rotation=Rotation.STOPPED, since=world.clock.now, reason="/* → balancer_ex1 (line 2)")
    await drained.step("settle", StepState.STARTED, "6.5 s, until every new request follows the map")
    await press(pilot, "down", "p", *"release/2026.1", "enter", *"shop", "enter")
    deployed = world.operations.all[1]
    script = deployed.plan.scripts[0]
    where = f"{script.worker.ssh}:{script.script}, run 20260106T120000Z-worker2-9f3a"
    await deployed.step("script", StepState.STARTED, where, script.worker.id)
    await deployed.print("== shop release/2026.1", "fetching https://repository.example/shop/release-2026.1.war")
    await deployed.print(*(f"{number * 25:6} %  of 48.3 MB" for number in range(1, 5)), "checksum is right")
    await deployed.print(
        "stopping Tomcat", "unpacking shop-2026.1.war", "starting Tomcat", "waiting for Server startup"
    )
    world.clock.now += 4.2
    world.app.main.tick()
    await settle(pilot)


async def failed(world: World, pilot: Pilot[None]) -> None:
    """A deploy that failed, told in full."""
    await running(world, pilot)
    drained, deployed = world.operations.all
    world.clock.now += 2.3
    await drained.step("settle", StepState.DONE, "every new request follows the map")
    await drained.end(Result.DONE)
    await deployed.fail(
        "exit 7; the worker stays out of rotation; output in "
        "was2:~/.local/state/isdeploy/runs/20260106T120000Z-worker2-9f3a/log"
    )
    await settle(pilot)


async def story(world: World, pilot: Pilot[None]) -> None:
    """All operations with their steps."""
    await failed(world, pilot)
    await press(pilot, "a", "down")


async def roll(world: World, pilot: Pilot[None]) -> None:
    """A roll that waits for a person's word."""
    await press(pilot, "R", *"release/2026.1", "enter", *"shop", "enter")
    running = world.operations.all[0]
    await running.step("write", StepState.STARTED, "worker1 out")
    world.clock.now += 0.4
    await running.step("write", StepState.DONE, "worker1 out; line 2: swap; old map kept as .isdeploy/backups/7.map")
    await running.step("settle", StepState.STARTED, "6.5 s, until every new request follows the map")
    world.clock.now += 6.5
    await running.step("settle", StepState.DONE, "every new request follows the map")
    for count in (9, 7, 6, 4, 2, 1):
        await running.step("idle", StepState.STARTED, f"{count} in flight, says jkstatus", busy=count)
        world.clock.now += 0.5
    await running.step("idle", StepState.DONE, "no request in flight, says jkstatus", busy=0)
    await running.step("script", StepState.STARTED, "was1:/opt/deploy/shop.sh, run 20260106T120012Z-worker1-9f3a")
    await running.print(
        "== shop release/2026.1", "checksum is right", "stopping Tomcat", "unpacking", "starting Tomcat"
    )
    world.clock.now += 14
    await running.step("script", StepState.DONE, "exit 0")
    await running.step("ready", StepState.STARTED, "waiting for CPING, at most 180 s")
    world.clock.now += 3.2
    for gate, evidence in (
        ("ping", "from web1: up"),
        ("ping", "from web2: up"),
        ("check", "http://deploy1-node1.example.com/: 200 OK with 'version 2026.1'"),
    ):
        await running.step(gate, StepState.DONE, evidence)
    await running.step("ready", StepState.DONE, "after 3.2 s")
    await running.step("pause", StepState.STARTED, "shop/web1/worker1 is deployed and out of rotation.")
    world.app.main.refresh_stories()
    ask = world.operations.started[0].ask
    assert ask is not None
    choices = (Choice("", "go on: put it back and take the next"), Choice("", "put it back and stop"))
    text = "shop/web1/worker1 is deployed, ready and still out of rotation."
    world.waiting = asyncio.create_task(ask(Question("", text, (*choices, Choice("", "leave it out and stop")), "")))
    await settle(pilot)


async def unreachable(world: World, pilot: Pilot[None]) -> None:
    """One apache that cannot be read, and how long ago it was."""
    world.clock.now += 45
    world.monitor.see()
    world.monitor.put(
        WEB2, error="web2: connection refused on port 22. Is sshd running there?", seen=world.clock.now - 45
    )
    world.monitor.put(GREEN, busy=0)
    for id in world.monitor.fleet.workers:
        if id.apache_id == WEB2:
            world.monitor.put(id, rotation=Rotation.UNKNOWN, health=Health.UNKNOWN)
    await press(pilot, "down", "down", "down", "down")


async def scrolled(world: World, pilot: Pilot[None]) -> None:
    """Scrolled back in the log while lines come."""
    await press(pilot, "l", "pageup", "pageup")
    world.logs.write(W1, *ACCESS * 12)


async def help_page(world: World, pilot: Pilot[None]) -> None:
    """All keys."""
    await press(pilot, "question_mark")


async def settings(world: World, pilot: Pilot[None]) -> None:
    """servers.toml in the editor, with two things wrong in it."""
    text = EXAMPLE.read_text("utf-8").replace("reload_seconds", "reload_secnds").replace('"/opt/deploy', '"opt/deploy')
    file = FileAsRead(Path.home() / ".config" / "isdeploy" / "servers.toml", EXAMPLE.read_bytes())
    world.app.push_screen(SettingsScreen(file, world.app.look, text=text))
    await press(pilot, *["down"] * 16, "ctrl+n")


async def korean(world: World, pilot: Pilot[None]) -> None:
    """A log in Korean."""
    await press(pilot, "l")
    world.logs.write(W1, *KOREAN * 4)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys and let everything settle."""
    await pilot.press(*keys)
    await settle(pilot)


async def settle(pilot: Pilot[None]) -> None:
    """Let everything settle, also what is painted ten times a second."""
    await pilot.pause(0.3)
    await pilot.pause()


PICTURES: dict[str, Picture] = {
    "main": Picture(nothing),
    "drain": Picture(drain),
    "refused": Picture(refused),
    "deploy": Picture(deploy),
    "running": Picture(running),
    "failed": Picture(failed),
    "operations": Picture(story),
    "roll": Picture(roll, size=(150, 36)),
    "small-roll": Picture(roll, size=(80, 24), options={"theme": "light"}),
    "unreachable": Picture(unreachable),
    "scrolled": Picture(scrolled),
    "help": Picture(help_page),
    "settings": Picture(settings),
    "korean": Picture(korean),
    "read-only": Picture(nothing, options={"read_only": True}),
    "small": Picture(nothing, size=(80, 24)),
    "small-drain": Picture(drain, size=(80, 24)),
    "small-settings": Picture(settings, size=(80, 24)),
    "ansi-settings": Picture(settings, size=(80, 24), options={"theme": "ansi"}),
    "light-settings": Picture(settings, size=(80, 24), options={"theme": "light"}),
    "small-running": Picture(failed, size=(80, 24)),
    "light": Picture(running, options={"theme": "light"}),
    "ansi": Picture(running, options={"theme": "ansi"}),
    "ascii": Picture(drain, size=(80, 24), options={"ascii": True}),
    "wide": Picture(running, size=(200, 50)),
}
"""All of them by file name."""

KEPT = ("main", "drain", "deploy", "running", "roll", "read-only", "small", "light", "korean", "settings", "first-run")
"""Those that are kept with the source; the others are there to look at while changing something."""


async def take(name: str, picture: Picture) -> str:
    """Return the SVG of a picture."""
    logs = {worker: [*ACCESS, *LOG, *ACCESS[:8]] for worker in (W1, W2)}
    world = a_world(logs=logs, banner="DEMO", status_line=lambda: "visitors 1,234 · lost 0", **picture.options)
    async with world.app.run_test(size=picture.size, notifications=True) as pilot:
        trouble(world)
        for id in world.monitor.fleet.workers:
            world.monitor.put(id, version="2025.12" if id.worker == "worker3" else "2026.1")
        await pilot.pause(0.6)
        await picture.play(world, pilot)
        await settle(pilot)
        return drawn(world.app)


FIRST_RUNS: dict[str, dict[str, object]] = {
    "first-run": {},
    "light-first-run": {"theme": "light"},
    "ascii-first-run": {"ascii": True, "theme": "ansi"},
}
"""Pictures of the screen without a configuration: the options of its application."""


async def take_first_run(options: Mapping[str, object]) -> str:
    """Return the SVG of the screen without a configuration."""

    async def nobody(_: str) -> Draft:
        raise NotImplementedError

    file = FileAsRead(Path("~/.config/isdeploy/servers.toml"), None)
    app = FirstRunApp(Beginnings(file, "", nobody, nobody), **{"theme": "dark", **options})  # type: ignore[arg-type]
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        return drawn(app)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"one of {', '.join((*PICTURES, *FIRST_RUNS))}; default: those that are kept",
    )
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--to", type=Path, default=TARGET, help="the directory to write to")
    options = parser.parse_args()
    os.environ.pop("NO_COLOR", None)
    for sentence in missing_fonts():
        print(sentence)
    options.to.mkdir(exist_ok=True)
    for name in (*PICTURES, *FIRST_RUNS) if options.all else options.names or KEPT:
        taken = take_first_run(FIRST_RUNS[name]) if name in FIRST_RUNS else take(name, PICTURES[name])
        svg = asyncio.run(taken)
        (options.to / f"{name}.svg").write_text(svg, "utf-8")
        (options.to / f"{name}.png").write_bytes(png(svg))
        print(options.to / f"{name}.png")


if __name__ == "__main__":
    main()
