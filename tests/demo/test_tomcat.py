"""A Tomcat of the world: what it does with requests, pings and orders, and what it writes in its log meanwhile."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from isdeploy_tui.demo import logfiles
from isdeploy_tui.demo.applications import SHOP
from isdeploy_tui.demo.clock import Clock
from isdeploy_tui.demo.tomcat import BROKEN_VERSION, CutError, RefusedError, Tomcat, TomcatState
from isdeploy_tui.modjk.ajp import CPING, CPONG

Start = Callable[[str], Awaitable[Tomcat]]
HOME = SHOP.page("/shop/")


def log_of(tomcat: Tomcat) -> str:
    return (tomcat.base / "logs" / "catalina.out").read_text("utf-8")


async def test_a_request_takes_its_time_and_is_logged(start_tomcat: Start, clock: Clock) -> None:
    tomcat = await start_tomcat("was1")
    began = clock.now()
    assert await tomcat.serve(HOME, 0.5) == 200
    assert clock.now() - began >= 0.5
    assert " HomeController - home rendered" in log_of(tomcat)
    assert tomcat.busy == 0


async def test_what_the_application_does_not_have_is_404(start_tomcat: Start) -> None:
    assert await (await start_tomcat("was1")).serve(SHOP.page("/nowhere"), 0.01) == 404


async def test_stopping_cuts_requests_in_flight_and_refuses_the_next(start_tomcat: Start) -> None:
    tomcat = await start_tomcat("was1")
    request = asyncio.create_task(tomcat.serve(HOME, 4))
    await asyncio.sleep(0)
    assert tomcat.busy == 1
    await tomcat.stop()
    with pytest.raises(CutError):
        await request
    with pytest.raises(RefusedError):
        await tomcat.serve(HOME, 0.01)
    assert (tomcat.state, tomcat.busy) == (TomcatState.STOPPED, 0)


async def test_it_answers_cping_on_tcp_exactly_while_it_is_up(start_tomcat: Start) -> None:
    tomcat = await start_tomcat("was1")
    assert tomcat.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", tomcat.port)
    for _ in range(2):
        writer.write(CPING)
        assert await reader.readexactly(5) == CPONG
    old_port = tomcat.port
    await tomcat.stop()
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        async with asyncio.timeout(5):
            await reader.readexactly(1)
    writer.close()
    assert tomcat.port is None
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", old_port)
    await tomcat.start()
    assert tomcat.port is not None


async def test_a_restart_takes_its_seconds_and_says_what_a_real_one_says(start_tomcat: Start, clock: Clock) -> None:
    tomcat = await start_tomcat("was1")
    size = len(log_of(tomcat))
    began = clock.now()
    await tomcat.stop()
    await tomcat.start()
    assert clock.now() - began >= 2.5
    said = log_of(tomcat)[size:]
    for line in (
        r"INFO \[main\] org\.apache\.coyote\.AbstractProtocol\.pause Pausing ProtocolHandler",
        r"WARNING \[main\] org\.apache\.catalina\.loader\.WebappClassLoaderBase\.clearReferencesThreads The web app",
        r"INFO \[main\] org\.apache\.catalina\.startup\.Catalina\.start Server startup in \[\d+\] milliseconds",
    ):
        assert re.search(rf"^\d\d-[A-Z][a-z]{{2}}-\d{{4}} \d\d:\d\d:\d\d\.\d{{3}} {line}", said, re.MULTILINE)


async def test_a_new_version_counts_from_the_next_start_on(start_tomcat: Start) -> None:
    tomcat = await start_tomcat("was1")
    (tomcat.base / "webapps/ROOT/version.txt").write_text("v2\n")
    assert tomcat.version == "v1"
    await tomcat.stop()
    await tomcat.start()
    assert tomcat.version == "v2"


async def test_a_broken_version_is_up_but_serves_nothing(start_tomcat: Start) -> None:
    tomcat = await start_tomcat("was1")
    (tomcat.base / "webapps/ROOT/version.txt").write_text(f"{BROKEN_VERSION}\n")
    await tomcat.stop()
    await tomcat.start()
    assert tomcat.state is TomcatState.UP
    assert await tomcat.serve(HOME, 0.01) == 404
    assert "SEVERE [main] org.apache.catalina.core.StandardContext.startInternal Context [] startup failed" in log_of(
        tomcat
    )


async def test_orders_come_through_the_fifo_one_after_the_other(start_tomcat: Start) -> None:
    tomcat = await start_tomcat("was1")
    running = tomcat.base / "temp" / "running"
    assert running.exists()
    async with asyncio.timeout(5):
        with (tomcat.base / "temp" / "control").open("wb", buffering=0) as control:
            control.write(b"stop\n")
            while running.exists():
                await asyncio.sleep(0.005)
            assert tomcat.state is TomcatState.STOPPED
            control.write(b"start\nstop\nnonsense\n")
            while log_of(tomcat).count("Destroying ProtocolHandler") < 2:
                await asyncio.sleep(0.005)
    assert log_of(tomcat).count("Server startup in") == 2
    assert tomcat.state is TomcatState.STOPPED


async def test_the_log_is_rotated_by_rename_so_that_it_fills_no_disk(
    start_tomcat: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfiles, "ROTATE_BYTES", 4000)
    tomcat = await start_tomcat("was1")
    for _ in range(100):
        await tomcat.serve(HOME, 0)
    names = sorted(path.name for path in (tomcat.base / "logs").iterdir())
    assert names == ["catalina.out", "catalina.out.1"]
    assert (tomcat.base / "logs" / "catalina.out").stat().st_size < 4500
