"""What became of a deploy script whose operation is over or gone: looked up where it ran, before anybody goes on."""

import asyncio
from collections.abc import Collection, Sequence

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.journal import Entry
from isdeploy_tui.remote.runs import run_outcome

PATIENCE_SECONDS = 3.0
"""How long a Tomcat's host may take to say how a run stands: nobody else's state waits for it."""

STILL_RUNS = "it still runs"


async def outcome(session: Session, worker: WorkerId, run: str) -> str:
    """Return how a run of this worker's Tomcat stands, as ``it still runs`` or ``it exited 0``. Raises nothing."""
    same = session.config.same_tomcat(worker)
    scripted = next((other for other in same if other.deploy), session.config.worker(worker))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await run_outcome(session.host(scripted.ssh), run)
    except RemoteError as error:
        return f"what became of it is not known ({error.sentence.rstrip('.')})"
    except TimeoutError:
        return f"what became of it is not known ({scripted.ssh} does not answer)"
    except ValueError:
        return "what became of it is not known (that is no name of a run)"
    if found.running:
        return STILL_RUNS
    if found.code is None:
        return "it ended without an exit code (host restarted, or killed)"
    return f"it exited {found.code}"


def last_script(entries: Sequence[Entry], workers: Collection[WorkerId]) -> Entry | None:
    """Return what a journal says last of the script of the last operation on a Tomcat; None when it ran none.

    ``workers`` are all that are this Tomcat. A script that could not be started leaves the one before it the last.
    """
    names = {str(worker) for worker in workers}
    operation = ""
    script: Entry | None = None
    before: Entry | None = None
    for entry in entries:
        if names.isdisjoint(entry.target.split()):
            continue
        if entry.step == "begin":
            operation, script, before = entry.operation, None, script
        elif entry.step == "script" and entry.operation == operation:
            script = entry if entry.run else before
    return script


class Scripts:
    """Tells of the scripts of workers that are out; a run that has ended is looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ended: dict[str, str] = {}

    async def tell(self, worker: WorkerId, entries: Sequence[Entry]) -> str:
        """Return a sentence on the script that was run on this worker last; empty when there was none."""
        same = [other.id for other in self._session.config.same_tomcat(worker)]
        script = last_script(entries, same)
        if script is None:
            return ""
        how = "it exited 0" if script.state == StepState.DONE else self._ended.get(script.run)
        if how is None:
            how = await outcome(self._session, worker, script.run)
            if how.startswith(("it exited", "it ended")):
                self._ended[script.run] = how
        return f"deploy script of the {script.kind} by {script.user}@{script.bastion}, run {script.run}: {how}"
