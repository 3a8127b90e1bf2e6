"""Maps written over a real sshd, beneath a real httpd that serves visitors all the while."""

import asyncio
import hashlib
import os
import shutil
import stat
import time
from collections.abc import AsyncIterator
from urllib.request import urlopen

import pytest

from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import MapConflictError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.remote.mapwrite import swap_map
from tests.lab.apache import RUN_USER
from tests.lab.conftest import StartStack
from tests.lab.load import Load
from tests.lab.scenario import Scenario
from tests.lab.stack import Stack

HOME, WITHOUT_1 = b"/*=balancer\n", b"/*=balancer_ex1\n"


@pytest.fixture
async def connect() -> AsyncIterator["Connect"]:
    """A function that connects to the machine of a stack's first Apache."""
    connections = Connect()
    yield connections
    await connections.aclose()


class Connect:
    def __init__(self) -> None:
        self._opened: list[SshHosts] = []

    def __call__(self, stack: Stack) -> Host:
        self._opened.append(SshHosts(str(stack.ssh_config)))
        return self._opened[-1].host(stack.apache.name)

    async def aclose(self) -> None:
        for hosts in self._opened:
            await hosts.aclose()


async def write(host: Host, stack: Stack, new: bytes) -> int:
    """Read the map and replace it; return the new one's mtime."""
    read = await read_file(host, str(stack.apache.map))
    return (await swap_map(host, str(stack.apache.map), expected=read.sha256, new=new)).mtime


def workers_of(url: str, requests: int = 12) -> set[str]:
    """Return who answers."""
    found = set()
    for _ in range(requests):
        with urlopen(url, timeout=10) as answer:
            found.add(answer.headers["X-Worker"])
    return found


async def test_fifty_visitors_notice_nothing_of_many_writes(stack: Stack, connect: Connect) -> None:
    host = connect(stack)
    async with Load(stack.url, quick=45, slow=5, slow_ms=(200, 800)) as load:
        await load.answered(50)
        for _ in range(4):
            await write(host, stack, WITHOUT_1)
            await load.answered(150)
            await write(host, stack, HOME)
            await load.answered(150)
        await write(host, stack, WITHOUT_1)
        await asyncio.sleep(stack.scenario.settle_seconds)
        drained = time.time()
        await load.answered(200)
        undrained = time.time()
        await write(host, stack, HOME)
        await asyncio.sleep(stack.scenario.settle_seconds)
        restored = time.time()
        await load.answered(200)
    report = load.report()
    assert report.failures == ()
    assert set(report.between(drained, undrained).workers) == {"worker2", "worker3"}
    assert set(report.between(restored).workers) == {"worker1", "worker2", "worker3"}
    assert stack.apache.map.read_bytes() == HOME


async def test_a_drain_and_a_restore_within_one_second_both_reach_httpd(stack: Stack, connect: Connect) -> None:
    host = connect(stack)
    for _ in range(3):
        drained = await write(host, stack, WITHOUT_1)
        # jkstatus makes the child that answers load the map at once, so that the restore meets children that have it.
        for _ in range(4):
            assert stack.apache.jkstatus()["worker.balancer_ex1.map_count"] == "1"
        restored = await write(host, stack, HOME)
        assert restored > drained
    await asyncio.sleep(stack.scenario.settle_seconds)
    known = len(stack.apache.requests())
    assert workers_of(stack.url, 40) == {"worker1", "worker2", "worker3"}
    assert {request.balancer for request in stack.apache.requests()[known:]} == {"balancer"}


async def test_owner_mode_and_link_stay_and_httpd_reads_the_new_map(start_stack: StartStack, connect: Connect) -> None:
    stack = start_stack(Scenario(tomcats=2, map_is_symlink=True))
    link, target = stack.apache.map, stack.apache.map.resolve()
    if os.geteuid() == 0:
        shutil.chown(target, group=RUN_USER)
    target.chmod(0o640)
    before = target.stat()
    await write(connect(stack), stack, WITHOUT_1)
    after = target.stat()
    assert link.is_symlink()
    assert link.resolve() == target
    assert target.read_bytes() == WITHOUT_1
    assert stat.S_IMODE(after.st_mode) == 0o640
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    await asyncio.sleep(stack.scenario.settle_seconds)
    assert workers_of(stack.url) == {"worker2"}


async def test_a_hand_edit_between_read_and_write_is_a_conflict_and_stays(stack: Stack, connect: Connect) -> None:
    host, path = connect(stack), stack.apache.map
    read = await read_file(host, str(path))
    by_hand = b"# do not touch before noon\n/*=balancer\n"
    stack.apache.write_map(by_hand)
    known = path.stat()
    with pytest.raises(MapConflictError):
        await swap_map(host, str(path), expected=read.sha256, new=WITHOUT_1)
    assert path.read_bytes() == by_hand
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (known.st_ino, known.st_mtime_ns)
    assert read.sha256 == hashlib.sha256(stack.apache.map_bytes).hexdigest()
