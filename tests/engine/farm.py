"""Servers for discovery: real configuration files and real scripts here, and processes and addresses that are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.engine.discovery import looking
from isdeploy_tui.engine.discovery.discover import Discovery, discover
from isdeploy_tui.engine.discovery.looking import Wish
from isdeploy_tui.remote.doctor import Look
from isdeploy_tui.remote.errors import ConnectError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.hostfacts import HostFacts, HttpdProcess, TomcatProcess
from tests.remote.local_host import LocalHosts
from tests.remote.userlands import make_host

SERVER_XML = """<Server><Service name="Catalina">
<Connector protocol="AJP/1.3" port="{port}"/><Engine name="Catalina" jvmRoute="{route}"/></Service></Server>"""


@dataclass
class Server:
    """A server: ``folder`` is where its files are."""

    name: str
    folder: Path
    addresses: tuple[str, ...]
    user: str = "ops"
    httpds: list[HttpdProcess] = field(default_factory=list)
    tomcats: list[TomcatProcess] = field(default_factory=list)
    boot: str = ""
    uname: str = ""
    down: bool = False

    def put(self, path: str, text: str) -> str:
        """Write a file; return its absolute path."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    def httpd(self, text: str, file: str = "conf/httpd.conf") -> str:
        """Let an httpd run with this configuration, ``@`` in which is the server's folder."""
        path = self.put(file, text.replace("@", str(self.folder)))
        words = ("/usr/sbin/httpd", "-d", str(self.folder), "-f", path)
        self.httpds.append(HttpdProcess(len(self.httpds) + 10, "root", False, words))
        return path

    def tomcat(self, base: str, port: int, route: str, *, log: bool = True, **more: Any) -> TomcatProcess:
        """Let a Tomcat run."""
        if log:
            self.put(f"{base}/logs/catalina.out", "up\n")
        values: dict[str, Any] = {"user": "tomcat", "contained": False, "arguments": ("java",)}
        values |= {"base": str(self.folder / base), "server_xml": SERVER_XML.format(port=port, route=route)}
        process = TomcatProcess(len(self.tomcats) + 100, **(values | more))
        self.tomcats.append(process)
        return process

    @property
    def facts(self) -> HostFacts:
        """What a look at it tells."""
        return HostFacts(
            user=self.user,
            uid=1000,
            boot=self.boot or self.name,
            name=self.uname or self.name,
            addresses=frozenset({"127.0.0.1", *self.addresses}),
            httpds=tuple(self.httpds),
            tomcats=tuple(self.tomcats),
        )


class Farm:
    """All servers of a test."""

    def __init__(self, folder: Path, userland: str = "dash", wrapper: Sequence[str] = ()) -> None:
        self._folder = folder
        self._userland = userland
        self._wrapper = wrapper
        self.servers: dict[str, Server] = {}

    def server(self, name: str, *addresses: str, **more: Any) -> Server:
        """Add one."""
        folder = self._folder / f"on-{name.replace('@', '-')}"
        folder.mkdir(exist_ok=True)
        self.servers[name] = Server(name, folder, addresses, **more)
        return self.servers[name]

    async def discovered(self, *names: str, **wish: Any) -> Discovery:
        """Discover these servers, by default all."""
        hosts = {}
        for number, name in enumerate(self.servers):
            host = make_host(
                self._userland,
                self._folder / f"home-{number}",
                fakes={"getent": "exit 2"},
                wrapper=self._wrapper,
                sudo_wrapper=("env",),
            )
            host._name = name
            hosts[name] = host
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(looking, "look", self._look)
            return await discover(LocalHosts(*hosts.values()), names or tuple(self.servers), Wish(**wish))

    async def _look(self, host: Host, **more: object) -> Look:
        server = self.servers[host.name]
        if server.down:
            raise ConnectError(host.name, "refused", f"{host.name} refused the connection.", "Is sshd running?")
        return Look(server.facts, {}, {}, {})


def workers_properties(members: Mapping[str, str], exclusions: Sequence[str] = (), more: str = "") -> str:
    """Return a workers.properties with a balancer over members at these ``host:port``."""
    lists = {"balancer": list(members)}
    lists |= {f"balancer_{name}": [other for other in members if other != name] for name in exclusions}
    lines = [f"worker.list={','.join(lists)},jkstatus", "worker.jkstatus.type=status"]
    for name, address in members.items():
        host, _, port = address.rpartition(":")
        lines += [f"worker.{name}.type=ajp13", f"worker.{name}.host={host}", f"worker.{name}.port={port}"]
    for name, others in lists.items():
        lines += [f"worker.{name}.type=lb", f"worker.{name}.balance_workers={','.join(others)}"]
    return "\n".join(lines) + f"\n{more}\n"
