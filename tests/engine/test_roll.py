"""Rolls on real files: the order of things, the number of writes, and what stays out when something fails."""

import asyncio
from pathlib import Path

from isdeploy_tui.engine.control import Question
from isdeploy_tui.engine.operations import Operations, Result, RunningOperation
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.engine.steps import Event, Output, Step, StepState
from tests.engine.site import MAP, Site, open_site
from tests.engine.site import WORKERS as ALL


async def plan(site: Site, *workers: str, apache: str = "web1", **options: int) -> OperationPlan:
    targets = [site.id(worker, apache) for worker in workers or ALL]
    return await Operations(site.session).plan(OperationKind.ROLL, targets, **options)  # type: ignore[arg-type]


def start(site: Site, plan: OperationPlan, *arguments: str, force: bool = False) -> RunningOperation:
    return Operations(site.session).start(plan, arguments=arguments, force=force)


def done(events: list[Event], step: str) -> list[str]:
    return [
        event.target
        for event in events
        if isinstance(event, Step) and event.step == step and event.state is StepState.DONE
    ]


async def test_three_tomcats_need_four_writes_and_leave_the_map_as_it_was(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        rolled = await plan(site)
        assert rolled.roll is not None
        assert rolled.roll.fewest_active == {"shop/web1 /*": 2, "shop/web1 /api/*": 2}
        operation = start(site, rolled, "v2")
        events = [event async for event in operation.follow()]
        assert await operation.wait() is Result.DONE
        assert done(events, "write") == ["shop/web1"] * 4
        assert done(events, "script") == [f"shop/web1/{worker}" for worker in ALL]
        assert site.map().read_bytes() == MAP


async def test_each_script_runs_only_while_its_own_tomcat_is_out(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        script = site.folder / "was" / "deploy.sh"
        script.write_text(f'#!/bin/sh\ngrep "^/\\*=" {site.map()}\n')
        operation = start(site, await plan(site))
        printed = [line async for event in operation.follow() if isinstance(event, Output) for line in event.lines]
        assert await operation.wait() is Result.DONE
        assert printed == ["/*=balancer_ex1", "/*=balancer_ex2", "/*=balancer_ex3"]


async def test_a_script_that_runs_is_in_the_journal_already_also_in_a_batch(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        journal = site.map().parent / ".isdeploy" / "journal.jsonl"
        script = site.folder / "was" / "deploy.sh"
        script.write_text(f'#!/bin/sh\ngrep -c \'"step": "script", "state": "started"\' {journal}\n')
        operation = start(site, await plan(site, "worker1", "worker2", batch=2))
        printed = [line async for event in operation.follow() if isinstance(event, Output) for line in event.lines]
        assert await operation.wait() is Result.DONE
        assert min(map(int, printed)) >= 1
        assert len(printed) == 2


async def test_a_tomcat_shared_by_two_apaches_is_out_on_both_while_its_script_runs(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        script = site.folder / "was" / "deploy.sh"
        script.write_text(f'#!/bin/sh\ncat {site.map("web1")} {site.map("web2")} | grep -c "^/\\*=balancer_ex1"\n')
        operation = start(site, await plan(site, "worker1"))
        printed = [line async for event in operation.follow() if isinstance(event, Output) for line in event.lines]
        assert await operation.wait() is Result.DONE
        assert printed == ["2"]
        assert site.map("web1").read_bytes() == site.map("web2").read_bytes() == MAP


async def test_a_batch_that_would_leave_too_few_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    async with open_site(tmp_path, service="min_active = 2\n") as site:
        refused = await plan(site, batch=2)
        assert any("min_active is 2" in refusal.sentence for refusal in refused.refusals)
        operation = start(site, refused)
        assert await operation.wait() is Result.REFUSED
        assert site.map().read_bytes() == MAP


async def test_a_batch_of_two_is_deployed_to_together_and_needs_three_writes(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operation = start(site, await plan(site, batch=2))
        events = [event async for event in operation.follow()]
        assert await operation.wait() is Result.DONE
        assert len(done(events, "write")) == 3
        assert sorted(done(events, "script")) == [f"shop/web1/{worker}" for worker in ALL]


async def test_a_script_that_fails_leaves_its_worker_out_and_the_others_in(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operation = start(site, await plan(site), "v2", "7")
        events = [event async for event in operation.follow()]
        assert await operation.wait() is Result.FAILED
        assert site.map().read_bytes() == MAP.replace(b"balancer", b"balancer_ex1")
        assert isinstance(events[-1], Step)
        assert "shop/web1/worker1 stays out of rotation" in events[-1].detail
        # A second roll with a version that works repairs it: the one that is out comes first, and is not drained.
        again = await plan(site)
        operation = start(site, again, "v3")
        assert await operation.wait() is Result.DONE
        assert site.map().read_bytes() == MAP


async def test_a_tomcat_that_does_not_come_back_stops_the_roll_and_stays_out(tmp_path: Path) -> None:
    async with open_site(tmp_path, service="quiet_seconds = 0.1\nready_timeout = 1\n") as site:
        operation = start(site, await plan(site))
        async for event in operation.follow():
            if isinstance(event, Step) and event.step == "script" and event.target.endswith("worker2"):
                await site.connectors["worker2"].close()
        assert await operation.wait() is Result.FAILED
        assert site.map().read_bytes() == MAP.replace(b"balancer", b"balancer_ex2")


async def test_the_tomcats_own_word_about_its_start_is_told_but_not_waited_for(tmp_path: Path) -> None:
    line = "INFO [main] start Server startup in [721] milliseconds"
    async with open_site(tmp_path) as site:
        log = site.folder / "was" / "worker1.out"
        log.write_text("Server startup in [1] milliseconds, long ago\n")
        (site.folder / "was" / "deploy.sh").write_text(f'#!/bin/sh\n[ "$1" = quiet ] || echo "{line}" >>{log}\n')
        for argument, told in (("v2", [line]), ("quiet", [])):
            operation = start(site, await plan(site, "worker1"), argument)
            events = [event async for event in operation.follow()]
            assert await operation.wait() is Result.DONE
            assert [event.detail for event in events if isinstance(event, Step) and event.step == "log"] == told


async def test_without_any_way_to_see_requests_in_flight_the_worker_is_put_back_untouched(tmp_path: Path) -> None:
    async with open_site(tmp_path, service="") as site:
        operation = start(site, await plan(site))
        events = [event async for event in operation.follow()]
        assert await operation.wait() is Result.FAILED
        assert not done(events, "script")
        assert any("quiet_seconds" in event.detail for event in events if isinstance(event, Step))
        assert site.map().read_bytes() == MAP


async def test_a_change_of_somebody_else_to_another_rule_survives_the_roll(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operation = start(site, await plan(site, "worker1"))
        async for event in operation.follow():
            if isinstance(event, Step) and event.step == "script" and event.state is StepState.STARTED:
                site.map().write_bytes(site.map().read_bytes() + b"# noted by hand\n")
        assert await operation.wait() is Result.DONE
        assert site.map().read_bytes() == MAP + b"# noted by hand\n"


async def test_an_interrupted_roll_says_what_stays_out_and_what_was_not_touched(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operation = start(site, await plan(site))
        async for event in operation.follow():
            if isinstance(event, Output):
                operation.interrupt()
        assert await operation.wait() is Result.INTERRUPTED
        told = [event.detail for event in operation.events if isinstance(event, Step) and event.step == "roll"]
        assert "not touched: shop/web1/worker2, shop/web1/worker3" in told[0]
        assert "worker1 stays out" in told[1]
        assert site.map().read_bytes() == MAP.replace(b"balancer", b"balancer_ex1")


async def test_a_roll_interrupted_before_the_script_puts_its_worker_back(tmp_path: Path) -> None:
    for phase in ("settle", "idle"):
        folder = tmp_path / phase
        folder.mkdir()
        async with open_site(folder, service="quiet_seconds = 30\n") as site:
            operation = start(site, await plan(site))
            async for event in operation.follow():
                if isinstance(event, Step) and event.step == phase:
                    operation.interrupt()
            assert await operation.wait() is Result.INTERRUPTED
            assert site.map().read_bytes() == MAP
            assert not done(operation.events, "script")
            told = [event for event in operation.events if isinstance(event, Step) and event.step == "roll"]
            assert [event.detail for event in told] == [
                "stopped before its end; not touched: shop/web1/worker2, shop/web1/worker3"
            ]


async def test_a_worker_that_was_out_before_stays_out_when_the_roll_is_interrupted(tmp_path: Path) -> None:
    out = MAP.replace(b"balancer", b"balancer_ex1")
    async with open_site(tmp_path, map_text=out, service="quiet_seconds = 30\n") as site:
        operation = start(site, await plan(site))
        async for event in operation.follow():
            if isinstance(event, Step) and event.step == "idle":
                operation.interrupt()
        assert await operation.wait() is Result.INTERRUPTED
        assert site.map().read_bytes() == out


async def test_a_pause_waits_for_a_go_while_the_worker_is_still_out(tmp_path: Path) -> None:
    seen: list[bytes] = []
    async with open_site(tmp_path) as site:

        async def ask(question: Question) -> str:
            seen.append(site.map().read_bytes().split(b"\n")[1])
            return "go on" if len(seen) == 1 else "put back"

        rolled = await plan(site, pause=True)
        operation = Operations(site.session).start(rolled, ask=ask)
        await operation.wait()
        assert seen == [b"/*=balancer_ex1", b"/*=balancer_ex2"]
        assert site.map().read_bytes() == MAP
        assert len(done(operation.events, "script")) == 2


async def test_a_pause_where_nobody_can_answer_leaves_the_worker_out(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operation = start(site, await plan(site, pause=True))
        assert await operation.wait() is Result.FAILED
        assert site.map().read_bytes() == MAP.replace(b"balancer", b"balancer_ex1")


async def test_a_soft_roll_disables_before_it_stops(tmp_path: Path) -> None:
    async with open_site(tmp_path, service="soft_seconds = 0.2\nquiet_seconds = 0.1\n") as site:
        operation = start(site, await plan(site, "worker1"))
        maps: list[bytes] = []
        async for event in operation.follow():
            if isinstance(event, Step) and event.step in {"soft", "idle"} and event.state is StepState.STARTED:
                maps.append(site.map().read_bytes().split(b"\n")[1])
        assert await operation.wait() is Result.DONE
        assert maps[0] == b"/*=balancer;disabled=worker1"
        assert b"disabled" not in maps[1]
        assert site.map().read_bytes() == MAP


async def test_two_rolls_at_once_on_the_same_tomcats_are_one_roll_and_one_refusal(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        first, second = start(site, await plan(site)), start(site, await plan(site))
        results = sorted([await first.wait(), await second.wait()])
        assert results == [Result.DONE, Result.REFUSED]
        assert site.map().read_bytes() == MAP


async def test_two_rolls_on_different_tomcats_of_one_map_both_succeed(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        first, second = start(site, await plan(site, "worker1")), start(site, await plan(site, "worker2"))
        assert await asyncio.gather(first.wait(), second.wait()) == [Result.DONE, Result.DONE]
        assert site.map().read_bytes() == MAP


async def test_an_interrupt_right_before_the_script_deploys_nothing_and_puts_back(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operation = start(site, await plan(site))
        async for event in operation.follow():
            if isinstance(event, Step) and (event.step, event.state) == ("idle", StepState.DONE):
                operation.interrupt()
        assert await operation.wait() is Result.INTERRUPTED
        assert not any(isinstance(event, Step) and "exit" in event.detail for event in operation.events)
        assert site.map().read_bytes() == MAP
