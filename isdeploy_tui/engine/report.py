"""What an operation did, to be kept: the phases of every Tomcat with their times, the evidence, the maps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from isdeploy_tui.engine.plans import OperationPlan
from isdeploy_tui.engine.steps import Event, Step, StepState
from isdeploy_tui.engine.traffic import sentence

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Phase:
    """One step of a target from its start to its end; ``seconds`` is None while it runs."""

    target: str
    step: str
    began: float
    seconds: float | None
    state: StepState
    details: tuple[str, ...]
    busy: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Account:
    """All that is known of an operation that has ended: Unix times, and ``traffic`` by Apache with an access log."""

    plan: OperationPlan
    result: str
    events: Sequence[Event]
    began: float
    ended: float
    traffic: Mapping[str, object]


@dataclass(slots=True)
class _Open:
    began: float
    details: list[str] = field(default_factory=list)
    busy: list[tuple[float, int]] = field(default_factory=list)


def phases(events: Sequence[Event]) -> tuple[Phase, ...]:
    """Return the phases of a story, in the order in which they ended; ``busy`` is the curve of requests in flight."""
    running: dict[tuple[str, str], _Open] = {}
    ended: list[Phase] = []
    for event in events:
        if not isinstance(event, Step):
            continue
        key = event.target, event.step
        phase = running.setdefault(key, _Open(event.time))
        if event.detail:
            phase.details.append(event.detail)
        count = event.facts.get("busy")
        if isinstance(count, int):
            phase.busy.append((event.time, count))
        if event.state is not StepState.STARTED:
            ended.append(_phase(key, phase, event.state, event.time - phase.began))
            del running[key]
    return (*ended, *(_phase(key, phase, StepState.STARTED, None) for key, phase in running.items()))


def _phase(key: tuple[str, str], phase: _Open, state: StepState, seconds: float | None) -> Phase:
    return Phase(*key, phase.began, seconds, state, tuple(phase.details), tuple(phase.busy))


def as_json(account: Account) -> Json:
    """Return the report of an operation as it is kept with ``--report``."""
    steps = [event for event in account.events if isinstance(event, Step)]
    return {
        "operation": account.plan.kind.value,
        "result": account.result,
        "targets": [str(target) for target in account.plan.targets],
        "began": _stamp(account.began),
        "ended": _stamp(account.ended),
        "seconds": round(account.ended - account.began, 3),
        "phases": [_phase_json(phase) for phase in phases(account.events)],
        "maps": [
            {"apache": step.target, "time": step.as_json()["time"], "diff": step.facts["diff"]}
            for step in steps
            if "diff" in step.facts
        ],
        "traffic": dict(account.traffic),
    }


def _phase_json(phase: Phase) -> Json:
    return {
        "target": phase.target,
        "phase": phase.step,
        "began": _stamp(phase.began),
        "seconds": None if phase.seconds is None else round(phase.seconds, 3),
        "state": phase.state.value,
        "evidence": list(phase.details),
        "busy": [[round(time - phase.began, 3), count] for time, count in phase.busy],
    }


def _stamp(time: float) -> str:
    return Step(time, "", "", StepState.DONE).as_json()["time"]


def as_text(account: Account) -> list[str]:
    """Return the summary that a person reads at the end."""
    lines = [f"{account.plan.kind.value} {account.result} in {account.ended - account.began:.1f} s"]
    for phase in phases(account.events):
        took = "…" if phase.seconds is None else f"{phase.seconds:6.1f} s"
        last = phase.details[-1] if phase.details else ""
        lines.append(f"  {phase.target:24} {phase.step:7} {phase.state.value:8} {took}  {last}".rstrip())
    lines += [f"  {apache}: {sentence(counted)}" for apache, counted in account.traffic.items()]
    return lines
