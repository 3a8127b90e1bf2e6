"""A loopback SSH server in this process: runs commands with the machine's own /bin/sh, forwards to the world only.

Every user name is a server of the world. Differences from a real sshd: no login shell, no terminal, no sudo.
"""

import asyncio
import os
import signal
from asyncio import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

Forward = Callable[[str, str, int], int | None]
"""(server, address, port) → the loopback port that stands for it now. None: nobody listens. LookupError: not ours."""

COMMAND_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

_HANGUP_SECONDS = 1.0
"""How long a command may go on after its channel was closed."""

_CHUNK = 65536


@dataclass(frozen=True, slots=True)
class Account:
    """What a command finds on one server: its home directory and its whole environment."""

    home: Path
    environment: Mapping[str, str]


class Sshd:
    """The server; keys exist in memory only, and only the key it made for the client is let in."""

    def __init__(self, accounts: Mapping[str, Account], forward: Forward) -> None:
        self.accounts = accounts
        self.forward = forward
        self._host_key = asyncssh.generate_private_key("ssh-ed25519")
        self._client_key = asyncssh.generate_private_key("ssh-ed25519")
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._commands: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Listen on a free port of 127.0.0.1."""
        self._acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self._host_key],
            server_factory=lambda: _Gate(self),
            process_factory=self._run,
            encoding=None,
            allow_pty=False,
            line_editor=False,
            agent_forwarding=False,
            config=None,
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        assert self._acceptor is not None, "not started"
        return self._acceptor.get_port()

    def client_options(self, account: str) -> dict[str, Any]:
        """Return what asyncssh.connect needs to reach one server: all of it, no file of the user is read."""
        host_key = self._host_key.export_public_key().decode().strip()
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "username": account,
            "client_keys": [self._client_key],
            "known_hosts": asyncssh.import_known_hosts(f"[127.0.0.1]:{self.port} {host_key}\n"),
            "agent_path": None,
            "config": None,
        }

    def lets_in(self, account: str, key: asyncssh.SSHKey) -> bool:
        """True for our own client's key on one of our servers."""
        return account in self.accounts and key.public_data == self._client_key.public_data

    async def aclose(self) -> None:
        """Stop listening and end every connection, accepted ones too."""
        if self._acceptor is None:
            return
        self._acceptor.close()
        await self._acceptor.wait_closed()
        # Closing the listener leaves accepted connections open.
        for connection in tuple(self.connections):
            connection.abort()
            await connection.wait_closed()
        await asyncio.gather(*self._commands, return_exceptions=True)
        self._acceptor = None

    async def _run(self, process: "asyncssh.SSHServerProcess[bytes]") -> None:
        account = self.accounts[process.get_extra_info("username")]
        command = asyncio.current_task()
        assert command is not None
        self._commands.add(command)
        command.add_done_callback(self._commands.discard)
        # An exception that leaves this handler would end the whole connection, and no exit would hang the client.
        try:
            status = await run_shell(process, account)
        except OSError as error:
            with suppress(OSError, asyncssh.Error):
                process.stderr.write(f"cannot start /bin/sh: {error.strerror}\n".encode())
            status = 255
        with suppress(OSError, asyncssh.Error):
            if status < 0:
                process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
            else:
                process.exit(status)


class _Gate(asyncssh.SSHServer):
    """One connection's authentication and forwarding."""

    def __init__(self, sshd: Sshd) -> None:
        self._sshd = sshd
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._sshd.connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._sshd.connections.discard(self._connection)

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return self._sshd.lets_in(username, key)

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> Any:
        assert self._connection is not None
        account = self._connection.get_extra_info("username")
        try:
            port = self._sshd.forward(account, dest_host, dest_port)
        except LookupError:
            raise asyncssh.ChannelOpenError(
                asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "open failed: not a port of the embedded world"
            ) from None
        if port is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_CONNECT_FAILED, "Connection refused")
        return self._connection.forward_connection("127.0.0.1", port)


async def run_shell(process: "asyncssh.SSHServerProcess[bytes]", account: Account) -> int:
    """Run one command and return its exit status, or minus the signal that ended it.

    Pumps of our own: redirecting the process onto asyncio's pipes lost the connection after large outputs.
    """
    shell = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        process.command or "exec /bin/sh",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd=account.home,
        env=dict(account.environment),
    )
    assert shell.stdin is not None and shell.stdout is not None and shell.stderr is not None
    incoming = asyncio.create_task(_pump_in(process, shell, shell.stdin))
    outputs = ((shell.stdout, process.stdout), (shell.stderr, process.stderr))
    outgoing = asyncio.gather(*(_pump_out(source, target) for source, target in outputs))
    closed = asyncio.ensure_future(process.channel.wait_closed())
    try:
        ends: set[asyncio.Future[Any]] = {outgoing, closed}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if closed.done():
            _signal(shell, signal.SIGHUP)
            with suppress(TimeoutError):
                return await asyncio.wait_for(shell.wait(), _HANGUP_SECONDS)
            _signal(shell, signal.SIGKILL)
        return await shell.wait()
    finally:
        if shell.returncode is None:
            _signal(shell, signal.SIGKILL)
        for task in (incoming, outgoing, closed):
            task.cancel()
        await asyncio.gather(incoming, outgoing, closed, return_exceptions=True)


def _signal(shell: subprocess.Process, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(shell.pid, number)


async def _pump_in(
    process: "asyncssh.SSHServerProcess[bytes]", shell: subprocess.Process, stdin: asyncio.StreamWriter
) -> None:
    with suppress(OSError, asyncssh.Error):
        while True:
            try:
                data = await process.stdin.read(_CHUNK)
            except asyncssh.SignalReceived as received:
                _signal(shell, getattr(signal, f"SIG{received.signal}", signal.SIGTERM))
                continue
            except (asyncssh.BreakReceived, asyncssh.TerminalSizeChanged):
                continue
            if not data:
                break
            stdin.write(data)
            await stdin.drain()
    stdin.close()


async def _pump_out(source: asyncio.StreamReader, target: "asyncssh.SSHWriter[bytes]") -> None:
    with suppress(OSError, asyncssh.Error):
        while data := await source.read(_CHUNK):
            target.write(data)
            await target.drain()
