"""Servers that ask for a password or for a code."""

import asyncio
from typing import Any

import asyncssh
import pytest

from isdeploy_tui.remote.asking import AskedError, Clock, Questions
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import ConnectError
from tests.remote.conftest import MakeHosts
from tests.remote.person import Person
from tests.remote.real_sshd import Servers, user


async def refused(hosts: SshHosts, name: str) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await hosts.host(name).run("hello.sh", "x")
    return caught.value


class Asking(asyncssh.SSHServer):
    """A server that wants a password, or a code in two rounds."""

    def __init__(self, wants: str) -> None:
        self._wants = wants
        self.rounds = 0

    def password_auth_supported(self) -> bool:
        return self._wants == "password"

    def validate_password(self, username: str, password: str) -> bool:
        return password == "secret"

    def kbdint_auth_supported(self) -> bool:
        return self._wants == "code"

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        return "", "Two \x1b[31mfactors", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: Any) -> Any:
        self.rounds += 1
        if self.rounds == 1 and list(responses) == ["secret"]:
            return "", "", "", [("Code: ", True)]
        if self.rounds == 2 and list(responses) == ["123456"]:
            return "", "", "", []
        return self.rounds == 3


async def asking_server(servers: Servers, wants: str) -> asyncssh.SSHAcceptor:
    key = asyncssh.read_private_key(servers.keys.host)

    def handle(process: "asyncssh.SSHServerProcess[bytes]") -> None:
        async def work() -> None:
            text = await process.stdin.read()
            nonce = text.split(b"'")[1]
            process.stdout.write(b"\n@" + nonce + b"\n@" + nonce + b" in\n")
            process.exit(0)

        tasks.append(asyncio.create_task(work()))

    tasks: list[asyncio.Task[None]] = []
    acceptor = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[key],
        server_factory=lambda: Asking(wants),
        process_factory=handle,
        encoding=None,
        config=None,
    )
    known = servers.directory / "known"
    known.write_text(servers.keys.known_host(acceptor.get_port()))
    where = ("HostName 127.0.0.1", f"Port {acceptor.get_port()}", f"UserKnownHostsFile {known}")
    servers.block("web1", *where, "IdentityFile none", "IdentityAgent none")
    return acceptor


async def test_a_password_is_asked_for_in_its_own_time(servers: Servers, make_hosts: MakeHosts) -> None:
    async with await asking_server(servers, "password"):
        person = Person([("secret",)], seconds=2.2)
        hosts = make_hosts(servers.config, 2, ask=person)
        assert (await hosts.host("web1").run("hello.sh", "x")).lines == (b"in",)
        assert person.asked == [("web1", "Password", ((f"Password of {user()}:", False),))]
        assert person.by_servers == [False]
        await hosts.aclose()


async def test_a_wrong_password_is_asked_for_once_and_not_retried(servers: Servers, make_hosts: MakeHosts) -> None:
    async with await asking_server(servers, "password"):
        person = Person([("mistyped",), ("secret",)])
        hosts = make_hosts(servers.config, ask=person)
        error = await refused(hosts, "web1")
        assert isinstance(error, AskedError)
        assert "tried: password" in error.sentence
        assert "mistyped" not in str(error)
        assert "not tried again by itself" in (await refused(hosts, "web1")).remedy
        assert len(person.asked) == 1
        hosts.host("web1").retry_now()
        assert (await hosts.host("web1").run("hello.sh", "x")).lines == (b"in",)
        await hosts.aclose()


async def test_questions_of_several_rounds_are_passed_on_printable(servers: Servers, make_hosts: MakeHosts) -> None:
    async with await asking_server(servers, "code"):
        person = Person([("secret",), ("123456",)])
        hosts = make_hosts(servers.config, ask=person)
        assert (await hosts.host("web1").run("hello.sh", "x")).lines == (b"in",)
        assert person.asked == [
            ("web1", "Two factors", (("Password:", False),)),
            ("web1", "", (("Code:", True),)),
        ]
        assert person.by_servers == [True, True]
        await hosts.aclose()


@pytest.mark.parametrize("wants", ["password", "code"])
async def test_a_person_who_gives_up_is_told_so(servers: Servers, make_hosts: MakeHosts, wants: str) -> None:
    async with await asking_server(servers, wants):
        person = Person([None])
        error = await refused(make_hosts(servers.config, ask=person), "web1")
        assert error.kind == "auth"
        assert "the question was not answered" in error.sentence


@pytest.mark.parametrize("wants", ["password", "code"])
async def test_a_server_that_asks_is_refused_when_nobody_can_answer(
    servers: Servers, make_hosts: MakeHosts, wants: str
) -> None:
    async with await asking_server(servers, wants):
        error = await refused(make_hosts(servers.config), "web1")
        assert error.kind == "auth"
        assert "nobody can be asked here" in error.sentence


async def test_one_question_is_asked_at_a_time() -> None:
    person = Person([("a",)] * 5, seconds=0.01)
    questions = Questions(person)
    await asyncio.gather(*(questions.put(f"web{number}", "Password", (("Password:", False),)) for number in range(5)))
    assert len(person.asked) == 5
    assert person.most_at_once == 1


async def test_the_clock_stands_still_while_it_waits_for_a_person() -> None:
    clock = Clock(0.2)
    async with clock.running(), clock.stopped(), clock.stopped():
        await asyncio.sleep(0.4)
    with pytest.raises(TimeoutError):
        async with clock.running():
            async with clock.stopped():
                await asyncio.sleep(0.3)
            await asyncio.sleep(5)
