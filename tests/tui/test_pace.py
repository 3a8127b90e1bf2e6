"""How often a pane paints."""

import asyncio

import pytest

from isdeploy_tui.tui.pace import FLOOD, FLOOR, FULL, LATE, SCREENFUL, Gathered, Pace


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


async def test_what_is_gathered_is_handed_over_together_and_no_more_often_than_is_painted() -> None:
    handed = list[frozenset[int]]()
    now = asyncio.get_running_loop().time
    gathered = Gathered(handed.append)
    added, began = set[int](), now()
    while now() - began < 5 * FULL:
        added.add(len(added))
        gathered.add(len(added) - 1)
        await asyncio.sleep(0.001)
    assert 1 <= len(handed) <= (now() - began) / FULL + 1
    gathered.flush()
    assert sum(map(len, handed)) == len(added)
    assert frozenset().union(*handed) == added


async def test_closed_it_hands_nothing_over_and_flushed_it_does_so_at_once() -> None:
    handed = list[frozenset[int]]()
    gathered = Gathered(handed.append)
    gathered.add(1)
    gathered.close()
    await asyncio.sleep(FULL * 2)
    assert handed == []
    gathered.add(2)
    gathered.flush()
    assert handed == [{1, 2}]
    gathered.flush()
    assert handed == [{1, 2}]


async def test_more_than_a_screen_full_of_changes_is_handed_over_less_often() -> None:
    now = asyncio.get_running_loop().time

    async def handed_over(items: range) -> float:
        """Return how often a second so many changes are handed over."""
        handed = list[int]()
        gathered = Gathered[int](lambda them: handed.append(len(them)))
        began = now()
        while now() - began < 10 * FULL:
            gathered.add(*items)
            await asyncio.sleep(0.001)
        gathered.close()
        return len(handed) / (now() - began)

    assert await handed_over(range(SCREENFUL + 1)) <= 1 / FLOOD + 2
