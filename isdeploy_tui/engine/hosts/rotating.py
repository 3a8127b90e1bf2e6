"""Drain and restore of whole hosts: out of the balancer in front, and in again."""

from collections.abc import AsyncGenerator, AsyncIterator

from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.hosts.planning import refusals_of
from isdeploy_tui.engine.hosts.quiet import wait_quiet
from isdeploy_tui.engine.hosts.rolling import names, still_one_left
from isdeploy_tui.engine.hosts.standing import ready_to_serve
from isdeploy_tui.engine.hosts.switching import Switch, switch
from isdeploy_tui.engine.plans import HostTurn, OperationKind, OperationPlan, Refusal
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event, Step, StepState


async def change_hosts(session: Session, plan: OperationPlan, control: Control) -> AsyncGenerator[Event, None]:
    """Carry out a drain or restore of whole hosts, one after the other; ends after the first that failed."""
    assert plan.hosts is not None
    going_out = plan.kind is OperationKind.DRAIN
    for apache in dict.fromkeys(str(target.apache_id) for target in plan.unchanged):
        where = "out of" if going_out else "in"
        detail = f"nothing to do: it is {where} the balancer in front"
        yield Step(session.clock(), apache, "out" if going_out else "in", StepState.DONE, detail)
    for turn in plan.hosts.turns:
        if control.interrupted.is_set():
            detail = f"interrupted; {names(turn)} was not touched"
            yield Step(session.clock(), str(turn.host.id), plan.kind.value, StepState.FAILED, detail)
            return
        well = True
        async for event in (_out if going_out else _in)(session, turn, control):
            yield event
            well = well and not (isinstance(event, Step) and event.state in {StepState.FAILED, StepState.REFUSED})
        if not well:
            return


async def _out(session: Session, turn: HostTurn, control: Control) -> AsyncIterator[Event]:
    async for step in still_one_left(session, turn.host, control):
        yield step
        if step.state is StepState.REFUSED:
            return
    out = Switch(Front.OUT)
    async for event in switch(session, turn.host, control, out):
        yield event
    if out.holds and control.wait:
        async for news in wait_quiet(
            session, turn.host, turn.tomcats, control, give_up="stop; it stays out", evidence=False
        ):
            yield news


async def _in(session: Session, turn: HostTurn, control: Control) -> AsyncIterator[Event]:
    for answer in await ready_to_serve(session, turn.host):
        if isinstance(answer, Refusal):
            target, gate, evidence = answer.target, "guard", ""
        else:
            target, gate, evidence = str(answer.worker.id), answer.gate, answer.detail
        refusals = refusals_of([answer])
        refused = bool(refusals) and not control.force
        detail = f"{refusals[0].sentence}{' Forced.' if control.force else ''}" if refusals else evidence
        yield Step(session.clock(), target, gate, StepState.REFUSED if refused else StepState.DONE, detail)
        if refused:
            return
    async for event in switch(session, turn.host, control, Switch(Front.IN)):
        yield event
