"""An operation as a story to look at: its steps with their times, what runs now, and how it ended."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from isdeploy_tui.engine.control import Question
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import Event, Output, Step, StepState
from isdeploy_tui.tui.ages import duration
from isdeploy_tui.tui.overview import subject
from isdeploy_tui.tui.ports import Running


@dataclass(slots=True)
class Chapter:
    """One step on one target. ``ended`` is 0 while it runs; times are Unix seconds.

    ``busy`` are the requests in flight as they were seen while it ran: the evidence that they fell.
    """

    target: str
    step: str
    state: StepState
    detail: str
    started: float
    ended: float = 0.0
    busy: list[int] = field(default_factory=list)

    def lasted(self, now: float) -> float:
        """Return the seconds it took, or has taken so far."""
        return (self.ended or now) - self.started


class Inquiry(Protocol):
    """``tui.inquiry.Inquiry``: the question that an operation waits with, and how it is answered."""

    @property
    def question(self) -> Question | None: ...

    def answer(self, number: int) -> None: ...


class Story:
    """What has been heard of one operation, and what it asks."""

    def __init__(self, operation: Running, inquiry: Inquiry | None = None) -> None:
        self.operation = operation
        self.inquiry = inquiry
        self.chapters: list[Chapter] = []
        self.lines = 0
        self.ended = 0.0
        self._open: dict[tuple[str, str], Chapter] = {}

    @property
    def question(self) -> Question | None:
        """What it waits for a person to decide."""
        return self.inquiry.question if self.inquiry is not None else None

    @property
    def kind(self) -> OperationKind:
        """What it does."""
        return self.operation.plan.kind

    @property
    def is_over(self) -> bool:
        """True when it has ended and everything it said was heard."""
        return bool(self.ended)

    @property
    def went_well(self) -> bool:
        """True when it did all it was to do."""
        return self.operation.result == "done"

    @property
    def title(self) -> str:
        """``drain shop/web1/worker1``."""
        return f"{self.kind.value} {subject(self.operation.plan)}"

    def hear(self, event: Event) -> None:
        """Take in the next event."""
        if isinstance(event, Output):
            self.lines += len(event.lines)
            return
        key = event.target, event.step
        if event.state is StepState.STARTED:
            # A step that goes on says how it stands; it begins once.
            if key not in self._open:
                self._open[key] = Chapter(event.target, event.step, event.state, event.detail, event.time)
                self.chapters.append(self._open[key])
            self._open[key].detail = event.detail
            _count(self._open[key], event)
            return
        chapter = self._open.pop(key) if key in self._open else self._instant(event)
        chapter.state, chapter.ended = event.state, event.time
        chapter.detail = event.detail or chapter.detail
        _count(chapter, event)

    def end(self, now: float) -> None:
        """Note that nothing more will be heard."""
        self.ended = now
        self._open.clear()

    @property
    def current(self) -> tuple[Chapter, ...]:
        """The steps that run now."""
        return tuple(self._open.values())

    @property
    def troubles(self) -> tuple[Chapter, ...]:
        """The steps that failed or were refused."""
        return tuple(chapter for chapter in self.chapters if chapter.state in {StepState.FAILED, StepState.REFUSED})

    def now(self, moment: float) -> str:
        """Return which step runs and for how long: ``settle 4 s``; for several targets, how many of them."""
        if not self._open:
            return "starting" if not self.chapters else "between steps"
        last = self.current[-1]
        same = sum(chapter.step == last.step for chapter in self.current)
        many = f" on {same} workers" if same > 1 else ""
        return f"{last.step}{many} {duration(last.lasted(moment))}"

    def phase(self, moment: float) -> str:
        """Return how it ended, or which step runs."""
        return self.outcome() if self.is_over else self.now(moment)

    def outcome(self) -> str:
        """Return how it ended and how long it took: ``done in 8 s``."""
        result = self.operation.result
        word = result.value if result is not None else "running"
        return f"{word} {'after' if word != 'done' else 'in'} {duration(self.ended - self.operation.started)}"

    def _instant(self, step: Step) -> Chapter:
        chapter = Chapter(step.target, step.step, step.state, step.detail, step.time, step.time)
        self.chapters.append(chapter)
        return chapter


def _count(chapter: Chapter, step: Step) -> None:
    busy = step.facts.get("busy")
    if isinstance(busy, int) and chapter.busy[-1:] != [busy]:
        chapter.busy.append(busy)


def output_lines(events: Iterable[Event], *, several: bool) -> list[str]:
    """Return the lines a script printed; with several targets, each line says whose it is."""
    lines: list[str] = []
    for event in events:
        if isinstance(event, Output):
            prefix = f"{event.target.rpartition('/')[2]}: " if several else ""
            lines.extend(prefix + line for line in event.lines)
    return lines
