"""Servers that want more than a key, and a site on them. Their sessions are shells of this machine."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncssh

from isdeploy_tui.demo.sshd import Account, run_shell
from tests.lab.sshd import user
from tests.remote.real_sshd import Servers

PASSWORD, CODE = "correct horse", "123456"


class Asking(asyncssh.SSHServer):
    """``code``: a password and then a code, by its own questions; ``password``: a password, or a code that is wrong."""

    def __init__(self, wants: str, open_now: set[asyncssh.SSHServerConnection]) -> None:
        self._wants = wants
        self._open_now = open_now
        self._round = 0

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._open_now.add(conn)

    def password_auth_supported(self) -> bool:
        return self._wants == "password"

    def validate_password(self, username: str, password: str) -> bool:
        return password == PASSWORD

    def kbdint_auth_supported(self) -> bool:
        return True

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        if self._wants == "password":
            return "", "", "", [("Code of today:", False)]
        return "", "Two factors", "", [("Password:", False)]

    def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        self._round += 1
        if self._wants == "password":
            return False
        if self._round == 1:
            return list(responses) == [PASSWORD] and ("", "", "", [("Code:", True)])
        return list(responses) == [CODE]


class AskingServer:
    """One such server; ``logins`` counts how often somebody has tried."""

    def __init__(self, wants: str) -> None:
        self.logins = 0
        self._wants = wants
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._open_now: set[asyncssh.SSHServerConnection] = set()

    async def start(self, servers: Servers, name: str) -> None:
        """Listen, and name it in the ssh_config."""

        def factory() -> Asking:
            self.logins += 1
            return Asking(self._wants, self._open_now)

        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[asyncssh.read_private_key(servers.keys.host)],
            server_factory=factory,
            process_factory=_shell,
            encoding=None,
            config=None,
        )
        port = self._acceptor.get_port()
        known = servers.directory / f"known_{name}"
        known.write_text(servers.keys.known_host(port))
        where = ("HostName 127.0.0.1", f"Port {port}", f"UserKnownHostsFile {known}", f"User {user()}")
        servers.block(name, *where, "IdentityFile none", "IdentityAgent none")

    def drop(self) -> None:
        """End every connection, as sshd does when nobody has logged in for its LoginGraceTime."""
        while self._open_now:
            self._open_now.pop().abort()

    def close(self) -> None:
        """Listen no more."""
        self.drop()
        if self._acceptor is not None:
            self._acceptor.close()


@asynccontextmanager
async def asking_servers(servers: Servers, **wants: str) -> AsyncIterator[dict[str, AskingServer]]:
    """Yield servers by name, each of which wants ``code`` or ``password``."""
    started = {name: AskingServer(wanted) for name, wanted in wants.items()}
    try:
        for name, server in started.items():
            await server.start(servers, name)
        yield started
    finally:
        for server in started.values():
            server.close()


async def _shell(process: "asyncssh.SSHServerProcess[bytes]") -> None:
    status = await run_shell(process, Account(Path("/"), {"PATH": os.environ["PATH"]}))
    with suppress(OSError, asyncssh.Error):
        process.exit(max(status, 0))


def a_site(servers: Servers, *names: str) -> Path:
    """Write a servers.toml with an Apache on each of these servers, its map and its workers; return its path."""
    lines = [f'poll_seconds = 0.5\nssh_config = "{servers.config}"\n[[service]]\nname = "shop"\n']
    for name in names:
        folder = servers.directory / f"conf-{name}"
        folder.mkdir()
        (folder / "map").write_text("/*=balancer\n")
        members = "".join(f"worker.{one}.host=127.0.0.1\nworker.{one}.port=1\n" for one in ("worker1", "worker2"))
        balancer = "worker.balancer.type=lb\nworker.balancer.balance_workers=worker1,worker2\n"
        (folder / "workers").write_text(f"worker.list=balancer\n{members}{balancer}")
        lines.append(
            f'[[service.apache]]\nname = "{name}"\nssh = "{name}"\nmap = "{folder}/map"\n'
            f'workers_file = "{folder}/workers"\n[[service.apache.worker]]\nname = "worker1"\n'
        )
    file = servers.directory / "servers.toml"
    file.write_text("".join(lines))
    return file


@contextmanager
def locked_key(servers: Servers) -> Iterator[None]:
    """Let the key of all these servers need the passphrase PASSWORD while the context lasts."""
    plain = servers.keys.user.read_bytes()
    key = asyncssh.read_private_key(servers.keys.user)
    key.write_private_key(servers.keys.user, passphrase=PASSWORD)
    try:
        yield
    finally:
        servers.keys.user.write_bytes(plain)
