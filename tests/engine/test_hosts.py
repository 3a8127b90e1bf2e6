"""Whole hosts, out of a balancer in front that is a file: the order, who stays in, and that no map is ever touched."""

import asyncio
import json
from pathlib import Path

import pytest

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.control import Question
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.hosts import quiet
from isdeploy_tui.engine.hosts.wording import host_lines
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.operations import Operations, Result, RunningOperation
from isdeploy_tui.engine.planning import PlanningError
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.engine.steps import Event, Output, Step, StepState
from tests.engine.site import MAP, WORKERS, Site, front_keys, open_site

BOTH = ("web1", "web2")


def ids(site: Site, *apaches: str) -> list[WorkerId]:
    return [site.id(worker, apache) for apache in apaches for worker in WORKERS]


async def plan(
    site: Site, kind: OperationKind, *apaches: str, pause: bool = False, max_failed: int = 0
) -> OperationPlan:
    targets = ids(site, *apaches)
    return await Operations(site.session).plan(kind, targets, hosts=True, pause=pause, max_failed=max_failed)


async def run(site: Site, planned: OperationPlan, *arguments: str, force: bool = False) -> tuple[Result, list[Event]]:
    operation = Operations(site.session).start(planned, arguments=arguments, force=force)
    events = [event async for event in operation.follow()]
    return await operation.wait(), events


def told(events: list[Event], state: StepState = StepState.DONE) -> list[tuple[str, str]]:
    return [(event.step, event.target) for event in events if isinstance(event, Step) and event.state is state]


def printed(events: list[Event]) -> list[str]:
    return [line for event in events if isinstance(event, Output) for line in event.lines]


