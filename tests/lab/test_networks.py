"""Machines that hang and lines that drop everything: known as such soon, what was done is told, and it passes."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from isdeploy_tui import config
from isdeploy_tui.config import ApacheId, WorkerId
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.connections import SshHosts
from tests.lab.afterwards import leases
from tests.lab.command_line import isdeploy, started, until
from tests.lab.conftest import StartStack
from tests.lab.line import over_a_line
from tests.lab.load import Load
from tests.lab.processes import own_processes
from tests.lab.scenario import Scenario
from tests.lab.screen import on_screen
from tests.lab.stack import Stack
from tests.lab.test_bad_input import Untouched, locked
from tests.lab.watched import marking_scripts

KNOWN_SECONDS = 15.0
"""Within this time a host that says nothing more is known as such."""

WEB1, WEB2 = ApacheId("shop", "web1"), ApacheId("shop", "web2")
W1 = WorkerId("shop", "web1", "worker1")


@dataclass(slots=True)
class Silence:
    """How a machine is made to say nothing more, and to speak again; ``config`` is the servers.toml to reach it by."""

    config: Path
    begin: Callable[[], None]
    end: Callable[[], None]


@asynccontextmanager
async def silence(stack: Stack, machine: str, how: str, folder: Path) -> AsyncIterator[Silence]:
    """Yield a machine that can be frozen (its sshd is stopped) or have its line drop everything."""
    if how == "frozen":
        sshd = stack.machines[machine]
        try:
            yield Silence(stack.config_file, sshd.freeze, sshd.thaw)
        finally:
            sshd.thaw()
    else:
        async with over_a_line(stack, machine, folder) as (line, file):
            yield Silence(file, line.fall_silent, line.speak)


@asynccontextmanager
async def monitored(file: Path) -> AsyncIterator[Monitor]:
    """Yield a monitor that polls, as the screen has it."""
    configuration = config.load(file)
    hosts = SshHosts(configuration.ssh_config, configuration.connect_seconds)
    monitor = Monitor(Session(configuration, hosts))
    monitor.start()
    try:
        yield monitor
    finally:
        await monitor.aclose()
        await hosts.aclose()


@asynccontextmanager
async def lateness() -> AsyncIterator[list[float]]:
    """Yield the seconds by which this process itself was late at worst: on a busy machine that is nobody's fault."""
    worst = [0.0]

    async def tick() -> None:
        loop = asyncio.get_running_loop()
        while True:
            before = loop.time()
            await asyncio.sleep(0.1)
            worst[0] = max(worst[0], loop.time() - before - 0.1)

    ticking = asyncio.create_task(tick())
    try:
        yield worst
    finally:
        ticking.cancel()


@pytest.mark.parametrize("how", ["frozen", "dropped"])
async def test_who_says_nothing_more_is_unknown_soon_with_what_was_known_and_comes_back(
    start_stack: StartStack, tmp_path: Path, how: str
) -> None:
    stack = start_stack(Scenario(apaches=2, tomcats=2))
    # Somebody is out, so that the journal and the runs are asked for, too.
    assert (await isdeploy(stack.config_file, "drain", str(W1), "--no-wait")).status == 0
    loop = asyncio.get_running_loop()
    async with silence(stack, "web1", how, tmp_path) as quiet, monitored(quiet.config) as monitor, lateness() as late:
        for _ in range(2):
            await until(lambda: monitor.fleet.workers[W1].rotation is Rotation.STOPPED)
            await asyncio.sleep(random.uniform(0, 1.2))
            seen = monitor.fleet.apaches[WEB1].seen
            began = loop.time()
            quiet.begin()
            await until(lambda: monitor.fleet.workers[W1].rotation is Rotation.UNKNOWN)
            assert loop.time() - began - 3 * late[0] < KNOWN_SECONDS
            state = monitor.fleet.workers[W1]
            assert (state.last, state.error.partition(":")[0]) == (Rotation.STOPPED, "web1")
            assert 0 <= monitor.fleet.apaches[WEB1].seen - seen < 2 + late[0]
            elsewhere = monitor.fleet.apaches[WEB2].seen
            await until(lambda elsewhere=elsewhere: monitor.fleet.apaches[WEB2].seen > elsewhere)  # type: ignore[misc]
            assert not monitor.fleet.apaches[WEB2].error
            quiet.end()
        await until(lambda: monitor.fleet.workers[W1].rotation is Rotation.STOPPED)


