"""Gathering what there is to know about the servers, all at once, and yielding what the judges say of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from dataclasses import dataclass

from isdeploy_tui.config import ApacheConfig, ApacheId, WorkerConfig
from isdeploy_tui.engine.doctor import answers
from isdeploy_tui.engine.doctor.finding import At, Finding
from isdeploy_tui.engine.doctor.fronts import judge_front, programs
from isdeploy_tui.engine.doctor.hosts import judge_host
from isdeploy_tui.engine.doctor.httpds import Configuration, judge_httpd
from isdeploy_tui.engine.doctor.maps import judge_map
from isdeploy_tui.engine.doctor.rules import judge_rules
from isdeploy_tui.engine.doctor.tomcats import judge_deploy, judge_log, judge_route
from isdeploy_tui.engine.front import read_place
from isdeploy_tui.engine.reading import presets_of
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.attributes import boolean
from isdeploy_tui.modjk.rotation import rotations
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers, parse_workers
from isdeploy_tui.modjk.workersfile import read_properties
from isdeploy_tui.remote.doctor import Look, look
from isdeploy_tui.remote.errors import ConnectError, NoShellError, RemoteError
from isdeploy_tui.remote.httpdread import Unread, read_httpd
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.serverconf.httpdtree import HttpdTree
from isdeploy_tui.serverconf.jkdirectives import read_jk

HOST_SECONDS = 90.0
"""How long everything about one server may take, connecting apart."""


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was seen of a server. ``root`` is the same through sudo, where servers.toml wants that."""

    plain: Look
    root: Look | RemoteError | None
    seconds: float
    offset: float


@dataclass(frozen=True, slots=True)
class _Files:
    """An Apache's two files."""

    urimap: UriMap
    workers: Workers
    read_only: frozenset[str]


