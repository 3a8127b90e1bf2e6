"""Runs operations: one task each, owned here and not by whoever watches, so that leaving the screen stops nothing."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from enum import StrEnum

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine import guards
from isdeploy_tui.engine.control import Ask, Control
from isdeploy_tui.engine.deploying import deploy
from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.hosts.planning import plan_hosts
from isdeploy_tui.engine.hosts.rolling import roll_hosts
from isdeploy_tui.engine.hosts.rotating import change_hosts
from isdeploy_tui.engine.leases import Held, LeaseRefusedError, hold, new_operation_id
from isdeploy_tui.engine.notifying import Notifier, facts
from isdeploy_tui.engine.planning import plan_deploy, plan_rotation
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.engine.recorder import Recorder
from isdeploy_tui.engine.rolling import roll
from isdeploy_tui.engine.rollplan import plan_roll
from isdeploy_tui.engine.rotate import change_rotation
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event, Output, Step, StepState
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError

_LOG = logging.getLogger(__name__)

KEPT_OUTPUT = 4 * 1024 * 1024
"""Characters of output kept for those who look later; the whole output is in the run's log on the host."""


class Result(StrEnum):
    """How an operation ended."""

    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"
    INTERRUPTED = "interrupted"


class RunningOperation:
    """An operation under way or ended: ``plan``, ``started`` and ``ended`` (Unix s), events so far, ``result``.

    ``in_the_way`` is who holds a Tomcat that it wanted, when that is why it was refused.
    """

    def __init__(
        self,
        session: Session,
        plan: OperationPlan,
        control: Control,
        reason: str = "",
        at_end: "Callable[[RunningOperation], None] | None" = None,
    ) -> None:
        self.id = new_operation_id()
        self.plan = plan
        self.started = session.clock()
        self.ended: float | None = None
        self.events: list[Event] = []
        self.result: Result | None = None
        self.in_the_way: InTheWay | None = None
        self._session = session
        self._control = control
        self._reason = reason
        self._at_end = at_end
        self._news = asyncio.Condition()
        self._dropped = 0
        self._kept_output = 0
        self._task = asyncio.create_task(self._drive(), name=f"{plan.kind.value} {plan.targets[0]}")

    async def follow(self) -> AsyncIterator[Event]:
        """Every event from the first that is kept; ends when the operation has ended. Any number may follow."""
        position = 0
        while True:
            async with self._news:
                while self._dropped + len(self.events) <= position and self.result is None:
                    await self._news.wait()
                fresh = self.events[max(0, position - self._dropped) :]
                position = self._dropped + len(self.events)
            for event in fresh:
                yield event
            if not fresh and self.result:
                return

    def interrupt(self) -> None:
        """Ask it to stop after the step that runs; what was done stays done and is said."""
        self._control.interrupted.set()

    @property
    def pauses(self) -> bool:
        """True when a roll waits for a person's word after the Tomcat that it works on."""
        return self._control.pausing.is_set()

    def pause_after_this(self, wanted: bool) -> None:
        """Let a roll wait for a person's word after each Tomcat from now on, or no more."""
        (self._control.pausing.set if wanted else self._control.pausing.clear)()

    async def wait(self) -> Result:
        """Wait for the end and return how it ended."""
        await asyncio.shield(self._task)
        return self.result or Result.FAILED

    async def _drive(self) -> None:
        result = Result.FAILED
        try:
            result = await self._guarded()
        except LeaseRefusedError as error:
            result, self.in_the_way = Result.REFUSED, error.held
            target = str(error.held.worker)
            await self._publish(Step(self._session.clock(), target, "lease", StepState.REFUSED, str(error)))
        except RemoteError as error:
            await self._publish(self._failure(str(error)))
        except Exception as error:
            # A fault of ours must reach the person as a sentence, and the log as a traceback.
            _LOG.exception("operation failed")
            await self._publish(self._failure(f"internal error: {printable(repr(error), 200)}"))
        async with self._news:
            self.ended = self._session.clock()
            self.result = self._at_last(result)
            self._news.notify_all()
        if self._at_end is not None:
            self._at_end(self)

    @property
    def facts(self) -> Mapping[str, str]:
        """What is told to ``notify_command`` about its end."""
        seconds = (self.ended or self._session.clock()) - self.started
        result = self.result.value if self.result is not None else ""
        return facts(self._session, self.plan, self._control.arguments, result, self.events, seconds)

    async def _guarded(self) -> Result:
        """Let the guards speak, then run the story while the Tomcats are held against everybody else."""
        plan, control, session = self.plan, self._control, self._session
        if plan.is_refused and not (control.force and plan.can_be_forced):
            for refusal in plan.refusals:
                detail = refusal.sentence + ("" if refusal.forcible else " This cannot be forced.")
                await self._publish(Step(session.clock(), refusal.target, "guard", StepState.REFUSED, detail))
            return Result.REFUSED
        kind = plan.kind.value
        recorder = Recorder(session, self.id, kind, plan.targets, control.arguments, self._reason)
        wanted = (*plan.targets, *plan.also_held)
        async with hold(session, self.id, kind, wanted, take_over=bool(self._reason)) as held:
            await recorder.begin()
            for step in (*self._taken_over(held), *self._forced()):
                await recorder.note(step)
                await self._publish(step)
            result = Result.FAILED
            try:
                result = await self._tell(replace(control, confirm=held.confirm), held, recorder)
            finally:
                await recorder.end(self._at_last(result))
        return result

    def _taken_over(self, held: Held) -> Iterator[Step]:
        for other in held.replaced:
            words = f"taken over from {other.lease.holder}, who was at '{other.lease.step}'", other.script
            detail = f"{'. '.join(filter(None, words))}: {self._reason}"
            yield Step(self._session.clock(), str(other.worker), "lease", StepState.DONE, detail)

    def _forced(self) -> Iterator[Step]:
        for refusal in self.plan.refusals:
            yield Step(self._session.clock(), refusal.target, "guard", StepState.DONE, f"forced: {refusal.sentence}")

    def _at_last(self, result: Result) -> Result:
        """An interrupt that came when all was done has interrupted nothing."""
        return Result.INTERRUPTED if result is Result.FAILED and self._control.interrupted.is_set() else result

    async def _tell(self, control: Control, held: Held, recorder: Recorder) -> Result:
        result = Result.DONE
        async with aclosing(_story(self.plan)(self._session, self.plan, control)) as events:
            async for event in events:
                if isinstance(event, Step):
                    result = _worse(result, event.state)
                    await recorder.note(event)
                    if event.state is StepState.STARTED:
                        held.tell(event.step, str(event.facts.get("run", "")))
                await self._publish(event)
        return result

    async def _publish(self, event: Event) -> None:
        async with self._news:
            self.events.append(event)
            if isinstance(event, Output):
                self._kept_output += _length(event)
                if self._kept_output > 2 * KEPT_OUTPUT:
                    self._forget_old_output()
            self._news.notify_all()
        # Lets those who follow keep up with a script that prints without a pause.
        await asyncio.sleep(0)

    def _forget_old_output(self) -> None:
        """Keep every step and the newest output; a script that prints without end must not fill the memory."""
        kept: list[Event] = []
        self._kept_output = 0
        for event in reversed(self.events):
            if isinstance(event, Step):
                kept.append(event)
            elif self._kept_output + _length(event) <= KEPT_OUTPUT:
                self._kept_output += _length(event)
                kept.append(event)
        self._dropped += len(self.events) - len(kept)
        self.events = kept[::-1]

    def _failure(self, detail: str) -> Step:
        return Step(self._session.clock(), str(self.plan.targets[0]), self.plan.kind.value, StepState.FAILED, detail)


