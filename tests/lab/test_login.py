"""Servers that ask something at login: answered on the screen and on the terminal, and at once told where nobody is."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from isdeploy_tui.config import ApacheId, WorkerId
from isdeploy_tui.tui.screens.login import Answer
from tests.lab.asking import CODE, PASSWORD, a_site, asking_servers, locked_key
from tests.lab.command_line import isdeploy, on_terminal, program, until
from tests.lab.screen import Person, on_screen
from tests.remote.real_sshd import Servers, running, user


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Real OpenSSH servers, started by the test."""
    with running(tmp_path) as started:
        yield started


async def answer(person: Person, answers: dict[str, str | None]) -> None:
    """Answer each of these prompts, in the order in which they come; None leaves its server out."""
    left = dict(answers)
    while left:
        await until(lambda: isinstance(person.app.focused, Answer) and any(prompt in person.sees for prompt in left))
        dialog = person.app.screen
        text = left.pop(next(prompt for prompt in left if prompt in person.sees))
        await person.type(text or "")
        # Only codes and names may be seen.
        assert not text or (text in person.sees) is (text == CODE), person.sees
        await person.press("escape" if text is None else "enter")
        await until(lambda dialog=dialog: person.app.screen is not dialog)  # type: ignore[misc]


async def known(person: Person, apache: str) -> None:
    """Wait until this Apache's map has been read."""
    worker = WorkerId("shop", apache, "worker1")
    await until(lambda: person.app.ports.monitor.fleet.workers[worker].rotation == "active")


async def polls(person: Person, apache: str, number: int) -> None:
    """Wait until this Apache has been read so many times more."""
    for _ in range(number):
        before = seen(person, apache)
        await until(lambda before=before: seen(person, apache) != before)  # type: ignore[misc]


def seen(person: Person, apache: str) -> float:
    return person.app.ports.monitor.fleet.apaches[ApacheId("shop", apache)].seen


def error(person: Person, apache: str) -> str:
    return person.app.ports.monitor.fleet.apaches[ApacheId("shop", apache)].error


async def test_the_passphrase_of_a_key_is_asked_once_on_the_screen_for_all_its_servers(servers: Servers) -> None:
    for name in ("web1", "web2"):
        servers.start(name)
    with locked_key(servers):
        async with on_screen(a_site(servers, "web1", "web2")) as person:
            await person.until("Passphrase of", servers.keys.user.name)
            await answer(person, {"Passphrase of": "wrong"})
            await answer(person, {"That did not open it.": PASSWORD})
            await known(person, "web1")
            await known(person, "web2")
            assert type(person.app.screen).__name__ == "MainScreen"


async def test_two_servers_ask_in_turn_and_one_that_was_left_out_asks_again_on_demand_only(servers: Servers) -> None:
    async with (
        asking_servers(servers, web1="code", web2="password") as started,
        on_screen(a_site(servers, "web1", "web2")) as person,
    ):
        await answer(person, {"Password:": PASSWORD, "Code:": CODE, "Code of today:": None})
        await known(person, "web1")
        await person.point_at(WorkerId("shop", "web2", "worker1"))
        await person.until("refused the login of")
        assert "the question was not answered" in error(person, "web2")
        assert "It is not tried again by itself" in error(person, "web2")
        await polls(person, "web1", 4)
        assert started["web2"].logins == 1
        assert type(person.app.screen).__name__ == "MainScreen"
        await person.press("ctrl+r")
        # A wrong code; the password is the last resort.
        await answer(person, {"Code of today:": "yesterday", f"Password of {user()}:": PASSWORD})
        await known(person, "web2")


async def test_a_server_that_waits_no_longer_takes_its_question_away_and_does_not_ask_again_by_itself(
    servers: Servers,
) -> None:
    servers.start("web1")
    async with (
        asking_servers(servers, web2="code") as started,
        on_screen(a_site(servers, "web1", "web2")) as person,
    ):
        await person.until("Log in to web2")
        started["web2"].drop()
        await until(lambda: type(person.app.screen).__name__ == "MainScreen")
        await person.point_at(WorkerId("shop", "web2", "worker1"))
        await until(lambda: "closed the connection while it waited for an answer" in error(person, "web2"))
        await polls(person, "web1", 4)
        assert started["web2"].logins == 1


async def test_on_the_terminal_it_is_asked_there_whatever_the_streams_are(servers: Servers, tmp_path: Path) -> None:
    servers.start("web1")
    with locked_key(servers):
        file = a_site(servers, "web1")
        out = tmp_path / "out"
        line = shlex.join(program(file, "status", "--json"))
        argv = ("sh", "-c", f"{line} </dev/null >{shlex.quote(str(out))} 2>&1")
        async with on_terminal(argv, {"HOME": str(tmp_path)}) as terminal:
            await terminal.until("Passphrase:")
            terminal.type(f"{PASSWORD}\n")
            assert await terminal.end() == 0, out.read_text()
            assert PASSWORD not in terminal.seen
        assert '"rotation": "active"' in out.read_text()


async def test_the_questions_of_a_server_are_marked_as_its_own_on_the_terminal(
    servers: Servers, tmp_path: Path
) -> None:
    async with asking_servers(servers, web1="code"):
        argv = program(a_site(servers, "web1"), "status")
        async with on_terminal(argv, {"HOME": str(tmp_path)}) as terminal:
            await terminal.until("web1 says: Two factors")
            await terminal.until("(web1) Password:")
            terminal.type(f"{PASSWORD}\n")
            await terminal.until("(web1) Code:")
            terminal.type(f"{CODE}\n")
            assert await terminal.end() == 0
            assert PASSWORD not in terminal.seen
        assert "active" in terminal.seen


@pytest.mark.parametrize("wants", ["code", "password"])
async def test_without_a_terminal_it_fails_at_once_with_a_sentence(servers: Servers, wants: str) -> None:
    async with asking_servers(servers, web1=wants):
        said = await isdeploy(a_site(servers, "web1"), "status")
    assert said.status == 1
    assert "nobody can be asked here" in said.err
