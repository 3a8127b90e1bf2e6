"""The embedded world: servers to deploy to that exist inside this process and in one temporary directory."""

import asyncio
import os
import secrets
import stat
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory, gettempdir
from typing import Self

from isdeploy_tui import config
from isdeploy_tui.config import Config
from isdeploy_tui.demo import processes, sites
from isdeploy_tui.demo.balancer import Apache
from isdeploy_tui.demo.children import MapFile
from isdeploy_tui.demo.clock import Clock
from isdeploy_tui.demo.frontend import Frontend
from isdeploy_tui.demo.logfiles import AccessLog
from isdeploy_tui.demo.sshd import COMMAND_PATH, Account, Sshd
from isdeploy_tui.demo.tomcat import Tomcat
from isdeploy_tui.demo.visitors import Visitors
from isdeploy_tui.modjk.workers import parse_workers
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.host import Hosts

VISITORS_PER_SECOND = 45.0


@dataclass(frozen=True, slots=True)
class WorldStatus:
    """What became of the visitors' requests so far."""

    served: int
    lost: int
    under_way: int

    def __str__(self) -> str:
        return f"{self.served:,} served, {self.lost:,} lost"


class World:
    """Two services, three Apaches, eight workers, five Tomcats and their visitors, for as long as the context lasts.

    ``seed`` makes everything that is drawn repeatable; ``speed`` lets the world's time run faster than the wall's
    (deploys, Tomcats, visitors and the Apaches' looks at their maps; not what the program itself waits for).
    Leaving the context ends every process that was started on the servers and removes the directory.
    """

    config: Config
    hosts: Hosts

    def __init__(
        self, seed: int | None = None, speed: float = 1.0, visitors_per_second: float = VISITORS_PER_SECOND
    ) -> None:
        self.clock = Clock(speed)
        self.apaches: dict[str, Apache] = {}
        self.tomcats: dict[str, Tomcat] = {}
        self.directory = Path()
        self._seed = secrets.randbits(32) if seed is None else seed
        self._per_second = visitors_per_second
        self._frontends: dict[str, Frontend] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            self.directory = Path(stack.enter_context(TemporaryDirectory(prefix="isdeploy-demo-", dir=_place())))
            mark = self.directory.name
            stack.push_async_callback(processes.end_all, mark)
            homes = sites.lay_out(self.directory, pause=self.clock.real(0.25))
            await self._start_tomcats(stack)
            await self._start_apaches(stack)
            self.sshd = Sshd(
                {name: Account(home, _environment(home, mark)) for name, home in homes.items()}, self._port
            )
            stack.push_async_callback(self.sshd.aclose)
            await self.sshd.start()
            toml = self.directory / "servers.toml"
            toml.write_text(sites.servers_toml(self.directory), "utf-8")
            self.config = config.load(toml)
            self.hosts = SshHosts(
                None, self.config.connect_seconds, overrides={name: self.sshd.client_options(name) for name in homes}
            )
            stack.push_async_callback(self.hosts.aclose)
            self._start_visitors(stack)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    def status(self) -> WorldStatus:
        """Return what became of the visitors so far."""
        return WorldStatus(self.visitors.served, self.visitors.lost, self.visitors.under_way)

    def suggested_version(self, tomcat: str) -> str:
        """Return the version that is ready to be deployed to a Tomcat."""
        return self.tomcats[tomcat].application.next_version

    async def restart_tomcat(self, name: str) -> None:
        """Stop and start a Tomcat whatever is routed to it, as a careless person would."""
        await self.tomcats[name].stop()
        await self.tomcats[name].start()

    def _random(self, what: str) -> Random:
        return Random(f"{self._seed} {what}")

    async def _start_tomcats(self, stack: AsyncExitStack) -> None:
        for site in sites.TOMCATS:
            tomcat = Tomcat(
                site.name,
                site.application,
                site.base(self.directory),
                site.ajp_port,
                self.clock,
                self._random(site.name),
            )
            self.tomcats[site.name] = tomcat
            stack.push_async_callback(tomcat.aclose)
            await tomcat.boot()

    async def _start_apaches(self, stack: AsyncExitStack) -> None:
        for site in sites.APACHES:
            apache = Apache(
                site.name,
                MapFile(site.map_path(self.directory), sites.RELOAD_SECONDS),
                parse_workers(site.workers_path(self.directory).read_bytes()),
                {member: self.tomcats[tomcat] for member, tomcat in site.members},
                site.application,
                AccessLog(site.access_log(self.directory), self.clock),
                self.clock,
                self._random(site.name),
            )
            stack.callback(apache.close)
            self.apaches[site.name] = apache
            frontend = Frontend(apache, sites.checked(site.name))
            self._frontends[site.name] = frontend
            stack.push_async_callback(frontend.aclose)
            await frontend.start()

    def _start_visitors(self, stack: AsyncExitStack) -> None:
        shares = [(self.apaches[site.name], site.visitors_share) for site in sites.APACHES]
        self.visitors = Visitors(shares, self._per_second, self.clock, self._random("visitors"))
        coming = asyncio.create_task(self.visitors.run(), name="visitors")
        stack.push_async_callback(_end, coming)

    def _port(self, server: str, address: str, port: int) -> int | None:
        """Where a connection from one of the servers really goes (``sshd.Forward``)."""
        if address in ("127.0.0.1", "localhost", "::1"):
            address = server
        for site in sites.TOMCATS:
            if (site.server, site.ajp_port) == (address, port):
                return self.tomcats[site.name].port
        frontend = self._frontends.get(server)
        if frontend and port == sites.HTTP_PORT and (address == server or address in sites.checked(server)):
            return frontend.port
        raise LookupError(f"{address}:{port}")


def _place() -> str | None:
    """Where the directory goes: usually where temporary files go; /tmp when that is closed to everybody else.

    Directories of one's own (pam_tmpdir) are; a real httpd on this machine would then seem unable to read the maps.
    """
    usual = Path(gettempdir()).resolve()
    is_open = all(folder.stat().st_mode & stat.S_IXOTH for folder in (usual, *usual.parents))
    return None if is_open or not os.access("/tmp", os.W_OK | os.X_OK) else "/tmp"


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _environment(home: Path, mark: str) -> dict[str, str]:
    environment = {
        "HOME": str(home),
        "PATH": COMMAND_PATH,
        "USER": "deploy",
        "LOGNAME": "deploy",
        "SHELL": "/bin/sh",
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
    }
    return processes.marked(environment, mark)
