"""Read-only: nothing that changes a server can be reached, and it is said."""

import subprocess
import sys

import pytest

from isdeploy_tui.tui.actions import ACTIONS
from tests.tui.stage import SMALL, WIDE, on_stage


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "120x40"])
async def test_the_header_says_it_and_the_keys_are_gone_from_the_footer(size: tuple[int, int]) -> None:
    async with on_stage(read_only=True, size=size) as actor:
        assert "READ-ONLY" in actor.screen.split("\n")[0]
        footer = actor.screen.split("\n")[-1]
        assert "log" in footer
        for word in ("drain", "deploy", "restore", "roll"):
            assert word not in footer


async def test_the_keys_do_nothing() -> None:
    async with on_stage(read_only=True) as actor:
        await actor.press("d", "p", "r", "R", "space", "d")
        assert actor.dialog == "MainScreen"
        assert actor.world.operations.asked == []


async def test_the_help_and_the_palette_do_not_offer_them() -> None:
    async with on_stage(read_only=True, size=(120, 110)) as actor:
        offered = [command.title for command in actor.world.app.get_system_commands(actor.world.app.screen)]
        assert any(title.startswith("log") for title in offered)
        assert not any(title.startswith(("drain", "deploy", "restore")) for title in offered)
        await actor.press("question_mark")
        for action in ACTIONS:
            assert (action.help in actor.screen) is not action.changes, action.id


async def test_otherwise_the_palette_offers_them() -> None:
    async with on_stage() as actor:
        offered = [command.title for command in actor.world.app.get_system_commands(actor.world.app.screen)]
        assert {title.split()[0] for title in offered} >= {"drain", "deploy", "restore", "log", "quit"}


def test_the_screen_loads_no_code_that_writes() -> None:
    code = (
        "import sys, isdeploy_tui.tui.app, isdeploy_tui.tui.run; "
        "print([name for name in sys.modules if name.startswith('isdeploy_tui') and any(word in name for word in "
        "('operations', 'mapwrite', 'runstart', 'rotate', 'deploying', 'planning')) and '.tui.' not in name])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
