"""The embedded world as a whole: what a deploy costs its visitors, done right and done carelessly, and what remains."""

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import aclosing
from pathlib import Path

import pytest

from isdeploy_tui.config import ApacheId, WorkerId
from isdeploy_tui.demo import processes
from isdeploy_tui.demo.balancer import Answer, Request
from isdeploy_tui.demo.tomcat import TomcatState
from isdeploy_tui.demo.world import World
from isdeploy_tui.modjk.rotation import Presets, plan, rotations
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import parse_workers
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.remote.mapwrite import swap_map
from isdeploy_tui.remote.runs import RunEnd, follow_run
from isdeploy_tui.remote.runstart import start_run

SPEED = 8.0
RUN = "20261122T120000Z-test"
PRESETS = Presets({}, {}, ())
SHOP = (ApacheId("shop", "web1"), ApacheId("shop", "web2"))


def small_world(seed: int = 1) -> World:
    return World(seed, SPEED, visitors_per_second=40)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with small_world() as world:
        yield world


async def rewrite(
    world: World,
    apaches: Collection[ApacheId],
    *,
    drain: Collection[str] = (),
    restore: Collection[str] = (),
    settle: bool = True,
) -> None:
    """Drain or restore members in the maps of these Apaches, as the engine does it, and settle."""
    for id in apaches:
        apache = world.config.apache(id)
        host = world.hosts.host(apache.ssh)
        workers = parse_workers((await read_file(host, apache.workers_file)).data)
        now = await read_file(host, apache.map)
        new = plan(UriMap.parse(now.data), workers, drain=drain, restore=restore, presets=PRESETS).after
        await swap_map(host, apache.map, expected=now.sha256, new=new)
    if settle:
        await world.clock.sleep(max(world.config.apache(id).settle_seconds for id in apaches))


async def idle(world: World, apaches: Collection[ApacheId], member: str) -> None:
    async with asyncio.timeout(5):
        while any(world.apaches[id.apache].tallies[member].busy for id in apaches):
            await asyncio.sleep(0.01)


async def deploy(world: World, worker: str, *arguments: str) -> tuple[int | None, str]:
    """Run a worker's deploy script as a detached run on its server; return exit status and output."""
    config = world.config.worker(WorkerId(*worker.split("/")))
    assert config.deploy is not None
    host = world.hosts.host(config.ssh)
    await start_run(host, RUN, [config.deploy, *arguments])
    output = b""
    async with asyncio.timeout(30), aclosing(follow_run(host, RUN)) as events:
        async for event in events:
            if isinstance(event, RunEnd):
                return event.code, output.decode()
            output += event.data
    raise AssertionError("the run has no end")


async def slow_visits(world: World, member: str) -> list[asyncio.Task[Answer]]:
    """Have a visitor on each Apache whose session is the member's and whose request takes a minute; it is in flight."""
    apaches = [world.apaches[id.apache] for id in SHOP]
    before = [apache.tallies[member].busy for apache in apaches]
    requests = [Request("/shop/order", 60.0, apache.workers.workers[member].route) for apache in apaches]
    visits = [asyncio.create_task(apache.serve(request)) for apache, request in zip(apaches, requests, strict=True)]
    await asyncio.sleep(0)
    assert [apache.tallies[member].busy for apache in apaches] == [busy + 1 for busy in before]
    return visits


def elected(world: World, apache: str, member: str) -> int:
    return world.apaches[apache].tallies[member].elected


async def test_it_is_two_services_three_apaches_eight_workers_all_in_rotation(world: World) -> None:
    assert [service.name for service in world.config.services] == ["shop", "intra"]
    assert world.config.service("shop").is_production
    apaches = list(world.config.apaches())
    assert len(apaches) == 3
    assert sum(len(apache.workers) for apache in apaches) == 8
    assert len(world.config.same_tomcat(WorkerId("shop", "web1", "worker1"))) == 2
    for apache in apaches:
        host = world.hosts.host(apache.ssh)
        workers = parse_workers((await read_file(host, apache.workers_file)).data)
        urimap = UriMap.parse((await read_file(host, apache.map)).data)
        states = rotations(urimap, workers, PRESETS)
        assert workers.problems == ()
        assert {name: state.rotation.value for name, state in states.items()} == {
            worker.id.worker: "active" for worker in apache.workers
        }


async def test_a_deploy_done_right_loses_nobody_and_leaves_the_maps_as_they_were(world: World) -> None:
    before = {id: Path(world.config.apache(id).map).read_bytes() for id in SHOP}
    await rewrite(world, SHOP, drain=["worker1"])
    await idle(world, SHOP, "worker1")
    drained = [elected(world, id.apache, "worker1") for id in SHOP]
    status, output = await deploy(world, "shop/web1/worker1", "v9.9")
    assert (status, world.tomcats["was1-shop"].version) == (0, "v9.9"), output
    assert [elected(world, id.apache, "worker1") for id in SHOP] == drained
    await rewrite(world, SHOP, restore=["worker1"])
    async with asyncio.timeout(5):
        while min(elected(world, id.apache, "worker1") for id in SHOP) <= max(drained):
            await asyncio.sleep(0.05)
    assert {id: Path(world.config.apache(id).map).read_bytes() for id in SHOP} == before
    assert world.status().served > 100
    assert (world.status().lost, list(world.visitors.losses)) == (0, [])


async def test_a_stop_under_traffic_loses_the_requests_in_flight(world: World) -> None:
    visits = await slow_visits(world, "worker2")
    await world.restart_tomcat("was2-shop")
    assert {(await visit).status for visit in visits} == {502}


