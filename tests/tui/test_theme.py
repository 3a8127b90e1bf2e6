"""Colours that can be read, and the choice of them."""

import pytest
from textual.color import Color
from textual.theme import Theme

from isdeploy_tui.cli import USAGE, main
from isdeploy_tui.tui import theme
from isdeploy_tui.tui.theme import ASCII, UNICODE, choose
from tests.tui.fakes import a_world


def contrast(ink: str, ground: str) -> float:
    """WCAG 2's contrast ratio, 1 to 21."""

    def luminance(text: str) -> float:
        rgb = (value / 255 for value in Color.parse(text).rgb)
        red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in rgb)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(ink), luminance(ground)))
    return (high + 0.05) / (low + 0.05)


PLAIN = {"TERM": "xterm-256color"}


@pytest.mark.parametrize("palette", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_every_state_can_be_read_on_every_ground_it_stands_on(palette: Theme) -> None:
    grounds = [palette.background, palette.surface, palette.panel, palette.variables["cursor-blur"]]
    for name in ("good", "warn", "bad", "unsure", "notice", "muted"):
        for ground in grounds:
            assert contrast(palette.variables[name], ground or "") >= 4.0, f"{name} on {ground}"


@pytest.mark.parametrize("palette", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
def test_words_on_bars_can_be_read(palette: Theme) -> None:
    values = palette.variables
    for ink, ground in (
        ("band-text", "band"),
        ("title-focus-text", "title-focus"),
        ("title-blur-text", "title-blur"),
        ("good", "cursor-focus"),
        ("bad", "cursor-focus"),
        ("warn", "cursor-focus"),
    ):
        assert contrast(values[ink], values[ground]) >= 3.5, f"{ink} on {ground}"


def test_the_usual_terminal_gets_our_colours() -> None:
    assert choose(None, PLAIN).name == "isdeploy-dark"
    assert choose(None, PLAIN | {"COLORTERM": "truecolor"}).name == "isdeploy-dark"


def test_sixteen_colours_get_the_terminals_own_palette() -> None:
    for name in ("xterm", "linux", "vt100", "screen"):
        assert choose(None, {"TERM": name}).name == "ansi-dark", name


def test_no_color_is_obeyed_whatever_is_asked_for() -> None:
    for wanted in (None, "light", "nord", "ansi-light"):
        choice = choose(wanted, PLAIN | {"NO_COLOR": "1"})
        assert choice.name.startswith("ansi-")
        assert choice.ansi_color is True


def test_a_theme_can_be_named_short_or_in_full() -> None:
    assert choose("light", PLAIN).name == choose("isdeploy-light", PLAIN).name == "isdeploy-light"
    assert choose("nord", PLAIN).name == "nord"


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_glyphs_are_one_character_and_states_differ(glyphs: theme.Glyphs) -> None:
    states = [glyphs.active, glyphs.disabled, glyphs.stopped, glyphs.unknown, glyphs.bad, glyphs.reading]
    assert len(set(states)) == len(states)
    assert all(len(state) == 1 for state in states)


def test_the_ascii_set_is_ascii() -> None:
    texts = [getattr(ASCII, name) for name in ASCII.__slots__ if name != "guides"] + list(ASCII.guides)
    assert all(text.isascii() for text in texts)


def test_a_theme_that_there_is_not_is_refused_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--theme", "dracul"], ["demo", "--theme", "dracul"]):
        assert main(words) == USAGE
        said = capsys.readouterr().err
        assert said.startswith("there is no theme 'dracul'; choose one of: dark, light, ansi")
        assert "dracula" in said


def test_every_theme_that_is_named_is_one() -> None:
    known = a_world().app.available_themes
    for name in theme.available():
        assert choose(name, PLAIN).name in known, name
