"""CPING over a kept channel, or by a script where the account may not forward TCP."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from isdeploy_tui.modjk.ajp import CPING, CPONG
from isdeploy_tui.remote.errors import ConnectError, ForwardError
from isdeploy_tui.remote.host import ByteReader, ByteWriter
from isdeploy_tui.remote.probes import Pinger, PingResult, cping
from tests.lab.programs import free_ports, program
from tests.remote.conftest import MakeHosts
from tests.remote.local_host import SHELLS, LocalHost
from tests.remote.real_sshd import Servers

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Connector:
    """A fake AJP connector, which counts its connections."""

    def __init__(self, serve: Serve) -> None:
        self.port = next(free_ports())
        self.connections = 0
        self._serve = serve

    async def __aenter__(self) -> "Connector":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            await self._serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def ready(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.readexactly(5) == CPING:
        writer.write(CPONG)


async def once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As a Tomcat that closes idle connections."""
    await reader.readexactly(5)
    writer.write(CPONG)


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(100):
        pass


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(5)


async def web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readexactly(5)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")


class WithoutForwarding(LocalHost):
    """A host whose sshd does not forward."""

    @asynccontextmanager
    async def open_tcp(self, address: str, port: int) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
        raise ForwardError(self.name, "prohibited", "No forwarding.")
        yield  # type: ignore[unreachable]


@asynccontextmanager
async def pinger(host: LocalHost, port: int, timeout: float = 3.0) -> AsyncIterator[Pinger]:
    made = Pinger(host, "127.0.0.1", port, timeout)
    try:
        yield made
    finally:
        await made.aclose()


async def test_steady_pings_use_one_connection() -> None:
    async with Connector(ready) as connector, pinger(LocalHost(), connector.port) as pings:
        assert [await pings.ping() for _ in range(10)] == [PingResult("up")] * 10
        assert connector.connections == 1


async def test_who_was_up_a_moment_ago_and_holds_the_connection_is_not_asked_again() -> None:
    asked = 0

    async def counting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while await reader.readexactly(5) == CPING:
            asked += 1
            writer.write(CPONG)

    async with Connector(counting) as connector, pinger(LocalHost(), connector.port) as pings:
        for recent in (60, 60, 0, 60):
            assert await pings.ping(recent) == PingResult("up")
    assert asked == 2


async def test_who_closed_the_connection_is_asked_at_once_however_recently_it_was_up() -> None:
    hang_up = asyncio.Event()

    async def ending(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await once(reader, writer)
        await hang_up.wait()

    async with Connector(ending) as connector, pinger(LocalHost(), connector.port) as pings:
        assert (await pings.ping(60)).health == "up"
        await connector.__aexit__()
        hang_up.set()
        async with asyncio.timeout(10):
            while (await pings.ping(60)).health == "up":
                await asyncio.sleep(0.01)


async def test_pings_at_once_do_not_mix_their_answers() -> None:
    async with Connector(ready) as connector, pinger(LocalHost(), connector.port) as pings:
        assert await asyncio.gather(*(pings.ping() for _ in range(10))) == [PingResult("up")] * 10


async def test_a_connection_that_tomcat_closed_meanwhile_is_no_failure() -> None:
    async with Connector(once) as connector, pinger(LocalHost(), connector.port) as pings:
        for number in range(1, 5):
            assert await pings.ping() == PingResult("up")
            assert connector.connections == number
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("serve", "words"),
    [(silent, "did not answer within 0.2 s"), (closing, "closed the connection"), (web, "not in AJP")],
)
async def test_what_is_no_ready_connector_is_down_with_the_reason(serve: Serve, words: str) -> None:
    async with Connector(serve) as connector:
        for _ in range(2):
            result = await cping(LocalHost(), "127.0.0.1", connector.port, 0.2)
            assert result.health == "down"
            assert f"127.0.0.1:{connector.port}" in result.detail
            assert words in result.detail


async def test_a_connector_that_comes_and_goes_is_followed() -> None:
    connector = Connector(ready)
    async with pinger(LocalHost(), connector.port) as pings:
        for _ in range(2):
            assert (await pings.ping()).detail.endswith("refused the connection")
            async with connector:
                assert (await pings.ping()).health == "up"
                # What a stopping Tomcat does to its connections.
                await pings.aclose()


