"""All servers, one kept-alive SSH connection each: opened at first use, shared, opened again when it has died."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import asyncssh

from isdeploy_tui.printable import printable
from isdeploy_tui.remote import channels
from isdeploy_tui.remote.asking import Ask, AskedError
from isdeploy_tui.remote.backoff import Backoff
from isdeploy_tui.remote.connecting import DEFAULT_ALIVE, Alive, Connection, Connector, Overrides
from isdeploy_tui.remote.errors import ConnectError, ConnectionLostError
from isdeploy_tui.remote.host import DEFAULT_TIMEOUT, REPLY_LIMIT, ByteReader, ByteWriter, Reply
from isdeploy_tui.remote.refusals import jump_refused
from isdeploy_tui.remote.shell import compose, new_nonce, script_text
from isdeploy_tui.remote.sshoptions import HostOptions

__all__ = ["Alive", "Ask", "Overrides", "SshHost", "SshHosts"]

STREAMS = 6
"""Streams at once on one server; sshd allows 10 sessions (MaxSessions) and streams may not use them all up."""

SCRIPTS = 2
"""Scripts at once on one server, beside its streams."""

CUT_OFF_PAUSES = (0.3, 1.0)
"""Seconds before a connection that was cut off during the login is tried a second and a third time."""


class SshHosts:
    """The servers by their ``ssh`` names.

    ``config_file`` replaces the user's ssh_config; ``connect_seconds`` is the time that one attempt to connect has;
    ``ask`` puts questions to the person (without it, servers that ask refuse the login); ``overrides`` gives ready
    asyncssh options for some names, for which no file of the user is read.
    """

    def __init__(
        self,
        config_file: str | None = None,
        connect_seconds: float = 10,
        ask: Ask | None = None,
        overrides: Overrides | Mapping[str, Mapping[str, Any]] | None = None,
        *,
        alive: Alive = DEFAULT_ALIVE,
    ) -> None:
        given = overrides.get if isinstance(overrides, Mapping) else overrides
        self._connector = Connector(config_file, connect_seconds, ask, given, alive)
        self._hosts: dict[tuple[str, tuple[str, ...] | None], SshHost] = {}
        self._waits: dict[SshHost, SshHost] = {}
        self.closed = False

    def host(self, name: str) -> "SshHost":
        """Return the server of that name; does not connect yet."""
        return self._host(name, None)

    def retry_now(self) -> None:
        """Let every server be tried at once, whatever has failed before, and ask again what was not answered."""
        self._connector.identities.forget_declined()
        for host in self._hosts.values():
            host.backoff.clear()

    async def aclose(self) -> None:
        """End all connections at once."""
        self.closed = True
        await asyncio.gather(*(host.aclose() for host in self._hosts.values()))

    def _host(self, name: str, via: tuple[str, ...] | None) -> "SshHost":
        key = name, via
        if key not in self._hosts:
            self._hosts[key] = SshHost(name, self, self._connector, via)
        return self._hosts[key]

    async def tunnel(
        self, host: "SshHost", options: HostOptions, via: tuple[str, ...] | None
    ) -> asyncssh.SSHClientConnection | None:
        """Return the connection to the jump host that leads to ``host``. Raises JumpError."""
        jumps = options.jumps if via is None else via
        if not jumps:
            return None
        # As ssh does: the last jump is reached over those before it; the first by its own configuration.
        jump = self._host(jumps[-1], jumps[:-1] or None)
        step: SshHost | None = jump
        while step is not None:
            if step is host:
                sentence = f"ProxyJump leads from {host.name} back to itself."
                raise ConnectError(host.name, "options", sentence, "Correct the ssh configuration.")
            step = self._waits.get(step)
        self._waits[host] = host.jump = jump
        try:
            return (await jump.connection()).ssh
        except ConnectError as error:
            raise jump_refused(host.name, error) from None
        finally:
            self._waits.pop(host, None)


class SshHost:
    """One server. ``backoff`` says when it is tried again after a failure, ``jump`` over which it was reached last."""

    def __init__(self, name: str, hosts: SshHosts, connector: Connector, via: tuple[str, ...] | None = None) -> None:
        self._name = name
        self._hosts = hosts
        self._connector = connector
        self._via = via
        self._connection: Connection | None = None
        self._opening: asyncio.Task[Connection] | None = None
        self._streams = asyncio.Semaphore(STREAMS)
        self._scripts = asyncio.Semaphore(SCRIPTS)
        self.backoff = Backoff()
        self.jump: SshHost | None = None

    @property
    def name(self) -> str:
        """The ``ssh`` value of servers.toml."""
        return self._name

    @property
    def account(self) -> str:
        """The user that we are logged in as there; empty while there is no connection."""
        connection = self._connection
        return printable(connection.ssh.get_extra_info("username", "")) if connection is not None else ""

    @property
    def is_connected(self) -> bool:
        """True while there is a connection that is not known to be dead."""
        return self._connection is not None and self._connection.is_open

    def retry_now(self) -> None:
        """Let the next call try at once, over its jump hosts, and ask again what was not answered."""
        self._connector.identities.forget_declined()
        host: SshHost | None = self
        while host is not None:
            host.backoff.clear()
            host = host.jump

    async def connection(self) -> Connection:
        """Return the open connection, opening it when there is none. Raises ConnectError."""
        if self._connection is not None and self._connection.is_open:
            return self._connection
        if self._opening is None:
            if self._hosts.closed:
                raise _ending(self._name)
            self.backoff.check()
            self._opening = asyncio.create_task(self._open(), name=f"connect {self._name}")
            self._opening.add_done_callback(_retrieved)
        opening = self._opening
        try:
            # Whoever stops waiting leaves the attempt to the others.
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            me = asyncio.current_task()
            if opening.cancelled() and me is not None and not me.cancelling():
                raise _ending(self._name) from None
            raise

    async def _open(self) -> Connection:
        try:
            await self._drop()
            self._connection = await self._attempt()
        except ConnectError as error:
            self.backoff.failed(error)
            raise
        else:
            self.backoff.succeeded()
            return self._connection
        finally:
            self._opening = None

    async def _attempt(self) -> Connection:
        """Open a connection; one that the server cut off at once is tried again, as MaxStartups does so at random."""
        for pause in (*CUT_OFF_PAUSES, None):
            try:
                return await self._connector.open(
                    self._name, lambda options: self._hosts.tunnel(self, options, self._via)
                )
            except ConnectError as error:
                # Nobody wants to answer the same question twice.
                if pause is None or error.kind != "lost" or isinstance(error, AskedError):
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt has no pause")

    async def run(
        self,
        script: str,
        *args: str,
        content: bytes | None = None,
        sudo: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int = REPLY_LIMIT,
    ) -> Reply:
        """Run a script and return its reply. Raises as ``Host.run`` says."""
        nonce = new_nonce()
        data = compose(script_text(script), nonce, args, content)
        async with self._started(self._scripts, timeout, sudo=sudo) as process:
            try:
                async with asyncio.timeout(timeout):
                    return await channels.finish(self._name, nonce, process, data, limit=limit, sudo=sudo)
            except TimeoutError:
                raise _no_answer(self._name, timeout) from None

    @asynccontextmanager
    async def stream(self, script: str, *args: str, sudo: bool = False) -> AsyncIterator[channels.SshStream]:
        """Start a script that goes on talking. Raises as ``Host.stream`` says."""
        nonce = new_nonce()
        data = compose(script_text(script), nonce, args, ticks=True)
        async with self._started(self._streams, DEFAULT_TIMEOUT, sudo=sudo) as process:
            stream = channels.SshStream(process)
            try:
                try:
                    async with asyncio.timeout(DEFAULT_TIMEOUT):
                        await channels.get_ready(self._name, nonce, stream, data, sudo=sudo)
                except TimeoutError:
                    raise _no_answer(self._name, DEFAULT_TIMEOUT) from None
                yield stream
            finally:
                await stream.aclose()

    @asynccontextmanager
    async def open_tcp(self, address: str, port: int) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
        """Open a TCP connection from the server (a direct-tcpip channel, which MaxSessions does not count)."""
        ssh = (await self.connection()).ssh
        async with channels.open_tcp(self._name, ssh, address, port, DEFAULT_TIMEOUT) as pair:
            yield pair

    @asynccontextmanager
    async def _started(
        self, slots: asyncio.Semaphore, seconds: float, *, sudo: bool
    ) -> AsyncIterator[channels.Process]:
        """Start a shell in one of the slots, over a new connection when the old one turns out to be dead."""
        await self.connection()
        try:
            async with asyncio.timeout(seconds):
                await slots.acquire()
        except TimeoutError:
            sentence = f"All channels to it were in use for {seconds:g} s; nothing was sent."
            raise ConnectError(self._name, "other", sentence, "Close a log or wait.") from None
        process: channels.Process | None = None
        try:
            process = await self._start(seconds, sudo=sudo)
            yield process
        finally:
            if process is not None:
                process.close()
            slots.release()

    async def _start(self, seconds: float, *, sudo: bool) -> channels.Process:
        for _ in range(2):
            connection = await self.connection()
            try:
                async with asyncio.timeout(seconds):
                    return await channels.start(connection.ssh, sudo=sudo)
            except TimeoutError:
                sentence = f"It did not answer within {seconds:g} s; nothing was sent."
                raise ConnectError(self._name, "timeout", sentence) from None
            except (asyncssh.Error, OSError) as error:
                if connection.is_open:
                    sentence = f"sshd there opened no session ({printable(str(error), 200)}); nothing was sent."
                    raise ConnectError(self._name, "other", sentence, "MaxSessions should be 10 or more.") from None
        raise ConnectError(self._name, "lost", "The connection was lost again at once; nothing was sent.")

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()

    async def aclose(self) -> None:
        """End the connection and any attempt to open one."""
        opening = self._opening
        if opening is not None:
            opening.cancel()
            await asyncio.wait({opening})
        await self._drop()


def _ending(host: str) -> ConnectError:
    return ConnectError(host, "other", "The program is ending.")


def _no_answer(host: str, seconds: float) -> ConnectionLostError:
    return ConnectionLostError(
        host,
        f"The server did not finish within {seconds:g} s; what it did is not known.",
        "Read the state again before doing anything.",
    )


def _retrieved(task: asyncio.Task[Connection]) -> None:
    """Mark the result as seen: when all callers have gone, nobody else does."""
    if not task.cancelled():
        task.exception()
