"""Rolls of a whole site under quick and slow visitors: none of them loses a request, and everything is as it was."""

import json
import time
from pathlib import Path

from tests.lab.command_line import isdeploy
from tests.lab.conftest import StartStack
from tests.lab.load import Load
from tests.lab.rolls import (
    SLOW,
    maps,
    needs_jcmd,
    nobody_lost_anything,
    nobody_was_sent_to_one_that_was_deployed_to,
    phases,
    span,
    visitors,
)
from tests.lab.scenario import Scenario
from tests.lab.site_settings import configured
from tests.lab.stack import Stack


async def test_a_roll_of_three_tomcats_loses_no_request_and_leaves_the_same_map(
    checked_stack: Stack, tmp_path: Path
) -> None:
    stack, kept = checked_stack, tmp_path / "report.json"
    config = configured(stack, tmp_path, worker={"check_text": "version=$1 "})
    before = maps(stack)
    async with visitors(stack.url, sticky=False) as some, visitors(stack.url, sticky=True) as others:
        await some.answered(50)
        began = time.time()
        roll = await isdeploy(config, "roll", "shop", "--yes", "--report", str(kept), "--", "2.0")
        ended = time.time()
        await some.answered(150)
        await others.answered(150)
    assert roll.status == 0, roll.err
    nobody_lost_anything([some.report(), others.report()])
    assert maps(stack) == before
    for load in (some, others):
        assert set(load.report().between(ended).versions) == {"2.0"}
    # Sessions have moved away from the last one, and stay where they are now: mod_jk counts their requests, too, and
    # gives a member that has more than its share of them no other visitors. Together they reach all.
    reached = {worker for load in (some, others) for worker in load.report().between(ended).workers}
    assert reached == set(stack.scenario.workers)

    report = json.loads(kept.read_text())
    assert report["result"] == "done"
    for worker in stack.scenario.workers:
        own = {
            found["phase"]: found
            for found in report["phases"]
            if found["target"] == f"shop/{stack.apache.name}/{worker}"
        }
        assert list(own) == ["idle", "script", "ping", "log", "check", "ready"]
        assert {found["state"] for found in own.values()} == {"done"}
        assert own["idle"]["evidence"][-1].endswith("says jkstatus")
        assert own["idle"]["busy"][-1][1] == 0
        assert own["script"]["evidence"][-1] == "exit 0"
        assert "Server startup in [" in own["log"]["evidence"][0]
        assert "with 'version=2.0 '" in own["check"]["evidence"][0]
        # Nobody was sent to it from the end of the settle time until it had been found ready.
        stop, go = span(own["idle"])[0], span(own["ready"])[1]
        asked = [request for request in stack.apache.requests() if request.member == worker]
        assert not [request for request in asked if stop < request.began < go]
    assert len(report["maps"]) == len(phases(report, "settle")) == stack.scenario.tomcats + 1
    assert {line for change in report["maps"] for line in change["diff"] if line.startswith("+")} == {
        f"+/*=balancer{suffix}" for suffix in ("", "_ex1", "_ex2", "_ex3")
    }
    counted = report["traffic"]["shop/web1"]
    answered = sum(len(load.report().between(began, ended - max(SLOW) / 1000).answers) for load in (some, others))
    assert counted["requests"] >= answered > 0
    assert (counted["not_2xx"], counted["errors_5xx"], counted["is_partial"]) == (0, 0, False)
    assert f"{counted['requests']} requests answered meanwhile, 0 not with 2xx" in roll.out


async def test_tomcats_that_two_apaches_share_are_out_on_both_while_they_are_deployed_to(
    start_stack: StartStack, tmp_path: Path
) -> None:
    needs_jcmd()
    stack = start_stack(Scenario(apaches=2, mpm="prefork", jkstatus=False))
    before, kept = maps(stack), tmp_path / "report.json"
    first, second = stack.apaches
    async with visitors(first.url, sticky=False) as some, visitors(second.url, sticky=True) as others:
        await some.answered(50)
        # One Apache is named; the Tomcats are drained on the other as well.
        roll = await isdeploy(stack.config_file, "roll", "shop/web1", "--yes", "--report", str(kept), "--", "2.0")
        ended = time.time()
        await some.answered(100)
        await others.answered(100)
    assert roll.status == 0, roll.err
    nobody_lost_anything([some.report(), others.report()])
    assert maps(stack) == before
    for load in (some, others):
        assert set(load.report().between(ended).versions) == {"2.0"}
    report = json.loads(kept.read_text())
    assert all(idle["evidence"][-1].endswith("says jcmd") for idle in phases(report, "idle"))
    assert len(phases(report, "script")) == 3
    nobody_was_sent_to_one_that_was_deployed_to(stack, report)


