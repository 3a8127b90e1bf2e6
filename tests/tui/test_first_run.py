"""The program where there is no configuration: what it says, and every way from there and back."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import isdeploy_tui
from isdeploy_tui.cli import USAGE
from isdeploy_tui.commands.beginning import begin
from isdeploy_tui.config import ConfigError, parse
from isdeploy_tui.config.saving import FileAsRead, read_file
from isdeploy_tui.tui.first_run import Beginnings, FirstRunApp
from isdeploy_tui.tui.screens.welcome import Way
from tests.tui.fakes import SITE
from tests.tui.screen_text import screen_text
from tests.tui.stage import SMALL

EXAMPLE = (Path(isdeploy_tui.__file__).parent / "example.toml").read_text("utf-8")


@dataclass(frozen=True)
class Drafted:
    text: str
    notes: tuple[str, ...] = ()


async def drafted(typed: str) -> Drafted:
    if typed == "nowhere":
        raise ConfigError(typed, ["cannot be read: No such file or directory"])
    return Drafted(f"# of {typed}\n{SITE}", ("the agents' ports have no counterpart",))


class Newcomer:
    """Somebody at the first screen."""

    def __init__(self, app: FirstRunApp, pilot: Any) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> str:
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            for _ in range(3):
                await self.pilot.pause(0)

    async def until(self, text: str) -> None:
        async with asyncio.timeout(30):
            while text not in self.screen:
                await self.pilot.pause(0.02)

    async def ended(self) -> Path | Way | None:
        async with asyncio.timeout(30):
            while self.app.is_running and not self.app._exit:
                await self.pilot.pause(0.02)
        return self.app.return_value


@asynccontextmanager
async def newcomer(
    file: Path, *, before: bytes | None = None, mend: bool = False, hosts: bool = False, **options: Any
) -> AsyncIterator[Newcomer]:
    beginnings = Beginnings(FileAsRead(file, before), EXAMPLE, drafted, drafted if hosts else None)
    app = FirstRunApp(beginnings, mend=mend, **{"theme": "dark", **options})
    async with app.run_test(size=SMALL, notifications=True) as pilot:
        person = Newcomer(app, pilot)
        await person.press()
        yield person


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "isdeploy" / "servers.toml"


@pytest.mark.parametrize("hosts", [False, True])
@pytest.mark.parametrize("options", [{}, {"theme": "light"}, {"theme": "ansi-dark"}, {"ascii": True}])
async def test_everything_fits_on_a_small_terminal(file: Path, hosts: bool, options: dict[str, Any]) -> None:
    async with newcomer(file, hosts=hosts, **options) as person:
        await person.until("There is no servers.toml yet")
        for words in (
            "without losing a",
            "1  Try the demo",
            "Import",
            "Start from the example",
            "esc or q quits",
        ):
            assert words in person.screen
        assert ("Find out from the servers" in person.screen) is hosts
        assert not options.get("ascii") or person.screen.isascii()


@pytest.mark.parametrize("key", ["escape", "q", "ctrl+c"])
async def test_one_can_leave(file: Path, key: str) -> None:
    async with newcomer(file) as person:
        await person.press(key)
        assert await person.ended() is None
    assert not file.exists()


@pytest.mark.parametrize("keys", [["1"], ["enter"], ["down", "k", "enter"]])
async def test_the_demo_is_chosen_by_number_or_enter(file: Path, keys: list[str]) -> None:
    async with newcomer(file) as person:
        await person.press(*keys)
        assert await person.ended() is Way.DEMO


async def test_the_example_is_edited_and_saved_where_it_will_be_found(file: Path) -> None:
    async with newcomer(file) as person:
        await person.press("3")
        await person.until("nothing is wrong: 1 service")
        await person.press("ctrl+s")
        assert await person.ended() == file
    assert file.read_text("utf-8") == EXAMPLE


async def test_esc_steps_back_from_the_editor_and_asks_first(file: Path) -> None:
    async with newcomer(file) as person:
        await person.press("3")
        await person.until("nothing is wrong")
        await person.press("escape")
        await person.until("Leave without saving?")
        await person.press("enter")
        await person.until("There is no servers.toml yet")
    assert not file.exists()


async def test_what_is_imported_is_looked_through_before_it_is_saved(file: Path) -> None:
    async with newcomer(file) as person:
        await person.press("2", *"nowhere", "enter")
        await person.until("cannot be read: No such file or directory")
        await person.press("ctrl+u", *"conf", "enter")
        await person.until("# of conf")
        await person.until("the agents' ports have no counterpart")
        await person.press("ctrl+s")
        assert await person.ended() == file
    assert parse(file.read_text("utf-8")).services


async def test_hosts_are_asked_for_where_somebody_can_look_at_them(file: Path) -> None:
    async with newcomer(file, hosts=True) as person:
        await person.press("2", *"web1", "space", *"web2", "enter")
        await person.until("# of web1 web2")


async def test_esc_steps_back_from_a_question(file: Path) -> None:
    async with newcomer(file, hosts=True) as person:
        for number in ("2", "3"):
            await person.press(number, "escape")
            await person.until("There is no servers.toml yet")
            assert type(person.app.screen).__name__ == "WelcomeScreen"


async def test_a_file_that_is_wrong_is_mended(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("cofee = 1\n" + SITE)
    async with newcomer(file, before=read_file(file).data, mend=True) as person:
        await person.until("line 1  cofee: unknown key")
        await person.press("ctrl+k", "ctrl+k", "ctrl+s")
        assert await person.ended() == file
    assert file.read_text() == SITE


async def test_a_file_that_stays_wrong_leads_out(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("cofee = 1\n" + SITE)
    async with newcomer(file, before=read_file(file).data, mend=True) as person:
        await person.until("line 1  cofee: unknown key")
        await person.press("escape")
        assert await person.ended() is None


async def test_a_file_that_was_named_and_is_not_there_stays_an_error(file: Path) -> None:
    options = argparse.Namespace(config=str(file), read_only=False)
    with pytest.raises(ConfigError, match="no such file \\(named by --config\\)"):
        await begin(options, ConfigError(str(file), ["no such file (named by --config)"]))


async def test_a_broken_file_is_only_told_in_read_only_mode(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.parent.mkdir()
    file.write_text("cofee = 1\n")
    with pytest.raises(SystemExit) as ended:
        await begin(
            argparse.Namespace(config=str(file), read_only=True), ConfigError(str(file), ["cofee: unknown key"])
        )
    assert ended.value.code == USAGE
    assert capsys.readouterr().err == f"{file}: cofee: unknown key\n"
