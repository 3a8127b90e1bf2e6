"""Drain and restore: write the maps of a plan, then wait until every new request follows them."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine import gates
from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.leases import LeaseLostError
from isdeploy_tui.engine.plans import MapChange, OperationKind, OperationPlan
from isdeploy_tui.engine.reading import read_apache
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event, Step, StepState
from isdeploy_tui.engine.writing import Wish, Written, settle, write_map
from isdeploy_tui.remote.errors import RemoteError


async def change_rotation(session: Session, plan: OperationPlan, control: Control) -> AsyncGenerator[Event, None]:
    """Carry out a drain or restore plan.

    Ends after the first step that failed or was refused; the steps say what was done until then and what is still
    true. The map must still be what the plan was made from, or nothing is written.
    """

    def say(
        targets: Sequence[WorkerId],
        step: str,
        state: StepState,
        detail: str = "",
        facts: Mapping[str, object] | None = None,
    ) -> list[Step]:
        return [Step(session.clock(), str(target), step, state, detail, facts or {}) for target in targets]

    for event in say(plan.unchanged, "write", StepState.DONE, f"nothing to do: {_already(plan)}"):
        yield event
    if plan.kind is OperationKind.RESTORE:
        passed = True
        async for step in pass_gates(session, plan, control):
            yield step
            passed = passed and step.state is not StepState.REFUSED
        if not passed:
            return
    written: list[Written] = []
    for change in plan.changes:
        targets = _targets(plan, change)
        if control.interrupted.is_set():
            for event in say(targets, "write", StepState.FAILED, f"interrupted; {change.apache.map} was not touched"):
                yield event
            return
        for event in say(targets, "write", StepState.STARTED, f"{change.apache.ssh}:{change.apache.map}"):
            yield event
        try:
            one = await write_map(session, control, change, _wish(plan, targets), [str(target) for target in targets])
        except (RemoteError, LeaseLostError) as error:
            for event in say(targets, "write", StepState.FAILED, f"{error}{_also_true(plan, written)}"):
                yield event
            return
        written.append(one)
        for event in say(targets, "write", StepState.DONE, one.evidence, one.facts):
            yield event
    if written:
        async for event in settle(session, control, written):
            yield event


async def pass_gates(session: Session, plan: OperationPlan, control: Control) -> AsyncIterator[Step]:
    """Ask every worker that is about to be restored once more, right before the write."""
    for change in plan.changes:
        try:
            view = await read_apache(session, change.apache)
        except RemoteError as error:
            for target in _targets(plan, change):
                yield Step(session.clock(), str(target), "ping", StepState.REFUSED, str(error))
            continue
        for target in _targets(plan, change):
            worker = session.config.worker(target)
            yield Step(session.clock(), str(target), "ping", StepState.STARTED, "CPING from the Apache's host")
            for gate in await gates.ready_to_restore(session, change.apache, view.workers, worker):
                if gate.refusal is None:
                    yield Step(session.clock(), str(target), gate.gate, StepState.DONE, gate.detail)
                elif control.force:
                    detail = f"{gate.refusal.sentence} Forced."
                    yield Step(session.clock(), str(target), gate.gate, StepState.DONE, detail)
                else:
                    yield Step(session.clock(), str(target), gate.gate, StepState.REFUSED, gate.refusal.sentence)


def _targets(plan: OperationPlan, change: MapChange) -> list[WorkerId]:
    return [target for target in plan.targets if target.apache_id == change.apache.id]


def _wish(plan: OperationPlan, targets: Sequence[WorkerId]) -> Wish:
    names = tuple(target.worker for target in targets)
    return Wish(restore=names) if plan.kind is OperationKind.RESTORE else Wish(drain=names, soft=plan.soft)


def _already(plan: OperationPlan) -> str:
    return "it is in rotation" if plan.kind is OperationKind.RESTORE else "it is out of rotation"


def _also_true(plan: OperationPlan, written: Sequence[Written]) -> str:
    if not written:
        return ""
    done = ", ".join(target for one in written for target in one.targets)
    return f" Already written before that: {done} ({plan.kind.value})."
