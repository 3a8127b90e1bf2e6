"""Nothing from a server reaches the terminal as anything but visible text."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from isdeploy_tui.printable import REPLACEMENT, printable, printable_lines

HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("\x1b\x9b\x07\\[]mPHJ?;0123456789\t\r\n\x00\u200b\u202e\u2066\ufeff\u3164\ufe0f\udc80"),
    )
)
LIMITS = st.integers(min_value=1, max_value=80)


@given(HOSTILE)
@example("\x1b[\x1b[2J2J")
@example("\x1b]52;c;\x1b]52;c;aGk=\x07\x07")
def test_what_comes_out_is_printable_only(text: str) -> None:
    assert printable(text).isprintable()


@given(HOSTILE, LIMITS)
def test_once_is_enough(text: str, limit: int) -> None:
    once = printable(text, limit)
    assert printable(once, limit) == once
    assert len(once) <= limit


@given(HOSTILE)
def test_no_character_directs_or_hides_its_neighbours(text: str) -> None:
    shown = printable(text)
    # Everything that sets the direction or has no shape of its own is of these categories or one of these letters.
    assert {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} == set()
    assert set(shown) & set("\u115f\u1160\u3164\uffa0\u2800\u034f\ufe0e\ufe0f") == set()


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b[2J\x1b[1;1Hb", "ab"),
        ("\x1b]52;c;aGVsbG8=\x07after", "after"),
        ("\x1b]0;title\x1b\\after", "after"),
        ("\x1bP1$tx\x1b\\after", "after"),
        ("\x1bcreset \x1b(B", "reset "),
        ("a\tb", "a       b"),
        ("bell\x07", f"bell{REPLACEMENT}"),
        ("cr\rlf\n", f"cr{REPLACEMENT}lf{REPLACEMENT}"),
        ("\x9b31mC1", f"{REPLACEMENT}31mC1"),
        ("evil\u202etxt", f"evil{REPLACEMENT}txt"),
        ("wor\u200bker", f"wor{REPLACEMENT}ker"),
        ("wor\u3164ker", f"wor{REPLACEMENT}ker"),
        ("warning ⚠\ufe0f here", "warning ⚠ here"),
        ("\udce9t\udce9", f"{REPLACEMENT}t{REPLACEMENT}"),
        ("grün, 緑, зелёный", "grün, 緑, зелёный"),
        ("end \x1b", f"end {REPLACEMENT}"),
        ("[not markup]", "[not markup]"),
    ],
)
def test_each_kind_of_trick_is_shown_for_what_it_is(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_an_endless_line_is_cut_visibly_also_when_tabs_made_it_long() -> None:
    assert printable("x" * 100, 10) == "xxxxxxxxx…"
    assert printable("x" * 10, 10) == "x" * 10
    assert printable("a\tb\tc", 10) == "a       b…"


@given(st.binary(max_size=300))
def test_lines_of_any_bytes_are_printable_and_none_is_blank(data: bytes) -> None:
    lines = printable_lines(data)
    assert all(line.isprintable() for line in lines)
    assert len(lines) <= 100


def test_an_answer_comes_as_its_lines_up_to_the_limit() -> None:
    assert printable_lines(b"one\r\n\n  two \x1b[1m!\nthr\xe9e\n") == ("one", "  two !", f"thr{REPLACEMENT}e")
    assert printable_lines("a\nb\nc", 2) == ("a", "b")
