"""One moment of a roll: some Tomcats come back and others go out, in one write on each Apache, and it settles."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from isdeploy_tui.config import ApacheConfig, ApacheId, WorkerId
from isdeploy_tui.engine import gates
from isdeploy_tui.engine.control import Control
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.leases import LeaseLostError
from isdeploy_tui.engine.planning import PlanningError, map_change, plan_map
from isdeploy_tui.engine.plans import Refusal, Tomcat
from isdeploy_tui.engine.reading import ApacheView, read_apache
from isdeploy_tui.engine.rollplan import capacity_refusals, names_on
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Step, StepState
from isdeploy_tui.engine.writing import Wish, Written, settle, write_map
from isdeploy_tui.modjk.rotation import Plan, Rotation
from isdeploy_tui.remote.errors import MapConflictError, MapLockedError, RemoteError

ATTEMPTS = 5
"""How often a map that somebody else changed meanwhile is planned anew before giving up."""

RETRY_SECONDS = 0.5


@dataclass(slots=True)
class Moved:
    """What came of a transition: every restore written, every drain written and settled, who is out on some only.

    ``taken_out`` are those of the drained that got requests until then: they may have them back untouched.
    """

    restored: bool = False
    drained: bool = False
    half_out: list[Tomcat] = field(default_factory=list)
    taken_out: set[WorkerId] = field(default_factory=set)


async def move(
    session: Session,
    control: Control,
    moved: Moved,
    *,
    restores: Sequence[Tomcat],
    drains: Sequence[Tomcat],
    soft: float = 0,
) -> AsyncIterator[Step]:
    """Write one transition on every Apache that is concerned and wait until it has settled; fill in ``moved``.

    With ``soft`` the drained are first *disabled* for that many seconds, so that sessions can end, then *stopped*.
    The guards are asked on all maps before the first is written; a write that fails after others succeeded is
    answered by putting the half drained back.
    """
    writer = _Writer(session, control, restores, drains, moved.taken_out)
    if drains and soft > 0:
        async for step in writer.write(soft=True):
            yield step
        if writer.failed:
            return
        moved.restored = True
        async for step in _let_sessions_end(session, control, drains, soft):
            yield step
        if control.interrupted.is_set():
            moved.half_out = list(drains)
            return
        writer = _Writer(session, control, (), drains, moved.taken_out)
    async for step in writer.write():
        yield step
    if writer.failed:
        if drains and (writer.written or soft > 0):
            async for step in _undo(session, control, moved, drains):
                yield step
        return
    moved.restored = True
    async for step in writer.settle():
        yield step
    moved.drained = not writer.failed
    if drains and writer.failed:
        moved.half_out = list(drains)


async def _let_sessions_end(
    session: Session, control: Control, drains: Sequence[Tomcat], seconds: float
) -> AsyncIterator[Step]:
    for tomcat in drains:
        detail = f"disabled for {seconds:g} s: its own sessions go on, new ones go elsewhere"
        yield Step(session.clock(), str(tomcat.id), "soft", StepState.STARTED, detail)
    whole = await control.pause(seconds)
    for tomcat in drains:
        state = StepState.DONE if whole else StepState.FAILED
        yield Step(session.clock(), str(tomcat.id), "soft", state, "" if whole else "interrupted")


async def _undo(session: Session, control: Control, moved: Moved, drains: Sequence[Tomcat]) -> AsyncIterator[Step]:
    writer = _Writer(session, replace(control, force=True), drains, (), set())
    async for step in writer.write():
        yield step
    moved.half_out = list(drains) if writer.failed else []


class _Writer:
    """Writes one transition, Apache by Apache, in the configuration's order."""

    def __init__(
        self,
        session: Session,
        control: Control,
        restores: Sequence[Tomcat],
        drains: Sequence[Tomcat],
        taken_out: set[WorkerId],
    ) -> None:
        self._session = session
        self._control = control
        self._restores = tuple(restores)
        self._drains = tuple(drains)
        self._taken_out = taken_out
        concerned = {worker.id.apache_id for tomcat in (*restores, *drains) for worker in tomcat.workers}
        self._apaches = [apache for apache in session.config.apaches() if apache.id in concerned]
        self._seen: dict[ApacheId, ApacheView] = {}
        self._guarded: set[tuple[ApacheId, str]] = set()
        self.written: list[Written] = []
        self.failed = False

    async def write(self, *, soft: bool = False) -> AsyncIterator[Step]:
        """Ask the guards on every map, then write every map that is to change."""
        try:
            refusals = await self._refusals(soft)
        except (RemoteError, PlanningError) as error:
            self.failed = True
            yield self._step(self._apaches[0], "plan", StepState.FAILED, str(error))
            return
        if refusals and not self._control.force:
            self.failed = True
            for refusal in refusals:
                yield Step(self._session.clock(), refusal.target, "guard", StepState.REFUSED, refusal.sentence)
            return
        for apache in self._apaches:
            try:
                written = await self._write_one(apache, soft)
            except (RemoteError, PlanningError, LeaseLostError) as error:
                self.failed = True
                yield self._step(apache, "write", StepState.FAILED, str(error))
                return
            if written is not None:
                self.written.append(written)
                detail = f"{self._what(apache, soft)}; {written.evidence}"
                yield self._step(apache, "write", StepState.DONE, detail, written.facts)

    async def settle(self) -> AsyncIterator[Step]:
        """Wait until every new request follows the maps that were written, and see that they still hold."""
        async for step in settle(self._session, self._control, self.written):
            self.failed = self.failed or step.state is StepState.FAILED
            yield step

    async def _refusals(self, soft: bool) -> list[Refusal]:
        if not self._drains:
            return []
        views = await asyncio.gather(*(read_apache(self._session, apache) for apache in self._apaches))
        found = await asyncio.gather(*(self._capacity(view, self._plan(view, soft)) for view in views))
        self._seen = {view.apache.id: view for view in views}
        self._guarded = {(view.apache.id, view.map.sha256) for view in views}
        return [refusal for refusals in found for refusal in refusals]

    async def _capacity(self, view: ApacheView, plan: Plan) -> list[Refusal]:
        members = frozenset(member for active in plan.active.values() for member in active)
        health: dict[str, Health] = await gates.ping_all(self._session, view.apache, view.workers, members)
        return capacity_refusals(view, plan, health, self._session.config.service(view.apache.id.service).min_active)

    def _wish(self, apache: ApacheConfig, soft: bool) -> Wish:
        return Wish(tuple(names_on(self._drains, apache.id)), tuple(names_on(self._restores, apache.id)), soft)

    def _plan(self, view: ApacheView, soft: bool) -> Plan:
        wish = self._wish(view.apache, soft)
        return plan_map(view, drain=wish.drain, restore=wish.restore, soft=soft)

    async def _write_one(self, apache: ApacheConfig, soft: bool) -> Written | None:
        for attempt in range(1, ATTEMPTS + 1):
            # What the guards saw is good enough: a map that has changed since is not written.
            view = self._seen.pop(apache.id, None) or await read_apache(self._session, apache)
            plan = self._plan(view, soft)
            if plan.after == plan.before:
                return None
            if (apache.id, view.map.sha256) not in self._guarded and self._drains and not self._control.force:
                # Somebody has changed the map since the guards saw it.
                for refusal in await self._capacity(view, plan):
                    raise PlanningError(f"{refusal.target}: {refusal.sentence}")
            try:
                wish, change = self._wish(apache, soft), map_change(view, plan)
                written = await write_map(self._session, self._control, change, wish, [str(apache.id)])
            except (MapConflictError, MapLockedError):
                if attempt == ATTEMPTS or not await self._control.pause(RETRY_SECONDS):
                    raise
                continue
            self._taken_out.update(tomcat.id for tomcat in self._drains if _gets_requests(view, tomcat))
            return written
        raise AssertionError("unreachable")

    def _what(self, apache: ApacheConfig, soft: bool) -> str:
        back, out = names_on(self._restores, apache.id), names_on(self._drains, apache.id)
        words = [f"{', '.join(back)} back"] if back else []
        words += [f"{', '.join(out)} {'disabled' if soft else 'out'}"] if out else []
        return " and ".join(words)

    def _step(
        self, apache: ApacheConfig, step: str, state: StepState, detail: str, facts: Mapping[str, object] | None = None
    ) -> Step:
        return Step(self._session.clock(), str(apache.id), step, state, detail, facts or {})


def _gets_requests(view: ApacheView, tomcat: Tomcat) -> bool:
    return any(
        (member := view.members.get(name)) is not None and member.rotation is not Rotation.STOPPED
        for name in names_on([tomcat], view.apache.id)
    )