def _length(output: Output) -> int:
    # A line costs some memory, however short it is.
    return sum(len(line) + 64 for line in output.lines)


def _worse(result: Result, state: StepState) -> Result:
    if state is StepState.FAILED:
        return Result.FAILED
    if state is StepState.REFUSED and result is not Result.FAILED:
        return Result.REFUSED
    return result


_STORIES: Mapping[OperationKind, Callable[[Session, OperationPlan, Control], AsyncGenerator[Event, None]]] = {
    OperationKind.DRAIN: change_rotation,
    OperationKind.RESTORE: change_rotation,
    OperationKind.DEPLOY: deploy,
    OperationKind.ROLL: roll,
}


def _story(plan: OperationPlan) -> Callable[[Session, OperationPlan, Control], AsyncGenerator[Event, None]]:
    if plan.hosts is None:
        return _STORIES[plan.kind]
    return roll_hosts if plan.kind is OperationKind.ROLL else change_hosts


class Operations:
    """Plans and runs operations for one session.

    ``say`` is told, once each, what went wrong beside them: a ``notify_command`` that failed.
    """

    def __init__(self, session: Session, say: Callable[[str], None] | None = None) -> None:
        self.notifier = Notifier(session.config.notify_command, say)
        self._session = session
        self._started: list[RunningOperation] = []

    @property
    def running(self) -> tuple[RunningOperation, ...]:
        """Those that have not ended."""
        return tuple(operation for operation in self._started if operation.result is None)

    async def plan(
        self,
        kind: OperationKind,
        targets: Sequence[WorkerId],
        *,
        soft: bool = False,
        batch: int = 1,
        pause: bool = False,
        max_failed: int = 0,
        hosts: bool = False,
    ) -> OperationPlan:
        """Read the servers and say what would be done. Raises RemoteError, PlanningError.

        ``batch``, ``pause`` and ``max_failed`` are a roll's: Tomcats at a time, wait for a person after each, failures
        that do not stop it. ``hosts`` takes whole Apaches out of the balancer in front and leaves the maps alone.
        """
        session = self._session
        if hosts:
            plan = await plan_hosts(session, kind, targets, pause=pause, max_failed=max_failed)
        elif kind is OperationKind.ROLL:
            plan = await plan_roll(session, targets, batch=batch, pause=pause, max_failed=max_failed, soft=soft)
        elif kind is OperationKind.DEPLOY:
            plan = await plan_deploy(session, targets)
        else:
            plan = await plan_rotation(session, kind, targets, soft=soft)
        foreign = tuple(guards.not_an_operator(plan.services, session.operator))
        return replace(plan, refusals=(*foreign, *plan.refusals))

    def start(
        self,
        plan: OperationPlan,
        *,
        force: bool = False,
        wait: bool = True,
        arguments: Sequence[str] = (),
        ask: Ask | None = None,
        take_over: str = "",
    ) -> RunningOperation:
        """Run a plan as it stands.

        ``arguments`` go to the deploy script; ``wait=False`` leaves out the settling; ``ask`` puts an operation's
        questions to the person; ``take_over`` is the reason for taking over what somebody else left in the middle.
        """
        control = Control(force=force, wait=wait, arguments=tuple(arguments), ask=ask)
        operation = RunningOperation(self._session, plan, control, take_over, self._ended)
        operation.pause_after_this(plan.roll is not None and plan.roll.pause)
        self._started = [*self.running, operation]
        return operation

    async def aclose(self) -> None:
        """Ask all to stop after their current step and wait for that."""
        for operation in self.running:
            operation.interrupt()
        await asyncio.gather(*(operation.wait() for operation in self.running))
        await self.notifier.ended()

    def _ended(self, operation: RunningOperation) -> None:
        self.notifier.begin(operation.facts)
