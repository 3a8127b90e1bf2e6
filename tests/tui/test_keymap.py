"""Other keys for actions: what is wrong is named before the screen opens, and what is right holds everywhere."""

import string
import subprocess
import sys
from pathlib import Path

import pytest
from textual.keys import _character_to_key

from isdeploy_tui.cli import USAGE, main
from isdeploy_tui.config import ConfigError, parse
from isdeploy_tui.tui.actions import ACTIONS
from isdeploy_tui.tui.actions.action import key_name, name_of
from isdeploy_tui.tui.actions.keymap import as_textual, canonical, judge, remapped
from tests.tui.fakes import SITE
from tests.tui.stage import WIDE, on_stage


def test_the_table_itself_has_nothing_wrong() -> None:
    assert judge({}) == []
    assert judge({action.id: action.keys for action in ACTIONS}) == []


@pytest.mark.parametrize("character", string.printable[:94])
def test_a_character_has_the_name_that_the_terminal_library_gives_it(character: str) -> None:
    assert name_of(character) == _character_to_key(character)
    assert canonical(character) == _character_to_key(character)
    assert key_name(name_of(character)) == character


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("x", "x"),
        ("X", "X"),
        ("shift+x", "X"),
        ("Ctrl+X", "ctrl+x"),
        ("F5", "f5"),
        ("?", "question_mark"),
        ("+", "plus"),
        ("ctrl++", "ctrl+plus"),
        ("shift+ctrl+left", "ctrl+shift+left"),
        ("comma", "comma"),
        ("가", "가"),
        ("hyper+x", None),
        ("banana", None),
        ("f99", None),
        ("", None),
        ("ctrl+", None),
    ],
)
def test_a_key_may_be_written_in_several_ways(written: str, key: str | None) -> None:
    assert canonical(written) == key


@pytest.mark.parametrize(
    ("id", "keys", "sentence"),
    [
        ("fleet.drian", "x", "no action is called that; did you mean 'fleet.drain'?"),
        ("drain", "x", "no action is called that; did you mean 'fleet.drain'?"),
        ("coffee", "x", "no action is called that; docs/configuration.md lists them"),
        ("fleet.info", "esc", "'esc' is no key; did you mean 'escape'?"),
        ("fleet.info", "^t", "'^t' is no key; did you mean 'ctrl+t'?"),
        ("fleet.info", "C-t", "'C-t' is no key; did you mean 'ctrl+t'?"),
        ("fleet.info", "pagdown", "'pagdown' is no key; did you mean 'pagedown'?"),
        ("fleet.info", "x,,z", "'' is no key; a comma stands between two keys; the key itself is \"comma\""),
        ("fleet.info", "ctrl+i", "'ctrl+i' is the same as tab for a terminal; take another key"),
        ("fleet.drain", "r", "'r' is fleet.restore's (restore) in the same place; take another key"),
        ("fleet.mark", "i", "'i' is fleet.info's (info) in the same place; take another key"),
        ("fleet.info", "?", "'?' is app.help's (help) in the same place; take another key"),
        ("log.copy", "o", "'o' is fleet.show_output's (output) in the same place; take another key"),
        ("log.copy", "n", "'n' is log.next_hit's (next) in the same place; take another key"),
        ("operations.stop", "n", "'n' is log.next_hit's (next) in the same place; take another key"),
        ("fleet.drain", "y", "'y' is a key for looking in k9s and less; nothing that changes servers may be on it"),
        ("fleet.info", "k", "'k' has a meaning there that cannot be changed; take another key"),
        ("fleet.info", "ctrl+p", "'ctrl+p' has a meaning there that cannot be changed; take another key"),
        ("fleet.info", "escape", "'escape' always steps back; take another key"),
        ("fleet.back", "b", "'escape' always steps back; add it"),
        ("fleet.back", "", "'escape' always steps back; add it"),
        ("settings.save", "s", "'s' is text there; take a key with ctrl, or a function key"),
        ("settings.save", "ctrl+z", "'ctrl+z' has a meaning there that cannot be changed; take another key"),
    ],
)
def test_what_is_wrong_is_said_with_a_hint(id: str, keys: str, sentence: str) -> None:
    assert judge({id: keys}) == [(id, sentence)]


