"""The lab is what it claims to be: mod_jk behaves here as it does on servers, traps included."""

import asyncio
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from tests.lab.apache import RUN_USER
from tests.lab.command_line import until
from tests.lab.conftest import StartStack
from tests.lab.load import Load
from tests.lab.processes import accepts, own_processes
from tests.lab.programs import program
from tests.lab.scenario import TWO_RULES, Scenario
from tests.lab.stack import Stack, running

WITHOUT_1 = b"/*=balancer_ex1\n"


def get(url: str, cookie: str = "") -> tuple[str, str]:
    """Return the worker that answered and the cookie it set."""
    with urlopen(Request(url, headers={"Cookie": cookie} if cookie else {}), timeout=10) as answer:
        return answer.headers["X-Worker"], (answer.headers["Set-Cookie"] or "").split(";")[0]


def workers_of(url: str, requests: int = 12) -> set[str]:
    """Return who answers new visitors."""
    return {get(url)[0] for _ in range(requests)}


async def settled(stack: Stack) -> float:
    """Wait until every new request follows the map that was just written; return that moment."""
    await asyncio.sleep(stack.scenario.settle_seconds)
    return time.time()


async def test_each_member_gets_its_share_by_the_map(stack: Stack) -> None:
    async with Load(stack.url, quick=6) as load:
        await load.answered(300)
    report = load.report()
    assert report.failures == ()
    assert set(report.workers) == set(stack.scenario.workers)
    assert min(report.workers.values()) > report.requests / 3 * 0.8


async def test_a_member_swapped_out_gets_no_request_after_the_settle_time(stack: Stack) -> None:
    async with Load(stack.url, quick=20, slow=4, slow_ms=(100, 300)) as load:
        await load.answered(50)
        stack.apache.write_map(WITHOUT_1)
        drained = await settled(stack)
        await load.answered(300)
    report = load.report()
    assert report.failures == ()
    assert report.workers["worker1"] > 0
    assert set(report.between(drained).workers) == {"worker2", "worker3"}
    logged = [request for request in stack.apache.requests() if request.began > drained]
    assert len(logged) >= 300
    assert {request.member for request in logged} == {"worker2", "worker3"}
    assert {request.balancer for request in logged} == {"balancer_ex1"}


async def test_a_second_write_with_the_same_whole_second_is_never_seen(stack: Stack) -> None:
    second = int(time.time())
    stack.apache.write_map(WITHOUT_1, mtime=second)
    await settled(stack)
    assert "worker1" not in workers_of(stack.url)
    stack.apache.write_map(b"/*=balancer\n", mtime=second)
    await settled(stack)
    assert "worker1" not in workers_of(stack.url)
    stack.apache.write_map(b"/*=balancer\n", mtime=second + 1)
    await settled(stack)
    assert "worker1" in workers_of(stack.url)


async def test_sessions_stay_with_a_disabled_member_and_leave_a_stopped_one(stack: Stack) -> None:
    cookies = dict(get(f"{stack.url}/?session=1") for _ in range(12))
    mine = cookies["worker1"]
    assert {get(stack.url, mine)[0] for _ in range(6)} == {"worker1"}

    stack.apache.write_map(b"/*=balancer;disabled=worker1\n")
    await settled(stack)
    assert "worker1" not in workers_of(stack.url)
    assert {get(stack.url, mine)[0] for _ in range(6)} == {"worker1"}

    stack.apache.write_map(b"/*=balancer;stopped=worker1\n")
    await settled(stack)
    assert "worker1" not in {get(stack.url, mine)[0] for _ in range(6)}


async def test_jkstatus_shows_the_rule_and_not_the_activation_of_a_stopped_member(stack: Stack) -> None:
    assert stack.apache.jkstatus()["worker.worker1.state"].startswith("OK")
    stack.apache.write_map(b"/*=balancer;stopped=worker1\n")
    await settled(stack)
    status = stack.apache.jkstatus()
    assert status["worker.balancer.map.1.stopped"] == "worker1"
    assert status["worker.worker1.activation"] == "ACT"


async def test_jkstatus_counts_requests_in_flight(stack: Stack) -> None:
    assert in_flight(stack) == 0
    async with Load(stack.url, quick=0, slow=6, slow_ms=(1000, 1000)):
        await until(lambda: in_flight(stack) == 6)
    await until(lambda: in_flight(stack) == 0)


def in_flight(stack: Stack) -> int:
    """Requests on all members, as jkstatus counts them."""
    status = stack.apache.jkstatus()
    return sum(int(status[f"worker.{name}.busy"]) for name in stack.scenario.workers)


@pytest.mark.skipif(os.geteuid() != 0, reason="httpd's children are the user itself when root does not start httpd")
async def test_the_children_read_the_map_as_their_own_user(stack: Stack) -> None:
    children = [pid for pid in own_processes(stack.directory) if _runs_as(pid, RUN_USER, "apache2")]
    assert children
    shutil.chown(stack.apache.map, group=RUN_USER)
    stack.apache.map.chmod(0o640)
    stack.apache.write_map(WITHOUT_1)
    await settled(stack)
    assert workers_of(stack.url) == {"worker2", "worker3"}


