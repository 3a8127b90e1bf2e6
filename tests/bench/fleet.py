"""Many hosts on one machine: ssh aliases of one real sshd, each with a map of its own and five answering connectors."""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import tomli_w

from tests.bench.processes import cpu
from tests.lab.programs import free_ports
from tests.lab.responders import responders
from tests.lab.sshd import Sshd, SshKeys

WORKERS = tuple(f"worker{number}" for number in range(1, 6))


@dataclass(frozen=True, slots=True)
class ManyHosts:
    """``aliases`` of one sshd; ``maps`` are their files, in the same order."""

    directory: Path
    sshd: Sshd
    aliases: tuple[str, ...]
    maps: tuple[Path, ...]
    ports: tuple[int, ...]

    @property
    def ssh_config(self) -> Path:
        """The ssh_config with all the aliases."""
        return self.directory / "ssh_config"

    def server_cpu(self) -> float:
        """Return the seconds of a core that the sessions of the sshd have used, with all that has ended below them."""
        return cpu(self.sshd.connections())

    def servers_toml(self, hosts: int, poll_seconds: float = 2, log: Path | None = None) -> Path:
        """Write a servers.toml with the first so many hosts, an Apache each, and return its path.

        All Tomcats have the same ``log``.
        """
        more = {} if log is None else {"log": str(log)}
        apaches = [
            {
                "name": alias,
                "ssh": alias,
                "map": str(path),
                "workers_file": str(path.with_name("workers.properties")),
                "worker": [{"name": worker, **more} for worker in WORKERS],
            }
            for alias, path in zip(self.aliases[:hosts], self.maps, strict=False)
        ]
        data = {
            "poll_seconds": poll_seconds,
            "connect_seconds": 60,
            "ssh_config": str(self.ssh_config),
            "service": [{"name": "shop", "environment": "test", "apache": apaches}],
        }
        file = self.directory / f"servers-{hosts}.toml"
        file.write_text(tomli_w.dumps(data))
        return file


@contextmanager
def many_hosts(count: int) -> Iterator[ManyHosts]:
    """Give so many hosts while the context lasts. The connectors answer from a process of their own."""
    with tempfile.TemporaryDirectory(prefix="isd-bench-") as name, _connectors() as ports:
        directory = Path(name)
        sshd = Sshd("all", directory / "sshd", next(free_ports()), SshKeys(directory / "keys"), directory / "home")
        sshd.trust()
        aliases = tuple(f"host{number:03}" for number in range(count))
        (directory / "ssh_config").write_text("".join(map(sshd.alias, aliases)))
        maps = tuple(_files(directory / alias, ports) for alias in aliases)
        sshd.start()
        try:
            yield ManyHosts(directory, sshd, aliases, maps, ports)
        finally:
            sshd.stop()


def _files(directory: Path, ports: tuple[int, ...]) -> Path:
    directory.mkdir()
    members = ",".join(WORKERS)
    lines = ["worker.list=balancer", "worker.balancer.type=lb", f"worker.balancer.balance_workers={members}"]
    for worker, port in zip(WORKERS, ports, strict=True):
        lines += [f"worker.{worker}.{key}" for key in ("type=ajp13", "host=127.0.0.1", f"port={port}")]
    (directory / "workers.properties").write_text("\n".join(lines) + "\n")
    rules = directory / "uriworkermap.properties"
    rules.write_text("# Which requests go to which balancer.\n/*=balancer\n")
    return rules


@contextmanager
def _connectors() -> Iterator[tuple[int, ...]]:
    process = subprocess.Popen(
        [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    try:
        yield tuple(map(int, process.stdout.readline().split()))
    finally:
        process.stdin.close()
        process.wait()


async def _answer() -> None:
    async with responders(WORKERS) as ports:
        print(*ports.values(), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_answer())
