"""An engine that does what a test tells it: no server, no clock, no waiting."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from isdeploy_tui import config
from isdeploy_tui.config import ApacheId, Config, WorkerId
from isdeploy_tui.engine.control import Ask
from isdeploy_tui.engine.fleet import ApacheState, Fleet, Health, WorkerState
from isdeploy_tui.engine.front import front_host
from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.history import History
from isdeploy_tui.engine.plans import (
    HostsPlan,
    HostTurn,
    MapChange,
    OperationKind,
    OperationPlan,
    Refusal,
    RollPlan,
    ScriptRun,
    Tomcat,
    Transition,
)
from isdeploy_tui.engine.session import Operator, Session
from isdeploy_tui.engine.steps import Event, Output, Step, StepState
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.journal import Entry
from isdeploy_tui.tui.app import IsdeployApp, SessionHistory
from isdeploy_tui.tui.ports import Changed, FleetCallback

START = 1_767_700_800.0
"""The tests' now: 2026-01-06 12:00:00 UTC."""

SITE = """
[[service]]
name = "shop"
comment = "The argument is the GitLab tag, such as release/2026.1"
environment = "production"
  [[service.apache]]
  name = "web1"
  ssh = "web1"
  map = "/home/conf/uriworkermap.properties"
  workers_file = "/etc/apache2/conf.d/workers.properties"
  reload_seconds = 5
    [[service.apache.worker]]
    name = "worker1"
    ssh = "was1"
    log = "/opt/tomcat1/logs/catalina.out"
    deploy = "/opt/deploy/tomcat1.sh"
    [[service.apache.worker]]
    name = "worker2"
    ssh = "was2"
    log = "/opt/tomcat2/logs/catalina.out"
    deploy = "/opt/deploy/tomcat2.sh"
    [[service.apache.worker]]
    name = "worker3"
    ssh = "was3"
    log = "/opt/tomcat3/logs/catalina.out"
    deploy = "/opt/deploy/tomcat3.sh"
  [[service.apache]]
  name = "web2"
  ssh = "web2"
  map = "/home/conf/uriworkermap.properties"
  workers_file = "/etc/apache2/conf.d/workers.properties"
  reload_seconds = 5
    [[service.apache.worker]]
    name = "worker1"
    ssh = "was1"
    log = "/opt/tomcat1/logs/catalina.out"
    [[service.apache.worker]]
    name = "worker2"
    ssh = "was2"
    log = "/opt/tomcat2/logs/catalina.out"
    [[service.apache.worker]]
    name = "worker3"
    ssh = "was3"
    log = "/opt/tomcat3/logs/catalina.out"

[[service]]
name = "intranet"
comment = "Ask the helpdesk before lunch"
environment = "staging"
  [[service.apache]]
  name = "gate"
  ssh = "gate"
  map = "/srv/conf/uriworkermap.properties"
  workers_file = "/etc/httpd/conf/workers.properties"
    [[service.apache.worker]]
    name = "blue"
    log = "/opt/blue/logs/catalina.out"
    deploy = "/opt/deploy/blue.sh"
    [[service.apache.worker]]
    name = "green"
    deploy = "/opt/deploy/green.sh"
"""

W1 = WorkerId("shop", "web1", "worker1")
W2 = WorkerId("shop", "web1", "worker2")
W3 = WorkerId("shop", "web1", "worker3")
BLUE = WorkerId("intranet", "gate", "blue")
GREEN = WorkerId("intranet", "gate", "green")
WEB1 = ApacheId("shop", "web1")
WEB2 = ApacheId("shop", "web2")


class Result(StrEnum):
    """engine.operations.Result's words; the screen must not need that module."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class NoHosts:
    """A session's servers that nobody may ask."""

    retried = 0

    def host(self, name: str) -> Host:
        raise AssertionError(f"the screen asked for the server {name}")

    def retry_now(self) -> None:
        self.retried += 1

    async def aclose(self) -> None:
        """Nothing is open."""