async def test_a_slow_opening_is_waited_for_by_the_next_ping() -> None:
    opened = 0

    class Slow(LocalHost):
        @asynccontextmanager
        async def open_tcp(self, address: str, port: int) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
            nonlocal opened
            opened += 1
            await asyncio.sleep(0.3)
            async with super().open_tcp(address, port) as pair:
                yield pair

    async with Connector(ready) as connector, pinger(Slow(), connector.port, 0.2) as pings:
        assert (await pings.ping()).health == "down"
        assert (await pings.ping()).health == "up"
        assert (await pings.ping()).health == "up"
        assert opened == 1


async def test_a_host_that_cannot_be_asked_is_no_answer_about_the_connector() -> None:
    class Gone(LocalHost):
        @asynccontextmanager
        async def open_tcp(self, address: str, port: int) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
            raise ConnectError(self.name, "refused", "No.")
            yield  # type: ignore[unreachable]

    with pytest.raises(ConnectError):
        await cping(Gone(), "127.0.0.1", 1)


def only(directory: Path, programs: Sequence[str]) -> str:
    """Return a PATH on which there are these programs alone."""
    for name in programs:
        path = directory / name
        command = {"python3": sys.executable, "nc": f"{program('busybox')} nc"}.get(name) or program(name)
        path.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        path.chmod(0o755)
    return str(directory)


TOOLS = {
    "bash": ("bash", "od", "tr", "head", "timeout"),
    "python": ("python3",),
    "perl": ("perl",),
    "nc": ("nc", "od", "tr", "head", "sleep"),
    "busybox": ("busybox", "od", "tr", "head", "sleep"),
}


@pytest.mark.parametrize("sh", SHELLS)
async def test_without_forwarding_a_script_asks(sh: str) -> None:
    async with Connector(ready) as connector:
        host = WithoutForwarding(sh=SHELLS[sh])
        assert await cping(host, "127.0.0.1", connector.port) == PingResult("up")


@pytest.mark.parametrize("tools", TOOLS)
async def test_the_script_asks_with_what_there_is(tools: str, tmp_path: Path) -> None:
    host = WithoutForwarding(path=only(tmp_path, TOOLS[tools]))

    async def ask(port: int, seconds: float = 3) -> PingResult:
        return await cping(host, "127.0.0.1", port, seconds)

    async with Connector(ready) as good, Connector(web) as foreign, Connector(silent) as mute:
        nobody = next(free_ports())
        up, other, none, refused = await asyncio.gather(
            ask(good.port), ask(foreign.port), ask(mute.port, 1), ask(nobody)
        )
    assert up == PingResult("up")
    assert other == PingResult("down", f"127.0.0.1:{foreign.port} answers, but not in AJP")
    assert none == PingResult("down", f"127.0.0.1:{mute.port} did not answer within 1 s")
    assert refused.health == "down"
    assert f"127.0.0.1:{nobody}" in refused.detail


@pytest.mark.parametrize("sh", SHELLS)
async def test_without_anything_to_ask_with_the_health_is_unknown(sh: str, tmp_path: Path) -> None:
    host = WithoutForwarding(sh=SHELLS[sh], path=str(tmp_path))
    result = await cping(host, "127.0.0.1", 1, 1)
    assert result.health == "unknown"
    assert "no bash with /dev/tcp" in result.detail


async def test_forwarding_is_tried_once_only() -> None:
    async with Connector(ready) as connector, pinger(WithoutForwarding(), connector.port) as pings:
        assert [(await pings.ping()).health for _ in range(2)] == ["up", "up"]


async def test_over_ssh_a_connector_is_up_down_and_asked_by_script(
    servers: Servers, make_hosts: MakeHosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    servers.start("web1")
    servers.start("closed", "AllowTcpForwarding no")
    hosts = make_hosts(servers.config)
    for name in ("web1", "closed"):
        async with Connector(ready) as connector:
            assert await cping(hosts.host(name), "127.0.0.1", connector.port) == PingResult("up")
        result = await cping(hosts.host(name), "127.0.0.1", connector.port)
        assert result == PingResult("down", f"127.0.0.1:{connector.port} refused the connection")
    async with Connector(silent) as connector:
        pings = Pinger(hosts.host("web1"), "127.0.0.1", connector.port, 0.2)
        assert "did not answer" in (await pings.ping()).detail
        await pings.aclose()
