"""Rolls with versions that do not work: one worker stays out, nobody else is touched, and the next roll repairs it."""

import json
import time
from pathlib import Path

import pytest

from tests.lab.command_line import isdeploy
from tests.lab.load import Load
from tests.lab.site_settings import configured
from tests.lab.stack import Stack

WITHOUT_1, WITHOUT_2 = (b"# Which requests go to which balancer.\n/*=balancer_ex%d\n" % number for number in (1, 2))


def process_ids(stack: Stack) -> dict[str, int]:
    """The Tomcats' processes."""
    return {tomcat.worker: int((tomcat.base / "tomcat.pid").read_text()) for tomcat in stack.tomcats}


@pytest.mark.parametrize(
    ("bad", "said", "good"),
    [
        pytest.param(("2.0", "--no-start"), "script  failed   exit 1", ("2.1",), id="does not start"),
        pytest.param(("2.0-broken",), "ping    done", ("2.1",), id="answers 500"),
        pytest.param(("2.0", "--no-restart"), "without the text 'version=2.0 '", ("2.1",), id="shows another version"),
        pytest.param(("2.0", "--exit", "7"), "exit 7", ("1.0", "--no-restart"), id="script exits 7"),
    ],
)
async def test_a_bad_version_stays_out_alone_and_the_next_roll_repairs_it(
    checked_stack: Stack, tmp_path: Path, bad: tuple[str, ...], said: str, good: tuple[str, ...]
) -> None:
    stack = checked_stack
    config = configured(stack, tmp_path, {"ready_timeout": 3}, worker={"check_text": "version=$1 "})
    home, before = stack.apache.map.read_bytes(), process_ids(stack)
    async with Load(stack.url, quick=4, slow=2, slow_ms=(500, 1500)) as load:
        await load.answered(20)
        failed = await isdeploy(config, "roll", "shop", "--yes", "--", *bad)
        left = time.time()
        assert failed.status == 1
        assert said in failed.out + failed.err
        assert "not touched: shop/web1/worker2, shop/web1/worker3" in failed.err
        assert "shop/web1/worker1 stays out of rotation" in failed.err
        assert "isdeploy-tui roll shop/web1/worker1" in failed.err
        assert stack.apache.map.read_bytes() == WITHOUT_1
        now = process_ids(stack)
        assert (now["worker2"], now["worker3"]) == (before["worker2"], before["worker3"])
        await load.answered(50)
        assert set(load.report().between(left).workers) == {"worker2", "worker3"}

        repaired = await isdeploy(config, "roll", "shop/web1/worker1", "--yes", "--", *good)
        ended = time.time()
        assert repaired.status == 0, repaired.err
        await load.answered(60)
    assert stack.apache.map.read_bytes() == home
    assert stack.tomcat("worker1").version == good[0]
    report = load.report()
    assert report.failures == (), str(report)
    assert set(report.between(ended).workers) == set(stack.scenario.workers)
    assert set(report.versions) == {"1.0", good[0]}


async def test_a_failure_that_is_allowed_does_not_stop_the_roll_and_one_more_does(
    checked_stack: Stack, tmp_path: Path
) -> None:
    stack = checked_stack
    home = stack.apache.map.read_bytes()
    async with Load(stack.url, quick=4) as load:
        failed = await isdeploy(
            stack.config_file, "roll", "shop", "--max-failed", "1", "--yes", "--", "--exit", "7", "1.0"
        )
        assert failed.status == 1
        assert failed.err.count("exit 7") == 2
        assert "not touched: shop/web1/worker3" in failed.err
        rotations = {
            state["worker"]: state["rotation"]
            for state in json.loads((await isdeploy(stack.config_file, "status", "--json")).out)
        }
        assert rotations == {"worker1": "stopped", "worker2": "stopped", "worker3": "active"}
        # The two that are out come first, and not one of those that are left is taken out before they are back.
        kept = tmp_path / "report.json"
        repaired = await isdeploy(
            stack.config_file, "roll", "shop", "--yes", "--report", str(kept), "--", "--no-restart", "1.0"
        )
        assert repaired.status == 0, repaired.err
    assert load.report().failures == (), str(load.report())
    assert stack.apache.map.read_bytes() == home
    report = json.loads(kept.read_text())
    scripts = [found["target"] for found in report["phases"] if found["phase"] == "script"]
    assert scripts == [f"shop/web1/{worker}" for worker in stack.scenario.workers]


async def test_a_roll_that_would_leave_only_tomcats_that_do_not_answer_is_refused(checked_stack: Stack) -> None:
    stack = checked_stack
    home = stack.apache.map.read_bytes()
    for worker in ("worker2", "worker3"):
        stack.tomcat(worker).stop()
    refused = await isdeploy(stack.config_file, "roll", "shop/web1/worker1", "--yes", "--", "2.0")
    assert refused.status == 3
    assert "would be left with 0 active member(s) that answer (none); min_active is 1" in refused.err
    assert stack.apache.map.read_bytes() == home
    assert stack.tomcat("worker1").version == "1.0"
