"""Rolls of a whole site under quick and slow visitors: none of them loses a request, and everything is as it was."""

import json
import os
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.lab.command_line import isdeploy
from tests.lab.conftest import StartStack
from tests.lab.load import Load, Report
from tests.lab.programs import java_home
from tests.lab.scenario import Scenario
from tests.lab.site_settings import configured
from tests.lab.stack import Stack

SLOW = (2000, 5000)
"""Milliseconds that a slow visitor's answer takes: longer than the settle time, so some are in flight after it."""

Json = dict[str, Any]


def visitors(url: str, *, sticky: bool) -> Load:
    return Load(url, quick=5, slow=5, slow_ms=SLOW, sticky=sticky)


def maps(stack: Stack) -> list[bytes]:
    return [apache.map.read_bytes() for apache in stack.apaches]


def phases(report: Json, phase: str) -> list[Json]:
    return [found for found in report["phases"] if found["phase"] == phase]


def span(phase: Json) -> tuple[float, float]:
    """When a phase began and ended, Unix seconds."""
    began = datetime.fromisoformat(phase["began"]).timestamp()
    return began, began + phase["seconds"]


def nobody_lost_anything(reports: Sequence[Report]) -> None:
    for report in reports:
        assert report.requests > 0
        assert report.failures == (), str(report)


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
    # Sessions have moved away from the last one, and stay where they are now.
    assert set(some.report().between(ended).workers) == set(stack.scenario.workers)

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


@pytest.mark.parametrize(
    ("mpm", "method"),
    [
        ("prefork", "jcmd"),
        pytest.param("prefork", "jkstatus", marks=pytest.mark.thorough),
        pytest.param("event", "jcmd", marks=pytest.mark.thorough),
        pytest.param("event", "jkstatus", marks=pytest.mark.thorough),
    ],
)
async def test_tomcats_that_two_apaches_share_are_out_on_both_while_they_are_deployed_to(
    start_stack: StartStack, tmp_path: Path, mpm: Literal["event", "prefork"], method: str
) -> None:
    needs_jcmd()
    stack = start_stack(Scenario(apaches=2, mpm=mpm, jkstatus=method == "jkstatus"))
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
    assert all(idle["evidence"][-1].endswith(f"says {method}") for idle in phases(report, "idle"))
    assert len(phases(report, "script")) == 3
    for script in phases(report, "script"):
        worker = script["target"].rpartition("/")[2]
        start, end = span(script)
        for apache in stack.apaches:
            asked = [request for request in apache.requests() if request.member == worker]
            assert asked
            assert not [request for request in asked if start < request.began + request.seconds and request.began < end]


def needs_jcmd() -> None:
    home = java_home()
    if home is None or not os.access(home / "bin" / "jcmd", os.X_OK):
        why = "jcmd comes with a JDK; the Java that runs the lab's Tomcats is only a JRE"
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)


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
