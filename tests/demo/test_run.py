"""The program on the embedded world: what the screen is given, and what is left when it ends."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.config import WorkerId
from isdeploy_tui.demo import colleague, processes
from isdeploy_tui.demo.run import run_demo
from isdeploy_tui.engine.arguments import ArgumentHistory
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.rotation import Rotation

SCREEN = """
import asyncio, sys
from isdeploy_tui.demo.run import run_demo

async def screen(session, monitor, operations, **options):
    await monitor.refresh()
    print(session.config.source, flush=True)
    if sys.argv[1] == "raise":
        raise RuntimeError("the screen broke")
    await asyncio.sleep(600)

sys.exit(asyncio.run(run_demo(screen)))
"""


async def test_the_screen_gets_a_living_fleet_with_banner_counter_and_history() -> None:
    seen: dict[str, Any] = {}

    async def screen(session: Session, monitor: Monitor, operations: object, **options: Any) -> int:
        seen.update(options, operations=operations)
        fleet = await monitor.refresh()
        assert {state.rotation for state in fleet.workers.values()} == {Rotation.ACTIVE}
        assert {state.health for state in fleet.workers.values()} == {Health.UP}
        assert {state.error for state in fleet.apaches.values()} == {""}
        assert {state.warnings for state in fleet.apaches.values()} == {()}
        async with asyncio.timeout(10):
            while options["status_line"]().startswith("0 "):
                await asyncio.sleep(0.02)
        assert options["status_line"]().endswith(" served, 0 lost")
        history = options["history"]
        assert isinstance(history, ArgumentHistory)
        assert history.history(next(session.config.workers()).id) == ["v4.2.0"]
        return 5

    assert await run_demo(screen, seed=1, speed=4, theme="ansi-light") == 5
    assert (seen["banner"], seen["theme"]) == ("demo", "ansi-light")
    assert seen["operations"] is not None


async def test_read_only_has_no_operations_to_call() -> None:
    async def screen(session: Session, monitor: Monitor, operations: object, **options: Any) -> int:
        assert operations is None
        return 0

    assert await run_demo(screen, read_only=True) == 0


async def test_drain_deploy_restore_as_the_screen_orders_them_lose_nobody() -> None:
    targets = (WorkerId("shop", "web1", "worker1"), WorkerId("shop", "web2", "worker1"))

    async def order(operations: Operations, kind: OperationKind, *arguments: str) -> Result:
        wanted = targets[:1] if kind is OperationKind.DEPLOY else targets
        return await operations.start(await operations.plan(kind, wanted), arguments=arguments).wait()

    async def screen(session: Session, monitor: Monitor, operations: Operations, **options: Any) -> int:
        assert await order(operations, OperationKind.DEPLOY, "v4.2.0") is Result.REFUSED
        assert await order(operations, OperationKind.DRAIN) is Result.DONE
        async with asyncio.timeout(20):
            while {(await monitor.refresh()).workers[target].busy for target in targets} != {0}:
                await asyncio.sleep(0.1)
        assert await order(operations, OperationKind.DEPLOY, "v4.2.0") is Result.DONE
        assert await order(operations, OperationKind.RESTORE) is Result.DONE
        states = (await monitor.refresh()).workers.values()
        assert {state.rotation for state in states if state.id.service == "shop"} == {Rotation.ACTIVE}
        assert options["status_line"]().endswith(" served, 0 lost")
        await operations.aclose()
        await monitor.aclose()
        return 0

    assert await run_demo(screen, seed=1, speed=4) == 0


@pytest.mark.parametrize(("ending", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), ("raise", 1)])
async def test_however_it_ends_nothing_is_left(ending: signal.Signals | str, status: int) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SCREEN,
        str(ending),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(20):
        directory = Path((await process.stdout.readline()).decode().strip()).parent
        if isinstance(ending, signal.Signals):
            assert processes.find(directory.name), "the watchers' shells are not there, so this proves nothing"
            process.send_signal(ending)
            # An impatient service manager sends another one while the world is being put away.
            process.send_signal(ending)
        _, stderr = await process.communicate()
    assert directory.name.startswith("isdeploy-demo-")
    assert process.returncode == status, stderr.decode()
    assert ("the screen broke" in stderr.decode()) is (ending == "raise")
    assert not directory.exists()
    assert processes.find(directory.name) == frozenset()


async def test_a_colleague_leaves_a_script_in_the_middle_that_others_find_and_loses_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(colleague, "BEGINS_SECONDS", 0)

    async def screen(session: Session, monitor: Monitor, operations: Operations, **options: Any) -> int:
        left: list[str] = []
        async with asyncio.timeout(90):
            while "exited 0" not in left:
                state = (await monitor.refresh()).workers[colleague.WORKER]
                if state.leftover is not None and state.leftover.outcome.short not in left:
                    assert (state.leftover.kind, state.leftover.user) == ("deploy", "kim")
                    left.append(state.leftover.outcome.short)
        assert left[0] == "script still running"
        back = operations.start(await operations.plan(OperationKind.RESTORE, [colleague.WORKER]))
        assert await back.wait() is Result.DONE
        assert options["status_line"]().endswith(" 0 lost")
        await monitor.aclose()
        return 0

    assert await run_demo(screen, seed=1, speed=2) == 0