async def test_the_screen_shows_what_was_known_and_how_old_it_is(stack: Stack, tmp_path: Path) -> None:
    async with silence(stack, "web1", "dropped", tmp_path) as quiet, on_screen(quiet.config) as person:
        await person.until("active")
        await person.point_at(W1)
        quiet.begin()
        await person.until("unknown", "it was active when it", "last read at ", " s ago")
        quiet.end()
        await until(lambda: "unknown" not in person.sees)
        await person.until("3 active")


@pytest.mark.parametrize("how", ["frozen", "dropped"])
async def test_an_operation_on_a_host_that_hangs_fails_soon_and_changes_nothing(
    stack: Stack, tmp_path: Path, how: str
) -> None:
    known = Untouched.now(stack.apache.map)
    async with silence(stack, "web1", how, tmp_path) as quiet:
        quiet.begin()
        said = await isdeploy(quiet.config, "drain", str(W1), "--json")
    assert (said.status, said.steps) == (1, [("plan", "failed")])
    assert "did not answer within 5 s" in said.objects[0]["detail"]
    assert known.holds()


def writers_at(stack: Stack, directory: Path) -> list[int]:
    """The scripts on the servers that wait for the lock of that directory, or have it."""
    found = []
    for pid in own_processes(stack.directory, "sh\0-s"):
        with suppress(OSError):
            found += [pid] if Path(f"/proc/{pid}/fd/9").readlink() == directory else []
    return found


@pytest.mark.parametrize("comes_back", [True, False])
async def test_a_line_that_goes_silent_over_a_write_is_told_as_it_was(
    stack: Stack, tmp_path: Path, comes_back: bool
) -> None:
    home = stack.apache.map.read_bytes()
    async with (
        over_a_line(stack, "web1", tmp_path) as (line, file),
        Load(stack.url, quick=3) as load,
        started(file, "drain", str(W1), "--json") as drain,
    ):
        with locked(stack.apache.map.parent):
            await until(lambda: writers_at(stack, stack.apache.map.parent) != [])
            line.fall_silent()
        # The whole of the write is there already; its answer does not come.
        await until(lambda: stack.apache.map.read_bytes() != home or not comes_back)
        if comes_back:
            line.speak()
        said = await drain.end()
        line.speak()
    if comes_back:
        assert (said.status, said.steps[-1]) == (0, ("settle", "done")), said
        assert leases(stack) == ""
    else:
        assert (said.status, said.steps[-1]) == (1, ("write", "failed")), said
        assert "It is not known whether" in said.objects[-1]["detail"]
        assert "Look at the map before doing anything else." in said.objects[-1]["detail"]
    assert load.report().failures == ()


async def test_a_roll_goes_on_when_the_host_of_a_running_script_speaks_again(stack: Stack, tmp_path: Path) -> None:
    marks, file = marking_scripts(tmp_path, stack)
    marks.hold()
    async with started(file, "roll", str(W1), "--yes", "--", "1") as roll:
        await roll.until("at work")
        stack.machines["was1"].freeze()
        try:
            # Meanwhile the others can be worked on.
            assert (await isdeploy(file, "drain", "shop/web1/worker2", "--no-wait")).status == 0
            assert (await isdeploy(file, "restore", "shop/web1/worker2", "--no-wait")).status == 0
            await asyncio.sleep(18)
        finally:
            stack.machines["was1"].thaw()
        marks.let_go()
        said = await roll.end()
    assert said.status == 0, said.out + said.err
    assert said.out.count("at work\n") == 1
    assert (marks.deployed, leases(stack)) == (["worker1"], "")


async def test_a_log_goes_on_after_a_silence_without_a_line_lost_or_repeated(stack: Stack, tmp_path: Path) -> None:
    log = stack.tomcat("worker1").log
    mark = len(log.read_text().splitlines())
    async with (
        over_a_line(stack, "was1", tmp_path) as (line, file),
        started(file, "logs", str(W1), "-n", str(mark), "-f") as logs,
    ):
        await until(lambda: len(logs.out.splitlines()) == mark)
        with log.open("a") as writing:
            for number in range(60):
                writing.write(f"word-{number}\n")
                writing.flush()
                if number == 5:
                    line.fall_silent()
                # Longer than the program waits for an answer.
                await asyncio.sleep(0.3)
        await until(lambda: "did not answer" in logs.err or "lost" in logs.err)
        line.speak()
        await logs.until("word-59\n")
        await until(lambda: "no line was missed" in logs.err)
        logs.signal(signal.SIGINT)
        said = await logs.end()
    assert said.out.splitlines()[mark:] == [f"word-{number}" for number in range(60)]
