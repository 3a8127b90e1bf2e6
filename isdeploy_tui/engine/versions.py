"""What version runs where: asked when something may have changed it, beside the watching and never in its way."""

import asyncio
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from isdeploy_tui.config import WorkerConfig
from isdeploy_tui.engine.fleet import Health, WorkerState
from isdeploy_tui.engine.session import Session
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.probes import http_get
from isdeploy_tui.remote.version import LONGEST, ask_version

AGAIN_SECONDS = 300.0
"""After this time it is asked again, though nothing is known to have happened: somebody may deploy by hand."""

AT_ONCE = 4
"""Tomcats that are asked at the same time."""

_BODY = 64 * 1024
"""Bytes of a check URL's answer in which a version is looked for."""


@dataclass(frozen=True, slots=True)
class Version:
    """``text`` is empty where it is not known; ``problem`` says why."""

    text: str = ""
    problem: str = ""


class Versions:
    """Knows the versions of a session's Tomcats; ``changed`` is told the name of one whose version is another now."""

    def __init__(self, session: Session, changed: Callable[[str], None]) -> None:
        self._session = session
        self._changed = changed
        self._asked: dict[str, WorkerConfig] = {}
        for worker in session.config.workers():
            if worker.version_command or worker.version_pattern:
                self._asked.setdefault(worker.tomcat, worker)
        self._known: dict[str, Version] = {}
        self._seen: dict[str, tuple[object, float]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._tomcats = {worker.id: worker.tomcat for worker in session.config.workers()}

    def on(self, state: WorkerState) -> WorkerState:
        """Return a state with the version that is known of its Tomcat."""
        known = self._known.get(self._tomcats[state.id])
        return state if known is None else replace(state, version=known.text, version_error=known.problem)

    def look(self, states: Iterable[WorkerState]) -> None:
        """Ask the Tomcats among these whose health, or the work on which, is another than when they were asked."""
        now = self._session.clock()
        for state in states:
            worker = self._asked.get(self._tomcats[state.id])
            if worker is None or worker.id != state.id:
                continue
            key = state.health, state.lease.step if state.lease is not None else ""
            before, when = self._seen.get(worker.tomcat, (None, 0.0))
            if (key != before or now - when > AGAIN_SECONDS) and worker.tomcat not in self._tasks:
                self._seen[worker.tomcat] = key, now
                if worker.version_command or state.health is Health.UP:
                    self._tasks[worker.tomcat] = asyncio.create_task(self._ask(worker))

    async def aclose(self) -> None:
        """Ask nobody any more."""
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, worker: WorkerConfig) -> None:
        try:
            async with self._turn:
                version = await _version(self._session, worker)
        finally:
            self._tasks.pop(worker.tomcat, None)
        if version != self._known.get(worker.tomcat):
            self._known[worker.tomcat] = version
            self._changed(worker.tomcat)


async def _version(session: Session, worker: WorkerConfig) -> Version:
    try:
        if worker.version_command:
            return Version(await ask_version(session.host(worker.ssh), worker.version_command))
        apache = session.config.apache(worker.id.apache_id)
        answer = await http_get(session.host(apache.ssh), worker.check_url or "", limit=_BODY)
    except RemoteError as error:
        return Version(problem=str(error))
    found = re.search(worker.version_pattern or "", answer.body.decode("utf-8", "replace"))
    if found is None:
        return Version(problem=f"{worker.check_url} answers {answer.status}, without what version_pattern looks for")
    return Version(printable((found[1] if found.re.groups else found[0]) or "", LONGEST).strip())
