"""The journals of several apaches as one story."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from isdeploy_tui.config import ApacheConfig, WorkerConfig
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.journal import Entry, read_journal


@dataclass(frozen=True, slots=True)
class History:
    """``entries`` oldest first; ``problems`` are journals that could not be read, as sentences."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


async def read_history(session: Session, workers: Sequence[WorkerConfig], lines: int = 200) -> History:
    """Return the newest ``lines`` entries that concern these workers, from every Apache that sees them."""
    wanted = {worker.id.apache_id for worker in workers}
    apaches = [apache for apache in session.config.apaches() if apache.id in wanted]
    results = await asyncio.gather(*(_read(session, apache, lines) for apache in apaches))
    problems = tuple(result for result in results if isinstance(result, str))
    # An operation on a Tomcat that two apaches share is told in both journals; once is enough.
    unique = {
        (entry.time, entry.operation, entry.target, entry.step, entry.state): entry
        for result in results
        if not isinstance(result, str)
        for entry in result
        if _concerns(entry, workers)
    }
    entries = sorted(unique.values(), key=lambda entry: entry.time)
    return History(tuple(entries[-lines:]), problems)


async def _read(session: Session, apache: ApacheConfig, lines: int) -> tuple[Entry, ...] | str:
    try:
        return await read_journal(session.host(apache.ssh), apache.map, lines=lines, sudo=apache.sudo)
    except RemoteError as error:
        return f"{apache.id}: {error}"


def _concerns(entry: Entry, workers: Sequence[WorkerConfig]) -> bool:
    # What concerns an operation as a whole is told of its service.
    names = {str(name) for worker in workers for name in (worker.id, worker.id.apache_id, worker.id.service)}
    return not names.isdisjoint(entry.target.split())
