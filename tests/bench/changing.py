"""The screen on a fleet in which so many workers a second change, with a heart in its loop.

``python -m tests.bench.changing CONFIG BEATS CHANGES``. The changes are made up, as no fleet has so many; the servers
and the log are those of the configuration.
"""

import asyncio
import itertools
import sys
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from isdeploy_tui import config
from isdeploy_tui.config import ApacheId
from isdeploy_tui.engine.fleet import ApacheState, Fleet, Health, WorkerState
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.tui.ports import FleetCallback
from isdeploy_tui.tui.run import run_tui
from tests.bench.heart import beside

_PERIOD = 0.02


class Changing:
    """A FleetSource whose workers go out and come back, one after the other."""

    def __init__(self, session: Session, changes: int) -> None:
        now = time.time()
        apaches = {apache.id: ApacheState(apache.id, seen=now) for apache in session.config.apaches()}
        workers = {
            worker.id: WorkerState(worker.id, Rotation.ACTIVE, Health.UP, address="127.0.0.1:8009", since=now)
            for worker in session.config.workers()
        }
        self.fleet = Fleet(MappingProxyType(apaches), MappingProxyType(workers))
        self._changes = changes
        self._callbacks: list[FleetCallback] = []
        self._task: asyncio.Task[None] | None = None

    def subscribe(self, callback: FleetCallback) -> Callable[[], None]:
        """Call back with every change."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def start(self) -> None:
        """Begin to change."""
        self._task = asyncio.create_task(self._change())

    async def refresh(self, apaches: Collection[ApacheId] | None = None) -> Fleet:
        """Return what there is."""
        return self.fleet

    async def aclose(self) -> None:
        """Change no more."""
        if self._task is not None:
            self._task.cancel()

    async def _change(self) -> None:
        ids, began, done = itertools.cycle(tuple(self.fleet.workers)), time.monotonic(), 0
        apaches, read = self.fleet.apaches, time.time()
        while True:
            await asyncio.sleep(_PERIOD)
            due = int((time.monotonic() - began) * self._changes) - done
            done += due
            changed = {id: _other(self.fleet.workers[id]) for id in itertools.islice(ids, due)}
            if time.time() - read > 1:
                read = time.time()
                apaches = MappingProxyType({id: ApacheState(id, seen=read) for id in apaches})
            if changed or apaches is not self.fleet.apaches:
                self.fleet = Fleet(apaches, MappingProxyType({**self.fleet.workers, **changed}))
            if changed:
                for callback in tuple(self._callbacks):
                    callback(self.fleet, frozenset(changed))


def _other(worker: WorkerState) -> WorkerState:
    rotation = Rotation.STOPPED if worker.rotation is Rotation.ACTIVE else Rotation.ACTIVE
    return replace(worker, rotation=rotation, since=time.time())


async def _run(file: Path, changes: int) -> int:
    configuration = config.load(file)
    hosts = SshHosts(configuration.ssh_config, configuration.connect_seconds, None)
    session = Session(configuration, hosts)
    try:
        return await run_tui(session, Changing(session, changes), None)
    finally:
        await hosts.aclose()


if __name__ == "__main__":
    sys.exit(asyncio.run(beside(_run(Path(sys.argv[1]), int(sys.argv[3])), Path(sys.argv[2]))))