def _runs_as(pid: int, user: str, command: str) -> bool:
    entry = Path(f"/proc/{pid}")
    return entry.owner() == user and (entry / "comm").read_text().strip() == command


async def test_every_vhost_and_rule_follows_the_map_under_prefork(start_stack: StartStack) -> None:
    stack = start_stack(
        Scenario(tomcats=2, apaches=2, mpm="prefork", second_vhost=True, direct_vhosts=True, map_lines=TWO_RULES)
    )
    apache, other = stack.apaches
    second = f"http://127.0.0.1:{apache.second_port}"
    places = [apache.url, f"{apache.url}/reports/1", second, f"{second}/reports/1"]
    assert all(workers_of(place) == {"worker1", "worker2"} for place in places)
    apache.write_map(b"/*=balancer_ex1\n/reports/*=balancer\n")
    await settled(stack)
    assert [workers_of(place) for place in places] == [{"worker2"}, {"worker1", "worker2"}] * 2
    assert workers_of(other.url) == {"worker1", "worker2"}
    assert workers_of(f"http://127.0.0.1:{apache.direct_ports['worker1']}") == {"worker1"}


async def test_a_load_sees_what_is_lost_with_a_tomcat_that_stops_under_requests(stack: Stack) -> None:
    async with Load(stack.url, quick=2, slow=9, slow_ms=(4000, 4000)) as load:
        await until(lambda: in_flight(stack) >= 9)
        # Time for the half of each answer that comes first.
        await asyncio.sleep(1)
        killed = time.time()
        os.kill(int((stack.tomcat("worker1").base / "tomcat.pid").read_text()), signal.SIGKILL)
    report = load.report()
    assert 1 <= len(report.failures) <= 9
    assert all(failure.began < killed < failure.ended for failure in report.failures)
    assert "worker1 began is not whole" in str(report)


async def test_a_load_counts_each_status_and_refused_connections(stack: Stack) -> None:
    async with Load(stack.url, quick=4) as load:
        await load.answered(20)
        stack.apache.write_map(b"/*=nobody\n")
        wrong = await settled(stack)
        await until(lambda: bool(load.report().between(wrong).failures))
        stack.apache.stop()
        stopped = time.time()
        await until(lambda: bool(load.report().between(stopped).failures))
    report = load.report()
    assert set(report.between(wrong, stopped).statuses) >= {500}
    assert set(report.between(stopped).statuses) == {0}
    assert sum(report.statuses.values()) == report.requests == len(report.answers) + len(report.failures)


def test_a_deployed_version_shows_once_its_tomcat_was_restarted(stack: Stack) -> None:
    tomcat = stack.tomcat("worker2")
    subprocess.run([tomcat.deploy_script, "--no-restart", "2.0"], check=True, stdout=subprocess.DEVNULL)
    assert _versions(stack) == {"1.0"}
    done = subprocess.run([tomcat.deploy_script, "2.0"], check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout.splitlines()[-1] == "Deployed 2.0"
    assert "Server startup in [" in done.stdout
    assert _versions(stack) == {"1.0", "2.0"}


def _versions(stack: Stack) -> set[str]:
    found = set()
    for _ in range(9):
        with urlopen(stack.url, timeout=10) as answer:
            found.add(answer.headers["X-Version"])
    return found


def test_the_deploy_script_misbehaves_as_asked(stack: Stack) -> None:
    script = str(stack.tomcat("worker1").deploy_script)
    failed = subprocess.run([script, "--exit", "7", "2.0"], capture_output=True, text=True)
    assert (failed.returncode, failed.stderr) == (7, "cannot unpack 2.0\n")
    loud = subprocess.run([script, "--print", "10485760", "--no-restart", "1.0"], stdout=subprocess.PIPE, check=True)
    assert len(loud.stdout) > 10_485_760
    with subprocess.Popen(
        [script, "--linger", "--no-restart", "1.0"], stdout=subprocess.PIPE, start_new_session=True
    ) as lingering:
        assert lingering.wait(30) == 0
        with pytest.raises(subprocess.TimeoutExpired):
            lingering.communicate(timeout=0.5)
        os.killpg(lingering.pid, signal.SIGKILL)


def test_each_machine_answers_under_its_alias_with_the_labs_home(stack: Stack) -> None:
    for alias in ("web1", "was1", "was3"):
        command = [program("ssh"), "-F", str(stack.ssh_config), alias, "echo $HOME"]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert (done.stdout, done.stderr) == (f"{stack.home}\n", "")


def test_nothing_is_left_after_the_end() -> None:
    with running(Scenario(tomcats=1, exclusion_balancers=False)) as stack:
        assert list(own_processes(stack.directory))
        ports = [stack.apache.port, stack.tomcats[0].port, stack.machines["web1"].port]
        assert all(map(accepts, ports))
    assert list(own_processes(stack.directory)) == []
    assert not stack.directory.exists()
    assert not any(map(accepts, ports))
