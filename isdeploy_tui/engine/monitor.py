"""Watches every Apache and publishes what changed, as frozen snapshots."""

import asyncio
import logging
import random
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from isdeploy_tui.config import ApacheConfig, ApacheId, WorkerId
from isdeploy_tui.engine.drift import apaches_disagree, shared_tomcats
from isdeploy_tui.engine.fleet import ApacheState, Fleet, WorkerState, skeleton
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.versions import Versions
from isdeploy_tui.engine.watching import HostWatcher
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.printable import printable

_LOG = logging.getLogger(__name__)

Changed = frozenset[ApacheId | WorkerId]
Callback = Callable[[Fleet, Changed], None]

JITTER = 0.1
"""Share of the interval by which polls are spread, so that hundreds of hosts don't answer in one burst."""


class Monitor:
    """Polls the apaches of a session.

    One task and one kept channel a host, however many apaches and workers it has; a host that fails makes only its
    own workers unknown.
    """

    def __init__(self, session: Session) -> None:
        self._fleet: Fleet | None = skeleton(session.config)
        self._apaches, self._workers = dict(self._fleet.apaches), self._fleet.workers
        self._session = session
        self._callbacks: list[Callback] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._shared = shared_tomcats(session.config)
        self._disagreeing: Mapping[WorkerId, str] = {}
        self._looked: dict[WorkerId, WorkerState] = {}
        self._versions = Versions(session, self._version_changed)
        groups: dict[tuple[str, bool], list[ApacheConfig]] = defaultdict(list)
        for apache in session.config.apaches():
            groups[apache.ssh, apache.sudo].append(apache)
        self._watchers = [HostWatcher(session, ssh, sudo, group) for (ssh, sudo), group in groups.items()]

    @property
    def fleet(self) -> Fleet:
        """What was last seen. It is put together when somebody asks: most looks bring nothing but their time."""
        if self._fleet is None:
            self._fleet = Fleet(MappingProxyType(dict(self._apaches)), self._workers)
        return self._fleet

    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Call ``callback`` with the new fleet and the ids that changed, in the event loop; returns the way out."""
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def start(self) -> None:
        """Begin to poll every ``poll_seconds``."""
        self._tasks = [asyncio.create_task(self._watch(watcher)) for watcher in self._watchers]

    async def refresh(self, apaches: Collection[ApacheId] | None = None) -> Fleet:
        """Look once at these apaches (None: all), at all hosts at once, and return the fleet."""
        wanted = [watcher for watcher in self._watchers if apaches is None or watcher.ids & set(apaches)]
        await asyncio.gather(*(self._look(watcher, fresh=True) for watcher in wanted))
        return self.fleet

    async def aclose(self) -> None:
        """Stop polling and give the channels back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._versions.aclose()
        await asyncio.gather(*(watcher.aclose() for watcher in self._watchers))

    async def _watch(self, watcher: HostWatcher) -> None:
        interval = self._session.config.poll_seconds
        while True:
            await self._look(watcher)
            await asyncio.sleep(interval * random.uniform(1 - JITTER, 1 + JITTER))

    async def _look(self, watcher: HostWatcher, *, fresh: bool = False) -> None:
        try:
            apaches, workers = await watcher.look(fresh=fresh)
        except Exception as error:
            # One host's surprise must not end the watching of the others.
            _LOG.exception("watching %s failed", watcher.name)
            apaches, workers = watcher.failed(f"internal error: {printable(repr(error), 200)}")
        self._publish(apaches, workers)
        if self._tasks:
            # A single look is over before a version could be told.
            self._versions.look(workers)

    def _version_changed(self, tomcat: str) -> None:
        config, states = self._session.config, self._workers
        self._publish((), [states[worker.id] for worker in config.workers() if worker.tomcat == tomcat])

    def _publish(self, apaches: Iterable[ApacheState], workers: Iterable[WorkerState]) -> None:
        """Take what one look brought. With nothing new, the cost does not grow with the fleet."""
        old = self._workers
        now = self._session.clock()
        new_apaches = {state.id: state for state in apaches}
        new_workers = {}
        for state in workers:
            if self._looked.get(state.id) is state:
                continue  # the very state of the look before
            self._looked[state.id] = state
            known = _with_past(old[state.id], self._versions.on(state), now)
            new_workers[state.id] = _with_remark(known, None, self._disagreeing.get(state.id))
        if any(state.rotation is not old[id].rotation for id, state in new_workers.items()):
            disagreeing = apaches_disagree(self._shared, {**old, **new_workers})
            for id in disagreeing.keys() | self._disagreeing.keys():
                state = new_workers.get(id, old[id])
                new_workers[id] = _with_remark(state, self._disagreeing.get(id), disagreeing.get(id))
            self._disagreeing = disagreeing
        changed_workers = {id: worker for id, worker in new_workers.items() if worker != old[id]}
        changed = frozenset(
            # ``seen`` moves with every good read; it is no news by itself.
            {id for id, state in new_apaches.items() if replace(state, seen=0) != replace(self._apaches[id], seen=0)}
            | changed_workers.keys()
        )
        self._apaches.update(new_apaches)
        if changed_workers:
            self._workers = MappingProxyType({**old, **changed_workers})
        self._fleet = None
        if changed:
            for callback in tuple(self._callbacks):
                callback(self.fleet, changed)


def _with_past(before: WorkerState, now: WorkerState, time: float) -> WorkerState:
    """Keep since when a rotation has been seen, and what it was before it became unknown."""
    since = before.since if before.rotation is now.rotation and before.since else now.since or time
    if now.rotation is not Rotation.UNKNOWN:
        return replace(now, since=since)
    last = before.last if before.rotation is Rotation.UNKNOWN else before.rotation
    return replace(now, since=since, last=last)


def _with_remark(state: WorkerState, old: str | None, new: str | None) -> WorkerState:
    if old is None and new is None:
        return state
    kept = tuple(remark for remark in state.remarks if remark not in {old, new})
    return replace(state, remarks=(*kept, new) if new else kept)
