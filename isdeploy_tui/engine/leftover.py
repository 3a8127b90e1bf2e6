"""What became of a deploy script whose operation is over or gone: looked up where it ran, before anybody goes on."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from isdeploy_tui.config import Config, WorkerConfig, WorkerId
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.journal import Entry
from isdeploy_tui.remote.runs import run_outcome

PATIENCE_SECONDS = 2.0
"""How long a Tomcat's host may take to say how a run stands: nobody else's state waits for it."""


class Standing(StrEnum):
    """How a script stands: it runs, it ended with an exit code, it ended without one, nobody can tell."""

    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``code`` is an ended script's exit code, ``why`` the reason why nobody can tell."""

    standing: Standing
    code: int | None = None
    why: str = ""

    @property
    def sentence(self) -> str:
        """``it still runs``, ``it exited 0``."""
        return {
            Standing.RUNNING: "it still runs",
            Standing.ENDED: f"it exited {self.code}",
            Standing.LOST: "it ended without an exit code (host restarted, or killed)",
            Standing.UNKNOWN: f"what became of it is not known ({self.why})",
        }[self.standing]

    @property
    def short(self) -> str:
        """``script still running``, ``exited 0``."""
        return {
            Standing.RUNNING: "script still running",
            Standing.ENDED: f"exited {self.code}",
            Standing.LOST: "script lost",
            Standing.UNKNOWN: "script unknown",
        }[self.standing]


@dataclass(frozen=True, slots=True)
class Leftover:
    """A deploy script on a Tomcat that is out, or was left in the middle, and on which nobody works now.

    ``kind``, ``user`` and ``bastion`` tell whose operation it was part of, ``time`` when it was last heard of (ISO 8601
    UTC), ``targets`` all that the operation was about, ``arguments`` the script's, secret ones masked.
    """

    kind: str
    user: str
    bastion: str
    time: str
    run: str
    outcome: Outcome
    targets: tuple[str, ...] = ()
    arguments: str = ""

    @property
    def sentence(self) -> str:
        """The whole story."""
        return (
            f"deploy script of the {self.kind} by {self.user}@{self.bastion}, run {self.run}: {self.outcome.sentence}"
        )

    @property
    def went_well(self) -> bool:
        """True when the script did what it should."""
        return self.outcome.code == 0


async def outcome(session: Session, worker: WorkerId, run: str) -> Outcome:
    """Return how a run of this worker's Tomcat stands. Raises nothing."""
    ssh = scripted(session.config, worker).ssh
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            found = await run_outcome(session.host(ssh), run)
    except RemoteError as error:
        return Outcome(Standing.UNKNOWN, why=error.sentence.rstrip("."))
    except TimeoutError:
        return Outcome(Standing.UNKNOWN, why=f"{ssh} does not answer")
    except ValueError:
        return Outcome(Standing.UNKNOWN, why="that is no name of a run")
    if found.running:
        return Outcome(Standing.RUNNING)
    return Outcome(Standing.LOST) if found.code is None else Outcome(Standing.ENDED, found.code)


def scripted(config: Config, worker: WorkerId) -> WorkerConfig:
    """Return the worker, among all that are the same Tomcat, whose deploy script is run, on its host."""
    same = config.same_tomcat(worker)
    return next((other for other in same if other.deploy), config.worker(worker))


def last_script(entries: Sequence[Entry], workers: Collection[WorkerId]) -> tuple[Entry, Entry | None] | None:
    """Return what a journal says last of a Tomcat's latest script, and the beginning of its operation, if it is there.

    None when the Tomcat has been put back since, or there was no script. ``workers`` are all that are this Tomcat. A
    script that could not be started leaves the one before it the last.
    """
    names = {str(worker) for worker in workers}
    begin: Entry | None = None
    script: tuple[Entry, Entry | None] | None = None
    before: tuple[Entry, Entry | None] | None = None
    for entry in entries:
        if names.isdisjoint(entry.target.split()):
            continue
        if entry.step == "begin":
            begin, before = entry, script
            if entry.kind in {"deploy", "roll"} or (script is not None and script[0].state == StepState.DONE):
                script = None
            # Who puts it back may fail; until then the script before it is what is to know.
            script = before if entry.kind == "restore" else script
        elif entry.step == "end" and entry.kind in {"restore", "roll"} and entry.state == StepState.DONE:
            script = None
        elif entry.step == "script" and begin is not None and entry.operation == begin.operation:
            script = (entry, begin) if entry.run else before
    return script


class Scripts:
    """Tells of the scripts of workers that are out; a run that has ended is looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ended: dict[str, Outcome] = {}

    async def tell(self, worker: WorkerId, entries: Sequence[Entry]) -> Leftover | None:
        """Return the script that was run on this worker's Tomcat last; None when there was none. Raises nothing."""
        same = [other.id for other in self._session.config.same_tomcat(worker)]
        found = last_script(entries, same)
        if found is None:
            return None
        script, begin = found
        how = Outcome(Standing.ENDED, 0) if script.state == StepState.DONE else self._ended.get(script.run)
        if how is None:
            how = await outcome(self._session, worker, script.run)
            if how.standing in {Standing.ENDED, Standing.LOST}:
                self._ended[script.run] = how
        left = Leftover(script.kind, script.user, script.bastion, script.time, script.run, how)
        if begin is None:
            return left
        return replace(left, targets=tuple(begin.target.split()), arguments=begin.arguments)
