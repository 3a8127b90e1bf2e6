"""What can be seen from one Apache host: its maps, workers files, leases, status worker and AJP connectors."""

import asyncio
from collections.abc import Collection, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

from isdeploy_tui.config import ApacheConfig, ApacheId, WorkerConfig, WorkerId
from isdeploy_tui.engine import drift
from isdeploy_tui.engine.fleet import ApacheState, Front, Health, WorkerState
from isdeploy_tui.engine.front import Place
from isdeploy_tui.engine.frontwatch import FrontWatch
from isdeploy_tui.engine.lastchange import Journal, explanation, taken_out
from isdeploy_tui.engine.leftover import Leftover, Scripts
from isdeploy_tui.engine.reading import ApacheView, understand
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.states import OUT, Seen, in_front, worker_state
from isdeploy_tui.engine.status import read_status
from isdeploy_tui.modjk.jkstatus import JkStatus
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.journal import Lease, parse_leases
from isdeploy_tui.remote.mapread import ServerFile, Watch, leases_of, watch_files
from isdeploy_tui.remote.probes import Pinger

States = tuple[list[ApacheState], list[WorkerState]]

PING_SECONDS = 10
"""How old an answer of a Tomcat may be while nothing happens to it; one that goes away is noticed at once."""

CLOCK_SECONDS = 2.0
"""A file's time and the server's clock are whole seconds: a map may be younger than it seems by as much."""


@dataclass(frozen=True, slots=True)
class _Calm:
    """A look at an Apache where nothing is out, left, asked about or worked on: the next is the same until one is."""

    view: ApacheView
    state: ApacheState
    workers: list[WorkerState]
    pingers: tuple[Pinger, ...]


