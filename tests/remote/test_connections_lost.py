"""Connections that die: told as an unknown outcome, noticed soon, opened again, and not too eagerly."""

import asyncio
from pathlib import Path

import pytest

from isdeploy_tui.remote.asking import AskedError
from isdeploy_tui.remote.backoff import Backoff
from isdeploy_tui.remote.connections import Alive, SshHost
from isdeploy_tui.remote.errors import ConnectError, ConnectionLostError
from isdeploy_tui.remote.refusals import jump_refused
from tests.remote.conftest import MakeHosts
from tests.remote.real_sshd import Servers

QUICK = Alive(interval=0.5, count=2)


async def started(host: SshHost, mark: Path) -> "asyncio.Task[object]":
    """Start a script that takes long and wait until it runs."""
    task = asyncio.create_task(host.run("long.sh", str(mark), timeout=30))
    async with asyncio.timeout(10):
        while not mark.exists() and not task.done():
            await asyncio.sleep(0.01)
    return task


async def test_a_connection_cut_while_a_script_runs_is_an_unknown_outcome(
    servers: Servers, make_hosts: MakeHosts
) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    task = await started(host, servers.directory / "mark")
    server.drop_connections()
    with pytest.raises(ConnectionLostError, match="not known"):
        await task
    assert not host.is_connected
    assert (await host.run("hello.sh", "again")).lines == (b"again",)


async def test_a_server_that_hangs_is_noticed_while_a_script_runs(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config, alive=QUICK).host("web1")
    task = await started(host, servers.directory / "mark")
    server.freeze()
    with pytest.raises(ConnectionLostError, match="not known"):
        async with asyncio.timeout(10):
            await task


async def test_a_server_that_hangs_ends_streams_and_tcp(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config, alive=QUICK).host("web1")
    async with (
        host.stream("echo.sh", str(servers.directory / "ended")) as stream,
        host.open_tcp("127.0.0.1", server.port) as (reader, _),
        asyncio.timeout(10),
    ):
        await reader.read(4)
        server.freeze()
        assert await stream.read() == b""
        assert stream.status is None
        stream.write(b"into the void\n")
        while await reader.read(100):
            pass


async def test_a_server_that_hangs_before_a_script_was_sent_was_not_touched(
    servers: Servers, make_hosts: MakeHosts
) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    await host.run("hello.sh", "x")
    server.freeze()
    with pytest.raises(ConnectError, match="nothing was sent") as caught:
        await host.run("hello.sh", "x", timeout=0.3)
    assert caught.value.kind == "timeout"


async def test_a_connection_that_died_unnoticed_is_replaced_at_the_next_use(
    servers: Servers, make_hosts: MakeHosts
) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    for number in range(3):
        assert (await host.run("hello.sh", str(number))).lines == (str(number).encode(),)
        server.drop_connections()


async def test_a_server_that_restarts_is_reached_again(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    await host.run("hello.sh", "x")
    server.stop()
    with pytest.raises(ConnectError) as first:
        await host.run("hello.sh", "x")
    assert first.value.kind == "refused"
    server.start()
    with pytest.raises(ConnectError, match="Tried again in") as second:
        await host.run("hello.sh", "x")
    assert second.value.sentence == first.value.sentence
    host.retry_now()
    assert (await host.run("hello.sh", "x")).lines == (b"x",)


async def test_whoever_stops_waiting_leaves_the_attempt_to_the_others(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    first, second = (asyncio.create_task(host.run("hello.sh", "x")) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).lines == (b"x",)
    assert len(server.connections()) == 1


async def test_the_end_comes_while_connecting(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    server.freeze()
    hosts = make_hosts(servers.config, 60)
    task = asyncio.create_task(hosts.host("web1").run("hello.sh", "x"))
    await asyncio.sleep(0.1)
    async with asyncio.timeout(5):
        await hosts.aclose()
    with pytest.raises(ConnectError, match="ending"):
        await task
    with pytest.raises(ConnectError, match="ending"):
        await hosts.host("web1").run("hello.sh", "x")


def backoff(now: list[float], jitter: float = 0.5) -> Backoff:
    return Backoff(lambda: now[0], lambda: jitter)


def waits(paused: Backoff, now: list[float], limit: float = 1000) -> float:
    """Return the seconds until it lets the next try through."""
    began = now[0]
    while now[0] - began < limit:
        try:
            paused.check()
        except ConnectError:
            now[0] += 0.125
        else:
            return now[0] - began
    return limit


def test_pauses_double_up_to_a_minute_and_start_over_after_success() -> None:
    now = [100.0]
    paused = backoff(now)
    pauses = []
    for _ in range(8):
        paused.failed(ConnectError("web1", "refused", "No."))
        pauses.append(waits(paused, now))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    paused.succeeded()
    paused.failed(ConnectError("web1", "timeout", "No."))
    assert waits(paused, now) == 1


def test_pauses_differ_between_servers() -> None:
    now = [0.0]
    early, late = backoff(now, 0.0), backoff(now, 1.0)
    for paused in (early, late):
        for _ in range(4):
            paused.failed(ConnectError("web1", "refused", "No."))
    assert waits(early, now) < 8 < waits(late, now) + 6


@pytest.mark.parametrize("kind", ["auth", "hostkey-unknown", "hostkey-changed", "options"])
def test_what_a_person_has_to_mend_is_not_tried_again_within_a_minute(kind: str) -> None:
    now = [0.0]
    paused = backoff(now)
    paused.failed(ConnectError("web1", kind, "No."))
    assert waits(paused, now) == 60


def test_a_server_behind_a_failed_jump_host_follows_it_soon() -> None:
    now = [0.0]
    paused = backoff(now)
    for _ in range(3):
        paused.failed(jump_refused("web1", AskedError("bastion", "auth", "No.")))
        assert waits(paused, now) == 5


def test_a_person_who_was_asked_is_not_asked_again_without_wanting_it() -> None:
    now = [0.0]
    paused = backoff(now)
    paused.failed(AskedError("web1", "auth", "No."))
    assert waits(paused, now, 10_000) == 10_000
    with pytest.raises(ConnectError, match="not tried again by itself"):
        paused.check()
    paused.clear()
    paused.check()