@pytest.mark.parametrize(
    "keys",
    [
        {"fleet.drain": "x,f5"},
        {"fleet.drain": "r", "fleet.restore": "d"},
        {"fleet.roll": ""},
        {"fleet.filter": "f3", "log.search": "f3"},
        {"fleet.back": "escape,backspace"},
        {"log.copy": "D"},
        {"app.leave": "Q"},
    ],
)
def test_what_a_person_may_want_is_accepted(keys: dict[str, str]) -> None:
    assert judge(keys) == []


def test_two_remapped_actions_on_one_key_are_told_once() -> None:
    assert judge({"fleet.info": "z", "fleet.zoom": "z"}) == [
        ("fleet.zoom", "'z' is fleet.info's (info) in the same place; take another key")
    ]


def test_an_action_whose_keys_were_taken_away_has_none() -> None:
    assert as_textual({"fleet.roll": "", "fleet.drain": "/, F5"}) == {"fleet.roll": "no_key", "fleet.drain": "slash,f5"}
    assert next(action for action in remapped({"fleet.roll": ""}) if action.id == "fleet.roll").key_text == ""


def test_all_of_it_is_named_at_once_together_with_the_rest_of_the_file() -> None:
    text = '[keys]\n"fleet.drian" = "x"\nfleet.info = "esc"\nlog.copy = 3\n' + SITE.replace("/home", "home")
    with pytest.raises(ConfigError) as raised:
        parse(text, judge_keys=judge)
    told = str(raised.value)
    assert "servers.toml: keys › log.copy: a text on one line is expected, not 3" in told
    assert "servers.toml: keys › fleet.drian: no action is called that; did you mean 'fleet.drain'?" in told
    assert "servers.toml: keys › fleet.info: 'esc' is no key; did you mean 'escape'?" in told
    assert "map: an absolute path" in told


@pytest.mark.parametrize("words", [[], ["check"]])
def test_wrong_keys_end_the_program_with_status_two(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "servers.toml"
    file.write_text('[keys]\n"fleet.drain" = "y"\n' + SITE)
    monkeypatch.setattr("isdeploy_tui.commands.screen._unfit_terminal", lambda: "")

    async def no() -> bool:
        return False

    monkeypatch.setattr("isdeploy_tui.commands.beginning._wants_to_mend", no)
    assert main(["--config", str(file), *words]) == USAGE
    assert f"{file}: keys › fleet.drain: 'y' is a key for looking" in capsys.readouterr().err


def test_other_commands_go_on_whatever_the_screens_keys_are() -> None:
    assert parse('[keys]\n"fleet.drain" = "y"\n' + SITE).keys == {"fleet.drain": "y"}


def test_judging_needs_no_terminal_library() -> None:
    program = "import sys, isdeploy_tui.tui.actions.keymap; print('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "False\n"


KEYS = """
[keys]
"fleet.drain" = "f5,x"
"fleet.roll" = ""
"operations.stop" = "f9"
"fleet.show_operations" = "A"
"""


async def test_footer_help_palette_and_hints_have_the_remapped_keys() -> None:
    async with on_stage(site=KEYS + SITE, size=WIDE) as actor:
        footer = actor.screen.split("\n")[-1]
        assert "f5 drain" in footer
        assert "roll" not in footer
        assert "A activity" in footer
        offered = [command.title for command in actor.world.app.get_system_commands(actor.world.app.screen)]
        assert "drain  (f5 x)" in offered
        assert "roll" in offered
        await actor.press("question_mark")
        assert "f5 x" in actor.screen
        await actor.press("escape", "end", "r", "enter", "A")
        assert "f9 stops after this step" in actor.screen


async def test_the_remapped_keys_work_and_the_old_ones_do_not() -> None:
    async with on_stage(site=KEYS + SITE) as actor:
        await actor.press("d", "R")
        assert actor.dialog == "MainScreen"
        await actor.press("x")
        assert actor.dialog == "ConfirmRotation"
