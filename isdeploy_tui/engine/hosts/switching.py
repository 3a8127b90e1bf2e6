"""One host goes out of the balancer in front of it, or comes in again, and it is waited for until that holds."""

import shlex
from collections.abc import AsyncIterator
from dataclasses import dataclass

from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.front import FrontHost, read_place
from isdeploy_tui.engine.hosts.standing import services_on
from isdeploy_tui.engine.leases import LeaseLostError
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ConnectionLostError, RemoteError
from isdeploy_tui.remote.frontswitch import switch_front

POLL_SECONDS = 0.5
"""Between two questions to a state_command that does not say yet what it should."""


@dataclass(slots=True)
class Switch:
    """What came of it: ``tried``: the command was run, whatever it did; ``holds``: it is so, and was waited for."""

    wanted: Front
    tried: bool = False
    holds: bool = False


async def switch(session: Session, host: FrontHost, control: Control, switched: Switch) -> AsyncIterator[Step]:
    """Run the host's command, wait until its state_command agrees, then until the balancer in front has noticed.

    One that is there already is only waited for: nobody knows since when. Fills in ``switched``; the last step of one
    that does not hold is a failed one.
    """
    wanted, target = switched.wanted, str(host.id)
    going_out = wanted is Front.OUT
    service = session.config.service(host.id.service)
    limit = service.drain_timeout if going_out else service.ready_timeout
    command = host.front.out_command if going_out else host.front.in_command

    def step(state: StepState, detail: str, word: str = wanted.value) -> Step:
        return Step(session.clock(), target, word, state, detail, {"front": wanted.value})

    place = await read_place(session, host.ssh, host.front)
    if place.front is not wanted:
        yield step(StepState.STARTED, f"{host.ssh}: {printable(shlex.join(command))}")
        unclear = ""
        try:
            await control.confirm()
            switched.tried = True
            end = await switch_front(session.host(host.ssh), command)
        except ConnectionLostError as error:
            # What it did is read in a moment, from whoever knows.
            unclear = f"; {error}"
        except (RemoteError, LeaseLostError) as error:
            yield step(StepState.FAILED, str(error))
            return
        else:
            if end.code != 0:
                place = await read_place(session, host.ssh, host.front)
                now = f"it is {place.front.value} ({place.evidence})"
                yield step(StepState.FAILED, f"{printable(command[0])}: {end.sentence}; {now}")
                return
        began = session.clock()
        while (place := await read_place(session, host.ssh, host.front)).front is not wanted:
            if session.clock() - began >= limit:
                detail = f"after {limit:g} s it is still {place.front.value} ({place.evidence}){unclear}"
                yield step(StepState.FAILED, detail)
                return
            if not await control.pause(POLL_SECONDS):
                yield step(StepState.FAILED, f"interrupted; it is {place.front.value} ({place.evidence})")
                return
    also = [name for name in services_on(host) if name != host.id.service]
    whose = f"; so for {', '.join(also)}, too" if also else ""
    where = "out of" if going_out else "in"
    yield step(StepState.DONE, f"{where} the balancer in front, says its {place.evidence}{whose}")
    async for settling in _settle(session, host, control, switched):
        yield settling


async def _settle(session: Session, host: FrontHost, control: Control, switched: Switch) -> AsyncIterator[Step]:
    out = switched.wanted is Front.OUT
    key, seconds = ("out_seconds", host.front.out_seconds) if out else ("in_seconds", host.front.in_seconds)

    def step(state: StepState, detail: str) -> Step:
        return Step(session.clock(), str(host.id), "settle", state, detail)

    if not control.wait:
        yield step(StepState.DONE, f"not waited for: the balancer in front may take {seconds:g} s to notice ({key})")
        switched.holds = True
        return
    yield step(StepState.STARTED, f"{seconds:g} s, until the balancer in front has noticed ({key})")
    if not await control.pause(seconds):
        yield step(StepState.FAILED, f"interrupted; it is {switched.wanted.value}, the balancer in front may not know")
        return
    place = await read_place(session, host.ssh, host.front)
    if place.front is not switched.wanted:
        yield step(
            StepState.FAILED, f"somebody else changed it meanwhile: it is {place.front.value} ({place.evidence})"
        )
        return
    yield step(StepState.DONE, f"every new request {'goes to the other Apaches' if out else 'may come here again'}")
    switched.holds = True
