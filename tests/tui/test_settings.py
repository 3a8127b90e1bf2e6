"""servers.toml on the screen: judged as one types, saved whole or not at all, gone by at once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui import config
from isdeploy_tui.config import Config
from isdeploy_tui.engine.session import Session
from isdeploy_tui.tui.screens.settings import SettingsScreen
from tests.tui.fakes import SITE, FakeMonitor, FakeOperations, Result
from tests.tui.stage import SMALL, WIDE, Actor, on_stage


class Reopened:
    """What the program would make of another configuration."""

    def __init__(self) -> None:
        self.configs: list[Config] = []
        self.monitors: list[FakeMonitor] = []
        self.actor: Actor | None = None

    def __call__(self, settings: Config) -> Any:
        assert self.actor is not None
        ports = self.actor.world.app.ports
        session = Session(settings, ports.session.hosts, ports.session.operator, ports.session.clock)
        monitor = FakeMonitor(settings, ports.session.clock)
        self.configs.append(settings)
        self.monitors.append(monitor)
        return session, monitor, FakeOperations(settings, ports.session.clock), ports.history


@asynccontextmanager
async def with_settings(
    tmp_path: Path, text: str = SITE, size: tuple[int, int] = WIDE, **options: Any
) -> AsyncIterator[tuple[Actor, Path, Reopened]]:
    """Run the program on a file."""
    file, reopened = tmp_path / "servers.toml", Reopened()
    file.write_text(text)
    async with on_stage(size=size, site=text, reopen=reopened, **options) as actor:
        app = actor.world.app
        session = app.ports.session
        app.ports = replace(app.ports, session=replace(session, config=config.load(file)))
        reopened.actor = actor
        yield actor, file, reopened


@pytest.fixture(autouse=True)
def judged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("isdeploy_tui.tui.screens.settings.DELAY", 0.001)


def editor(actor: Actor) -> Any:
    screen = actor.world.app.screen
    assert isinstance(screen, SettingsScreen)
    return screen.editor


async def put(actor: Actor, text: str) -> None:
    """Have another text there, as if it were typed."""
    editor(actor).replace(text, (0, 0), editor(actor).document.end)
    await actor.settle()


async def until_dialog(actor: Actor, name: str) -> None:
    for _ in range(200):
        await actor.settle()
        if actor.dialog == name:
            return
        await actor.pilot.pause(0.02)
    raise AssertionError(f"{actor.dialog} is there, not {name}:\n{actor.screen}")


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["80x24", "120x40"])
async def test_a_comma_shows_the_file_with_what_is_in_it(tmp_path: Path, size: tuple[int, int]) -> None:
    async with with_settings(tmp_path, size=size) as (actor, _, _):
        await actor.press("comma")
        await actor.until("nothing is wrong: 2 services, 3 Apaches, 8 workers")
        assert 'comment = "The argument is the GitLab tag' in actor.screen
        assert "^s save" in actor.screen.split("\n")[-1]
        await actor.press("escape")
        assert actor.dialog == "MainScreen"


async def test_what_is_wrong_is_told_with_its_line_as_one_types(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, file, _):
        await actor.press("comma", "x")
        await actor.until("line 1  not valid TOML: Expected '='")
        await put(actor, SITE.replace('name = "shop"', 'name = "shop"\ncofee = 1'))
        await actor.until("line 4  service 'shop' › cofee: unknown key")
        assert file.read_text() == SITE


async def test_the_cursor_goes_to_the_next_problem(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, _, _):
        await actor.press("comma")
        await put(actor, 'cofee = 1\n\n[keys]\n"fleet.drian" = "x"\n' + SITE)
        await actor.until("did you mean 'fleet.drain'?")
        for line in (3, 0, 3):
            await actor.press("ctrl+n")
            assert editor(actor).cursor_location[0] == line


async def test_what_is_wrong_is_not_saved(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, file, _):
        await actor.press("comma")
        await put(actor, SITE.replace("staging", "stag\ning"))
        await actor.press("ctrl+s")
        await actor.until("Not saved: something is wrong in it")
        assert editor(actor).cursor_location[0] == 48
        await actor.press("right", "ctrl+s")
        # Who is at a wrong line already stays where they type.
        assert editor(actor).cursor_location == (48, 1)
        assert file.read_text() == SITE
        assert actor.dialog == "SettingsScreen"


async def test_what_is_saved_holds_at_once_and_comments_stay(tmp_path: Path) -> None:
    async with with_settings(tmp_path, "# ours, by kim\n" + SITE) as (actor, file, reopened):
        old = actor.world.monitor
        await actor.press("comma")
        text = "# ours, by kim\n" + SITE.replace('name = "intranet"', 'name = "backoffice"  # was intranet')
        await put(actor, text)
        await actor.press("ctrl+s")
        await actor.until("backoffice")
        assert actor.dialog == "MainScreen"
        await actor.until("servers.toml holds: 2 services, 3 Apaches, 8 workers")
        assert file.read_text() == text
        assert reopened.monitors[0].events == ["start"]
        assert old.events == ["aclose"]
        assert "intranet" not in actor.screen.replace("was intranet", "")


async def test_other_keys_hold_at_once(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, _, _):
        await actor.press("comma")
        await put(actor, '[keys]\n"fleet.drain" = "f5"\nfleet.roll = ""\n' + SITE)
        await actor.press("ctrl+s")
        await until_dialog(actor, "MainScreen")
        await actor.until("f5 drain")
        assert " roll" not in actor.screen.split("\n")[-1]
        await actor.press("d")
        assert actor.dialog == "MainScreen"
        await actor.press("f5")
        await until_dialog(actor, "ConfirmRotation")


async def test_while_something_runs_it_is_saved_and_waits(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, file, reopened):
        await actor.press("end", "r", "enter")
        running = actor.world.operations.all[0]
        await actor.press("comma")
        text = SITE.replace("intranet", "backoffice")
        await put(actor, text)
        await actor.press("ctrl+s")
        await actor.until("Saved. It holds once what runs has ended.")
        assert file.read_text() == text
        assert reopened.configs == []
        await running.end(Result.DONE)
        await actor.until("backoffice")


async def test_what_somebody_else_wrote_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, file, _):
        await actor.press("comma")
        file.write_text("# kim was here\n" + SITE)
        await put(actor, SITE + "# mine\n")
        await actor.press("ctrl+s")
        await actor.until("Not saved: somebody has changed it since it was read")
        assert file.read_text() == "# kim was here\n" + SITE
        assert "# mine" in editor(actor).text


async def test_leaving_asks_only_when_something_would_be_lost(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, file, _):
        await actor.press("comma", "x", "escape")
        assert actor.dialog == "Question"
        await actor.press("escape")
        assert actor.dialog == "SettingsScreen"
        await actor.press("backspace", "escape")
        assert actor.dialog == "MainScreen"
        await actor.press("comma", "x", "ctrl+q")
        assert actor.dialog == "Question"
        await actor.press("escape", "escape", "enter")
        assert actor.dialog == "MainScreen"
        assert file.read_text() == SITE


async def test_in_read_only_mode_it_is_there_to_look_at(tmp_path: Path) -> None:
    async with with_settings(tmp_path, read_only=True) as (actor, file, _):
        await actor.press("comma", "x", "delete", "enter")
        await actor.until("Read-only: nothing is saved.")
        assert "only to look at" in actor.screen.split("\n")[0]
        assert "save" not in actor.screen.split("\n")[-1]
        assert editor(actor).text == SITE
        await actor.press("ctrl+s", "escape")
        assert actor.dialog == "MainScreen"
        assert file.read_text() == SITE


async def test_a_file_that_has_gone_or_is_none_is_told(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, file, _):
        file.write_bytes(b"\xff\xfe")
        await actor.press("comma")
        await actor.until("not UTF-8 text (byte 0)")
        assert actor.dialog == "MainScreen"


async def test_where_there_is_no_file_it_is_said() -> None:
    async with on_stage() as actor:
        await actor.press("comma")
        await actor.until("There is no servers.toml to edit here.")


async def test_line_ends_that_would_be_changed_are_only_shown(tmp_path: Path) -> None:
    async with with_settings(tmp_path, SITE + "# one\x85two\n") as (actor, _, _):
        await actor.press("comma")
        await actor.until("line ends that this editor would change")
        assert "^s save" not in actor.screen


async def test_nothing_in_the_file_steers_the_terminal(tmp_path: Path) -> None:
    async with with_settings(tmp_path) as (actor, file, _):
        file.write_text(SITE.replace("\n", "\n# \x1b]52;c;ZXZpbA==\x07 evil\n", 1))
        await actor.press("comma")
        await actor.until("evil")
        assert "\x1b" not in actor.screen
        assert "\x07" not in actor.screen


@pytest.mark.parametrize("theme", ["light", "ansi-dark", "ansi-light"])
async def test_it_can_be_drawn_in_every_kind_of_theme(tmp_path: Path, theme: str) -> None:
    async with with_settings(tmp_path, theme=theme, ascii=True) as (actor, _, _):
        await actor.press("comma")
        await actor.until("nothing is wrong")
        assert actor.screen.isascii()
