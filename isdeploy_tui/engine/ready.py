"""Is a freshly deployed Tomcat ready: asked over the path that mod_jk will use, until it answers or time is up."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from isdeploy_tui.config import ApacheId, WorkerConfig
from isdeploy_tui.engine import gates
from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.modjk.workers import Workers, parse_workers
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.remote.startup import LogMark, mark_log, startup_since

POLL_SECONDS = 0.2
"""Between two attempts at the connector."""

CHECK_SECONDS = 0.5
"""Between two attempts at the check URL, which may cost the application something."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one attempt saw at one gate."""

    gate: str
    passed: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Before:
    """What was looked at before a script ran: where the Tomcat's log ended, and who is asked where.

    ``connectors`` are the workers of each Apache as far as they could be read; httpd itself reads them at its start.
    """

    log: LogMark | None
    connectors: dict[ApacheId, Workers]


async def look_before(session: Session, workers: Sequence[WorkerConfig]) -> Before:
    """Look at what ``wait_ready`` has to know of the time before the script. Raises nothing."""
    connectors: dict[ApacheId, Workers] = {}
    reading = (_connectors(session, worker.id.apache_id, connectors) for worker in workers)
    mark, *_ = await asyncio.gather(_mark(session, workers), *reading, return_exceptions=True)
    return Before(mark if isinstance(mark, LogMark) else None, connectors)


async def _mark(session: Session, workers: Sequence[WorkerConfig]) -> LogMark | None:
    logged = _logged(workers)
    return None if logged is None else await mark_log(session.host(logged.ssh), logged.log or "")


async def _connectors(session: Session, id: ApacheId, known: dict[ApacheId, Workers]) -> Workers:
    """Return an Apache's workers, read once. Raises RemoteError."""
    if id not in known:
        apache = session.config.apache(id)
        file = await read_file(session.host(apache.ssh), apache.workers_file, sudo=apache.sudo)
        known[id] = parse_workers(file.data)
    return known[id]


async def wait_ready(
    session: Session, workers: Sequence[WorkerConfig], control: Control, before: Before
) -> AsyncIterator[Step]:
    """Wait until the Tomcat behind these workers answers CPING from every Apache and passes its check.

    Yields a ``done`` step for each gate as it is passed; after ``ready_timeout`` seconds, or when interrupted, a
    ``failed`` one. What the Tomcat's log says about its start since ``before`` is told as evidence, but is no gate:
    not every script restarts.
    """
    target = str(workers[0].id)
    limit = session.config.service(workers[0].id.service).ready_timeout
    started = session.clock()
    passed: set[str] = set()
    yield Step(session.clock(), target, "ready", StepState.STARTED, f"waiting for CPING, at most {limit:g} s")
    while True:
        answers = await _ask_once(session, workers, control.arguments, before)
        for answer in answers:
            if answer.passed and answer.detail and answer.gate not in passed:
                passed.add(answer.gate)
                yield Step(session.clock(), target, answer.gate.split(" ")[0], StepState.DONE, answer.detail)
        if all(answer.passed for answer in answers):
            yield Step(session.clock(), target, "ready", StepState.DONE, f"after {session.clock() - started:.1f} s")
            return
        missing = "; ".join(answer.detail for answer in answers if not answer.passed)
        if session.clock() - started >= limit:
            if before.log is not None and "log" not in passed:
                missing += await _silent_log(session, workers, before.log)
            detail = f"not ready after {limit:g} s (ready_timeout): {missing}"
            yield Step(session.clock(), target, "ready", StepState.FAILED, detail)
            return
        if not await control.pause(CHECK_SECONDS if len(answers) > len(workers) else POLL_SECONDS):
            detail = f"interrupted while waiting until it is ready: {missing}"
            yield Step(session.clock(), target, "ready", StepState.FAILED, detail)
            return


async def _ask_once(
    session: Session, workers: Sequence[WorkerConfig], arguments: Sequence[str], before: Before
) -> list[Answer]:
    """Ask once at every gate. Check and log are looked at only when every Apache got its CPONG. Raises nothing."""
    pings = await asyncio.gather(*(_ping(session, worker, before) for worker in workers))
    if not all(ping.passed for ping in pings):
        return list(pings)
    checked = {worker.check_url: worker for worker in workers if worker.check_url}
    return [
        *pings,
        *await asyncio.gather(
            _log(session, workers, before.log), *(_check(session, worker, arguments) for worker in checked.values())
        ),
    ]


async def _ping(session: Session, worker: WorkerConfig, before: Before) -> Answer:
    apache = session.config.apache(worker.id.apache_id)
    gate = f"ping {worker.id}"
    try:
        connectors = await _connectors(session, apache.id, before.connectors)
    except RemoteError as error:
        return Answer(gate, False, str(error))
    health, detail = await gates.ping(session, apache, connectors, worker.id.worker)
    return Answer(gate, health is Health.UP, f"from {apache.ssh}: {detail or health.value}")


async def _log(session: Session, workers: Sequence[WorkerConfig], since: LogMark | None) -> Answer:
    """Evidence only: it always passes, without a word where nothing is seen."""
    logged = _logged(workers)
    line: str | None = None
    if logged is not None and since is not None:
        with suppress(RemoteError):
            line = await startup_since(session.host(logged.ssh), logged.log or "", since)
    return Answer("log", True, line or "")


async def _silent_log(session: Session, workers: Sequence[WorkerConfig], since: LogMark) -> str:
    logged = _logged(workers)
    seen = await _log(session, workers, since)
    if seen.detail or logged is None:
        return f"; {seen.detail}" if seen.detail else ""
    return f"; no 'Server startup in' since the script began in {logged.ssh}:{logged.log}"


def _logged(workers: Sequence[WorkerConfig]) -> WorkerConfig | None:
    return next((worker for worker in workers if worker.log), None)


async def _check(session: Session, worker: WorkerConfig, arguments: Sequence[str]) -> Answer:
    apache = session.config.apache(worker.id.apache_id)
    url = worker.check_url or ""
    text = expected_text(worker.check_text, arguments)
    result = await gates.check(session, apache, worker, url, text)
    return Answer(f"check {url}", result.refusal is None, result.detail)


def expected_text(check_text: str | None, arguments: Sequence[str]) -> str | None:
    """Return the text that the check must show: ``$1``…``$9`` of ``check_text`` stand for the deploy arguments."""
    if check_text is None:
        return None

    def argument(match: re.Match[str]) -> str:
        number = int(match[1])
        return arguments[number - 1] if number <= len(arguments) else ""

    return printable(re.sub(r"\$([1-9])", argument, check_text))
