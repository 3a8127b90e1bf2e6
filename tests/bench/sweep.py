"""A status round over many hosts with five workers each, beside tools that only read the same file on each of them.

All hosts are aliases of one real sshd on this machine, so what the servers do is paid by the same cores; a peer reads
the map, we read the map, workers.properties and the leases, and ask every connector with CPING.
"""

import asyncio
import resource
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from isdeploy_tui import config
from isdeploy_tui.engine.fleet import Fleet, Health
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.mapread import Watch, watch_files
from tests.bench.figures import Figure
from tests.bench.fleet import ManyHosts, many_hosts

SIZES = (1, 10, 50, 200)
ROUNDS = 5
WATCHED_SECONDS = 20
POLL_SECONDS = 2
AT_ONCE = 32
"""Processes that a peer runs side by side."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds on the clock, and seconds of a core in this process and the children that have ended."""

    seconds: float
    cpu: float


async def measure() -> list[Figure]:
    """Measure all sizes."""
    figures = []
    for size in SIZES:
        with many_hosts(size) as hosts:
            figures += await _measure(hosts)
    return figures


async def _measure(hosts: ManyHosts) -> list[Figure]:
    size = len(hosts.aliases)
    name = f"{size} host{'s' if size > 1 else ''}"
    first, steady, read, share, servers = await _ours(hosts)
    plain = await clocked(lambda: each(plain_reads(hosts)))
    async with _Masters(hosts) as masters:
        kept = await clocked(lambda: each(masters.commands()))
    figures = [
        Figure(f"{name}: first round", first.seconds, "s", plain.seconds, "plain ssh", f"{first.cpu:.2f} s of a core"),
        Figure(f"{name}: steady round", steady.seconds, "s", kept.seconds, "ssh, ControlMaster", f"{size * 5} CPINGs"),
        Figure(f"{name}: steady round, our CPU", steady.cpu, "s", kept.cpu, "ssh, ControlMaster"),
        Figure(f"{name}: the maps alone", read.seconds, "s", kept.seconds, "ssh, ControlMaster"),
        Figure(f"{name}: the maps alone, our CPU", read.cpu, "s", kept.cpu, "ssh, ControlMaster"),
    ]
    if shutil.which("parallel-ssh"):
        pssh = await clocked(lambda: each([_pssh(hosts)]))
        figures.append(Figure(f"{name}: steady round", steady.seconds, "s", pssh.seconds, "pssh"))
    if shutil.which("ansible"):
        ansible = await clocked(lambda: each([_ansible(hosts)]))
        figures.append(Figure(f"{name}: steady round", steady.seconds, "s", ansible.seconds, "ansible -m command"))
    for tool in ("parallel-ssh", "ansible"):
        if not shutil.which(tool):
            figures.append(Figure(f"{name}: {tool} is left out", 0, "", note="it is not installed"))
    # As often as we look, so much more would the best of the peers cost.
    peer = 100 * kept.cpu / POLL_SECONDS
    return [
        *figures,
        Figure(f"{name}: watching every 2 s", 100 * share, "% of a core", peer, "ssh, ControlMaster, as often"),
        Figure(f"{name}: watching, each host", 100 * share / size, "% of a core", peer / size, "the same"),
        Figure(f"{name}: watching, on the server", 100 * servers / size, "% of a core", note="each host"),
    ]


async def _ours(hosts: ManyHosts) -> tuple[Cost, Cost, Cost, float, float]:
    """Return the first round, the medians of the steady ones and of what peers do, and the shares while watching."""
    size = len(hosts.aliases)
    configuration = config.load(hosts.servers_toml(size, POLL_SECONDS))
    connections = SshHosts(configuration.ssh_config, configuration.connect_seconds, None)
    monitor = Monitor(Session(configuration, connections))
    try:
        first = await clocked(lambda: _round(monitor))
        steady = await _median(lambda: _round(monitor))
        async with _watching_maps(hosts, connections) as watches:
            await _look(watches)
            read = await _median(lambda: _look(watches))
        monitor.start()
        await asyncio.sleep(2 * configuration.poll_seconds)
        server, watched = hosts.server_cpu(), time.process_time()
        await asyncio.sleep(WATCHED_SECONDS)
        share = (time.process_time() - watched) / WATCHED_SECONDS
        return first, steady, read, share, (hosts.server_cpu() - server) / WATCHED_SECONDS
    finally:
        await monitor.aclose()
        await connections.aclose()


