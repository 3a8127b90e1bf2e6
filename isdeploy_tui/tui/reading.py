"""What the screen reads through the engine when somebody asks for it; loaded when that is for the first time."""

from collections.abc import AsyncIterator, Sequence

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.session import Session
from isdeploy_tui.tui.ports import FollowLog, Journals, Lines, Notice, ReadJournals

ENTRIES = 500
"""The newest entries of the journals that are shown."""


def follow_log(session: Session) -> FollowLog:
    """Return what follows logs."""

    def follow(worker: WorkerId, lines: int) -> AsyncIterator[Lines | Notice]:
        from isdeploy_tui.engine import logs

        return logs.follow_log(session, worker, lines)

    return follow


def follow_script(session: Session) -> FollowLog:
    """Return what follows deploy scripts, from their start."""

    def follow(worker: WorkerId, _: int) -> AsyncIterator[Lines | Notice]:
        from isdeploy_tui.engine import following

        return following.follow_script(session, worker)

    return follow


def read_journals(session: Session) -> ReadJournals:
    """Return what reads the journals on the servers."""

    async def read(workers: Sequence[WorkerId]) -> Journals:
        from isdeploy_tui.engine.history import read_history

        return await read_history(session, [session.config.worker(id) for id in workers], ENTRIES)

    return read
