"""Writes an operation's story into the journals of the apaches that it touches."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from isdeploy_tui.config import ApacheConfig, WorkerId
from isdeploy_tui.engine.secrets import mask
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.journal import Entry
from isdeploy_tui.remote.recording import append_entries

_LOG = logging.getLogger(__name__)

_CHANGES = {"write", "script", "guard", "lease", "out", "in"}
"""Steps that change something, or by which somebody overrode a guard; of the others only failures are recorded."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """Records one operation. ``reason`` is the operator's own word, for a take-over or a force."""

    session: Session
    operation: str
    kind: str
    targets: tuple[WorkerId, ...]
    arguments: tuple[str, ...] = ()
    reason: str = ""

    async def begin(self, detail: str = "") -> None:
        """Record the start. Raises RemoteError: an operation that cannot be recorded must not begin."""
        await self._write(self._apaches(), "begin", StepState.STARTED, detail)

    async def note(self, step: Step) -> None:
        """Record a step that others may need to know; one that cannot be recorded does not stop the operation."""
        started = step.state is StepState.STARTED
        # Where a script was begun matters to whoever finds us gone.
        if (started and step.step != "script") or (step.state is StepState.DONE and step.step not in _CHANGES):
            return
        apaches = self._apaches(step.target)
        if "map_after" in step.facts:
            # A journal tells of its own map only: by the last hash in it a change by hand is known.
            apaches = [apache for apache in apaches if f"{step.target}/".startswith(f"{apache.id}/")]
        await self._try(apaches, step.step, step.state, step)

    async def end(self, result: str, detail: str = "") -> None:
        """Record how it ended."""
        state = StepState.DONE if result == "done" else StepState.FAILED
        await self._try(self._apaches(), "end", state, Step(self.session.clock(), "", "end", state, detail or result))

    async def _try(self, apaches: Sequence[ApacheConfig], step: str, state: StepState, event: Step) -> None:
        try:
            await self._write(apaches, step, state, event.detail, event)
        except RemoteError as error:
            _LOG.warning("the journal does not tell of this step (%s %s): %s", step, state, error)

    async def _write(
        self, apaches: Sequence[ApacheConfig], step: str, state: StepState, detail: str, event: Step | None = None
    ) -> None:
        session = self.session
        time = event.time if event else session.clock()
        facts = event.facts if event else {}
        words = mask(self.arguments, session.config.secret_arguments)
        entries = {
            apache.id: Entry(
                time=Step(time, "", step, state).as_json()["time"],
                user=session.operator.user,
                bastion=session.operator.bastion,
                ssh=apache.ssh,
                operation=self.operation,
                kind=self.kind,
                target=(event.target if event else "") or " ".join(map(str, self.targets)),
                step=step,
                state=state.value,
                detail=detail,
                reason=self.reason if step == "begin" else "",
                map_before=str(facts.get("map_before", "")),
                map_after=str(facts.get("map_after", "")),
                run=str(facts.get("run", "")),
                arguments=" ".join(words) if step in {"begin", "script"} else "",
                account=session.host(apache.ssh).account,
            )
            for apache in apaches
        }
        await asyncio.gather(
            *(
                append_entries(session.host(apache.ssh), apache.map, [entries[apache.id]], sudo=apache.sudo)
                for apache in apaches
            )
        )

    def _apaches(self, target: str = "") -> list[ApacheConfig]:
        """Return the apaches whose journals tell of a target: its own, or those of every worker that is that Tomcat."""
        config = self.session.config
        ids = [worker.id for worker in config.workers() if str(worker.id) == target] or list(self.targets)
        if target and any(str(apache.id) == target for apache in config.apaches()):
            return [apache for apache in config.apaches() if str(apache.id) == target]
        wanted = {worker.id.apache_id for id in ids for worker in config.same_tomcat(id)}
        return [apache for apache in config.apaches() if apache.id in wanted]
