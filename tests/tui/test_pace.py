"""How often a pane paints."""

import pytest

from isdeploy_tui.tui.widgets.pace import FLOOD, FLOOR, FULL, LATE, Pace


def test_late_paints_slow_it_down_to_a_floor() -> None:
    pace = Pace()
    for _ in range(10):
        pace.painted(due=100.0, now=100.2)
    assert pace.period == FLOOR


def test_it_stays_slow_until_paints_have_been_punctual_for_a_while() -> None:
    pace = Pace()
    pace.painted(due=100.0, now=100.1)
    slow = pace.period
    pace.painted(due=101.0, now=101.0)
    assert pace.period == slow
    pace.painted(due=106.0, now=106.0)
    assert pace.period == FULL


def test_a_little_lateness_is_nothing() -> None:
    pace = Pace()
    pace.painted(due=100.0, now=100.04)
    assert pace.period == FULL


def test_everything_on_the_screen_is_due_at_the_same_moments() -> None:
    one, other = Pace(), Pace()
    assert one.due(100.03) == one.due(100.09) == other.due(100.05)
    assert all(0 < one.due(now / 10) - now / 10 <= FULL * 2 for now in range(1000))
    slow = Pace()
    slow.painted(1.0, 1.0 + LATE * 2)
    assert slow.due(100.03) > 100.03


def test_what_comes_faster_than_one_can_read_is_painted_less_often() -> None:
    pace = Pace()
    assert pace.due(100.01, flooded=True) == pytest.approx(100 + FLOOD)
    assert pace.due(100.01) == pytest.approx(100 + FULL)
    pace.period = FLOOR
    assert pace.due(100.01, flooded=True) == pytest.approx(100 + FLOOR)
