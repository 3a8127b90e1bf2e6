"""Deploy on real scripts: only on drained workers, with output and exit code."""

import asyncio
from pathlib import Path

import pytest

from isdeploy_tui.engine.lastdeploy import last_deploy
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.planning import PlanningError
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import Output, Step, StepState
from isdeploy_tui.remote.journal import read_journal
from tests.engine.site import Site, open_site


async def drain(site: Site, worker: str, apache: str = "web1") -> None:
    operations = Operations(site.session)
    plan = await operations.plan(OperationKind.DRAIN, [site.id(worker, apache)])
    assert await operations.start(plan, wait=False).wait() is Result.DONE


async def test_the_script_gets_its_arguments_word_by_word_and_its_output_is_told(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await drain(site, "worker1")
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        operation = operations.start(plan, arguments=["v1 'two' $(x)"])
        events = [event async for event in operation.follow()]
        assert await operation.wait() is Result.DONE
        assert [line for event in events if isinstance(event, Output) for line in event.lines] == [
            "deploying v1 'two' $(x)"
        ]
        assert isinstance(events[-1], Step)
        assert events[-1].detail == "exit 0"


async def test_a_script_that_fails_fails_the_operation_with_its_exit_code(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await drain(site, "worker1")
        operations = Operations(site.session)
        operation = operations.start(
            await operations.plan(OperationKind.DEPLOY, [site.id("worker1")]), arguments=["v1", "7"]
        )
        assert await operation.wait() is Result.FAILED
        assert isinstance(operation.events[-1], Step)
        assert "exit 7" in operation.events[-1].detail
        assert "stays out" in operation.events[-1].detail


async def test_an_active_worker_is_not_deployed_to_unless_forced(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        assert "drain it first" in plan.refusals[0].sentence
        assert await operations.start(plan).wait() is Result.REFUSED
        assert not (site.folder / "was" / ".local").exists()
        assert await operations.start(plan, force=True).wait() is Result.DONE


async def test_a_tomcat_behind_two_apaches_must_be_out_on_both(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        await drain(site, "worker1")
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        assert [refusal.target for refusal in plan.refusals] == ["shop/web2/worker1"]
        await drain(site, "worker1", "web2")
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        assert not plan.refusals


async def test_a_worker_restored_between_plan_and_start_is_not_deployed_to(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        before = site.map().read_bytes()
        await drain(site, "worker1")
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        site.map().write_bytes(before)
        assert await operations.start(plan).wait() is Result.REFUSED
        assert not (site.folder / "was" / ".local").exists()


async def test_an_interrupted_deploy_leaves_the_script_running_and_says_where(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        script = site.folder / "was" / "deploy.sh"
        script.write_text(
            '#!/bin/sh\necho begun\nwhile [ ! -e "$HOME/go" ]; do sleep 0.1; done\necho ended >"$HOME/end"\n'
        )
        await drain(site, "worker1")
        operations = Operations(site.session)
        operation = operations.start(await operations.plan(OperationKind.DEPLOY, [site.id("worker1")]))
        async for event in operation.follow():
            if isinstance(event, Output):
                operation.interrupt()
        assert await operation.wait() is Result.INTERRUPTED
        assert isinstance(operation.events[-1], Step)
        assert "goes on without us" in operation.events[-1].detail
        # To whoever comes next it has begun, not failed: nobody knows yet.
        last = last_deploy(await read_journal(site.hosts["web1"], str(site.map())), [site.id("worker1")])
        assert last is not None
        assert last.state == StepState.STARTED
        (site.folder / "was" / "go").touch()
        while not (site.folder / "was" / "end").exists():
            await asyncio.sleep(0.05)


async def test_deploy_takes_one_tomcat_and_needs_a_script(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        with pytest.raises(PlanningError, match="one Tomcat at a time"):
            await operations.plan(OperationKind.DEPLOY, [site.id("worker1"), site.id("worker2")])