async def test_a_roll_takes_one_host_out_deploys_to_all_its_tomcats_and_takes_it_in_before_the_next(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        planned = await plan(site, OperationKind.ROLL, *BOTH)
        assert planned.hosts is not None
        assert planned.hosts.fewest_in == {"shop": 1}
        assert not planned.refusals
        result, events = await run(site, planned, "v2")
        assert result is Result.DONE
        moments = [moment for moment in told(events) if moment[0] in {"out", "script", "in"}]
        assert [moment for moment in moments if moment[0] != "script"] == [
            ("out", "shop/web1"),
            ("in", "shop/web1"),
            ("out", "shop/web2"),
            ("in", "shop/web2"),
        ]
        assert sorted(moments[1:4]) == [("script", str(id)) for id in ids(site, "web1")]
        assert len(printed(events)) == 6
        for apache in BOTH:
            assert site.up(apache).exists()
            assert site.map(apache).read_bytes() == MAP
            assert not (site.map(apache).parent / ".isdeploy" / "lease.json").exists()


async def test_every_script_runs_while_its_own_host_is_out_and_the_other_one_is_in(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        script = site.folder / "was" / "deploy.sh"
        script.write_text(f"#!/bin/sh\nls {site.folder}/web1/up {site.folder}/web2/up 2>/dev/null\nexit 0\n")
        result, events = await run(site, await plan(site, OperationKind.ROLL, *BOTH))
        assert result is Result.DONE
        assert printed(events) == [str(site.up("web2"))] * 3 + [str(site.up("web1"))] * 3


async def test_the_last_one_in_is_refused_and_counted_as_such_only_if_it_answers(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        site.up("web2").unlink()
        for kind in (OperationKind.DRAIN, OperationKind.ROLL):
            refused = await plan(site, kind, "web1")
            assert ["shop/web2 is out" in refusal.sentence for refusal in refused.refusals] == [True]
            assert refused.can_be_forced
            result, _ = await run(site, refused)
            assert result is Result.REFUSED
            assert site.up("web1").exists()
        result, _ = await run(site, await plan(site, OperationKind.DRAIN, "web1"), force=True)
        assert result is Result.DONE
        assert not site.up("web1").exists()


async def test_an_apache_that_is_in_but_answers_nothing_does_not_count(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        site.map("web2").write_bytes(b"/*=balancer;stopped=worker1,worker2,worker3\n")
        refused = await plan(site, OperationKind.DRAIN, "web1")
        assert "shop/web2 is in, but" in refused.refusals[0].sentence


async def test_both_at_once_is_refused_as_a_drain_and_one_after_the_other_as_a_roll_is_not(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        assert (await plan(site, OperationKind.DRAIN, *BOTH)).is_refused
        assert not (await plan(site, OperationKind.ROLL, *BOTH)).is_refused


async def test_the_guard_is_asked_again_right_before_a_host_goes_out(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        planned = await plan(site, OperationKind.ROLL, "web1")
        site.up("web2").unlink()
        result, events = await run(site, planned)
        assert result is Result.REFUSED
        assert ("guard", "shop/web1") in told(events, StepState.REFUSED)
        assert site.up("web1").exists()
        assert not printed(events)


async def test_a_host_that_is_out_already_comes_first_and_needs_no_guard(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        site.up("web2").rename(f"{site.up('web2')}.not")
        planned = await plan(site, OperationKind.ROLL, *BOTH)
        assert planned.hosts is not None
        assert [turn.host.id.apache for turn in planned.hosts.turns] == ["web2", "web1"]
        assert not planned.refusals
        result, events = await run(site, planned)
        assert result is Result.DONE
        assert [moment for moment in told(events) if moment[0] == "in"] == [("in", "shop/web2"), ("in", "shop/web1")]


async def test_a_tomcat_that_an_apache_which_is_in_shares_is_refused_with_the_reason_and_cannot_be_forced(
    tmp_path: Path,
) -> None:
    async with open_site(tmp_path, apaches=BOTH, front=front_keys) as site:
        refused = await plan(site, OperationKind.ROLL, "web1")
        assert any("also shop/web2/worker1" in refusal.sentence for refusal in refused.refusals)
        assert not refused.can_be_forced


async def test_an_apache_without_commands_and_a_part_of_one_cannot_be_planned(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        with pytest.raises(PlanningError, match="no out_command"):
            await plan(site, OperationKind.DRAIN, "web1")
    (tmp_path / "more").mkdir()
    async with open_site(tmp_path / "more", apaches=BOTH, shared=False, front=front_keys) as site:
        with pytest.raises(PlanningError, match="only a whole Apache"):
            await Operations(site.session).plan(OperationKind.ROLL, [site.id("worker1")], hosts=True)


async def test_a_place_that_nobody_can_tell_is_refused_for_good(tmp_path: Path) -> None:
    def unclear(folder: Path, apache: str) -> str:
        return front_keys(folder, apache).replace('"/usr/bin/test"', f'"{folder}/no-such-program"')

    async with open_site(tmp_path, apaches=BOTH, shared=False, front=unclear) as site:
        refused = await plan(site, OperationKind.ROLL, "web1")
        assert "not known (state_command: exit 127" in refused.refusals[0].sentence
        assert not refused.can_be_forced


async def test_a_script_that_fails_leaves_its_host_out_and_stops_before_the_next(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        result, events = await run(site, await plan(site, OperationKind.ROLL, *BOTH), "v2", "7")
        assert result is Result.FAILED
        assert not site.up("web1").exists()
        assert site.up("web2").exists()
        last = [event for event in events if isinstance(event, Step)][-2:]
        assert "not touched: shop/web2" in last[0].detail
        assert "isdeploy-tui restore shop/web1 --hosts" in last[1].detail
        # Mended by a second roll, which begins with the one that is out.
        result, _ = await run(site, await plan(site, OperationKind.ROLL, *BOTH), "v3")
        assert result is Result.DONE
        assert site.up("web1").exists()


async def test_an_out_command_that_fails_changes_nothing_and_says_where_it_stands(tmp_path: Path) -> None:
    def broken(folder: Path, apache: str) -> str:
        return front_keys(folder, apache).replace('out_command = ["/bin/mv"', 'out_command = ["/bin/false"')

    async with open_site(tmp_path, apaches=BOTH, shared=False, front=broken) as site:
        result, events = await run(site, await plan(site, OperationKind.ROLL, *BOTH))
        assert result is Result.FAILED
        failed = next(event for event in events if isinstance(event, Step) and event.state is StepState.FAILED)
        assert failed.detail.startswith("/bin/false: exit 1; it is in")
        assert not printed(events)
        assert site.up("web1").exists()


async def test_one_that_does_not_go_out_is_put_in_again_after_drain_timeout(tmp_path: Path) -> None:
    def deaf(folder: Path, apache: str) -> str:
        return front_keys(folder, apache).replace('out_command = ["/bin/mv"', 'out_command = ["/bin/true"')

    service = "quiet_seconds = 0.1\ndrain_timeout = 1\n"
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=deaf, service=service) as site:
        result, events = await run(site, await plan(site, OperationKind.ROLL, *BOTH))
        assert result is Result.FAILED
        assert ("out", "shop/web1") in told(events, StepState.FAILED)
        assert ("in", "shop/web1") in told(events)
        assert not printed(events)


async def interrupted_at(operation: RunningOperation, step: str, state: StepState) -> list[Event]:
    events = []
    async for event in operation.follow():
        events.append(event)
        if isinstance(event, Step) and (event.step, event.state) == (step, state):
            operation.interrupt()
    return events


@pytest.mark.parametrize("step", ["out", "settle", "idle"])
async def test_an_interrupt_before_the_scripts_puts_the_host_in_again_untouched(tmp_path: Path, step: str) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        operation = Operations(site.session).start(await plan(site, OperationKind.ROLL, *BOTH))
        events = await interrupted_at(operation, step, StepState.STARTED)
        assert await operation.wait() is Result.INTERRUPTED
        assert site.up("web1").exists()
        assert site.up("web2").exists()
        assert not printed(events)


async def test_an_interrupt_while_it_becomes_ready_leaves_it_out_and_says_so(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        for connector in site.connectors.values():
            await connector.close()
        planned = await plan(site, OperationKind.ROLL, "web1")
        operation = Operations(site.session).start(planned, force=True)
        events = await interrupted_at(operation, "ready", StepState.STARTED)
        assert await operation.wait() is Result.INTERRUPTED
        assert not site.up("web1").exists()
        assert "is not in the balancer in front again" in [e for e in events if isinstance(e, Step)][-1].detail


async def test_pausing_asks_while_the_host_is_out_and_leaving_it_out_stops_the_roll(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        asked: list[tuple[str, bool]] = []

        async def ask(question: Question) -> str:
            asked.append((question.text, site.up("web1").exists()))
            return "leave"

        planned = await plan(site, OperationKind.ROLL, *BOTH, pause=True)
        operation = Operations(site.session).start(planned, ask=ask)
        assert await operation.wait() is Result.FAILED
        assert asked == [("shop/web1 is deployed, ready and still out of the balancer in front.", False)]
        assert not site.up("web1").exists()
        assert site.up("web2").exists()


async def test_a_drain_waits_until_it_is_out_and_a_restore_passes_the_gates(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        result, events = await run(site, await plan(site, OperationKind.DRAIN, "web1"))
        assert result is Result.DONE
        assert [step for step, target in told(events) if target == "shop/web1"] == ["out", "settle", "quiet"]
        again = await plan(site, OperationKind.DRAIN, "web1")
        assert not again.has_work
        assert set(again.unchanged) == set(ids(site, "web1"))
        # What is behind it may be deployed to, though its map still has it.
        deploy = await Operations(site.session).plan(OperationKind.DEPLOY, [site.id("worker1")])
        assert not deploy.refusals
        await site.connectors["worker2"].close()
        refused = await plan(site, OperationKind.RESTORE, "web1")
        assert [refusal.target for refusal in refused.refusals] == ["shop/web1/worker2"]
        assert (await run(site, refused))[0] is Result.REFUSED
        await site.connectors["worker2"].open()
        result, events = await run(site, await plan(site, OperationKind.RESTORE, "web1"))
        assert result is Result.DONE
        assert site.up("web1").exists()
        assert site.map().read_bytes() == MAP


async def test_two_who_take_out_one_host_each_do_not_both_get_it(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        plans = [await plan(site, OperationKind.DRAIN, apache) for apache in BOTH]
        operations = [Operations(site.session).start(one) for one in plans]
        results = await asyncio.gather(*(operation.wait() for operation in operations))
        assert sorted(results) == [Result.DONE, Result.REFUSED]
        assert [site.up(apache).exists() for apache in BOTH].count(True) == 1


async def test_what_is_out_is_told_by_the_monitor_with_who_did_it_and_stands_in_the_journal(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        await run(site, await plan(site, OperationKind.DRAIN, "web1"))
        monitor = Monitor(site.session)
        try:
            fleet = await monitor.refresh()
        finally:
            await monitor.aclose()
        out, still_in = (fleet.apaches[site.id("worker1", apache).apache_id] for apache in BOTH)
        assert (out.front, still_in.front) == (Front.OUT, Front.IN)
        assert out.front_reason.startswith("drain by ops1@bastion1")
        journal = site.map().parent / ".isdeploy" / "journal.jsonl"
        entries = [json.loads(line) for line in journal.read_text().splitlines()]
        assert [entry["target"] for entry in entries if entry["step"] == "out"] == ["shop/web1"]


async def test_a_client_that_goes_on_asking_over_an_open_connection_keeps_the_scripts_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = iter([10, 14, 15, 15])

    async def elected(*_: object) -> tuple[int, int]:
        return next(counts), 0

    monkeypatch.setattr(quiet, "_elected", elected)
    monkeypatch.setattr(quiet, "QUIET_SECONDS", 0.01)
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        result, events = await run(site, await plan(site, OperationKind.ROLL, "web1"))
        assert result is Result.DONE
        seen = [event.detail for event in events if isinstance(event, Step) and event.step == "quiet"]
        assert seen[-1] == "no request came within 0.01 s (5 came before that), says jkstatus"


async def test_the_plan_in_words_names_commands_times_tomcats_and_who_stays_in(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=BOTH, shared=False, front=front_keys) as site:
        planned = await plan(site, OperationKind.ROLL, *BOTH)
        assert planned.hosts is not None
        lines = list(host_lines(planned.hosts, planned.kind))
        assert lines[:2] == ["never fewer than 1 Apache of shop in the balancer in front", "1. shop/web1 on web1"]
        assert lines[2].startswith(f"   out     /bin/mv {site.up()} ")
        assert lines[4:6] == [
            "   deploy  worker1, worker2, worker3; at once, until ready",
            f"   in      /bin/mv {site.up()}.not {site.up()}",
        ]
