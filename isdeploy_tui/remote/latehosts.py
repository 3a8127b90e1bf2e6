"""All servers, without the SSH library until the first of them is used: loading it takes as long as a whole screen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from isdeploy_tui import loading
from isdeploy_tui.remote.asking import Ask
from isdeploy_tui.remote.host import DEFAULT_TIMEOUT, REPLY_LIMIT, ByteReader, ByteWriter, Reply, Stream

if TYPE_CHECKING:
    from isdeploy_tui.remote.connections import SshHosts


class LateHosts:
    """``connections.SshHosts`` with these arguments, made at the first use."""

    def __init__(self, config_file: str | None, connect_seconds: float, ask: Ask | None) -> None:
        self._arguments = config_file, connect_seconds, ask
        self._making: asyncio.Task[SshHosts] | None = None

    def host(self, name: str) -> "LateHost":
        """Return the server of that name; loads nothing yet."""
        return LateHost(name, self)

    async def made(self) -> "SshHosts":
        """Return the servers that connect; the first time the library is loaded, in a thread."""
        if self._making is None:
            self._making = asyncio.create_task(self._make(), name="load the SSH library")
        return await asyncio.shield(self._making)

    @property
    def made_already(self) -> "SshHosts | None":
        """The same when they are made; None before."""
        return self._making.result() if self._making is not None and self._making.done() else None

    def retry_now(self) -> None:
        """Let every server be tried at once, whatever has failed before, and ask again what was not answered."""
        if (made := self.made_already) is not None:
            made.retry_now()

    async def aclose(self) -> None:
        """End all connections at once."""
        if self._making is not None:
            await (await self._making).aclose()

    async def _make(self) -> "SshHosts":
        return (await asyncio.to_thread(_load))(*self._arguments)


class LateHost:
    """A server of LateHosts; its methods are those of ``Host``."""

    def __init__(self, name: str, hosts: LateHosts) -> None:
        self._name = name
        self._hosts = hosts

    @property
    def name(self) -> str:
        """The ``ssh`` value of servers.toml."""
        return self._name

    @property
    def account(self) -> str:
        """The user that we are logged in as there; empty while there is no connection."""
        made = self._hosts.made_already
        return made.host(self._name).account if made is not None else ""

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
        host = (await self._hosts.made()).host(self._name)
        return await host.run(script, *args, content=content, sudo=sudo, timeout=timeout, limit=limit)

    @asynccontextmanager
    async def stream(self, script: str, *args: str, sudo: bool = False) -> AsyncIterator[Stream]:
        """Start a script that goes on talking. Raises as ``Host.stream`` says."""
        host = (await self._hosts.made()).host(self._name)
        async with host.stream(script, *args, sudo=sudo) as stream:
            yield stream

    @asynccontextmanager
    async def open_tcp(self, address: str, port: int) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
        """Open a TCP connection from the server. Raises as ``Host.open_tcp`` says."""
        host = (await self._hosts.made()).host(self._name)
        async with host.open_tcp(address, port) as pair:
            yield pair


def _load() -> "type[SshHosts]":
    loading.begin()
    try:
        from isdeploy_tui.remote.connections import SshHosts
    finally:
        loading.end()
    return SshHosts
