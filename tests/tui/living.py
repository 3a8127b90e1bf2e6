"""The fake engine, living by itself: operations play their steps in time, logs flow. For looking, by hand or camera.

``python -m tests.tui.living [--read-only] [--ascii] [--theme NAME]`` runs the screen on it in this terminal.
"""

import argparse
import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.plans import OperationKind, OperationPlan, Refusal
from isdeploy_tui.engine.steps import Output, StepState
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.tui.run import run_tui
from tests.tui.fakes import (
    BLUE,
    GREEN,
    W2,
    W3,
    WEB2,
    Chunk,
    FakeMonitor,
    FakeOperations,
    FakeRunning,
    Result,
    World,
    a_plan,
    a_world,
)

LOG = (
    "06-Jan-2026 12:00:01.120 INFO [main] org.apache.coyote.AbstractProtocol.start Starting ProtocolHandler "
    '["ajp-nio-0.0.0.0-8009"]',
    "06-Jan-2026 12:00:01.340 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [4211] ms",
    "06-Jan-2026 12:00:03.430 SEVERE [http-nio-1] com.example.Cart.add cannot reserve article 4711",
    "java.lang.IllegalStateException: out of stock",
    "\tat com.example.Stock.take(Stock.java:81)",
    "\tat com.example.Cart.add(Cart.java:33)",
    "Caused by: java.sql.SQLTimeoutException: no answer for 30 s",
    "\t... 24 more",
    "06-Jan-2026 12:00:04.001 WARNING [pool-2] com.example.Mail slow answer of the mail server: 4.2 s",
    "2026-01-06 12:00:05.200 심각 [main] 웹 애플리케이션 [/shop]을(를) 시작하지 못했습니다",
    "2026-01-06 12:00:05.300 정보 [main] 서버가 [4,211] 밀리초 내에 시작되었습니다",
    "2026-01-06 12:00:05.400 DEBUG [pool-3] com.example.Cache 12 entries dropped",
)

EVIL_LOG = ("evil \x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[31m\x9b2J[/x]", "\x1bP1$r\x1b\\evil", "evil\x1b[?1049l\x1bc")


@dataclass
class LivingOperations(FakeOperations):
    """Operations that go through their steps by themselves."""

    monitor: FakeMonitor | None = None
    speed: float = 1.0
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def plan(
        self,
        kind: OperationKind,
        targets: Sequence[WorkerId],
        *,
        soft: bool = False,
        pause: bool = False,
        hosts: bool = False,
    ) -> OperationPlan:
        await asyncio.sleep(0.4 / self.speed)
        if kind is OperationKind.ROLL or hosts:
            return await super().plan(kind, targets, soft=soft, pause=pause, hosts=hosts)
        refusals = []
        if kind is OperationKind.DEPLOY and self.monitor and self.monitor.fleet.workers[targets[0]].in_rotation:
            refusals.append(Refusal(str(targets[0]), "it is active, so requests reach it; drain it first."))
        if kind is OperationKind.DRAIN and len(targets) > 2:
            refusals.append(Refusal(str(targets[0].apache_id), "rule /* would have no active member left: 503."))
        return a_plan(self.settings, kind, targets, soft=soft, refusals=refusals)

    def start(self, plan: OperationPlan, **orders: Any) -> FakeRunning:
        running = super().start(plan, **orders)
        self.tasks.append(asyncio.create_task(self._play(running)))
        return running

    async def aclose(self) -> None:
        for running in self.running:
            running.interrupt()
        await asyncio.gather(*self.tasks)

    async def _play(self, running: FakeRunning) -> None:
        plan = running.plan
        if plan.kind is OperationKind.DEPLOY:
            await self._deploy(running)
        else:
            rotation = Rotation.ACTIVE if plan.kind is OperationKind.RESTORE else Rotation.STOPPED
            for target in plan.targets:
                await running.step("write", StepState.STARTED, "web1:/home/conf/uriworkermap.properties", target)
                await asyncio.sleep(0.5 / self.speed)
                await running.step("write", StepState.DONE, "line 2: swap; old map kept as .isdeploy/7.map", target)
                assert self.monitor is not None
                self.monitor.put(target, rotation=rotation, since=self.clock(), reason="/* → balancer_ex1 (line 2)")
            await running.step("settle", StepState.STARTED, "6.5 s, until every new request follows the map")
            await asyncio.sleep(6.5 / self.speed)
            await running.step("settle", StepState.DONE, "every new request follows the map")
        failed = any(getattr(event, "state", None) is StepState.FAILED for event in running.events)
        result = Result.FAILED if failed else Result.INTERRUPTED if running.interrupted else Result.DONE
        await running.end(result)

    async def _deploy(self, running: FakeRunning) -> None:
        target = str(running.plan.scripts[0].worker.id)
        fails = "fail" in self.started[-1].arguments
        await running.step("script", StepState.STARTED, "was1:/opt/deploy/tomcat1.sh, run 20260106T120000Z")
        for number in range(1, 21):
            await asyncio.sleep(0.3 / self.speed)
            await running.say(Output(target, (f"[{number:2}/20] copying shop-{number}.war …",)))
        if fails:
            await running.step(
                "script", StepState.FAILED, "exit 7; the worker stays out of rotation; output in was1:~/x"
            )
        else:
            await running.step("script", StepState.DONE, "exit 0")


