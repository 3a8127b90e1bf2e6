"""Drain, deploy and restore by the command line, judged by what httpd and the Tomcats really do."""

import asyncio
import json
import os
import shutil
import signal
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lab.apache import RUN_USER
from tests.lab.command_line import isdeploy, on_terminal, program, settings, started
from tests.lab.conftest import StartStack
from tests.lab.load import Load
from tests.lab.processes import own_processes
from tests.lab.scenario import TWO_RULES, Scenario
from tests.lab.stack import Stack
from tests.lab.visits import get, workers_of

W1 = "shop/web1/worker1"


async def rotation_of(stack: Stack, target: str = W1) -> str:
    """What the program says about one worker."""
    said = await isdeploy(stack.config_file, "status", "--json", target)
    return str(json.loads(said.out)[0]["rotation"])


def logged(stack: Stack, start: float, end: float = float("inf")) -> list[str]:
    """Who answered each visitor's request that began in that time, by httpd's own access log."""
    requests = [request for request in stack.apache.requests() if start < request.began < end]
    return [request.member for request in requests if request.path != "/jkstatus"]


async def test_a_whole_round_under_load_loses_no_request_and_leaves_the_same_map(stack: Stack) -> None:
    before = stack.apache.map.read_bytes()
    async with Load(stack.url, quick=45, slow=5, slow_ms=(200, 800), pause=0.2) as load:
        await load.answered(50)
        drain = await isdeploy(stack.config_file, "drain", W1, "--json")
        drained = time.time()
        await load.answered(200)
        drained_rotation = await rotation_of(stack)
        deploy = await isdeploy(stack.config_file, "deploy", W1, "--yes", "--json", "--", "2.0")
        undrained = time.time()
        restore = await isdeploy(stack.config_file, "restore", W1, "--json")
        restored = time.time()
        await load.answered(300)
    assert (drain.status, drain.err) == (0, "")
    assert drain.steps == [("write", "started"), ("write", "done"), ("settle", "started"), ("settle", "done")]
    assert {step["target"] for step in drain.objects} == {W1}
    assert drained_rotation == "stopped"
    assert deploy.status == 0, deploy
    assert deploy.steps[-2:] == [("script", "started"), ("script", "done")]
    assert "Deployed 2.0" in deploy.err.splitlines()
    assert (restore.status, restore.err) == (0, "")
    assert restore.steps[:2] == [("ping", "started"), ("ping", "done")]
    assert restore.steps[-2:] == [("settle", "started"), ("settle", "done")]

    report = load.report()
    assert report.failures == ()
    assert set(report.between(drained, undrained).workers) == {"worker2", "worker3"}
    members = logged(stack, drained, undrained)
    assert len(members) >= 200
    assert set(members) == {"worker2", "worker3"}
    after = report.between(restored)
    assert {answer.version for answer in after.answers if answer.worker == "worker1"} == {"2.0"}
    # A swap leaves the balancer's own counters alone, so the restored member gets its share and no more.
    assert 0.2 < after.workers["worker1"] / after.requests < 0.5
    assert stack.apache.map.read_bytes() == before


async def test_in_plain_words_the_plan_and_each_step_are_told(stack: Stack) -> None:
    drain = await isdeploy(stack.config_file, "drain", W1, "--no-wait")
    assert drain.status == 0
    assert "-/*=balancer\n" in drain.out
    assert "+/*=balancer_ex1\n" in drain.out
    assert "active for /*: worker2, worker3" in drain.out
    assert "not waited for" in drain.out.splitlines()[-1]
    again = await isdeploy(stack.config_file, "drain", W1)
    assert again.status == 0
    assert "nothing to do: it is out of rotation" in again.out


async def test_two_rules_and_two_virtual_hosts_follow_and_link_owner_and_mode_stay(
    start_stack: StartStack, tmp_path: Path
) -> None:
    stack = start_stack(Scenario(tomcats=2, second_vhost=True, map_is_symlink=True, map_lines=TWO_RULES))
    link, target = stack.apache.map, stack.apache.map.resolve()
    if os.geteuid() == 0:
        shutil.chown(target, group=RUN_USER)
    target.chmod(0o640)
    before, known = target.read_bytes(), target.stat()
    hosts = [stack.url, f"http://127.0.0.1:{stack.apache.second_port}"]
    places = [f"{host}{path}" for host in hosts for path in ("/", "/reports/1")]
    assert all(workers_of(place) == {"worker1", "worker2"} for place in places)

    drain = await isdeploy(stack.config_file, "drain", W1)
    assert drain.status == 0, drain
    moment = time.time()
    # The children read the new map as www-data, or these would be answered by the old one or with 404.
    assert all(workers_of(place) == {"worker2"} for place in places)
    assert set(logged(stack, moment)) == {"worker2"}
    restore = await isdeploy(stack.config_file, "restore", W1)
    assert restore.status == 0, restore
    assert all(workers_of(place) == {"worker1", "worker2"} for place in places)

    now = target.stat()
    assert link.is_symlink()
    assert link.resolve() == target
    assert target.read_bytes() == before
    assert stat.S_IMODE(now.st_mode) == 0o640
    assert (now.st_uid, now.st_gid) == (known.st_uid, known.st_gid)


