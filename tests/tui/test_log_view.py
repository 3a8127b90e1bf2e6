"""The rows of a log: filtered, searched, found as lines come, the same however they come."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.tui.widgets.log_buffer import LogBuffer
from isdeploy_tui.tui.widgets.log_line import MarkLine, NoticeLine
from isdeploy_tui.tui.widgets.log_pattern import TooSlowError, pattern
from isdeploy_tui.tui.widgets.log_view import LogView

LOG = [
    "INFO a",
    "SEVERE boom",
    "java.lang.IllegalStateException: out of stock",
    "\tat com.example.Stock.take(Stock.java:81)",
    "Caused by: java.io.IOException: x",
    "\t... 3 more",
    "INFO b",
    "\tat com.example.Not.of(Error.java:1)",
    "심각 오류",
    "WARNING c",
]


def a_view(lines: list[str], keep: int = 1_000) -> LogView:
    view = LogView(LogBuffer(keep))
    view.feed(lines)
    return view


def all_of(view: LogView) -> list[str]:
    while not view.advance():
        pass
    return list(view)


def test_without_a_filter_every_line_is_a_row() -> None:
    assert all_of(a_view(LOG)) == LOG


def test_a_filter_lets_its_lines_through_and_our_own_words() -> None:
    view = a_view([*LOG, NoticeLine("the log was rotated")])
    view.let_through(pattern("info"), False)
    assert all_of(view) == ["INFO a", "INFO b", "the log was rotated"]
    view.feed(["INFO d", "x"])
    assert all_of(view)[-1] == "INFO d"
    view.let_through(None, False)
    assert len(all_of(view)) == len(LOG) + 3


def test_errors_come_with_their_stack_traces_and_no_others() -> None:
    view = a_view(LOG)
    view.let_through(None, True)
    assert all_of(view) == [*LOG[1:6], "심각 오류"]


def test_a_stack_trace_that_comes_later_still_belongs_to_its_error() -> None:
    view = a_view(["ERROR a"])
    view.let_through(None, True)
    all_of(view)
    view.feed(["\tat a.b(C.java:1)", "INFO", "\tat a.b(C.java:1)"])
    assert all_of(view) == ["ERROR a", "\tat a.b(C.java:1)"]


def test_errors_and_a_filter_together() -> None:
    view = a_view(LOG)
    view.let_through(pattern("stock"), True)
    assert all_of(view) == LOG[2:4]


def test_a_search_finds_only_rows_that_are_shown() -> None:
    view = a_view(LOG)
    view.look_for(pattern("a"))
    all_of(view)
    everywhere = list(view.hits)
    view.let_through(pattern("INFO"), False)
    all_of(view)
    assert view.hits == [0]
    assert everywhere != [0]
    assert (view.hit_after(-1), view.hit_after(0), view.hit_before(99), view.hit_before(0)) == (0, None, 0, None)


def test_rows_and_numbers_go_with_the_lines_when_old_ones_are_dropped() -> None:
    view = a_view([], keep=100)
    view.let_through(pattern("even"), False)
    view.look_for(pattern("0$"))
    for start in range(0, 1_000, 50):
        view.feed([f"{'even' if number % 2 == 0 else 'odd'} {number}" for number in range(start, start + 50)])
        all_of(view)
    view.trim()
    assert len(view.buffer.view) == 100
    assert list(view) == [f"even {number}" for number in range(900, 1_000, 2)]
    assert view.number(0) == 900
    assert view.row_of(900) == 0
    assert view.row_of(901) == 1
    assert view.row_of(5_000) == len(view) - 1
    assert view.hits == list(range(900, 1_000, 10))


def test_what_is_dropped_before_the_filter_has_seen_it_is_counted() -> None:
    view = a_view([], keep=100)
    view.let_through(pattern("x"), False)
    view.feed(["x"] * 1_000)
    all_of(view)
    assert view.passed_unseen == 900
    assert len(view) == 100


def test_standing_still_nothing_moves_and_a_filter_works_on_what_stands_there() -> None:
    view = a_view([f"line {number}" for number in range(100)], keep=100)
    view.buffer.freeze()
    view.feed([f"new {number}" for number in range(1_000)])
    view.trim()
    view.let_through(pattern("5$"), False)
    assert all_of(view) == [f"line {number}" for number in range(5, 100, 10)]
    view.thaw()
    view.trim()
    assert all_of(view) == [f"new {number}" for number in range(905, 1_000, 10)]
    assert view.passed_unseen == 0


def test_looking_through_many_lines_is_done_in_slices() -> None:
    view = a_view([f"line {number}" for number in range(100_000)], keep=100_000)
    view.let_through(pattern("999$"), False)
    slices = 1
    while not view.advance(0):
        slices += 1
    assert slices > 100
    assert len(view) == 100


@pytest.mark.parametrize("what", ["filter", "search"])
def test_an_expression_that_is_too_slow_is_taken_away(what: str) -> None:
    view = a_view(["INFO", "a" * 60 + "b"])
    slow = pattern("(a+)+$")
    if what == "filter":
        view.let_through(slow, False)
    else:
        view.look_for(slow)
    with pytest.raises(TooSlowError):
        all_of(view)
    assert (view.filter, view.search) == (None, None)
    assert len(all_of(view)) == 2


def test_the_places_to_jump_to_are_starts_deploys_and_marks() -> None:
    view = a_view(
        [
            "INFO [main] org.apache.catalina.startup.VersionLoggerListener.log Server version name:   Apache Tomcat/10",
            "INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [4211] milliseconds",
            "정보 [main] org.apache.catalina.startup.Catalina.start 서버가 [4,211] 밀리초 내에 시작되었습니다.",
            "INFO 1 --- [main] c.e.ShopApplication : Started ShopApplication in 4.2 seconds (process running for 5)",
            "Started to work",
            MarkLine("a deploy"),
            "INFO",
        ]
    )
    found, row = [], len(view)
    while (before := view.mark_near(row, -1)) is not None:
        found.append(before)
        row = before
    assert found == [5, 3, 2, 1, 0]
    assert view.mark_near(3, 1) == 5
    assert view.mark_near(5, 1) is None


@given(
    st.lists(st.lists(st.sampled_from(LOG), max_size=9), max_size=12),
    st.sampled_from(["", "info", "!info", "at"]),
    st.booleans(),
    st.integers(1, 30),
)
def test_the_chunks_in_which_lines_come_do_not_matter(
    chunks: list[list[str]], typed: str, errors_only: bool, keep: int
) -> None:
    lines = [line for chunk in chunks for line in chunk]
    wanted = pattern(typed, may_invert=True)
    one, other = a_view([], 1_000), a_view(lines, 1_000)
    for view in (one, other):
        view.let_through(wanted, errors_only)
        view.look_for(pattern("b"))
    for chunk in chunks:
        one.feed(chunk)
        one.advance()
    assert all_of(one) == all_of(other)
    assert one.hits == other.hits
    assert [one.number(row) for row in range(len(one))] == [other.number(row) for row in range(len(other))]