def living(*, speed: float = 1.0, read_only: bool = False, **options: object) -> World:
    """Return the app over an engine that lives by itself."""
    visitors = {"count": 1200}

    def status() -> str:
        visitors["count"] += random.randint(20, 40)
        return f"visitors {visitors['count']:,} · lost 0"

    world = a_world(read_only=read_only, status_line=status, **options)  # type: ignore[arg-type]
    operations = LivingOperations(world.operations.settings, world.clock, monitor=world.monitor, speed=speed)
    world.operations = operations
    if not read_only:
        ports = world.app.ports
        object.__setattr__(ports, "runner", operations)
    trouble(world)
    return world


def trouble(world: World) -> None:
    """Let something be wrong at every level: one worker drained, one down, one disabled, an apache with a warning."""
    now = world.clock.now
    world.monitor.put(W2, rotation=Rotation.STOPPED, since=now - 725, reason="/* → balancer_ex2 leaves it out (line 2)")
    world.monitor.put(W3, health=Health.DOWN, error="10.0.0.13:8009: connection refused; is the Tomcat started?")
    world.monitor.put(WEB2, warnings=("line 9: worker9 is not in worker.list: its requests get 500",))
    world.monitor.put(BLUE, busy=12)
    world.monitor.put(GREEN, rotation=Rotation.DISABLED, busy=3, since=now - 90, reason=";disabled=green in line 4")


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--ascii", action="store_true")
    parser.add_argument("--theme")
    parser.add_argument("--rate", type=int, default=2, help="log lines a second")
    parser.add_argument("--restless", action="store_true", help="workers whose requests in flight change all the time")
    parser.add_argument("--evil", action="store_true", help="logs that try to steer the terminal")
    options = parser.parse_args()
    lines = EVIL_LOG if options.evil else LOG
    world = living(read_only=options.read_only, ascii=options.ascii, theme=options.theme, banner="DEMO")

    async def live() -> None:
        number = 0
        while True:
            await asyncio.sleep(0.1)
            world.clock.now += 0.1
            world.monitor.see()
            for queue in tuple(world.logs.queues.values()):
                count = options.rate // 10 or (random.random() < options.rate / 10)
                if count:
                    queue.put_nowait(Chunk([lines[(number + i) % len(lines)] for i in range(count)]))
            number += 1

    async def rest_not() -> None:
        while options.restless:
            await asyncio.sleep(0.01)
            for worker in (W2, W3, BLUE, GREEN):
                world.monitor.put(worker, busy=random.randrange(100))

    tasks = [asyncio.create_task(live()), asyncio.create_task(rest_not())]
    runner = None if options.read_only else world.operations
    await run_tui(world.app.ports.session, world.monitor, runner, app=world.app)
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    asyncio.run(_main())
