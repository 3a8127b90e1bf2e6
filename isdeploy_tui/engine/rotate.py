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
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.remote.mapwrite import swap_map


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
        facts: Mapping[str, str] | None = None,
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
    deadlines: dict[str, float] = {}
    written: list[MapChange] = []
    for change in plan.changes:
        targets = _targets(plan, change)
        if control.interrupted.is_set():
            for event in say(targets, "write", StepState.FAILED, f"interrupted; {change.apache.map} was not touched"):
                yield event
            return
        for event in say(targets, "write", StepState.STARTED, f"{change.apache.ssh}:{change.apache.map}"):
            yield event
        try:
            await control.confirm()
            result = await swap_map(
                session.host(change.apache.ssh),
                change.apache.map,
                expected=change.expected_sha256,
                new=change.after,
                sudo=change.apache.sudo,
            )
        except (RemoteError, LeaseLostError) as error:
            for event in say(targets, "write", StepState.FAILED, f"{error}{_also_true(plan, written)}"):
                yield event
            return
        written.append(change)
        deadlines[str(change.apache.id)] = session.clock() + change.apache.settle_seconds
        detail = "; ".join((*change.how, *kept_as(result.backup)))
        facts = {"map_before": change.expected_sha256, "map_after": result.sha256}
        for event in say(targets, "write", StepState.DONE, detail, facts):
            yield event
    if written:
        async for event in settle(session, plan, control, deadlines):
            yield event


async def settle(
    session: Session, plan: OperationPlan, control: Control, deadlines: dict[str, float]
) -> AsyncIterator[Step]:
    """Wait until every new request follows the written maps, then see that they are still what was written."""
    rest = max(deadlines.values()) - session.clock()
    changed = [(change, target) for change in plan.changes for target in _targets(plan, change)]
    if not control.wait:
        for change, target in changed:
            detail = f"not waited for: requests may follow the old map for {change.apache.settle_seconds:g} s"
            yield Step(session.clock(), str(target), "settle", StepState.DONE, detail)
        return
    for _, target in changed:
        detail = f"{rest:.1f} s, until every new request follows the map"
        yield Step(session.clock(), str(target), "settle", StepState.STARTED, detail)
    whole = await control.pause(rest)
    for change, target in changed:
        if not whole:
            left = max(0.0, deadlines[str(change.apache.id)] - session.clock())
            detail = f"interrupted; the map is written, requests may follow the old one for {left:.1f} s more"
            yield Step(session.clock(), str(target), "settle", StepState.FAILED, detail)
            continue
        state, detail = await _still_written(session, change)
        yield Step(session.clock(), str(target), "settle", state, detail)


async def _still_written(session: Session, change: MapChange) -> tuple[StepState, str]:
    apache = change.apache
    try:
        now = await read_file(session.host(apache.ssh), apache.map, sudo=apache.sudo)
    except RemoteError as error:
        return StepState.FAILED, f"the map was written, but could not be read again after settling: {error}"
    if now.data != change.after:
        return StepState.FAILED, f"{apache.map} was changed by somebody else meanwhile; look at it before going on"
    return StepState.DONE, "every new request follows the map"


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


def kept_as(backup: str) -> tuple[str, ...]:
    """Return where the old map was kept, as a remark; nothing when the reply that would have said so was lost."""
    return (f"old map kept as {backup}",) if backup else ()


def _targets(plan: OperationPlan, change: MapChange) -> list[WorkerId]:
    return [target for target in plan.targets if target.apache_id == change.apache.id]


def _already(plan: OperationPlan) -> str:
    return "it is in rotation" if plan.kind is OperationKind.RESTORE else "it is out of rotation"


def _also_true(plan: OperationPlan, written: Sequence[MapChange]) -> str:
    if not written:
        return ""
    done = ", ".join(str(target) for change in written for target in _targets(plan, change))
    return f" Already written before that: {done} ({plan.kind.value})."
