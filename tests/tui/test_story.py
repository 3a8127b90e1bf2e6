"""An operation as a story."""

import pytest

from isdeploy_tui import config
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import Output, Step, StepState
from isdeploy_tui.tui.ages import age, duration
from isdeploy_tui.tui.story import Story, output_lines
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.activity import told
from tests.tui.fakes import SITE, W1, W2, W3, Clock, FakeRunning, Result, a_plan

SETTINGS = config.parse(SITE)
LOOK = Look.of(ascii=True, ansi=False)


def a_story(kind: OperationKind = OperationKind.DRAIN, targets: tuple = (W1,)) -> tuple[Story, FakeRunning]:
    running = FakeRunning(a_plan(SETTINGS, kind, targets), Clock(100.0))
    return Story(running), running


def a_step(step: str, state: StepState, time: float, detail: str = "", target: object = W1) -> Step:
    return Step(time, str(target), step, state, detail)


def text(stories: list[Story], now: float) -> list[str]:
    return ["".join(piece for piece, _ in line) for line in told(stories, now, LOOK, "idle")]


def test_it_says_which_step_runs_and_for_how_long() -> None:
    story, _ = a_story()
    assert story.now(100.0) == "starting"
    story.hear(a_step("write", StepState.STARTED, 101.0))
    assert story.now(104.5) == "write 3 s"
    story.hear(a_step("write", StepState.DONE, 105.0, "line 2: swap"))
    assert story.now(105.0) == "between steps"
    story.hear(a_step("settle", StepState.STARTED, 105.0))
    assert story.now(112.0) == "settle 7 s"
    assert [(chapter.step, chapter.lasted(200.0)) for chapter in story.chapters] == [("write", 4.0), ("settle", 95.0)]


def test_several_targets_in_one_step_are_counted() -> None:
    story, _ = a_story(targets=(W1, W2, W3))
    for target in (W1, W2, W3):
        story.hear(a_step("settle", StepState.STARTED, 100.0, target=target))
    assert story.now(102.0) == "settle on 3 workers 2 s"


def test_a_step_that_is_told_only_when_it_is_done_has_its_place() -> None:
    story, _ = a_story()
    story.hear(a_step("guard", StepState.REFUSED, 100.0, "the last active member"))
    assert [(chapter.step, chapter.state) for chapter in story.troubles] == [("guard", StepState.REFUSED)]


def test_what_runs_is_told_in_one_line() -> None:
    story, _ = a_story()
    story.hear(a_step("settle", StepState.STARTED, 100.0, "6.5 s, until every new request follows the map"))
    assert text([story], 103.0) == [
        "> drain shop/web1/worker1  settle 3 s  6.5 s, until every new request follows the map"
    ]


def test_a_failure_is_told_in_full_and_before_everything_else() -> None:
    bad, running = a_story(OperationKind.DEPLOY)
    bad.hear(a_step("script", StepState.STARTED, 100.0))
    bad.hear(a_step("script", StepState.FAILED, 104.0, "exit 7; the worker stays out of rotation"))
    running.result = Result.FAILED
    bad.end(104.0)
    good, done = a_story()
    done.result = Result.DONE
    good.end(107.0)
    other, _ = a_story()
    assert text([good, other, bad], 110.0) == [
        "x deploy shop/web1/worker1  failed after 4 s  | esc dismisses",
        "  shop/web1/worker1 script failed: exit 7; the worker stays out of rotation",
        "> drain shop/web1/worker1  starting  ",
        "+ drain shop/web1/worker1  done in 7 s",
    ]


def test_nothing_to_tell_is_told() -> None:
    assert text([], 100.0) == ["idle"]


def test_more_operations_than_fit_are_counted() -> None:
    assert text([a_story()[0] for _ in range(5)], 100.0)[-1] == "and 2 more; a shows all"


def test_output_says_whose_it_is_when_there_are_several() -> None:
    events = [Output(str(W1), ("a", "b")), a_step("x", StepState.DONE, 1.0), Output(str(W2), ("c",))]
    assert output_lines(events, several=False) == ["a", "b", "c"]
    assert output_lines(events, several=True) == ["worker1: a", "worker1: b", "worker2: c"]


@pytest.mark.parametrize(
    ("seconds", "long", "short"),
    [
        (0.44, "0.4 s", "0s"),
        (-3, "0.0 s", "0s"),
        (59.9, "59 s", "59s"),
        (65, "1 min 05 s", "1m"),
        (7_500, "2 h 05 min", "2h"),
        (200_000, "2 d 7 h", "2d"),
    ],
)
def test_durations_are_short(seconds: float, long: str, short: str) -> None:
    assert (duration(seconds), age(seconds)) == (long, short)
