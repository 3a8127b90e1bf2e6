"""Writing a map and letting it settle: the same for a drain, a restore and every moment of a roll."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.planning import PlanningError, plan_map
from isdeploy_tui.engine.plans import MapChange
from isdeploy_tui.engine.reading import read_apache
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.mapwrite import swap_map

LAST_LOOK_SECONDS = 0.1
"""So long before a map has settled it is read again; on a slow connection the answer comes a little later."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a write of one map is for: these members of its balancers out (``soft``: disabled), those in."""

    drain: tuple[str, ...] = ()
    restore: tuple[str, ...] = ()
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A map that was written. From ``settled`` (Unix seconds) on every new request follows it.

    ``targets`` are who its steps are told of; ``evidence`` says how it was changed and where the old one is kept.
    """

    change: MapChange
    wish: Wish
    targets: tuple[str, ...]
    settled: float
    evidence: str

    @property
    def facts(self) -> dict[str, object]:
        """For journal and report."""
        return {
            "diff": list(self.change.diff),
            "map_before": self.change.expected_sha256,
            "map_after": hashlib.sha256(self.change.after).hexdigest(),
        }


async def write_map(
    session: Session, control: Control, change: MapChange, wish: Wish, targets: Sequence[str]
) -> Written:
    """Write one map, if it is still what the change was made from and the lease still ours.

    Raises RemoteError, LeaseLostError.
    """
    apache = change.apache
    await control.confirm()
    result = await swap_map(
        session.host(apache.ssh), apache.map, expected=change.expected_sha256, new=change.after, sudo=apache.sudo
    )
    # The reply that would have told where the old map is kept may have been lost.
    kept = (f"old map kept as {result.backup}",) if result.backup else ()
    settled = session.clock() + apache.settle_seconds
    return Written(change, wish, tuple(targets), settled, "; ".join((*change.how, *kept)))


async def settle(session: Session, control: Control, written: Sequence[Written]) -> AsyncIterator[Step]:
    """Wait until every new request follows these maps, then tell of each whether it still says what was wished."""

    def step(target: str, state: StepState, detail: str) -> Step:
        return Step(session.clock(), target, "settle", state, detail)

    told = [(one, target) for one in written for target in one.targets]
    end = max((one.settled for one in written), default=0.0)
    if not control.wait:
        for one, target in told:
            detail = f"not waited for: requests may follow the old map for {one.change.apache.settle_seconds:g} s"
            yield step(target, StepState.DONE, detail)
        return
    for _, target in told:
        detail = f"{max(0.0, end - session.clock()):.1f} s, until every new request follows the map"
        yield step(target, StepState.STARTED, detail)
    problems = [""] * len(written)
    if whole := await control.pause(end - LAST_LOOK_SECONDS - session.clock()):
        problems = await asyncio.gather(*(_problem(session, one) for one in written))
        whole = await control.pause(end - session.clock())
    for one, problem in zip(written, problems, strict=True):
        for target in one.targets:
            if not whole:
                left = max(0.0, one.settled - session.clock())
                detail = f"interrupted; the map is written, requests may follow the old one for {left:.1f} s more"
                yield step(target, StepState.FAILED, detail)
            elif problem:
                yield step(target, StepState.FAILED, problem)
            else:
                yield step(target, StepState.DONE, "every new request follows the map")


async def _problem(session: Session, written: Written) -> str:
    """Return why a map does not say any more what was wished; other people's changes to other members are none."""
    change, wish = written.change, written.wish
    try:
        view = await read_apache(session, change.apache)
        if view.map.data == change.after:
            return ""
        now = plan_map(view, drain=wish.drain, restore=wish.restore, soft=wish.soft)
    except RemoteError as error:
        return f"the map was written, but could not be read again after settling: {error}"
    except PlanningError as error:
        return f"the map was changed by somebody else meanwhile: {error}"
    if now.after == now.before:
        return ""
    return f"{change.apache.map} was changed by somebody else meanwhile; look at it before going on"
