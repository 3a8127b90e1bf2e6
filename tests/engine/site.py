"""A small site on this machine: real files, real scripts on local shells, AJP connectors that only answer CPING."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from isdeploy_tui import config
from isdeploy_tui.config import Config, WorkerId
from isdeploy_tui.engine.session import Operator, Session
from isdeploy_tui.modjk.ajp import CPING, CPONG
from tests.remote.local_host import LocalHost, LocalHosts

WORKERS = ("worker1", "worker2", "worker3")
MAP = b"# the shop\n/*=balancer\n/api/*=balancer\n"


class Connector:
    """An AJP connector on a loopback port: answers CPING until it is closed."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in tuple(self._writers):
                writer.transport.abort()
            await self._server.wait_closed()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while await reader.readexactly(len(CPING)) == CPING:
                    writer.write(CPONG)
        finally:
            self._writers.discard(writer)
            writer.close()


@dataclass
class Site:
    """``web1`` (and ``web2`` on the same Tomcats when asked for), with the session to work on it."""

    folder: Path
    config: Config
    session: Session
    hosts: dict[str, LocalHost]
    connectors: dict[str, Connector] = field(default_factory=dict)

    def up(self, apache: str = "web1") -> Path:
        """The file whose absence tells the balancer in front to leave an Apache out."""
        return self.folder / apache / "up"

    def map(self, apache: str = "web1") -> Path:
        return self.folder / apache / "uriworkermap.properties"

    @staticmethod
    def id(worker: str, apache: str = "web1") -> WorkerId:
        return WorkerId("shop", apache, worker)


def _without_httpd(folder: Path) -> Path:
    """Hide the processes of this machine: whichever httpd runs here is none of these sites' and reads no such map."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    (tools / "ps").write_text("#!/bin/sh\n")
    (tools / "ps").chmod(0o755)
    return tools


def _workers_properties(connectors: dict[str, Connector], exclusion: bool) -> str:
    lines = ["worker.list=balancer,balancer_ex1,balancer_ex2,balancer_ex3" if exclusion else "worker.list=balancer"]
    for name, connector in connectors.items():
        lines += [f"worker.{name}.type=ajp13", f"worker.{name}.host=127.0.0.1", f"worker.{name}.port={connector.port}"]
    lines += ["worker.balancer.type=lb", f"worker.balancer.balance_workers={','.join(connectors)}"]
    for number, name in enumerate(connectors, 1):
        if exclusion:
            others = ",".join(other for other in connectors if other != name)
            lines += [f"worker.balancer_ex{number}.type=lb", f"worker.balancer_ex{number}.balance_workers={others}"]
    return "\n".join(lines) + "\n"


def front_keys(folder: Path, apache: str) -> str:
    """A balancer in front that notices at once: out is a file that is moved away."""
    up = folder / apache / "up"
    return (
        f'out_command = ["/bin/mv", "{up}", "{up}.not"]\nin_command = ["/bin/mv", "{up}.not", "{up}"]\n'
        f'state_command = ["/usr/bin/test", "-e", "{up}"]\nout_seconds = 0.1\n'
    )


def _toml(
    folder: Path,
    apaches: tuple[str, ...],
    reload_seconds: float,
    top: str,
    service: str,
    extra: str,
    front: Callable[[Path, str], str] | None,
    shared: bool,
) -> str:
    parts = [f'poll_seconds = 0.2\n{top}[[service]]\nname = "shop"\ncomment = "The argument is the tag"\n{service}']
    for apache in apaches:
        parts.append(
            f'[[service.apache]]\nname = "{apache}"\nssh = "{apache}"\n'
            f'map = "{folder}/{apache}/uriworkermap.properties"\n'
            f'workers_file = "{folder}/{apache}/workers.properties"\nreload_seconds = {reload_seconds}\n'
            + (front(folder, apache) if front else "")
        )
        own = "" if shared else f"{apache}-"
        for name in WORKERS:
            parts.append(
                f'[[service.apache.worker]]\nname = "{name}"\nssh = "was"\nlog = "{folder}/was/{own}{name}.out"\n'
                f'deploy = "{folder}/was/deploy.sh"\n{extra}'
            )
    return "".join(parts)


@asynccontextmanager
async def open_site(
    folder: Path,
    *,
    apaches: tuple[str, ...] = ("web1",),
    exclusion: bool = True,
    reload_seconds: float = 1,
    map_text: bytes = MAP,
    service: str = "quiet_seconds = 0.1\nready_timeout = 5\n",
    extra: str = "",
    top: str = "",
    operator: str = "ops1",
    front: Callable[[Path, str], str] | None = None,
    shared: bool = True,
) -> AsyncIterator[Site]:
    """Yield a site in ``folder``; three workers behind each Apache, all up.

    Not ``shared``: each Apache has Tomcats of its own (which share their connectors). ``front`` returns further keys of
    an Apache; ``top``, ``service`` and ``extra`` are further lines at the top, of the service, of every worker.
    """
    connectors = {name: Connector() for name in WORKERS}
    for connector in connectors.values():
        await connector.open()
    hosts = {}
    for name in (*apaches, "was"):
        home = folder / name
        home.mkdir()
        hosts[name] = LocalHost(name, home=str(home), path=f"{_without_httpd(folder)}:{os.environ['PATH']}")
    for apache in apaches:
        (folder / apache / "up").touch()
        (folder / apache / "uriworkermap.properties").write_bytes(map_text)
        (folder / apache / "workers.properties").write_text(_workers_properties(connectors, exclusion))
    script = folder / "was" / "deploy.sh"
    script.write_text('#!/bin/sh\necho "deploying $*"\nexit "${2:-0}"\n')
    script.chmod(0o755)
    configuration = config.parse(_toml(folder, apaches, reload_seconds, top, service, extra, front, shared))
    session = Session(configuration, LocalHosts(*hosts.values()), Operator(operator, "bastion1"))
    try:
        yield Site(folder, configuration, session, hosts, connectors)
    finally:
        for connector in connectors.values():
            await connector.close()
