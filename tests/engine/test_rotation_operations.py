"""Drain and restore on real files: what is written, what is refused, what is said."""

from pathlib import Path

import pytest

from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.planning import PlanningError
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import Event, Step, StepState
from isdeploy_tui.remote.runstart import start_run
from tests.engine.site import MAP, Site, open_site


async def carry_out(
    site: Site, kind: OperationKind, *workers: str, apaches: tuple[str, ...] = ("web1",), **options: bool
) -> tuple[Result, list[Event]]:
    operations = Operations(site.session)
    targets = [site.id(worker, apache) for apache in apaches for worker in workers]
    plan = await operations.plan(kind, targets)
    operation = operations.start(plan, **options)
    events = [event async for event in operation.follow()]
    return await operation.wait(), events


def steps(events: list[Event]) -> list[tuple[str, str]]:
    return [(event.step, event.state.value) for event in events if isinstance(event, Step)]


async def test_drain_swaps_to_the_exclusion_balancer_and_restore_gives_the_same_bytes_back(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        result, events = await carry_out(site, OperationKind.DRAIN, "worker1")
        assert result is Result.DONE
        assert site.map().read_bytes() == b"# the shop\n/*=balancer_ex1\n/api/*=balancer_ex1\n"
        assert steps(events) == [("write", "started"), ("write", "done"), ("settle", "started"), ("settle", "done")]
        result, events = await carry_out(site, OperationKind.RESTORE, "worker1", wait=False)
        assert result is Result.DONE
        assert steps(events)[:2] == [("ping", "started"), ("ping", "done")]
        assert site.map().read_bytes() == MAP


async def test_drain_of_a_drained_worker_writes_nothing_and_says_so(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await carry_out(site, OperationKind.DRAIN, "worker1", wait=False)
        before = site.map().stat()
        result, events = await carry_out(site, OperationKind.DRAIN, "worker1")
        assert result is Result.DONE
        assert "nothing to do" in events[0].detail
        assert site.map().stat().st_mtime_ns == before.st_mtime_ns


async def test_the_last_active_worker_of_a_rule_is_kept_unless_forced(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await carry_out(site, OperationKind.DRAIN, "worker1", "worker2", wait=False)
        before = site.map().read_bytes()
        result, events = await carry_out(site, OperationKind.DRAIN, "worker3")
        assert result is Result.REFUSED
        assert "no active member left" in events[0].detail
        assert site.map().read_bytes() == before
        result, _ = await carry_out(site, OperationKind.DRAIN, "worker3", force=True, wait=False)
        assert result is Result.DONE
        assert site.map().read_bytes() != before


async def test_the_last_worker_that_answers_is_kept_although_others_are_active(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await site.connectors["worker2"].close()
        await site.connectors["worker3"].close()
        result, events = await carry_out(site, OperationKind.DRAIN, "worker1")
        assert result is Result.REFUSED
        assert "none of them answers" in events[0].detail
        assert site.map().read_bytes() == MAP


async def test_a_worker_whose_tomcat_does_not_answer_is_not_restored_unless_forced(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await carry_out(site, OperationKind.DRAIN, "worker1", wait=False)
        drained = site.map().read_bytes()
        await site.connectors["worker1"].close()
        result, events = await carry_out(site, OperationKind.RESTORE, "worker1")
        assert result is Result.REFUSED
        assert "not ready" in events[0].detail
        assert site.map().read_bytes() == drained
        result, _ = await carry_out(site, OperationKind.RESTORE, "worker1", force=True, wait=False)
        assert result is Result.DONE
        assert site.map().read_bytes() == MAP


async def test_a_tomcat_that_dies_between_plan_and_write_is_not_restored(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await carry_out(site, OperationKind.DRAIN, "worker1", wait=False)
        drained = site.map().read_bytes()
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.RESTORE, [site.id("worker1")])
        assert not plan.is_refused
        await site.connectors["worker1"].close()
        operation = operations.start(plan)
        assert await operation.wait() is Result.REFUSED
        assert site.map().read_bytes() == drained


async def test_a_map_edited_between_plan_and_write_is_left_as_the_editor_left_it(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        edited = MAP + b"/new/*=balancer\n"
        site.map().write_bytes(edited)
        operation = operations.start(plan)
        assert await operation.wait() is Result.FAILED
        failed = operation.events[-1]
        assert isinstance(failed, Step)
        assert failed.step == "write"
        assert site.map().read_bytes() == edited


async def test_a_map_edited_while_settling_is_told(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        operation = operations.start(await operations.plan(OperationKind.DRAIN, [site.id("worker1")]))
        async for event in operation.follow():
            if isinstance(event, Step) and event.step == "settle" and event.state is StepState.STARTED:
                site.map().write_bytes(MAP)
        assert await operation.wait() is Result.FAILED
        assert isinstance(operation.events[-1], Step)
        assert "somebody else" in operation.events[-1].detail


async def test_what_others_do_to_other_workers_while_a_drain_settles_is_no_fault(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        operation = operations.start(await operations.plan(OperationKind.DRAIN, [site.id("worker1")]))
        async for event in operation.follow():
            if isinstance(event, Step) and event.step == "settle" and event.state is StepState.STARTED:
                site.map().write_bytes(
                    site.map().read_bytes().replace(b"balancer_ex1", b"balancer_ex1;stopped=worker2")
                )
        assert await operation.wait() is Result.DONE


async def test_two_apaches_are_drained_in_one_operation(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        result, _ = await carry_out(site, OperationKind.DRAIN, "worker2", apaches=("web1", "web2"), wait=False)
        assert result is Result.DONE
        assert b"balancer_ex2" in site.map("web1").read_bytes()
        assert b"balancer_ex2" in site.map("web2").read_bytes()


async def test_a_write_that_fails_on_the_second_apache_says_what_was_done_on_the_first(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker2"), site.id("worker2", "web2")])
        site.map("web2").write_bytes(MAP + b"\n")
        operation = operations.start(plan)
        assert await operation.wait() is Result.FAILED
        last = operation.events[-1]
        assert isinstance(last, Step)
        assert last.target == "shop/web2/worker2"
        assert "Already written before that: shop/web1/worker2" in last.detail


async def test_an_interrupt_during_the_settle_time_keeps_what_was_written_and_says_so(tmp_path: Path) -> None:
    async with open_site(tmp_path, reload_seconds=60) as site:
        operations = Operations(site.session)
        operation = operations.start(await operations.plan(OperationKind.DRAIN, [site.id("worker1")]))
        async for event in operation.follow():
            if isinstance(event, Step) and event.step == "settle" and event.state is StepState.STARTED:
                operation.interrupt()
        assert await operation.wait() is Result.INTERRUPTED
        assert isinstance(operation.events[-1], Step)
        assert "the map is written" in operation.events[-1].detail


async def test_a_map_with_a_rule_that_mod_jk_answers_with_500_is_not_written(tmp_path: Path) -> None:
    async with open_site(tmp_path, map_text=MAP + b"/old/*=nobody\n") as site:
        result, events = await carry_out(site, OperationKind.DRAIN, "worker1")
        assert result is Result.REFUSED
        assert "nobody" in events[0].detail
        assert site.map().read_bytes() == MAP + b"/old/*=nobody\n"


async def test_a_worker_that_no_file_knows_cannot_be_planned(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        workers = site.folder / "web1" / "workers.properties"
        workers.write_text(workers.read_text().replace("worker3", "someone"))
        with pytest.raises(PlanningError, match="worker3"):
            await Operations(site.session).plan(OperationKind.DRAIN, [site.id("worker3")])
        assert site.map().read_bytes() == MAP


async def test_soft_drain_writes_disabled(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")], soft=True)
        assert await operations.start(plan, wait=False).wait() is Result.DONE
        assert b"/*=balancer;disabled=worker1\n" in site.map().read_bytes()


async def test_a_worker_whose_script_still_runs_is_not_restored_unless_forced(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await carry_out(site, OperationKind.DRAIN, "worker1", wait=False)
        drained, tomcat = site.map().read_bytes(), site.config.worker(site.id("worker1")).tomcat
        (site.folder / "was" / "deploy.sh").write_text(f"#!/bin/sh\nuntil [ -e {tmp_path}/go ]; do sleep 0.05; done\n")
        await start_run(site.session.host("was"), "run1", [str(site.folder / "was" / "deploy.sh")], tomcat=tomcat)
        try:
            result, events = await carry_out(site, OperationKind.RESTORE, "worker1")
            assert result is Result.REFUSED
            assert "run1" in events[0].detail
            assert site.map().read_bytes() == drained
            result, _ = await carry_out(site, OperationKind.RESTORE, "worker1", force=True, wait=False)
            assert result is Result.DONE
        finally:
            (tmp_path / "go").touch()
