"""Whole hosts behind a balancer in front, on the real stack and under load: no request is lost, and no map touched."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.command_line import isdeploy, started, until
from tests.lab.front import BEHIND_A_BALANCER, in_front, settings_with_front, up
from tests.lab.load import Load
from tests.lab.processes import own_processes
from tests.lab.rolls import maps, nobody_lost_anything, phases, span, visitors
from tests.lab.stack import Stack, running


@pytest.fixture(scope="module")
def _both() -> Iterator[Stack]:
    with running(BEHIND_A_BALANCER) as stack:
        yield stack


@pytest.fixture
def both(_both: Stack) -> Stack:
    """Two Apaches with Tomcats of their own, as they were at their start."""
    _both.reset()
    return _both


async def a_minute_passes(stack: Stack) -> None:
    """Let what was begun on the hosts come to its end there, and make the heartbeats as old as they would be."""
    runs = stack.home / ".local" / "state" / "isdeploy" / "runs"
    await until(lambda: not list(own_processes(stack.directory, "sh\0-s")))
    await until(lambda: all((run / "rc").exists() for run in runs.glob("*")))
    for apache in stack.apaches:
        leases = apache.map.parent / ".isdeploy" / "leases"
        lines = [line.split(" ", 2) for line in leases.read_text().splitlines()]
        leases.write_text("".join(f"{key} {int(beat) - 61} {rest}\n" for key, beat, rest in lines))


def versions(stack: Stack) -> set[str]:
    return {tomcat.version for tomcat in stack.tomcats}


async def test_a_roll_of_two_hosts_loses_no_request_and_touches_no_map(both: Stack, tmp_path: Path) -> None:
    config, kept = settings_with_front(both, tmp_path), tmp_path / "report.json"
    before = maps(both), [apache.map.stat().st_mtime_ns for apache in both.apaches]
    async with (
        in_front(both) as front,
        visitors(front.url, sticky=False, each=3) as some,
        visitors(front.url, sticky=True, each=3) as others,
    ):
        await some.answered(50)
        roll = await isdeploy(config, "roll", "shop", "--hosts", "--yes", "--report", str(kept), "--", "2.0")
        await some.answered(50)
        await others.answered(50)
    assert roll.status == 0, roll.out + roll.err
    nobody_lost_anything([some.report(), others.report()])
    assert versions(both) == {"2.0"}
    assert (maps(both), [apache.map.stat().st_mtime_ns for apache in both.apaches]) == before
    assert all(up(apache).exists() for apache in both.apaches)
    assert "never fewer than 1 Apache of shop in the balancer in front" in roll.out

    report = json.loads(kept.read_text())
    assert report["result"] == "done"
    assert report["maps"] == []
    moves = [(found["phase"], found["target"]) for found in report["phases"] if found["phase"] in {"out", "in"}]
    assert moves == [("out", "shop/web1"), ("in", "shop/web1"), ("out", "shop/web2"), ("in", "shop/web2")]
    # Nobody was on a host, health checks apart, from the moment it was found quiet until it was put in again.
    for apache, (quiet, back) in zip(
        both.apaches, zip(phases(report, "quiet"), phases(report, "in"), strict=True), strict=True
    ):
        assert quiet["evidence"][-1].endswith("says jkstatus")
        since, until = sum(span(quiet)) - span(quiet)[0], span(back)[0]
        asked = [request for request in apache.requests() if request.path not in {"/up", "/jkstatus"}]
        assert asked
        assert not [request for request in asked if since < request.began < until]


async def test_clients_that_keep_their_connections_are_seen_and_the_host_is_put_in_again_untouched(
    both: Stack, tmp_path: Path
) -> None:
    config = settings_with_front(both, tmp_path, drain_timeout=3)
    async with in_front(both, "tcp") as front, Load(front.url, quick=6) as load:
        await load.answered(50)
        roll = await isdeploy(config, "roll", "shop", "--hosts", "--yes", "--", "2.0")
        await load.answered(50)
    assert roll.status == 1
    assert "requests came within" in roll.out
    assert "though it is out" in roll.out
    nobody_lost_anything([load.report()])
    assert versions(both) == {"1.0"}
    assert all(up(apache).exists() for apache in both.apaches)


async def test_a_signal_ends_it_between_two_safe_steps_with_every_host_in(both: Stack, tmp_path: Path) -> None:
    config = settings_with_front(both, tmp_path)
    async with in_front(both) as front, Load(front.url, quick=3) as load:
        await load.answered(20)
        async with started(config, "roll", "shop", "--hosts", "--yes", "--", "2.0") as roll:
            await roll.until("script  started")
            await roll.until("until the balancer in front has noticed (in_seconds)")
            roll.signal(signal.SIGTERM)
            ended = await roll.end()
        await load.answered(20)
    assert ended.status == 1
    assert "not touched: shop/web2" in ended.out
    nobody_lost_anything([load.report()])
    assert all(up(apache).exists() for apache in both.apaches)
    assert [tomcat.version for tomcat in both.tomcats] == ["2.0", "2.0", "1.0", "1.0"]


async def test_what_a_killed_roll_left_is_seen_and_gone_on_with(both: Stack, tmp_path: Path) -> None:
    config = settings_with_front(both, tmp_path)
    async with in_front(both) as front, Load(front.url, quick=3) as load:
        async with started(config, "roll", "shop", "--hosts", "--yes", "--", "2.0") as roll:
            await roll.until("script  started")
            roll.signal(signal.SIGKILL)
            await roll.end()
        status = await isdeploy(config, "status", "shop", "--json")
        checked = await isdeploy(config, "check", "shop", "--json")
        told = [(item["place"], item["verdict"]) for item in json.loads(checked.out) if item["topic"] == "front"]
        assert told == [("shop/web1", "warning"), ("shop/web2", "ok")]
        fronts = {(found["apache"], found["front"]) for found in json.loads(status.out)}
        assert fronts == {("web1", "out"), ("web2", "in")}
        await a_minute_passes(both)
        last = await isdeploy(config, "drain", "shop/web2", "--hosts", "--take-over", "the first one died")
        assert last.status == 3
        assert "shop/web1 is out" in last.err
        go_on = await isdeploy(config, "roll", "shop", "--hosts", "--yes", "--take-over", "it died", "--", "2.0")
        await load.answered(20)
    assert go_on.status == 0, go_on.out + go_on.err
    nobody_lost_anything([load.report()])
    assert versions(both) == {"2.0"}
    assert all(up(apache).exists() for apache in both.apaches)


async def test_by_hand_a_host_is_drained_deployed_to_and_restored_and_the_last_one_is_refused(
    both: Stack, tmp_path: Path
) -> None:
    config, before = settings_with_front(both, tmp_path), maps(both)
    async with in_front(both) as front, visitors(front.url, sticky=False, each=2) as load:
        await load.answered(20)
        words = ("shop/web1", "--hosts")
        assert (await isdeploy(config, "drain", *words)).status == 0
        assert (await isdeploy(config, "drain", "shop/web2", "--hosts")).status == 3
        told = await isdeploy(config, "status", "shop")
        assert "shop/web1: out of the balancer in front (drain by " in told.out
        # Its map still has it, but nobody sends anything there.
        deploy = await isdeploy(config, "deploy", "shop/web1/worker1", "--yes", "--", "3.0")
        assert deploy.status == 0, deploy.out + deploy.err
        restore = await isdeploy(config, "restore", *words)
        assert restore.status == 0, restore.out + restore.err
        await load.answered(20)
    nobody_lost_anything([load.report()])
    assert maps(both) == before
    assert both.tomcat("worker1").version == "3.0"