async def _round(monitor: Monitor) -> None:
    fleet: Fleet = await monitor.refresh()
    states = {(worker.rotation, worker.health) for worker in fleet.workers.values()}
    assert states == {(Rotation.ACTIVE, Health.UP)}, states


@asynccontextmanager
async def _watching_maps(hosts: ManyHosts, connections: SshHosts) -> AsyncIterator[list[Watch]]:
    """Give a watch of each host's map alone: what the peers read."""
    async with AsyncExitStack() as stack:
        pairs = zip(hosts.aliases, hosts.maps, strict=True)
        watching = (watch_files(connections.host(alias), [str(path)]) for alias, path in pairs)
        yield [await stack.enter_async_context(watch) for watch in watching]


async def _look(watches: Sequence[Watch]) -> None:
    await asyncio.gather(*(watch.poll() for watch in watches))


async def _median(work: Callable[[], Awaitable[None]]) -> Cost:
    rounds = [await clocked(work) for _ in range(ROUNDS)]
    return sorted(rounds, key=lambda cost: cost.seconds)[ROUNDS // 2]


async def clocked(work: Callable[[], Awaitable[None]]) -> Cost:
    """Return what this work costs, with the processes that it starts and that end."""
    started, cpu = time.perf_counter(), _cpu()
    await work()
    return Cost(time.perf_counter() - started, _cpu() - cpu)


def _cpu() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def plain_reads(hosts: ManyHosts) -> list[list[str]]:
    """The read of every host's map by a connection of its own."""
    pairs = zip(hosts.aliases, hosts.maps, strict=True)
    return [["ssh", "-F", str(hosts.ssh_config), alias, f"cat {path}"] for alias, path in pairs]


class _Masters:
    """A kept connection for each host, as ControlMaster and ControlPersist give it."""

    def __init__(self, hosts: ManyHosts) -> None:
        self._hosts = hosts
        self._options = ["-o", f"ControlPath={hosts.directory}/cm-%n"]

    async def __aenter__(self) -> "_Masters":
        options = [*self._options, "-o", "ControlMaster=yes", "-o", "ControlPersist=600"]
        await each([[*command[:3], *options, *command[3:]] for command in plain_reads(self._hosts)])
        return self

    async def __aexit__(self, *_: object) -> None:
        await each([[*command[:3], *self._options, "-O", "exit", command[3]] for command in plain_reads(self._hosts)])

    def commands(self) -> list[list[str]]:
        """The read of every host's map over the kept connections."""
        return [[*command[:3], *self._options, *command[3:]] for command in plain_reads(self._hosts)]


def _pssh(hosts: ManyHosts) -> list[str]:
    names = hosts.directory / "pssh-hosts"
    names.write_text("".join(f"{alias}\n" for alias in hosts.aliases))
    options = ["-h", str(names), "-p", str(AT_ONCE), "-i", "-x", f"-F {hosts.ssh_config}"]
    return ["parallel-ssh", *options, f"cat {hosts.maps[0]}"]


def _ansible(hosts: ManyHosts) -> list[str]:
    inventory = hosts.directory / "inventory"
    arguments = f"-F {hosts.ssh_config} -o ControlMaster=auto -o ControlPersist=60"
    inventory.write_text("".join(f"{alias} ansible_ssh_common_args='{arguments}'\n" for alias in hosts.aliases))
    return ["ansible", "-i", str(inventory), "-f", str(AT_ONCE), "all", "-m", "command", "-a", f"cat {hosts.maps[0]}"]


async def each(commands: Sequence[Sequence[str]]) -> None:
    """Run all commands, ``AT_ONCE`` at a time. Raises CalledProcessError."""
    places = asyncio.Semaphore(AT_ONCE)

    async def run(command: Sequence[str]) -> None:
        async with places:
            process = await asyncio.create_subprocess_exec(
                *command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            output, _ = await process.communicate()
            if process.returncode:
                raise subprocess.CalledProcessError(process.returncode or 0, list(command), output)

    await asyncio.gather(*map(run, commands))
