"""The monitor on real files: what it sees, what it publishes, what one broken host does to the others."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.engine import monitor as monitor_module
from isdeploy_tui.engine.fleet import Fleet, Health
from isdeploy_tui.engine.monitor import Changed, Monitor
from isdeploy_tui.modjk.rotation import Rotation
from tests.engine.site import MAP, Site, open_site
from tests.remote.local_host import LocalHost


async def test_one_look_tells_rotation_health_and_address(tmp_path: Path) -> None:
    async with open_site(tmp_path, map_text=MAP.replace(b"balancer", b"balancer_ex2")) as site:
        await site.connectors["worker3"].close()
        monitor = Monitor(site.session)
        fleet = await monitor.refresh()
        await monitor.aclose()
        seen = {id.worker: (state.rotation, state.health) for id, state in fleet.workers.items()}
        assert seen == {
            "worker1": (Rotation.ACTIVE, Health.UP),
            "worker2": (Rotation.STOPPED, Health.UP),
            "worker3": (Rotation.ACTIVE, Health.DOWN),
        }
        assert fleet.workers[site.id("worker1")].address == f"127.0.0.1:{site.connectors['worker1'].port}"
        assert fleet.workers[site.id("worker3")].error


async def test_a_host_that_fails_makes_only_its_own_workers_unknown(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        site.map("web2").unlink()
        monitor = Monitor(site.session)
        fleet = await monitor.refresh()
        await monitor.aclose()
        assert {state.rotation for id, state in fleet.workers.items() if id.apache == "web1"} == {Rotation.ACTIVE}
        assert {state.rotation for id, state in fleet.workers.items() if id.apache == "web2"} == {Rotation.UNKNOWN}
        assert all(state.error for id, state in fleet.workers.items() if id.apache == "web2")


async def test_changes_are_published_and_only_those(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        monitor = Monitor(site.session)
        published: asyncio.Queue[Changed] = asyncio.Queue()

        def note(fleet: Fleet, changed: Changed) -> None:
            published.put_nowait(changed)

        await monitor.refresh()
        leave = monitor.subscribe(note)
        await monitor.refresh()
        assert published.empty()
        await site.connectors["worker2"].close()
        await monitor.refresh()
        assert published.get_nowait() == {site.id("worker2")}
        site.map().write_bytes(MAP.replace(b"balancer", b"balancer_ex1"))
        await monitor.refresh()
        assert {site.id("worker1"), site.id("worker1").apache_id} <= published.get_nowait()
        leave()
        site.map().write_bytes(MAP)
        await monitor.refresh()
        assert published.empty()
        await monitor.aclose()


async def test_polling_goes_on_after_a_host_came_back(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        monitor = Monitor(site.session)
        monitor.start()
        await _until(site, monitor, Rotation.ACTIVE)
        site.map().rename(site.map().with_suffix(".away"))
        await _until(site, monitor, Rotation.UNKNOWN)
        site.map().with_suffix(".away").rename(site.map())
        await _until(site, monitor, Rotation.ACTIVE)
        await monitor.aclose()


async def test_watching_keeps_one_channel_a_host_and_one_a_connector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    for method in ("stream", "open_tcp"):
        original = getattr(LocalHost, method)

        def noted(self: LocalHost, *args: Any, original: Any = original, **options: Any) -> Any:
            opened.append(f"{self.name} {original.__name__}")
            return original(self, *args, **options)

        monkeypatch.setattr(LocalHost, method, noted)
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        monitor = Monitor(site.session)
        for _ in range(5):
            await monitor.refresh()
        await monitor.aclose()
    assert sorted(opened) == sorted(
        f"{name} {method}" for name in ("web1", "web2") for method in ("stream", "open_tcp", "open_tcp", "open_tcp")
    )


async def test_hosts_are_not_polled_in_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spread: list[tuple[float, float]] = []
    monkeypatch.setattr(monitor_module.random, "uniform", lambda low, high: spread.append((low, high)) or 1.0)
    async with open_site(tmp_path) as site:
        monitor = Monitor(site.session)
        monitor.start()
        await _until(site, monitor, Rotation.ACTIVE)
        async with asyncio.timeout(10):
            while not spread:
                await asyncio.sleep(0.01)
        await monitor.aclose()
    assert spread[0] == (1 - monitor_module.JITTER, 1 + monitor_module.JITTER)


async def _until(site: Site, monitor: Monitor, rotation: Rotation) -> None:
    async with asyncio.timeout(10):
        while monitor.fleet.workers[site.id("worker1")].rotation is not rotation:
            await asyncio.sleep(0.05)
