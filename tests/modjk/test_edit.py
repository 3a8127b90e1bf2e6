"""Values are changed where they must, and nowhere else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui.modjk.edit import set_activation, set_worker
from isdeploy_tui.modjk.rulevalue import parse_value
from isdeploy_tui.modjk.workers import Activation

ACTIVE, DISABLED, STOPPED = Activation.ACTIVE, Activation.DISABLED, Activation.STOPPED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lb", "lb;stopped=w1"),
        ("lb;", "lb;stopped=w1;"),
        ("lb;reply_timeout=5", "lb;reply_timeout=5;stopped=w1"),
        ("lb;stopped=w2", "lb;stopped=w2,w1"),
        ("lb;stopped=w2 w3;stateless=1", "lb;stopped=w2 w3,w1;stateless=1"),
        ("lb;stopped=w1", "lb;stopped=w1"),
        ("lb;disabled=w1", "lb;stopped=w1"),
        ("lb;disabled=w1,w2", "lb;disabled=w2;stopped=w1"),
        ("lb;active=w1", "lb;active=w1;stopped=w1"),
        ("lb;stopped=", "lb;stopped=,w1"),
        ("lb;stopped=w2;stopped=w1", "lb;stopped=w2,w1;stopped=w1"),
        ("lb;session_path=", "lb;stopped=w1;session_path="),
        ("lb;session_path=;jsessionid", "lb;session_path=;jsessionid;stopped=w1"),
        ("lb; stopped=w1", "lb; stopped=w1;stopped=w1"),
    ],
)
def test_stop(before: str, after: str) -> None:
    assert set_activation(before, "w1", STOPPED) == after
    assert parse_value(after).activation("w1") is STOPPED


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("lb;stopped=w1", "lb"),
        ("lb;stopped=w1;", "lb;"),
        ("lb;stopped=w1;reply_timeout=5", "lb;reply_timeout=5"),
        ("lb;stopped=w1,w2", "lb;stopped=w2"),
        ("lb;stopped=w2,w1", "lb;stopped=w2"),
        ("lb;stopped=w2, w1 w3", "lb;stopped=w2 w3"),
        ("lb;stopped=w1, w2", "lb;stopped=w2"),
        ("lb;stopped=w1,w1", "lb"),
        ("lb;disabled=w1;stopped=w1", "lb"),
        ("lb;stopped=w1;stopped=w2", "lb;stopped=;stopped=w2"),
        ("lb;stopped=w11", "lb;stopped=w11"),
        ("lb", "lb"),
    ],
)
def test_restore(before: str, after: str) -> None:
    assert set_activation(before, "w1", ACTIVE) == after
    assert parse_value(after).activation("w1") is None


def test_disable_takes_a_stopped_member_over() -> None:
    assert set_activation("lb;stopped=w1", "w1", DISABLED) == "lb;disabled=w1"


def test_worker_is_replaced_alone() -> None:
    assert set_worker("lb ;stopped=w1;", "other") == "other;stopped=w1;"


PARTS = st.sampled_from(
    [
        "stopped=",
        "disabled=",
        "active=",
        "session_path=",
        "reply_timeout=1",
        "w1",
        "w2",
        "w3",
        ",",
        " ",
        ";",
        "\t",
        ", ",
    ]
)
VALUES = st.lists(PARTS, max_size=10).map(lambda parts: "lb;" + "".join(parts))


@given(VALUES, st.sampled_from([STOPPED, DISABLED]))
@settings(deadline=None)
def test_what_is_added_is_taken_away_to_the_letter(text: str, activation: Activation) -> None:
    if parse_value(text).activation("w1") in (None, ACTIVE) and not _named(text):
        assert set_activation(set_activation(text, "w1", activation), "w1", ACTIVE) == text


def _named(text: str) -> bool:
    return any("w1" in parse_value(text).members(activation) for activation in (STOPPED, DISABLED))


@given(VALUES, st.sampled_from([STOPPED, DISABLED]))
@settings(deadline=None)
def test_the_others_keep_what_they_have(text: str, activation: Activation) -> None:
    before, after = parse_value(text), parse_value(set_activation(text, "w1", activation))
    assert after.activation("w1") is activation
    for other in ("w2", "w3"):
        assert after.activation(other) is before.activation(other)


@given(VALUES)
@settings(deadline=None)
def test_restoring_leaves_the_others_alone(text: str) -> None:
    before, after = parse_value(text), parse_value(set_activation(text, "w1", ACTIVE))
    assert after.activation("w1") in (None, ACTIVE)
    for other in ("w2", "w3"):
        assert after.activation(other) is before.activation(other)
