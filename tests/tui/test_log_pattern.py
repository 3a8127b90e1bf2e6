"""What a person types to look for something in a log."""

import signal
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.tui.widgets.log_pattern import Pattern, PatternError, TooSlowError, pattern, within


def a_pattern(typed: str, *, may_invert: bool = False) -> Pattern:
    found = pattern(typed, may_invert=may_invert)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("typed", "line", "found"),
    [
        ("stock", "out of Stock", True),
        ("Stock", "out of stock", False),
        ("Stock", "out of Stock", True),
        ("st.ck", "out of STOCK", True),
        (r"\Stock", "out of STOCK", True),
        ("^out.*k$", "out of stock", True),
        ("^of", "out of stock", False),
        ("심각", "2026-01-06 심각 [main]", True),
        ("[/shop]", "a", False),
        ("error: x", "\x1b[31mERROR\x1b[0m: x", True),
        ("a       b", "a\tb", True),
        ("90%", "10%\r50%\r90%\r", True),
        ("10%", "10%\r50%\r90%\r", False),
    ],
)
def test_it_is_found_in_what_is_shown(typed: str, line: str, found: bool) -> None:
    assert a_pattern(typed).matches(line) is found


def test_nothing_typed_is_no_pattern() -> None:
    assert pattern("") is None
    assert pattern("!", may_invert=True) is None


def test_an_exclamation_mark_inverts_a_filter_and_is_a_character_of_a_search() -> None:
    inverted = a_pattern("!info", may_invert=True)
    assert (inverted.matches("INFO a"), inverted.matches("SEVERE a")) == (False, True)
    assert inverted.spans("INFO a") == []
    assert a_pattern("!").matches("oh!")


@pytest.mark.parametrize("typed", ["(", "[a", "a**", "(?P<x", "a{999999999999}", "(?<=a+)", "\\"])
def test_what_is_no_regular_expression_says_so(typed: str) -> None:
    with pytest.raises(PatternError) as caught:
        pattern(typed)
    assert str(caught.value)


def test_the_place_of_a_mistake_is_told_as_a_person_counts() -> None:
    with pytest.raises(PatternError, match=r"missing \), unterminated subpattern at character 2"):
        pattern("a(")
    with pytest.raises(PatternError, match="at character 3"):
        pattern("!a(", may_invert=True)


def test_what_only_looks_odd_is_taken_without_a_warning() -> None:
    assert a_pattern("[[a]").matches("[")


@given(st.text(max_size=12))
def test_any_text_is_a_pattern_or_an_error(typed: str) -> None:
    try:
        found = pattern(typed, may_invert=True)
    except PatternError:
        return
    if found is not None:
        found.matches("a line")
        found.spans("a line")


@given(st.text(alphabet="abAB한 -:/", min_size=1, max_size=4), st.text(alphabet="abAB한 -:/", max_size=12))
def test_a_plain_word_is_found_where_its_expression_matches(typed: str, line: str) -> None:
    found = a_pattern(typed)
    assert found.matches(line) == (found.regex.search(line) is not None)


def test_highlights_are_where_it_matches_and_never_empty() -> None:
    assert a_pattern("a+").spans("baac a") == [(1, 3), (5, 6)]
    assert a_pattern("x*").spans("abc") == []


def test_an_expression_that_would_take_for_ever_is_ended() -> None:
    slow = a_pattern("(a+)+$")
    began = time.process_time()
    with pytest.raises(TooSlowError), within(0.05):
        slow.matches("a" * 60 + "b")
    assert time.process_time() - began < 20


def test_a_limit_leaves_nothing_behind() -> None:
    before = signal.getsignal(signal.SIGVTALRM)
    with within(5):
        pass
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
