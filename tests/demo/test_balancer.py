"""An Apache of the world: routing, failover and what is lost."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from isdeploy_tui.demo.applications import SHOP
from isdeploy_tui.demo.balancer import Apache, Request
from isdeploy_tui.demo.children import MapFile
from isdeploy_tui.demo.clock import Clock
from isdeploy_tui.demo.frontend import Frontend
from isdeploy_tui.demo.logfiles import AccessLog
from isdeploy_tui.demo.tomcat import Tomcat
from isdeploy_tui.modjk.workers import parse_workers

WORKERS = b"""\
worker.list=lb,single
worker.w1.port=8009
worker.w2.port=8010
worker.lb.type=lb
worker.lb.balance_workers=w1,w2
worker.single.reference=worker.w1
"""
QUICK = Request("/shop/", 0.02)

Build = Callable[[str], Apache]


@pytest.fixture
async def tomcats(start_tomcat: Callable[[str], Awaitable[Tomcat]]) -> dict[str, Tomcat]:
    return {name: await start_tomcat(name) for name in ("w1", "w2")}


@pytest.fixture
def build(tmp_path: Path, clock: Clock, tomcats: dict[str, Tomcat]) -> Iterator[Build]:
    log = AccessLog(tmp_path / "access.log", clock)

    def build(rules: str) -> Apache:
        path = tmp_path / "uriworkermap.properties"
        path.write_text(rules)
        path.chmod(0o644)
        return Apache("web1", MapFile(path, 2), parse_workers(WORKERS), tomcats, SHOP, log, clock, Random(1))

    yield build
    log.close()


async def members(apache: Apache, request: Request, times: int = 12) -> set[str | None]:
    return {(await apache.serve(request)).member for _ in range(times)}


async def test_requests_are_spread_over_the_active_members(build: Build) -> None:
    assert await members(build("/shop/*=lb\n"), QUICK) == {"w1", "w2"}


@pytest.mark.parametrize(
    ("rules", "status"),
    [
        ("/api/*=lb\n", 404),
        ("/shop/*=lb\n!/shop/*=lb\n", 404),
        ("/shop/*=w1\n", 500),
        ("/shop/*=lb;stopped=w1,w2\n", 503),
    ],
)
async def test_what_mod_jk_cannot_route_it_answers_itself(build: Build, rules: str, status: int) -> None:
    answer = await build(rules).serve(QUICK)
    assert (answer.status, answer.member) == (status, None)


async def test_a_stopped_member_gets_nothing_and_a_disabled_one_its_sessions(build: Build) -> None:
    session = Request("/shop/", 0.02, "w1")
    stopped, disabled = build("/shop/*=lb;stopped=w1\n"), build("/shop/*=lb;disabled=w1\n")
    assert await members(stopped, QUICK) | await members(stopped, session) == {"w2"}
    disabled = build("/shop/*=lb;disabled=w1\n")
    assert await members(disabled, QUICK) == {"w2"}
    assert await members(disabled, session) == {"w1"}


async def test_a_member_that_refuses_costs_nobody_anything_and_is_left_alone(
    build: Build, tomcats: dict[str, Tomcat]
) -> None:
    apache = build("/shop/*=lb\n")
    await tomcats["w1"].stop()
    answers = [await apache.serve(Request("/shop/", 0.02, "w1")) for _ in range(10)]
    assert {(answer.status, answer.member) for answer in answers} == {(200, "w2")}
    assert apache.tallies["w1"].errors == 1
    await tomcats["w1"].start()
    assert await members(apache, QUICK) == {"w2"}


async def test_with_every_member_down_visitors_get_503(build: Build, tomcats: dict[str, Tomcat]) -> None:
    apache = build("/shop/*=lb\n")
    await asyncio.gather(*(tomcat.stop() for tomcat in tomcats.values()))
    assert (await apache.serve(QUICK)).status == 503


async def test_a_request_in_flight_when_its_tomcat_stops_is_lost(build: Build, tomcats: dict[str, Tomcat]) -> None:
    apache = build("/shop/*=lb;stopped=w2\n")
    request = asyncio.create_task(apache.serve(Request("/shop/", 4)))
    await asyncio.sleep(0)
    assert apache.tallies["w1"].busy == 1
    await tomcats["w1"].stop()
    assert (await request).status == 502
    assert apache.tallies["w1"].busy == 0


async def test_every_request_is_in_the_access_log_with_its_status_and_member(build: Build, tmp_path: Path) -> None:
    apache = build("/shop/*=lb;stopped=w2\n")
    await apache.serve(QUICK)
    await apache.serve(Request("/elsewhere", 0.02))
    served, not_found = (tmp_path / "access.log").read_text().splitlines()
    assert re.search(r'\[\d\d/[A-Z][a-z]{2}/\d{4}:[\d:]+ [+-]\d{4}\] "GET /shop/ HTTP/1\.1" 200 \d+ \d+ w1$', served)
    assert re.search(r'"GET /elsewhere HTTP/1\.1" 404 \d+ \d+ -$', not_found)


async def ask(port: int, target: str, host: str = "x") -> tuple[int, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    return int(head.split()[1]), body


async def test_the_http_side_serves_the_site_and_the_virtual_host_of_one_member(
    build: Build, tomcats: dict[str, Tomcat]
) -> None:
    frontend = Frontend(build("/shop/*=lb;stopped=w1\n"), {"w1.example": "w1"})
    await frontend.start()
    try:
        assert await ask(frontend.port, "/shop/?x=1") == (200, "worker=w2 version=v1 status=200\n")
        assert await ask(frontend.port, "/shop/", "w1.example:80") == (200, "worker=w1 version=v1 status=200\n")
        assert (await ask(frontend.port, "/elsewhere"))[0] == 404
        await tomcats["w1"].stop()
        assert (await ask(frontend.port, "/shop/", "w1.example"))[0] == 503
    finally:
        await frontend.aclose()


async def test_jkstatus_tells_busy_state_and_the_rules_in_mod_jks_own_words(
    build: Build, tomcats: dict[str, Tomcat]
) -> None:
    apache = build("/shop/*=lb;stopped=w2\n/api/*=lb\n")
    frontend = Frontend(apache, {})
    await frontend.start()
    request = asyncio.create_task(apache.serve(Request("/shop/", 60)))
    try:
        status, body = await ask(frontend.port, "/jkstatus?mime=prop")
        lines = body.splitlines()
        assert status == 200
        for line in (
            "worker.list=lb",
            "worker.lb.member_count=2",
            "worker.lb.balance_workers=w1",
            "worker.w1.busy=1",
            "worker.w2.busy=0",
            "worker.w1.activation=ACT",
            "worker.w1.state=OK/IDLE",
            "worker.lb.map.1.uri=/shop/*",
            "worker.lb.map.1.stopped=w2",
            "worker.lb.map.2.stopped=",
            "worker.result.type=OK",
        ):
            assert line in lines
    finally:
        request.cancel()
        await asyncio.gather(request, return_exceptions=True)
        await frontend.aclose()


async def test_rubbish_on_the_http_port_disturbs_nobody(build: Build, tomcats: dict[str, Tomcat]) -> None:
    frontend = Frontend(build("/shop/*=lb\n"), {})
    await frontend.start()
    try:
        for rubbish in (b"\x16\x03\x01\r\n\r\n", b"GET\r\n\r\n", b"x" * 40_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", frontend.port)
            writer.write(rubbish)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        assert (await ask(frontend.port, "/shop/"))[0] == 200
    finally:
        await frontend.aclose()