class FakeMonitor:
    """Publishes what a test puts in."""

    def __init__(self, settings: Config, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._callbacks: list[FleetCallback] = []
        self.refreshed: list[frozenset[ApacheId]] = []
        self.events: list[str] = []
        apaches = {apache.id: ApacheState(apache.id, seen=clock()) for apache in settings.apaches()}
        workers = {
            worker.id: WorkerState(
                worker.id,
                Rotation.ACTIVE,
                Health.UP,
                reason="every rule of its balancer has it",
                address=f"10.0.0.{number}:8009",
                since=clock(),
            )
            for number, worker in enumerate(settings.workers(), 11)
        }
        self.fleet = Fleet(MappingProxyType(apaches), MappingProxyType(workers))

    def subscribe(self, callback: FleetCallback) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    def start(self) -> None:
        self.events.append("start")

    async def aclose(self) -> None:
        self.events.append("aclose")

    async def refresh(self, apaches: Collection[ApacheId] | None = None) -> Fleet:
        self.refreshed.append(frozenset(apaches or ()))
        return self.fleet

    def put(self, id: WorkerId | ApacheId, **values: Any) -> None:
        """Change the state of a worker or an apache and publish it."""
        apaches, workers = dict(self.fleet.apaches), dict(self.fleet.workers)
        if isinstance(id, WorkerId):
            workers[id] = replace(workers[id], **values)
        else:
            apaches[id] = replace(apaches[id], **values)
        self.fleet = Fleet(MappingProxyType(apaches), MappingProxyType(workers))
        self.publish(frozenset([id]))

    def see(self) -> None:
        """Let every apache that can be read have been read just now; that is no news."""
        now = self._clock()
        apaches = {id: state if state.error else replace(state, seen=now) for id, state in self.fleet.apaches.items()}
        self.fleet = Fleet(MappingProxyType(apaches), self.fleet.workers)

    def publish(self, changed: Changed) -> None:
        for callback in tuple(self._callbacks):
            callback(self.fleet, changed)


class FakeRunning:
    """An operation whose story a test tells."""

    def __init__(self, plan: OperationPlan, clock: Callable[[], float]) -> None:
        self.plan = plan
        self.started = clock()
        self.events: list[Event] = []
        self.result: Result | None = None
        self.in_the_way: InTheWay | None = None
        self.interrupted = False
        self.pauses = plan.roll is not None and plan.roll.pause
        self._clock = clock
        self._news = asyncio.Condition()

    async def follow(self) -> AsyncIterator[Event]:
        position = 0
        while True:
            async with self._news:
                while position == len(self.events) and self.result is None:
                    await self._news.wait()
            if position == len(self.events):
                return
            while position < len(self.events):
                position += 1
                yield self.events[position - 1]

    def interrupt(self) -> None:
        self.interrupted = True

    def pause_after_this(self, wanted: bool) -> None:
        self.pauses = wanted

    async def say(self, *events: Event) -> None:
        """Let events happen."""
        async with self._news:
            self.events += events
            self._news.notify_all()

    async def step(
        self, step: str, state: StepState, detail: str = "", target: WorkerId | None = None, **facts: object
    ) -> None:
        """Let a step of the first target happen."""
        await self.say(Step(self._clock(), str(target or self.plan.targets[0]), step, state, detail, facts))

    async def print(self, *lines: str) -> None:
        """Let the script print."""
        await self.say(Output(str(self.plan.scripts[0].worker.id), lines))

    async def fail(self, detail: str) -> None:
        """Let the script fail, and the operation with it."""
        await self.step("script", StepState.FAILED, detail, self.plan.scripts[0].worker.id)
        await self.end(Result.FAILED)

    async def refuse(self, held: InTheWay) -> None:
        """Let it be refused because somebody else holds a Tomcat."""
        self.in_the_way = held
        await self.step("lease", StepState.REFUSED, held.sentence)
        await self.end(Result.REFUSED)

    async def end(self, result: Result) -> None:
        """Let it end."""
        async with self._news:
            self.result = result
            self._news.notify_all()


@dataclass
class Started:
    """What the screen asked to be started."""

    plan: OperationPlan
    force: bool
    arguments: tuple[str, ...]
    ask: Ask | None = None
    take_over: str = ""


@dataclass
class FakeNotifier:
    """Where the screen says what goes wrong beside operations."""

    say: Callable[[str], None] | None = None


@dataclass
class FakeOperations:
    """Gives the plan that ``answer`` holds, or one that looks like the engine's; raises it when it is an error."""

    settings: Config
    clock: Callable[[], float]
    answer: OperationPlan | Exception | None = None
    gate: asyncio.Event | None = None
    asked: list[tuple[OperationKind, tuple[WorkerId, ...], bool]] = field(default_factory=list)
    started: list[Started] = field(default_factory=list)
    all: list[FakeRunning] = field(default_factory=list)
    closed: bool = False
    notifier: FakeNotifier = field(default_factory=FakeNotifier)

    @property
    def running(self) -> tuple[FakeRunning, ...]:
        return tuple(operation for operation in self.all if operation.result is None)

    async def plan(
        self,
        kind: OperationKind,
        targets: Sequence[WorkerId],
        *,
        soft: bool = False,
        pause: bool = False,
        hosts: bool = False,
    ) -> OperationPlan:
        self.asked.append((kind, tuple(targets), soft))
        if self.gate is not None:
            await self.gate.wait()
        if isinstance(self.answer, Exception):
            raise self.answer
        if hosts:
            return a_plan_of_hosts(self.settings, kind, targets, pause=pause)
        if kind is OperationKind.ROLL:
            return a_roll(self.settings, targets, pause=pause)
        return self.answer or a_plan(self.settings, kind, targets, soft=soft)

    def start(
        self,
        plan: OperationPlan,
        *,
        force: bool = False,
        wait: bool = True,
        arguments: Sequence[str] = (),
        ask: Ask | None = None,
        take_over: str = "",
    ) -> FakeRunning:
        self.started.append(Started(plan, force, tuple(arguments), ask, take_over))
        running = FakeRunning(plan, self.clock)
        self.all.append(running)
        return running

    async def aclose(self) -> None:
        self.closed = True
        for operation in self.running:
            operation.interrupt()
            await operation.end(Result.INTERRUPTED)


def a_plan_of_hosts(
    settings: Config, kind: OperationKind, targets: Sequence[WorkerId], *, pause: bool = False
) -> OperationPlan:
    """Return the plan for whole Apaches that leave the balancer in front."""
    turns = []
    for id in dict.fromkeys(target.apache_id for target in targets):
        host, workers = front_host(settings, id), settings.apache(id).workers
        assert host is not None
        runs = tuple(ScriptRun(worker, worker.deploy or "") for worker in workers) if kind is OperationKind.ROLL else ()
        turns.append(HostTurn(host, tuple((worker,) for worker in workers), runs))
    services = tuple(settings.service(name) for name in dict.fromkeys(target.service for target in targets))
    plan = HostsPlan(tuple(turns), MappingProxyType({service.name: 1 for service in services}), pause)
    runs = tuple(run for turn in turns for run in turn.runs)
    return OperationPlan(kind, tuple(targets), services, scripts=runs, hosts=plan)


def a_roll(settings: Config, targets: Sequence[WorkerId], *, pause: bool = False) -> OperationPlan:
    """Return the plan of a roll of one Tomcat: out, and back."""
    drain = a_plan(settings, OperationKind.DRAIN, targets[:1])
    restore = a_plan(settings, OperationKind.RESTORE, targets[:1])
    workers = settings.same_tomcat(targets[0])
    tomcat = Tomcat(workers, ScriptRun(workers[0], "/opt/deploy/shop.sh"))
    transitions = (Transition((), (tomcat,), drain.changes), Transition((tomcat,), (), restore.changes))
    return replace(
        drain,
        kind=OperationKind.ROLL,
        scripts=(tomcat.run,),
        roll=RollPlan(transitions, MappingProxyType({"shop/web1 /*": 2}), pause),
    )


def a_plan(
    settings: Config,
    kind: OperationKind,
    targets: Sequence[WorkerId],
    *,
    soft: bool = False,
    refusals: Sequence[Refusal] = (),
) -> OperationPlan:
    """Return a plan as the engine would make it for the tests' site."""
    services = tuple(settings.service(name) for name in dict.fromkeys(target.service for target in targets))
    if kind is OperationKind.DEPLOY:
        workers = settings.same_tomcat(targets[0])
        scripted = next(worker for worker in workers if worker.deploy)
        run = ScriptRun(scripted, scripted.deploy or "")
        ids = tuple(worker.id for worker in workers)
        return OperationPlan(kind, ids, services, scripts=(run,), refusals=tuple(refusals))
    changes = []
    for apache_id in dict.fromkeys(target.apache_id for target in targets):
        apache = settings.apache(apache_id)
        names = [target.worker for target in targets if target.apache_id == apache_id]
        rest = tuple(worker.id.worker for worker in apache.workers if worker.id.worker not in names)
        extension = f"/*=balancer;{'disabled' if soft else 'stopped'}={','.join(names)}"
        swap = "/*=balancer_ex" + names[0][-1] if not soft and len(names) == 1 else extension
        lines = ("/*=balancer", swap) if kind is OperationKind.DRAIN else (swap, "/*=balancer")
        changes.append(
            MapChange(
                apache,
                b"",
                b"",
                "",
                (
                    "--- before",
                    "+++ after",
                    "@@ -1,3 +1,3 @@",
                    " # the shop",
                    f"-{lines[0]}",
                    f"+{lines[1]}",
                    " !/static/*=balancer",
                ),
                ("line 2: swap" if swap != extension else "line 2: extension",),
                MappingProxyType({"/*": rest if kind is OperationKind.DRAIN else (*rest, *names)}),
                () if swap != extension else ("after the restore it gets every request until it has caught up",),
            )
        )
    warnings = tuple(f"{change.apache.id}: {warning}" for change in changes for warning in change.warnings)
    return OperationPlan(
        kind, tuple(targets), services, tuple(changes), refusals=tuple(refusals), warnings=warnings, soft=soft
    )


@dataclass(frozen=True)
class Chunk:
    """remote.follow.LogChunk's shape."""

    lines: list[str]


@dataclass(frozen=True)
class Note:
    """remote.follow.LogNotice's shape."""

    text: str


class FakeLogs:
    """Logs that a test writes."""

    def __init__(self, first: Mapping[WorkerId, Sequence[str]] | None = None) -> None:
        self._first = first or {}
        self.queues: dict[WorkerId, asyncio.Queue[Chunk | Note | Exception]] = {}
        self.opened: list[WorkerId] = []
        self.closed: list[WorkerId] = []

    async def follow(self, worker: WorkerId, lines: int) -> AsyncIterator[Chunk | Note]:
        self.opened.append(worker)
        queue = self.queues[worker] = asyncio.Queue()
        try:
            yield Chunk([f"INFO: the log of {worker} begins", *self._first.get(worker, ())])
            while True:
                item = await queue.get()
                if isinstance(item, Exception):
                    raise item
                yield item
        finally:
            self.closed.append(worker)

    def write(self, worker: WorkerId, *lines: str) -> None:
        self.queues[worker].put_nowait(Chunk(list(lines)))

    def put(self, worker: WorkerId, item: Chunk | Note | Exception) -> None:
        self.queues[worker].put_nowait(item)


@dataclass
class FakeJournals:
    """Journals that a test writes; ``asked`` is about whom, each time."""

    entries: list[Entry] = field(default_factory=list)
    problems: tuple[str, ...] = ()
    asked: list[tuple[WorkerId, ...]] = field(default_factory=list)

    async def read(self, workers: Sequence[WorkerId]) -> History:
        self.asked.append(tuple(workers))
        names = {str(worker) for worker in workers}
        found = [entry for entry in self.entries if not names.isdisjoint(entry.target.split())]
        return History(tuple(found), self.problems)


@dataclass
class World:
    """The app over a fake engine."""

    app: IsdeployApp
    monitor: FakeMonitor
    operations: FakeOperations
    logs: FakeLogs
    clock: Clock
    history: SessionHistory
    scripts: FakeLogs
    journals: FakeJournals
    waiting: asyncio.Task[str] | None = None
    """A question that somebody has asked."""


def a_world(
    *,
    read_only: bool = False,
    site: str = SITE,
    logs: Mapping[WorkerId, Sequence[str]] | None = None,
    theme: str | None = "dark",
    **options: Any,
) -> World:
    """Return the app over a fake engine with the tests' site."""
    clock = Clock()
    settings = config.parse(site)
    session = Session(settings, NoHosts(), Operator("ops1", "bastion1"), clock)
    monitor = FakeMonitor(settings, clock)
    operations = FakeOperations(settings, clock)
    fake_logs, history, scripts, journals = FakeLogs(logs), SessionHistory(), FakeLogs(), FakeJournals()
    app = IsdeployApp(
        session,
        monitor,
        None if read_only else operations,
        follow_log=fake_logs.follow,
        follow_script=scripts.follow,
        read_journals=journals.read,
        history=history,
        theme=theme,
        **options,
    )
    return World(app, monitor, operations, fake_logs, clock, history, scripts, journals)
