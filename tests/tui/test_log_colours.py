"""Colours that a log brings along: kept where they are harmless, and the text is the same with and without them."""

from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.tui.widgets.log_colours import coloured, has_colours
from isdeploy_tui.tui.widgets.log_line import level_of, shown

SPRING = "2026-01-06 \x1b[32m INFO\x1b[0;39m \x1b[35m1\x1b[m --- \x1b[2m[main]\x1b[0m \x1b[36mc.e.Shop\x1b[39m : up"


def test_colours_are_kept() -> None:
    pieces = {text.strip(): style for text, style in coloured(SPRING)}
    assert str(pieces["INFO"].color and pieces["INFO"].color.number) == "2"
    assert pieces["[main]"].dim
    assert pieces["up" if "up" in pieces else ": up"].color is None


def test_what_could_hide_text_is_not() -> None:
    for sequence in ("30", "37", "97", "90", "40", "47;30", "8", "5", "7", "38;5;16", "38;2;0;0;0", "48;5;231"):
        (_, style), *_ = coloured(f"\x1b[{sequence}mtext")
        assert style.color is None or style.color.number not in {0, 7, 8, 15}
        assert (style.bgcolor, style.conceal, style.blink, style.reverse) == (None, None, None, None)


def test_colours_of_256_become_one_of_the_palette() -> None:
    (_, style), *_ = coloured("\x1b[38;5;196mred")
    assert style.color is not None
    assert style.color.number in {1, 9}


def test_the_level_of_a_coloured_line_is_read_from_its_words() -> None:
    assert level_of("\x1b[31mERROR\x1b[0m boom") == "error"
    assert level_of(SPRING) == "info"
    assert has_colours(SPRING)
    assert not has_colours("\x1b[2J")


HARMLESS = ["a", "한", "\t", " ", "\x1b[31m", "\x1b[0m", "\x1b[2J", "\x00", "\u202e", "\r", "é", "\x1b]52;c;x\x07"]
EVIL = ["\x1b[", "\x1b]", "\x1b", "\x9b", "\x1bP", "\x07", "\n", "\x1b[3"]


@given(st.lists(st.sampled_from(HARMLESS), max_size=30))
def test_the_text_is_the_same_with_colours_and_without(parts: list[str]) -> None:
    line = "".join(parts)
    assert "".join(text for text, _ in coloured(line)) == shown(line)


@given(st.lists(st.sampled_from(HARMLESS + EVIL), max_size=30))
def test_nothing_else_gets_through(parts: list[str]) -> None:
    assert "".join(text for text, _ in coloured("".join(parts))).isprintable()
