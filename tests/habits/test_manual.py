"""The manual page: all that --help says, and a page that man formats without a complaint."""

import argparse
import os
import re
import shutil
import subprocess

import pytest

from isdeploy_tui.cli import DONE, main, make_parser
from isdeploy_tui.commands.manual import manual_page


def formatted() -> str:
    """Return the page as a person reads it, all words apart by one blank."""
    if shutil.which("groff") is None:
        assert not os.environ.get("CI"), "groff is not installed"
        pytest.skip("groff is not installed")
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-rHY=0", "-P-c"],
        input=manual_page(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return " ".join(re.sub(r".\x08", "", done.stdout).split())


def test_the_page_has_every_command_and_every_option_with_its_text() -> None:
    page = formatted()
    commands = next(a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    assert len(commands.choices) > 8
    for name, command in commands.choices.items():
        assert f" {name} isdeploy-tui {name} " in page
        for action in command._actions:
            for word in (*action.option_strings, *(action.help or "").split()):
                assert word in page


def test_the_page_says_the_exit_statuses_and_where_the_configuration_is() -> None:
    page = formatted()
    for words in ("EXIT STATUS", "3 refused by a guard", "/etc/isdeploy/servers.toml", "SEE ALSO"):
        assert words in page


def test_the_page_is_ascii_and_the_same_at_every_width(monkeypatch: pytest.MonkeyPatch) -> None:
    page = manual_page()
    assert page.isascii()
    monkeypatch.setenv("COLUMNS", "40")
    assert manual_page() == page


def test_man_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["man"]) == DONE
    assert capsys.readouterr().out == manual_page()
