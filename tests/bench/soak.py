"""An hour of watching, pressed into ten minutes: polls ten times as often, connections that drop, logs that rotate.

What is shown is growth: of memory, of tasks and of open files, between the first and the last fifth of the time.
"""

import asyncio
import gc
import os
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from isdeploy_tui import config
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.follow import LogChunk, follow
from tests.bench.figures import Figure
from tests.bench.fleet import ManyHosts, many_hosts

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))
HOSTS = 10
POLL_SECONDS = 0.2
DROP_SECONDS = 15
ROTATE_SECONDS = 5
LINES_AT_ONCE = 50


@dataclass(slots=True)
class Happened:
    """What went on meanwhile."""

    drops: int = 0
    rotations: int = 0
    written: int = 0
    read: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """This process at one moment: memory in MB, tasks, open files."""

    memory: float
    tasks: int
    files: int


async def measure() -> list[Figure]:
    """Run for ``SECONDS`` and compare the beginning with the end."""
    with many_hosts(HOSTS) as hosts:
        samples, happened = await _soak(hosts)
    fifth = max(1, len(samples) // 5)
    # The first samples see what is built once: connections, channels, caches.
    early, late = samples[fifth : 2 * fifth], samples[-fifth:]
    note = (
        f"{HOSTS} hosts every {POLL_SECONDS} s, {happened.drops} dropped connections, {happened.rotations} rotations, "
        f"{happened.read:,} of {happened.written:,} log lines read"
    )
    before = f"a fifth into {SECONDS:.0f} s"
    return [
        Figure("memory at the end", *_both(early, late, "memory", "MB"), peer=before, note=note),
        Figure("tasks at the end", *_both(early, late, "tasks", ""), peer=before),
        Figure("open files at the end", *_both(early, late, "files", ""), peer=before),
    ]


def _both(early: list[Sample], late: list[Sample], name: str, unit: str) -> tuple[float, str, float]:
    first, last = (statistics.median(getattr(sample, name) for sample in samples) for samples in (early, late))
    return last, unit, first


async def _soak(hosts: ManyHosts) -> tuple[list[Sample], Happened]:
    happened = Happened()
    configuration = config.load(hosts.servers_toml(HOSTS, POLL_SECONDS))
    connections = SshHosts(configuration.ssh_config, configuration.connect_seconds, None)
    monitor = Monitor(Session(configuration, connections))
    log = hosts.directory / "catalina.out"
    log.write_bytes(b"")
    samples = []
    try:
        monitor.subscribe(lambda *_: None)
        monitor.start()
        async with (
            _running(_read(connections, hosts.aliases[0], log, happened)),
            _running(_write(log, happened)),
            _running(_drop(hosts, connections, happened)),
        ):
            end = time.monotonic() + SECONDS
            while time.monotonic() < end:
                await asyncio.sleep(SECONDS / 100)
                samples.append(_sample())
    finally:
        await monitor.aclose()
        await connections.aclose()
    return samples, happened


@asynccontextmanager
async def _running(work: object) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)  # type: ignore[arg-type]
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _read(connections: SshHosts, host: str, log: Path, happened: Happened) -> None:
    async for event in follow(connections.host(host), str(log), lines=0):
        if isinstance(event, LogChunk):
            happened.read += len(event.lines)


async def _write(log: Path, happened: Happened) -> None:
    """Write lines, and rotate by rename and by copy and truncate in turn."""
    rotated = time.monotonic()
    while True:
        with log.open("ab") as file:
            file.write(b"".join(b"INFO line %d\n" % (happened.written + i) for i in range(LINES_AT_ONCE)))
        happened.written += LINES_AT_ONCE
        await asyncio.sleep(0.1)
        if time.monotonic() - rotated > ROTATE_SECONDS:
            rotated = time.monotonic()
            # What was written last must have been read before a truncation takes it away.
            await asyncio.sleep(2)
            happened.rotations += 1
            if happened.rotations % 2:
                log.rename(log.with_suffix(".1"))
                log.write_bytes(b"")
            else:
                os.truncate(log, 0)


async def _drop(hosts: ManyHosts, connections: SshHosts, happened: Happened) -> None:
    while True:
        await asyncio.sleep(DROP_SECONDS)
        happened.drops += len(hosts.sshd.connections())
        hosts.sshd.drop_connections()
        with suppress(RemoteError):
            connections.retry_now()


def _sample() -> Sample:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    files = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 -- no objects while counting
    return Sample(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, len(asyncio.all_tasks()), files)
