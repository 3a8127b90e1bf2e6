"""Map writes that are killed at any moment, over a real sshd and beneath an httpd that serves visitors all the while.

What is killed in turn: the shell of the writing script, everything that it runs, the SSH server's connection.
"""

import asyncio
import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import MapWriteError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.remote.mapwrite import swap_map
from tests.lab.apache import RUN_USER
from tests.lab.bastion import connected, scripts_on
from tests.lab.load import Load
from tests.lab.sshd import Sshd
from tests.lab.stack import Stack

HOME, WITHOUT_1 = b"/*=balancer\n", b"/*=balancer_ex1\n"

FREE_AGAIN = 60.0
"""Seconds within which the next writer must get through: no lock may outlive this, and nobody is told of one."""

AT_ONCE, ONCE_IN_PLACE = 0, 1
"""Of six kills one comes as soon as the script runs, one as soon as the new map is in place, the others whenever."""

Kill = Callable[[Sshd, int], None]


def kill_shell(machine: Sshd, script: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(script, signal.SIGKILL)


def kill_all_of_it(machine: Sshd, script: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(script, signal.SIGKILL)


def kill_connection(machine: Sshd, script: int) -> None:
    machine.drop_connections()


WAYS: tuple[Kill, ...] = (kill_shell, kill_all_of_it, kill_connection)


async def beginning(machine: Sshd, before: frozenset[int], writing: "asyncio.Task[str]") -> int:
    """Return the writing script's shell as soon as there is one; 0 when the write has ended already."""
    while not writing.done():
        if found := scripts_on(machine, before):
            return found[0]
        await asyncio.sleep(0.002)
    return 0


async def swapped(host: Host, path: Path, expected: str, new: bytes) -> str:
    """Say what the writer was told."""
    try:
        await swap_map(host, str(path), expected=expected, new=new)
    except MapWriteError as error:
        assert "Nothing was written" in error.sentence
        return "old"
    return "new"


async def gone(group: int) -> None:
    """Wait until nothing of a script runs any more: a rename under way is not undone by its shell's death."""
    while any(_runs(entry, group) for entry in Path("/proc").glob("[0-9]*")):
        await asyncio.sleep(0.01)


def _runs(entry: Path, group: int) -> bool:
    try:
        state, _, its_group, *_ = (entry / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return False
    return int(its_group) == group and state != "Z"


async def time_of(something: Awaitable[object]) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    await something
    return loop.time() - began


@pytest.mark.parametrize("kills", [60, pytest.param(1000, marks=pytest.mark.thorough)])
async def test_killed_at_any_moment_a_write_leaves_a_whole_map_and_tells_the_truth(stack: Stack, kills: int) -> None:
    machine, path = stack.machines["web1"], stack.apache.map
    if os.geteuid() == 0:
        # Only the group makes it readable for httpd: a write that lost it would be noticed by every visitor.
        shutil.chown(path, group=RUN_USER)
        path.chmod(0o640)
    known = path.stat()
    chance = random.Random(kills)
    told: Counter[str] = Counter()
    async with connected(stack) as host, Load(stack.url, quick=6, slow=2, slow_ms=(200, 600), pause=0.02) as load:
        await load.answered(50)
        read = await read_file(host, str(path))
        whole = min([await time_of(read_file(host, str(path))) for _ in range(3)]) * 6
        for number in range(kills):
            old = read.data
            new = WITHOUT_1 if old == HOME else HOME
            before, inode = frozenset(scripts_on(machine)), path.stat().st_ino
            writing = asyncio.create_task(swapped(host, path, read.sha256, new))
            script = await beginning(machine, before, writing)
            if number % 6 == ONCE_IN_PLACE:
                while path.stat().st_ino == inode and not writing.done():
                    await asyncio.sleep(0)
            elif number % 6 != AT_ONCE:
                await asyncio.wait({writing}, timeout=chance.uniform(0, whole))
            in_time = not writing.done()
            if in_time:
                WAYS[(number // 6 + number) % len(WAYS)](machine, script)
            async with asyncio.timeout(FREE_AGAIN):
                word = await writing
                await gone(script)
            told[word if in_time else "too late"] += 1
            assert path.read_bytes() == (old if word == "old" else new), f"kill {number}: told {word}"
            now = path.stat()
            assert (now.st_mode, now.st_uid, now.st_gid) == (known.st_mode, known.st_uid, known.st_gid)
            assert word == "old" or int(now.st_mtime) > int(read.mtime)
            # Keeps the kills spread over the whole of a write on a machine that is busy now and idle then.
            if number % 6 not in (AT_ONCE, ONCE_IN_PLACE):
                whole *= 0.95 if not in_time else 1.01
            async with asyncio.timeout(FREE_AGAIN):
                read = await read_file(host, str(path))
                if number % 10 == 9:
                    assert await swapped(host, path, read.sha256, HOME + b"# %d\n" % number) == "new"
                    assert left_behind(path) == []
                    read = await read_file(host, str(path))
        await load.answered(50)
    assert load.report().failures == (), str(load.report())
    assert told["old"] >= kills // 10, told
    assert told["new"] >= kills // 20, told


def left_behind(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.iterdir() if entry.name not in (path.name, ".isdeploy"))
