"""Looks at a host where nothing happens cost next to nothing, and the first thing that happens is seen."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from isdeploy_tui.engine.fleet import Health, WorkerState
from isdeploy_tui.engine.watching import HostWatcher, States
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.recording import take_lease
from tests.engine.site import MAP, Site, open_site
from tests.engine.test_shared_work import foreign_lease


@asynccontextmanager
async def watched(tmp_path: Path) -> AsyncIterator[tuple[Site, HostWatcher, States]]:
    """Yield a site whose host has been looked at until a look brought nothing new, and what that look brought."""
    async with open_site(tmp_path) as site:
        watcher = HostWatcher(site.session, "web1", False, list(site.config.apaches()))
        await watcher.look()
        states = await watcher.look()
        assert {worker.health for worker in states[1]} == {Health.UP}
        yield site, watcher, states
        await watcher.aclose()


def worker1(states: States) -> WorkerState:
    return next(state for state in states[1] if state.id.worker == "worker1")


async def test_while_nothing_happens_the_states_are_the_very_same_and_only_their_age_goes_on(tmp_path: Path) -> None:
    async with watched(tmp_path) as (_, watcher, before):
        after = await watcher.look()
        assert all(new is old for new, old in zip(after[1], before[1], strict=True))
        assert after[0][0].seen > before[0][0].seen
        fresh = await watcher.look(fresh=True)
        assert not any(new is old for new, old in zip(fresh[1], before[1], strict=True))
        assert fresh[1] == before[1]


async def _drain(site: Site) -> None:
    site.map().write_bytes(MAP.replace(b"balancer", b"balancer_ex1"))


async def _end_tomcat(site: Site) -> None:
    await site.connectors["worker1"].close()


async def _lease(site: Site) -> None:
    await take_lease(site.hosts["web1"], str(site.map()), foreign_lease(site))


async def _take_the_map_away(site: Site) -> None:
    site.map().unlink()


@pytest.mark.parametrize(
    ("happens", "is_seen"),
    [
        (_drain, lambda state: state.rotation is Rotation.STOPPED),
        (_end_tomcat, lambda state: state.health is Health.DOWN),
        (_lease, lambda state: state.lease is not None),
        (_take_the_map_away, lambda state: state.rotation is Rotation.UNKNOWN),
    ],
)
async def test_the_first_look_after_something_happened_sees_it(
    tmp_path: Path, happens: Callable[[Site], Awaitable[None]], is_seen: Callable[[WorkerState], bool]
) -> None:
    async with watched(tmp_path) as (site, watcher, before):
        assert not is_seen(worker1(before))
        await happens(site)
        assert is_seen(worker1(await watcher.look()))
        # And so does the next one: nothing is taken for calm while it lasts.
        assert is_seen(worker1(await watcher.look()))
