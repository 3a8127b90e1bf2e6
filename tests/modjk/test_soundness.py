"""The second look refuses changes that mean more, or less, than was wished."""

import pytest

from isdeploy_tui.modjk.derive import PlanError
from isdeploy_tui.modjk.homes import find_homes
from isdeploy_tui.modjk.memberstate import MapView
from isdeploy_tui.modjk.soundness import check_edits
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Activation
from tests.modjk.sites import CLASSIC

MAP = b"/*=balancer;reply_timeout=5\n!/x=balancer\n/bb=balancer\n/c/*=ex2\nv=1\n"


def check(changes: dict[int, str], data: bytes = MAP, wish: Activation = Activation.STOPPED) -> None:
    """Check a change of these lines' values when w1 is to be stopped."""
    view = MapView.of(UriMap.parse(data), CLASSIC, find_homes(CLASSIC))
    edits = {entry: changes[entry.line] for entry in view.urimap.entries if entry.line in changes}
    check_edits(view, edits, {"w1": wish})


GOOD = {1: "balancer;reply_timeout=5;stopped=w1", 3: "balancer;stopped=w1", 4: "ex2;stopped=w1"}


def test_what_was_wished_is_sound() -> None:
    check(GOOD)
    check({1: "ex1;reply_timeout=5", 2: "ex1", 3: "ex1", 4: "ex2;stopped=w1"})


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(GOOD | {3: "balancer;stopped=w1,w2"}, id="someone else is stopped too"),
        pytest.param(GOOD | {3: "ex2;stopped=w1"}, id="one of the balancer's rules goes elsewhere"),
        pytest.param({1: "ex1;reply_timeout=5", 3: "ex1"}, id="the exclusion stays behind"),
        pytest.param({1: "ex1;reply_timeout=5", 2: "ex1"}, id="a rule stays behind"),
        pytest.param(GOOD | {1: "balancer;stopped=w1"}, id="another extension is lost"),
        pytest.param(GOOD | {1: "balancer;reply_timeout=5"}, id="the wish is not met"),
        pytest.param(GOOD | {3: "balancer;disabled=w1"}, id="only disabled"),
        pytest.param(GOOD | {4: "balancer;stopped=w1"}, id="someone who was out gets in"),
        pytest.param(GOOD | {2: "ex1"}, id="the exclusion goes away alone"),
    ],
)
def test_anything_else_is_not(changes: dict[int, str]) -> None:
    with pytest.raises(PlanError, match="would change other rules, too"):
        check(changes)


def test_a_restore_may_be_held_back_by_nothing_but_the_worker_itself() -> None:
    data = b"/*=balancer;stopped=w1\n"
    check({1: "balancer"}, data, Activation.ACTIVE)
    with pytest.raises(PlanError):
        check({1: "balancer;disabled=w1"}, data, Activation.ACTIVE)
