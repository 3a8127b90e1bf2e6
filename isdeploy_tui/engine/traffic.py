"""What visitors got while an operation ran, from the access logs of the apaches that have one configured."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict

from isdeploy_tui.config import ApacheConfig, ApacheId, WorkerId
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.accesslog import Answered, LogEnd, count_since, log_end
from isdeploy_tui.remote.errors import RemoteError

Ends = dict[ApacheId, LogEnd | RemoteError]


async def mark(session: Session, targets: Sequence[WorkerId]) -> Ends:
    """Remember where the access logs of these targets end now. Raises nothing."""
    apaches = _logged(session, targets)
    ends = await asyncio.gather(*(_end(session, apache, apache.access_log) for apache in apaches if apache.access_log))
    return {apache.id: end for apache, end in zip(apaches, ends, strict=True)}


async def count(session: Session, ends: Ends) -> dict[str, object]:
    """Return for each Apache what was answered since, or why that is not known. Raises nothing."""
    counted = await asyncio.gather(*(_since(session, session.config.apache(id), end) for id, end in ends.items()))
    return {str(id): result for id, result in zip(ends, counted, strict=True)}


def sentence(counted: object) -> str:
    """Return a count as a person reads it."""
    if not isinstance(counted, dict):
        return str(counted)
    partial = ", without those in a log that was rotated away meanwhile" if counted["is_partial"] else ""
    return (
        f"{counted['requests']} requests answered meanwhile, {counted['not_2xx']} not with 2xx, "
        f"{counted['errors_5xx']} with 5xx{partial}"
    )


def _logged(session: Session, targets: Sequence[WorkerId]) -> list[ApacheConfig]:
    wanted = {worker.id.apache_id for id in targets for worker in session.config.same_tomcat(id)}
    return [apache for apache in session.config.apaches() if apache.id in wanted and apache.access_log]


async def _end(session: Session, apache: ApacheConfig, path: str) -> LogEnd | RemoteError:
    try:
        return await log_end(session.host(apache.ssh), path)
    except RemoteError as error:
        return error


async def _since(session: Session, apache: ApacheConfig, end: LogEnd | RemoteError) -> object:
    if isinstance(end, RemoteError):
        return str(end)
    try:
        answered: Answered = await count_since(session.host(apache.ssh), apache.access_log or "", end)
    except RemoteError as error:
        return str(error)
    return asdict(answered)