async def examine(session: Session, workers: Sequence[WorkerConfig]) -> AsyncIterator[tuple[str, list[Finding]]]:
    """Look at everything that a deploy of these workers will need; yield for each server its findings.

    In the configuration's order. A server that does not answer costs the time to connect, beside all others.
    Raises nothing; what cannot be told is a finding.
    """
    examination = _Examination(session, workers)
    hosts = examination.hosts()
    tasks = [asyncio.create_task(examination.host(host)) for host in hosts]
    try:
        for host, task in zip(hosts, tasks, strict=True):
            yield host, await task
    finally:
        examination.cancel()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Examination:
    """What is looked at once and asked for by several judges."""

    def __init__(self, session: Session, workers: Sequence[WorkerConfig]) -> None:
        self.session = session
        self.workers = tuple(workers)
        self.apaches = tuple(
            session.config.apache(id) for id in dict.fromkeys(worker.id.apache_id for worker in workers)
        )
        self._looks: dict[str, asyncio.Task[_Looked]] = {}
        self._files: dict[ApacheId, asyncio.Task[_Files]] = {}

    def hosts(self) -> tuple[str, ...]:
        """All servers, an Apache's before those of its workers."""
        order: list[str] = []
        for apache in self.apaches:
            order.append(apache.ssh)
            order += [worker.ssh for worker in self.workers if worker.id.apache_id == apache.id]
        return tuple(dict.fromkeys(order))

    def cancel(self) -> None:
        """End what still goes on."""
        for task in (*self._looks.values(), *self._files.values()):
            task.cancel()

    async def host(self, name: str) -> list[Finding]:
        """Everything about one server, and about the Apaches and Tomcats on it."""
        at = At(name)
        try:
            looked = await self.look(name)
        except ConnectError as error:
            return [at.fault("ssh", error.sentence.rstrip("."), error.remedy.rstrip("."))]
        except NoShellError as error:
            return [at.fault("shell", error.sentence.rstrip("."), error.remedy.rstrip("."))]
        except RemoteError as error:
            return [at.unknown("ssh", error.sentence.rstrip("."), error.remedy.rstrip("."))]
        here = [worker for worker in self.workers if worker.ssh == name]
        tomcats = {worker.tomcat for worker in here}
        runs = any(worker.deploy for worker in here)
        found = list(judge_host(name, looked.plain.host, looked.seconds, looked.offset, runs=runs, tomcats=tomcats))
        if isinstance(looked.root, RemoteError):
            found.append(at.fault("sudo", looked.root.sentence.rstrip("."), looked.root.remedy.rstrip(".")))
        elif looked.root is not None:
            found.append(at.ok("sudo", "sudo -n works"))
        apaches = [apache for apache in self.apaches if apache.ssh == name]
        parts = [self._bounded(str(apache.id), self._apache(apache, looked)) for apache in apaches]
        parts += [self._bounded(str(worker.id), self._tomcat(worker, looked)) for worker in here]
        for more in await asyncio.gather(*parts):
            found += more
        return found

    async def _bounded(self, place: str, work: Awaitable[list[Finding]]) -> list[Finding]:
        try:
            async with asyncio.timeout(HOST_SECONDS):
                return await work
        except TimeoutError:
            return [At(place).unknown("time", f"looking at it took longer than {HOST_SECONDS:g} s and was given up")]
        except RemoteError as error:
            return [At(place).unknown("ssh", str(error).rstrip("."))]

    async def look(self, name: str) -> _Looked:
        """Look at a server, once."""
        if name not in self._looks:
            self._looks[name] = asyncio.create_task(self._look(name))
        return await asyncio.shield(self._looks[name])

    async def _look(self, name: str) -> _Looked:
        host = self.session.host(name)
        apaches = [apache for apache in self.apaches if apache.ssh == name]
        here = [worker for worker in self.workers if worker.ssh == name]
        began, clock = time.monotonic(), self.session.clock()
        plain = await look(
            host,
            maps=list(dict.fromkeys(apache.map for apache in apaches)),
            logs=list(dict.fromkeys(worker.log for worker in here if worker.log)),
            deploys=list(
                dict.fromkeys(
                    [worker.deploy for worker in here if worker.deploy]
                    + [path for apache in apaches for path in programs(apache.front).values()]
                )
            ),
        )
        seconds = time.monotonic() - began
        root: Look | RemoteError | None = None
        if any(apache.sudo for apache in apaches):
            try:
                root = await look(host, maps=[apache.map for apache in apaches if apache.sudo], sudo=True)
            except RemoteError as error:
                root = error
        # Its clock was read at some moment between asking and the answer, and it tells whole seconds.
        least, most = plain.host.now - (clock + seconds), plain.host.now + 1 - clock
        offset = least if least > 0 else min(most, 0.0)
        return _Looked(plain, root, seconds, offset)

    async def files(self, apache: ApacheConfig) -> _Files:
        """Read an Apache's two files, once. Raises RemoteError."""
        if apache.id not in self._files:
            self._files[apache.id] = asyncio.create_task(self._read(apache))
        return await asyncio.shield(self._files[apache.id])

    async def _read(self, apache: ApacheConfig) -> _Files:
        host = self.session.host(apache.ssh)
        map_file, workers_file = await asyncio.gather(
            read_file(host, apache.map, sudo=apache.sudo), read_file(host, apache.workers_file, sudo=apache.sudo)
        )
        properties, _ = read_properties(workers_file.data)
        workers = parse_workers(workers_file.data)
        read_only = frozenset(
            name for name in workers.workers if boolean(properties.get(f"worker.{name}.read_only"), False)
        )
        return _Files(UriMap.parse(map_file.data), workers, read_only)

    async def _apache(self, apache: ApacheConfig, looked: _Looked) -> list[Finding]:
        at = At(str(apache.id))
        found: list[Finding] = []
        root = looked.root if apache.sudo and isinstance(looked.root, Look) else None
        seen = root or looked.plain
        if apache.map in seen.maps and not (apache.sudo and root is None):
            found += judge_map(apache, seen.host, seen.maps[apache.map])
        try:
            files = await self.files(apache)
        except RemoteError as error:
            if seen.maps.get(apache.map) is None or seen.maps[apache.map].state == "ok":
                found.append(at.fault("files", error.sentence.rstrip("."), error.remedy.rstrip(".")))
            return found
        states = rotations(files.urimap, files.workers, presets_of(apache))
        asked = (
            self._front(apache, looked),
            self._httpd(apache, looked, files),
            answers.forwarding(self.session, apache, files.workers),
            answers.jkstatus(self.session, apache, files.workers),
            *(
                answers.connector(self.session, apache, files.workers, worker, states.get(worker.id.worker))
                for worker in self.workers
                if worker.id.apache_id == apache.id
            ),
        )
        found += judge_rules(apache, files.urimap, files.workers)
        # One that fails takes none of the others with it.
        for more in await asyncio.gather(*(self._bounded(str(apache.id), work) for work in asked)):
            found += more
        return found

    async def _front(self, apache: ApacheConfig, looked: _Looked) -> list[Finding]:
        front = apache.front
        place = None if front is None else await read_place(self.session, apache.ssh, front)
        return list(judge_front(apache, looked.plain.host.user, looked.plain.deploys, place))

    async def _httpd(self, apache: ApacheConfig, looked: _Looked, files: _Files) -> list[Finding]:
        host = self.session.host(apache.ssh)
        processes = looked.plain.host.httpds
        at = At(str(apache.id))
        start: list[Finding] = []
        idle: list[str] = []
        if not processes and looked.plain.host.sees_processes:
            start = [at.warning("httpd", f"no httpd was seen running on {apache.ssh}", "see whether it runs there")]
            idle = [f"no httpd was seen running on {apache.ssh}"]
        may_sudo = apache.sudo and isinstance(looked.root, Look)
        read = await asyncio.gather(*(read_httpd(host, process, sudo=may_sudo) for process in processes or (None,)))
        configurations = [Configuration(tree, read_jk(tree)) for tree in read if isinstance(tree, HttpdTree)]
        # The configuration that lies there is not surely the one that is used when it runs.
        unread = [*idle, *(tree.sentence for tree in read if isinstance(tree, Unread))]
        same = await self._real_paths(apache, configurations, sudo=may_sudo)
        return [
            *start,
            *judge_httpd(apache, configurations, unread, same, files.workers, files.read_only),
        ]

    async def _real_paths(
        self, apache: ApacheConfig, configurations: Sequence[Configuration], *, sudo: bool
    ) -> dict[str, str]:
        """Where paths really lead, asked only when those of httpd are written otherwise than ours."""
        theirs = {path for configuration in configurations for path in configuration.jk.maps()}
        theirs |= {c.jk.workers_file.value for c in configurations if c.jk.workers_file}
        if apache.map in theirs and apache.workers_file in theirs:
            return {}
        paths = sorted({apache.map, apache.workers_file} | theirs)
        found = await look(self.session.host(apache.ssh), logs=paths, sudo=sudo)
        return {path: facts.target for path, facts in found.logs.items() if facts.state == "ok"}

    async def _tomcat(self, worker: WorkerConfig, looked: _Looked) -> list[Finding]:
        host = looked.plain.host
        found: list[Finding] = []
        if worker.log:
            found += judge_log(worker, host.user, looked.plain.logs[worker.log])
        if worker.deploy:
            found += judge_deploy(worker, host.user, looked.plain.deploys[worker.deploy])
        else:
            found.append(
                At(str(worker.id)).warning(
                    "deploy", "servers.toml names no deploy script, so it can be drained but not deployed to"
                )
            )
        try:
            files = await self.files(self.session.config.apache(worker.id.apache_id))
        except RemoteError:
            return found
        member = files.workers.workers.get(worker.id.worker)
        if member is not None:
            found += judge_route(worker, member, host)
        return found