async def test_a_soft_drain_lets_sessions_go_on_and_new_visitors_go_elsewhere(stack: Stack) -> None:
    mine = dict(get(f"{stack.url}/?session=1") for _ in range(12))["worker1"]
    drain = await isdeploy(stack.config_file, "drain", W1, "--soft")
    assert drain.status == 0, drain
    assert get(stack.url, mine)[0] == "worker1"
    assert workers_of(stack.url) == {"worker2", "worker3"}
    assert await rotation_of(stack) == "disabled"
    refused = await isdeploy(stack.config_file, "deploy", W1, "--yes", "--", "2.0")
    assert refused.status == 3
    assert "it is disabled" in refused.err


async def test_guards_refuse_with_three_and_nothing_is_changed(stack: Stack) -> None:
    home = stack.apache.map.read_bytes()
    deploy = await isdeploy(stack.config_file, "deploy", W1, "--yes", "--json", "--", "2.0")
    assert deploy.status == 3
    assert deploy.steps == [("guard", "refused")]
    assert "it is active" in deploy.objects[0]["detail"]
    assert stack.tomcat("worker1").version == "1.0"

    last = await isdeploy(stack.config_file, "drain", "shop/web1", "--json")
    assert last.status == 3
    assert "no active member left" in last.objects[0]["detail"]
    assert stack.apache.map.read_bytes() == home

    drain = await isdeploy(stack.config_file, "drain", W1, "--no-wait")
    assert drain.status == 0
    drained = stack.apache.map.read_bytes()
    stack.tomcat("worker1").stop()
    restore = await isdeploy(stack.config_file, "restore", W1, "--json")
    assert restore.status == 3
    assert "not ready" in restore.objects[0]["detail"]
    assert stack.apache.map.read_bytes() == drained


async def test_force_overrides_a_guard_and_says_so(stack: Stack) -> None:
    stack.apache.write_map(b"/*=balancer;stopped=worker2,worker3\n")
    refused = await isdeploy(stack.config_file, "drain", W1)
    assert refused.status == 3
    forced = await isdeploy(stack.config_file, "drain", W1, "--force", "--no-wait", "--json")
    assert forced.status == 0
    assert forced.objects[0]["detail"].startswith("forced: ")
    assert await rotation_of(stack) == "stopped"


async def test_ctrl_c_in_the_settle_time_tells_what_is_true_and_holds_nothing(stack: Stack, tmp_path: Path) -> None:
    def patient(data: dict[str, Any]) -> None:
        data["service"][0]["apache"][0]["reload_seconds"] = 60

    async with started(settings(stack, tmp_path, patient), "drain", W1, "--json") as drain:
        await drain.until('"settle", "state": "started"')
        drain.signal(signal.SIGINT)
        said = await drain.end()
    assert said.status == 1
    assert said.seconds < 60
    assert said.steps[-1] == ("settle", "failed")
    assert said.objects[-1]["detail"].startswith("interrupted; the map is written, requests may follow the old one for")
    assert stack.apache.map.read_bytes().endswith(b"/*=balancer_ex1\n")
    # Nothing holds the worker: whoever comes next goes on from here.
    restore = await isdeploy(stack.config_file, "restore", W1, "--no-wait")
    assert restore.status == 0, restore
    assert stack.apache.map.read_bytes() == stack.apache.map_bytes


def take_out_by_hand(stack: Stack) -> None:
    """Drain worker1 long ago, as far as the map's time can tell: nobody has to wait for it to settle."""
    stack.apache.write_map(b"/*=balancer_ex1\n", mtime=int(time.time()) - 1800)


async def test_without_a_terminal_a_deploy_wants_a_yes(stack: Stack) -> None:
    take_out_by_hand(stack)
    said = await isdeploy(stack.config_file, "deploy", W1, "--", "--no-restart", "2.0")
    assert said.status == 2
    assert "--yes" in said.err
    assert stack.tomcat("worker1").version == "1.0"


@pytest.mark.parametrize(
    ("keys", "status", "version", "words"),
    [
        ("y\n", 0, "2.0", "Deployed 2.0"),
        ("n\n", 1, "1.0", "Nothing was done."),
        ("\x03", 1, "1.0", "interrupted; nothing was changed"),
    ],
    ids=["yes", "no", "ctrl-c"],
)
async def test_on_a_terminal_a_deploy_asks_first(
    stack: Stack, keys: str, status: int, version: str, words: str
) -> None:
    take_out_by_hand(stack)
    argv = program(stack.config_file, "deploy", W1, "--", "--no-restart", "2.0")
    async with on_terminal(argv, {"HOME": str(stack.home)}) as terminal:
        await terminal.until("Run it? [y/N]")
        assert "The argument is the version, for example 2.0" in terminal.seen
        terminal.type(keys)
        await terminal.until(words)
        assert await terminal.end() == status
    assert stack.tomcat("worker1").version == version


async def test_the_script_goes_on_when_the_program_is_killed(stack: Stack) -> None:
    take_out_by_hand(stack)
    words = ("deploy", W1, "--yes", "--", "--sleep", "2", "--no-restart", "2.0")
    async with started(stack.config_file, *words) as deploy:
        await deploy.until("Deploying 2.0")
        deploy.signal(signal.SIGKILL)
        assert (await deploy.end()).status == -signal.SIGKILL
    async with asyncio.timeout(30):
        while list(own_processes(stack.directory, "deploy.sh")):
            await asyncio.sleep(0.1)
    assert stack.tomcat("worker1").version == "2.0"