async def test_a_deploy_right_after_the_write_is_too_early(world: World) -> None:
    visits = await slow_visits(world, "worker3")
    await rewrite(world, SHOP, drain=["worker3"], settle=False)
    await world.restart_tomcat("was3-shop")
    assert {(await visit).status for visit in visits} == {502}


async def test_what_visitors_lost_is_counted_and_told(world: World) -> None:
    async with asyncio.timeout(5):
        while not world.tomcats["was2-shop"].busy:
            await asyncio.sleep(0.001)
    await world.restart_tomcat("was2-shop")
    assert world.status().lost > 0
    assert {loss.status for loss in world.visitors.losses} == {502}


async def test_a_member_restored_from_an_extension_is_stampeded_on_and_one_from_a_swap_is_not(world: World) -> None:
    intra = ApacheId("intra", "web3")
    await asyncio.gather(rewrite(world, [intra], drain=["node1"]), rewrite(world, SHOP[:1], drain=["worker1"]))
    await world.clock.sleep(8)
    await asyncio.gather(rewrite(world, [intra], restore=["node1"]), rewrite(world, SHOP[:1], restore=["worker1"]))
    home = world.apaches["web3"].elections["intra"].seats
    assert home[0].value < home[1].value, "node1 has caught up already: the test has waited for too long"
    members = ("worker1", "worker2", "worker3")
    counts = [elected(world, "web1", member) for member in members]
    await world.clock.sleep(3)
    assert all(elected(world, "web1", member) > count for member, count in zip(members, counts, strict=True))
    values = [seat.value for seat in world.apaches["web1"].elections["balancer"].seats]
    assert max(values) - min(values) <= 30  # sessions only


@pytest.mark.parametrize(("arguments", "status"), [((), 64), (("two words",), 64), (("broken",), 1)])
async def test_deploy_scripts_fail_where_a_real_one_would(
    world: World, arguments: tuple[str, ...], status: int
) -> None:
    code, output = await deploy(world, "intra/web3/node2", *arguments)
    assert code == status, output
    assert world.tomcats["intra-b"].version == ("broken" if status == 1 else "2026.10")


async def test_a_broken_version_that_is_restored_all_the_same_costs_visitors_404(world: World) -> None:
    intra = [ApacheId("intra", "web3")]
    await rewrite(world, intra, drain=["node2"])
    await idle(world, intra, "node2")
    await deploy(world, "intra/web3/node2", "broken")
    assert world.status().lost == 0
    await rewrite(world, intra, restore=["node2"])
    async with asyncio.timeout(5):
        while not world.visitors.losses:
            await asyncio.sleep(0.02)
    assert {(loss.status, loss.member) for loss in world.visitors.losses} == {(404, "node2")}


async def test_the_connectors_and_status_pages_are_reached_through_the_servers_that_see_them(world: World) -> None:
    web1, web3 = world.hosts.host("web1"), world.hosts.host("web3")
    for host, address, port in ((web1, "was1", 8009), (web3, "127.0.0.1", 8009), (web3, "127.0.0.1", 8010)):
        async with host.open_tcp(address, port) as (reader, writer):
            writer.write(b"\x12\x34\x00\x01\x0a")
            assert await reader.readexactly(5) == b"\x41\x42\x00\x01\x09"
    for host, address, target in ((web1, "127.0.0.1", "/jkstatus?mime=prop"), (web1, "worker1.shop.example", "/shop/")):
        async with host.open_tcp(address, 80) as (reader, writer):
            writer.write(f"GET {target} HTTP/1.0\r\nHost: {address}\r\n\r\n".encode())
            assert (await reader.read()).startswith(b"HTTP/1.1 200 OK\r\n")


async def test_every_directory_down_to_a_map_is_open_to_httpds_of_the_machine(world: World) -> None:
    map = Path(world.config.apache(SHOP[0]).map)
    closed = [folder for folder in map.parents if not folder.stat().st_mode & 0o001]
    assert closed == []


async def test_the_same_seed_brings_the_same_visitors() -> None:
    async def first(seed: int) -> list[str]:
        async with World(seed, speed=50, visitors_per_second=40) as world:
            seen: list[str] = []
            for apache in world.apaches.values():
                serve = apache.serve

                async def spy(request, serve=serve, name=apache.name):  # type: ignore[no-untyped-def]
                    seen.append(f"{name} {request.uri} {request.seconds:.6f}")
                    return await serve(request)

                apache.serve = spy  # type: ignore[method-assign]
            async with asyncio.timeout(5):
                while len(seen) < 50:
                    await asyncio.sleep(0.01)
            return seen[:50]

    assert await first(7) == await first(7)
    assert await first(7) != await first(8)


async def test_nothing_is_left_behind_even_after_an_exception() -> None:
    ports: list[int] = []
    with pytest.raises(ZeroDivisionError):
        async with small_world() as world:
            ports += [tomcat.port for tomcat in world.tomcats.values() if tomcat.port]
            worker = world.config.worker(WorkerId("shop", "web1", "worker1"))
            assert worker.deploy is not None
            # Somebody starts a deploy and leaves while it runs.
            await start_run(world.hosts.host(worker.ssh), RUN, [worker.deploy, "v2"])
            async with asyncio.timeout(10):
                while world.tomcats["was1-shop"].state is TomcatState.UP:
                    await asyncio.sleep(0.005)
            mark = world.directory.name
            assert processes.find(mark)
            raise ZeroDivisionError
    assert not world.directory.exists()
    assert processes.find(mark) == frozenset()
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    assert {task for task in others if not task.done()} == set()
