"""The output of a Tomcat's current or last deploy script, whoever started it, from its start to its end."""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.leftover import scripted
from isdeploy_tui.engine.lines import LineSplitter
from isdeploy_tui.engine.secrets import hide_words
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Output
from isdeploy_tui.remote.runs import RunEnd, RunOutput, follow_run, latest_run, run_outcome


@dataclass(frozen=True, slots=True)
class ScriptFound:
    """The run that is followed: ``started`` is Unix seconds by its host's clock, ``label`` who started it."""

    target: str
    ssh: str
    run: str
    started: int
    label: str
    running: bool

    @property
    def text(self) -> str:
        """Which run it is, as a person says it."""
        who = f" by {self.label}" if self.label else ""
        when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.started))
        how = "still running" if self.running else "has ended"
        return f"{self.target}: run {self.run} on {self.ssh}, started {when}{who}, {how}"


@dataclass(frozen=True, slots=True)
class ScriptEnd:
    """Its end; ``code`` is None when it ended without one (host restarted, or killed)."""

    target: str
    code: int | None

    @property
    def text(self) -> str:
        """``the script exited 0``."""
        if self.code is None:
            return "the script ended without an exit code (host restarted, or killed)"
        return f"the script exited {self.code}"


async def follow_script(session: Session, id: WorkerId) -> AsyncGenerator[ScriptFound | Output | ScriptEnd, None]:
    """Yield which run it is, then its output as it comes, then its end. The run itself is not touched by this.

    Words of the output that fit ``secret_arguments`` are masked, and those that were secret when it was started.
    Raises LookupError when no script of this Tomcat has
    run there, and RemoteError.
    """
    worker = scripted(session.config, id)
    host, target = session.host(worker.ssh), str(worker.id)
    run = await latest_run(host, worker.tomcat)
    if run is None:
        raise LookupError(
            f"{id}: no deploy script of this Tomcat is known on {worker.ssh}: none has run under this account, "
            "or it is not among the newest 50."
        )
    known = await run_outcome(host, run)
    yield ScriptFound(target, worker.ssh, run, known.started, known.label, known.running)
    splitter, patterns = LineSplitter(), session.config.secret_arguments
    async with aclosing(follow_run(host, run)) as events:
        async for event in events:
            lines = splitter.feed(event.data) if isinstance(event, RunOutput) else splitter.rest()
            if lines:
                yield Output(target, tuple(hide_words(line, patterns, run, known.veiled) for line in lines))
            if isinstance(event, RunEnd):
                yield ScriptEnd(target, event.code)
