"""A worker's catalina.out, live."""

from collections.abc import AsyncIterator

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.follow import LogChunk, LogNotice, follow


def follow_log(
    session: Session, id: WorkerId, lines: int = 200, *, once: bool = False
) -> AsyncIterator[LogChunk | LogNotice]:
    """Follow the log of a worker from its last ``lines`` lines; with ``once`` only those.

    Raises LookupError when it has no log configured, and what ``remote.follow.follow`` raises.
    The lines of a LogChunk are raw text: ``printable()`` is applied to those that are shown, not to every line of a
    flood.
    """
    worker = session.config.worker(id)
    if worker.log is None:
        raise LookupError(f'{id}: no log is configured for this worker; add log = "/…/catalina.out" to servers.toml')
    return follow(session.host(worker.ssh), worker.log, lines=lines, once=once)
