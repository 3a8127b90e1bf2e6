"""What can be done about a worker that somebody left in the middle: follow its script, go on, put it back."""

from collections.abc import Iterator, Sequence

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.control import Choice, Question
from isdeploy_tui.engine.fleet import WorkerState
from isdeploy_tui.engine.leftover import Standing
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.ages import local_time
from isdeploy_tui.tui.screens.choose import Choose
from isdeploy_tui.tui.widgets.detail import Line
from isdeploy_tui.tui.widgets.tree_label import Scene, held_by

FOLLOW, AGAIN, ALL, RESTORE, HISTORY = "follow", "again", "all", "restore", "history"


def is_left(state: WorkerState) -> bool:
    """True when there is something to pick up, or somebody to look at."""
    return state.leftover is not None or state.lease is not None


def pick_up(state: WorkerState, scene: Scene, *, read_only: bool) -> Choose:
    """Return the dialog about a worker; dismissed with one of the words above, or None."""
    choices = tuple(_choices(state, scene, read_only))
    question = Question(str(state.id), _heading(state), choices, "")
    return Choose(question, tuple(_story(state, scene)), may_leave=True)


def kind_left(state: WorkerState) -> OperationKind | None:
    """Return what was being done."""
    left = state.lease or state.leftover
    return next((kind for kind in OperationKind if left is not None and kind.value == left.kind), None)


def all_left(state: WorkerState, scene: Scene) -> tuple[WorkerId, ...]:
    """Return all workers that the operation was about, as far as they are in the configuration."""
    names = set(state.leftover.targets) if state.leftover is not None else set()
    return tuple(worker.id for worker in scene.config.workers() if str(worker.id) in names)


def _heading(state: WorkerState) -> str:
    if state.lease is not None and not state.lease.is_orphan:
        return f"{state.id} is at work"
    if state.lease is not None:
        return f"{state.id} was left in the middle"
    return f"{state.id} is {state.rotation.value} since its deploy script ran"


def _story(state: WorkerState, scene: Scene) -> Iterator[Line]:
    look, left = scene.look, state.leftover
    if state.lease is not None:
        yield ((held_by(state.lease, scene.now), look.notice),)
    if left is not None:
        yield ("script  ", look.muted), (f"{left.kind} by {left.user}@{left.bastion}", look.strong)
        yield ("        ", ""), (left.outcome.sentence, look.good if left.went_well else look.warn)
        yield ("run     ", look.muted), (f"{left.run}, {local_time(left.time)}", "")
        if left.arguments:
            yield ("with    ", look.muted), (printable(left.arguments), "")
    yield ("worker  ", look.muted), (f"{state.rotation.value}, its Tomcat {state.health.value}", "")


def _choices(state: WorkerState, scene: Scene, read_only: bool) -> Iterator[Choice]:
    left, lease = state.leftover, state.lease
    if left is not None or (lease is not None and lease.run):
        running = left is None or left.outcome.standing is Standing.RUNNING
        yield Choice(FOLLOW, f"{'Follow' if running else 'Read'} its script's output, from its start")
    if not read_only and (lease is None or lease.is_orphan):
        kind = kind_left(state)
        back = Choice(RESTORE, f"Put it back: restore {state.id}")
        done = left is not None and left.went_well
        if done:
            yield back
        if kind not in {None, OperationKind.RESTORE}:
            yield Choice(AGAIN, f"Go on: {kind} {state.id}")
            several = all_left(state, scene)
            if len(several) > 1:
                yield Choice(ALL, f"Go on with all of it: {kind} {_names(several)}")
        if not done:
            yield back
    yield Choice(HISTORY, "Its history")


def _names(workers: Sequence[WorkerId]) -> str:
    return f"{len(workers)} workers" if len(workers) > 2 else " ".join(map(str, workers))