async def test_a_soft_roll_lets_sessions_go_on_and_sends_nobody_new(checked_stack: Stack, tmp_path: Path) -> None:
    stack, kept = checked_stack, tmp_path / "report.json"
    config = configured(stack, tmp_path, {"soft_seconds": stack.scenario.settle_seconds + 2})
    before = maps(stack)
    async with (
        Load(stack.url, quick=8, slow=2, slow_ms=(500, 1500)) as new,
        Load(stack.url, quick=9, sticky=True) as sessions,
    ):
        await sessions.answered(30)
        words = ("--yes", "--report", str(kept), "--", "--no-restart", "1.0")
        roll = await isdeploy(config, "roll", "shop/web1/worker1", *words)
        await new.answered(100)
    assert roll.status == 0, roll.err
    nobody_lost_anything([new.report(), sessions.report()])
    assert maps(stack) == before
    report = json.loads(kept.read_text())
    (soft,) = phases(report, "soft")
    first, last = report["maps"][0]["diff"], report["maps"][1]["diff"]
    assert "+/*=balancer;disabled=worker1" in first
    assert "+/*=balancer_ex1" in last
    began, ended = span(soft)
    # From when the first map is followed until the second is written.
    settled = began + stack.scenario.settle_seconds
    assert set(new.report().between(settled, ended).workers) == {"worker2", "worker3"}
    assert sessions.report().between(settled, ended).workers["worker1"] > 0


async def test_where_nothing_tells_and_only_an_extension_is_possible_it_waits_blindly_and_says_both(
    checked_stack: Stack, tmp_path: Path
) -> None:
    stack = checked_stack
    lone = tmp_path / "workers.properties"
    lines = stack.apache.workers_file.read_text().splitlines()
    lone.write_text("\n".join(line for line in lines if "balancer_ex" not in line) + "\nworker.list=balancer\n")
    config = configured(
        stack,
        tmp_path,
        service={"quiet_seconds": 0.5},
        apache={"status_url": None, "workers_file": str(lone)},
        worker={"log": None},
    )
    before = maps(stack)
    async with Load(stack.url, quick=4) as load:
        roll = await isdeploy(config, "roll", "shop/web1/worker1", "--yes", "--", "--no-restart", "1.0")
    assert roll.status == 0, roll.err
    nobody_lost_anything([load.report()])
    assert maps(stack) == before
    assert "+/*=balancer;stopped=worker1" in roll.out
    assert "After its restore worker1 will get nearly every request of 'balancer'" in roll.err
    assert roll.err.count("for about half as long as it was out (at most 60 s)") == 1
    assert "isdeploy-tui balancers" in roll.err
    assert "waited 0.5 s blindly (quiet_seconds); not seen to be idle" in roll.out


async def test_a_batch_of_two_is_out_and_back_together_and_refused_where_more_must_stay(
    checked_stack: Stack, tmp_path: Path
) -> None:
    stack, kept = checked_stack, tmp_path / "report.json"
    before = maps(stack)
    words = ("--batch", "2", "--yes", "--", "--no-restart", "1.0")
    refused = await isdeploy(configured(stack, tmp_path, {"min_active": 2}), "roll", "shop", *words)
    assert refused.status == 3
    assert "min_active is 2" in refused.err
    assert maps(stack) == before
    async with Load(stack.url, quick=4) as load:
        roll = await isdeploy(stack.config_file, "roll", "shop", "--report", str(kept), *words)
    assert roll.status == 0, roll.err
    nobody_lost_anything([load.report()])
    assert maps(stack) == before
    report = json.loads(kept.read_text())
    assert len(report["maps"]) == 3
    first, second, last = (span(script) for script in phases(report, "script"))
    assert max(first[0], second[0]) < min(first[1], second[1]), "the two of a batch are deployed to side by side"
    assert last[0] > max(first[1], second[1])