class HostWatcher:
    """Looks at the apaches of one host over one kept channel, and one more for each AJP connector."""

    def __init__(self, session: Session, ssh: str, sudo: bool, apaches: Collection[ApacheConfig]) -> None:
        self.name = ssh
        self.ids = {apache.id for apache in apaches}
        self._session = session
        self._host = session.host(ssh)
        self._sudo = sudo
        self._apaches = tuple(apaches)
        self._paths = tuple(dict.fromkeys(path for apache in apaches for path in _paths(apache)))
        self._files: dict[str, ServerFile | RemoteError] = {}
        self._arrived: dict[str, float] = {}
        self._views: dict[ApacheId, ApacheView] = {}
        self._journals = {apache.id: Journal(self._host, apache) for apache in apaches}
        self._scripts = Scripts(session)
        self._fronts = FrontWatch(session, ssh)
        self._pingers: dict[tuple[str, int], Pinger] = {}
        self._seen: dict[ApacheId, float] = {}
        self._calm: dict[ApacheId, _Calm] = {}
        self._watch: Watch | None = None
        self._stack = AsyncExitStack()
        self._lock = asyncio.Lock()

    async def look(self, *, fresh: bool = False) -> States:
        """Look once; what cannot be read comes back as unknown with its error. Raises nothing foreseeable.

        ``fresh`` asks every Tomcat anew.
        """
        async with self._lock:
            try:
                changed = await self._poll_files()
            except RemoteError as error:
                await self._let_go()
                return self.failed(str(error))
            self._understand(changed)
            recent = 0 if fresh else PING_SECONDS
            await self._fronts.look(self._apaches, wait=fresh)
            calm = [self._as_before(apache, recent) for apache in self._apaches]
            others = [apache for apache, known in zip(self._apaches, calm, strict=True) if known is None]
            looked = await asyncio.gather(*(self._look_at(apache, recent) for apache in others)) if others else []
        states = [*filter(None, calm), *looked]
        return [state for state, _ in states], [worker for _, workers in states for worker in workers]

    def failed(self, error: str) -> States:
        """Return the states of a host that cannot be read."""
        nobody_knows = Place(Front.UNKNOWN, error)
        apaches = [
            in_front(
                ApacheState(apache.id, error, seen=self._seen.get(apache.id, 0)),
                None if apache.front is None else nobody_knows,
            )
            for apache in self._apaches
        ]
        workers = [WorkerState(worker.id, error=error) for apache in self._apaches for worker in apache.workers]
        return apaches, workers

    async def aclose(self) -> None:
        """Give the channels back."""
        await self._fronts.aclose()
        await self._let_go()

    async def _let_go(self) -> None:
        pingers, self._pingers = self._pingers, {}
        stack, self._stack, self._watch = self._stack, AsyncExitStack(), None
        self._files.clear()
        self._calm.clear()
        for pinger in pingers.values():
            await pinger.aclose()
        await stack.aclose()

    async def _poll_files(self) -> Collection[str]:
        if self._watch is None:
            self._watch = await self._stack.enter_async_context(watch_files(self._host, self._paths, sudo=self._sudo))
        news = await self._watch.poll()
        self._files.update(news)
        self._arrived.update(dict.fromkeys(news, self._session.clock()))
        return news.keys()

    def _understand(self, changed: Collection[str]) -> None:
        for apache in self._apaches:
            map_file, workers_file = self._files.get(apache.map), self._files.get(apache.workers_file)
            if not isinstance(map_file, ServerFile) or not isinstance(workers_file, ServerFile):
                self._views.pop(apache.id, None)
            elif apache.id not in self._views or {apache.map, apache.workers_file} & set(changed):
                self._views[apache.id] = understand(apache, map_file, workers_file)

    def _as_before(self, apache: ApacheConfig, recent: float) -> tuple[ApacheState, list[WorkerState]] | None:
        """Return the very states of the last look, if all that can be seen without asking anybody says so."""
        calm = self._calm.get(apache.id)
        if calm is None or self._views.get(apache.id) is not calm.view or self._leases(apache):
            return None
        if not all(pinger.was_up(recent) for pinger in calm.pingers):
            return None
        self._seen[apache.id] = self._session.clock()
        return replace(calm.state, seen=self._seen[apache.id]), calm.workers

    async def _look_at(self, apache: ApacheConfig, recent: float) -> tuple[ApacheState, list[WorkerState]]:
        view = self._views.get(apache.id)
        if view is None:
            problems = (self._files.get(path) for path in (apache.map, apache.workers_file))
            error = "; ".join(str(problem) for problem in problems if isinstance(problem, RemoteError))
            seen = self._seen.get(apache.id, 0)
            unread = ApacheState(apache.id, error or "not read yet", seen=seen)
            return in_front(unread, self._fronts.place(apache)), [
                WorkerState(worker.id, error=error) for worker in apache.workers
            ]
        self._calm.pop(apache.id, None)
        self._seen[apache.id] = self._session.clock()
        leases = self._leases(apache)
        front = self._fronts.place(apache)
        status, (change, scripts, switched), pings = await asyncio.gather(
            self._status(apache),
            self._told(view, leases, front is not None and front.front is Front.OUT),
            self._pings(apache, view, leases, recent),
        )
        contradictions = tuple(self._contradictions(view, status))
        # By the host's clock its map has been as it is for so long.
        age = max(0, view.map.now - view.map.mtime) if view.map.mtime else 0
        written = self._arrived[apache.map] - age
        seen_now = Seen(status, pings, leases, change, scripts, contradictions, written)
        workers = [worker_state(view, worker.id.worker, worker.tomcat, seen_now) for worker in apache.workers]
        warnings = (
            *map(printable, view.workers.problems),
            *view.faults,
            *(contradiction.sentence for contradiction in contradictions),
        )
        state = ApacheState(apache.id, "", warnings, view.map.sha256, self._seen[apache.id])
        if not leases and front is None and apache.status_url is None and all(map(_is_calm, workers)):
            pingers = (self._pinger(view, worker.id.worker) for worker in apache.workers)
            self._calm[apache.id] = _Calm(view, state, workers, tuple(filter(None, pingers)))
        return in_front(state, front, switched), workers

    def _contradictions(self, view: ApacheView, status: JkStatus) -> Iterator[drift.Contradiction]:
        yield from drift.overridden_by_httpd(view.apache, status)
        age = self._session.clock() - self._arrived[view.apache.map] + (view.map.now - view.map.mtime)
        if age > view.apache.settle_seconds + CLOCK_SECONDS:
            yield from drift.not_followed(view.apache, view.rules, status)

    async def _status(self, apache: ApacheConfig) -> JkStatus:
        if apache.status_url is None:
            return JkStatus()
        status = await read_status(self._session, apache)
        return status if isinstance(status, JkStatus) else JkStatus()

    async def _told(
        self, view: ApacheView, leases: Mapping[str, Lease], front_out: bool
    ) -> tuple[str, Mapping[WorkerId, Leftover | None], str]:
        """Ask the journal only when something is out or left that wants explaining: who did it, how scripts ended."""
        out = any(member.rotation is not Rotation.ACTIVE for member in view.members.values())
        if not out and not front_out and not any(lease.is_orphan for lease in leases.values()):
            return "", {}, ""
        leased = self._arrived.get(leases_of(view.apache.map), 0.0)
        entries = await self._journals[view.apache.id].read(view.map.sha256, leased, self._session.clock())
        left = [worker.id for worker in view.apache.workers if _is_left(view, worker, leases)]
        stories = await asyncio.gather(*(self._scripts.tell(id, entries or ()) for id in left))
        switched = taken_out(entries, view.apache.id) if front_out else ""
        return explanation(entries, view.map.sha256), dict(zip(left, stories, strict=True)), switched

    def _leases(self, apache: ApacheConfig) -> Mapping[str, Lease]:
        path = leases_of(apache.map)
        file = self._files.get(path)
        if not isinstance(file, ServerFile):
            return {}
        # The host's clock told the time when the file came; since then ours has gone on as fast.
        return parse_leases(file.data, file.now + self._session.clock() - self._arrived[path])

    async def _pings(
        self, apache: ApacheConfig, view: ApacheView, leases: Mapping[str, Lease], recent: float
    ) -> Mapping[str, tuple[Health, str]]:
        """Ask the members; those that were up a moment ago, and on which nobody works, cost nothing."""
        pings: dict[str, tuple[Health, str]] = {}
        to_ask = []
        for name, tomcat in ((worker.id.worker, worker.tomcat) for worker in apache.workers):
            pinger = self._pinger(view, name)
            if pinger is not None and printable(tomcat) not in leases and pinger.was_up(recent):
                pings[name] = Health.UP, ""
            elif pinger is not None:
                to_ask.append((name, pinger))
            else:
                pings[name] = Health.UNKNOWN, f"{printable(name)} is not defined in {view.apache.workers_file}"
        answers = await asyncio.gather(*(_ping(pinger) for _, pinger in to_ask)) if to_ask else []
        return pings | {name: answer for (name, _), answer in zip(to_ask, answers, strict=True)}

    def _pinger(self, view: ApacheView, member: str) -> Pinger | None:
        worker = view.workers.workers.get(member)
        if worker is None:
            return None
        key = worker.host, worker.port
        if key not in self._pingers:
            self._pingers[key] = Pinger(self._host, *key)
        return self._pingers[key]


async def _ping(pinger: Pinger) -> tuple[Health, str]:
    try:
        answer = await pinger.ping()
    except RemoteError as error:
        return Health.UNKNOWN, str(error)
    health = Health(answer.health)
    return health, "" if health is Health.UP else printable(answer.detail)


def _paths(apache: ApacheConfig) -> tuple[str, str, str]:
    return apache.map, apache.workers_file, leases_of(apache.map)


def _is_calm(state: WorkerState) -> bool:
    return state.rotation is Rotation.ACTIVE and state.health is Health.UP


def _is_left(view: ApacheView, worker: WorkerConfig, leases: Mapping[str, Lease]) -> bool:
    """True when nobody is at work on a worker, though it is out, or whoever was is gone."""
    member = view.members.get(worker.id.worker)
    lease = leases.get(printable(worker.tomcat))
    if lease is not None:
        return lease.is_orphan
    return member is not None and member.rotation in OUT
