"""Keys of files and agents, passphrases, certificates."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import ConnectError
from tests.lab.programs import program
from tests.remote.conftest import MakeHosts
from tests.remote.person import Person
from tests.remote.real_sshd import Servers, Sshd, user


def keygen(*arguments: str | Path) -> None:
    subprocess.run([program("ssh-keygen"), "-q", *map(str, arguments)], check=True, stdin=subprocess.DEVNULL)


def with_identities(servers: Servers, server: Sshd, name: str, *lines: str) -> None:
    """Name a server with other keys than its own."""
    rest = [line for line in server.alias(name).splitlines()[1:] if "Identit" not in line]
    servers.block(name, *lines, *rest)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator["Agent"]:
    """An ssh-agent without keys."""
    socket = str(tmp_path / "agent")
    process = subprocess.Popen([program("ssh-agent"), "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        while not Path(socket).exists():
            assert process.poll() is None
        yield Agent(socket, process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


@dataclass
class Agent:
    """A running ssh-agent by its socket."""

    socket: str
    pid: int

    def load(self, *keys: Path) -> None:
        """Give it keys."""
        environ = {**os.environ, "SSH_AUTH_SOCK": self.socket}
        subprocess.run([program("ssh-add"), "-q", *map(str, keys)], check=True, env=environ, stdin=subprocess.DEVNULL)

    def open_files(self) -> int:
        """Return how many it has: one more for each client."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


async def refused(hosts: SshHosts, name: str) -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await hosts.host(name).run("hello.sh", "x")
    return caught.value


async def test_a_key_of_the_agent_is_enough(servers: Servers, make_hosts: MakeHosts, agent: Agent) -> None:
    server = servers.start("web1")
    agent.load(server.keys.user)
    with_identities(servers, server, "agent", f"IdentityAgent {agent.socket}", "IdentityFile none")
    before = agent.open_files()
    assert (await make_hosts(servers.config).host("agent").run("hello.sh", "x")).status == 0
    async with asyncio.timeout(5):
        while agent.open_files() > before:  # a login that is done must not hold the agent
            await asyncio.sleep(0.01)


async def test_the_configured_key_comes_before_the_others_of_the_agent(
    servers: Servers, make_hosts: MakeHosts, agent: Agent
) -> None:
    server = servers.start("web1", "MaxAuthTries 2")
    agent.load(*(servers.more_keys(f"other{number}").user for number in range(6)), server.keys.user)
    # Only the public half is here, as on a bastion with a forwarded agent.
    public = servers.directory / "mine"
    public.with_name("mine.pub").write_bytes(server.keys.user.with_suffix(".pub").read_bytes())
    public.write_bytes(server.keys.user.with_suffix(".pub").read_bytes())
    with_identities(servers, server, "agent", f"IdentityAgent {agent.socket}", f"IdentityFile {public}")
    assert (await make_hosts(servers.config).host("agent").run("hello.sh", "x")).status == 0
    with_identities(servers, server, "any", f"IdentityAgent {agent.socket}", "IdentityFile none")
    assert "IdentitiesOnly" in (await refused(make_hosts(servers.config), "any")).remedy


async def test_an_agent_that_is_gone_is_noted(servers: Servers, make_hosts: MakeHosts, tmp_path: Path) -> None:
    server = servers.start("web1")
    with_identities(servers, server, "web2", f"IdentityAgent {tmp_path}/gone", "IdentityFile none")
    error = await refused(make_hosts(servers.config), "web2")
    assert error.kind == "auth"
    assert f"the agent at {tmp_path}/gone does not answer" in error.sentence
    with_identities(servers, server, "web3", f"IdentityAgent {tmp_path}/gone", f"IdentityFile {server.keys.user}")
    assert (await make_hosts(servers.config).host("web3").run("hello.sh", "x")).status == 0


@pytest.fixture
def locked(servers: Servers, request: pytest.FixtureRequest) -> Path:
    """The user's key, encrypted with the passphrase ``open``; in OpenSSH's format."""
    path = servers.directory / "locked"
    path.write_bytes(servers.keys.user.read_bytes())
    path.chmod(0o600)
    keygen("-p", "-a", "1", "-P", "", "-N", "open", "-f", path)
    return path


async def test_an_encrypted_key_is_asked_for_once_for_all_servers(
    servers: Servers, make_hosts: MakeHosts, locked: Path
) -> None:
    server = servers.start("web1")
    names = [f"locked{number}" for number in range(5)]
    for name in names:
        with_identities(servers, server, name, f"IdentityFile {locked}", "IdentityAgent none")
    person = Person([("wrong",), ("open",)], seconds=0.05)
    hosts = make_hosts(servers.config, ask=person)
    replies = await asyncio.gather(*(hosts.host(name).run("hello.sh", name) for name in names))
    assert len(replies) == 5
    assert [prompts for _, _, prompts in person.asked] == [(("Passphrase:", False),)] * 2
    assert str(locked) in person.asked[0][1]
    assert person.asked[1][1].startswith("That did not open it.")


async def test_an_encrypted_key_that_the_agent_holds_is_not_asked_for(
    servers: Servers, make_hosts: MakeHosts, locked: Path, agent: Agent
) -> None:
    server = servers.start("web1")
    agent.load(server.keys.user)
    locked.with_name("locked.pub").write_bytes(server.keys.user.with_suffix(".pub").read_bytes())
    with_identities(
        servers, server, "locked", f"IdentityFile {locked}", f"IdentityAgent {agent.socket}", "IdentitiesOnly yes"
    )
    person = Person([])
    assert (await make_hosts(servers.config, ask=person).host("locked").run("hello.sh", "x")).status == 0
    assert not person.asked


async def test_an_encrypted_key_without_anybody_to_ask_is_told(
    servers: Servers, make_hosts: MakeHosts, locked: Path
) -> None:
    server = servers.start("web1")
    with_identities(servers, server, "locked", f"IdentityFile {locked}", "IdentityAgent none")
    error = await refused(make_hosts(servers.config), "locked")
    assert f"{locked} is encrypted and not in the agent; 'ssh-add {locked}' loads it" in error.sentence


async def test_a_passphrase_not_given_is_not_asked_for_again(
    servers: Servers, make_hosts: MakeHosts, locked: Path
) -> None:
    server = servers.start("web1")
    for name in ("a", "b"):
        with_identities(servers, server, name, f"IdentityFile {locked}", "IdentityAgent none")
    person = Person([None, ("open",)])
    hosts = make_hosts(servers.config, ask=person)
    for name in ("a", "b", "a"):
        error = await refused(hosts, name)
        assert error.kind == "auth"
        assert "was not opened" in error.sentence
    assert len(person.asked) == 1
    hosts.retry_now()
    assert (await hosts.host("a").run("hello.sh", "x")).status == 0


async def test_a_batch_configuration_asks_nobody(servers: Servers, make_hosts: MakeHosts, locked: Path) -> None:
    server = servers.start("web1")
    with_identities(servers, server, "locked", f"IdentityFile {locked}", "IdentityAgent none", "BatchMode yes")
    person = Person([("open",)])
    await refused(make_hosts(servers.config, ask=person), "locked")
    assert not person.asked


async def test_a_certificate_beside_the_key_is_offered(servers: Servers, make_hosts: MakeHosts) -> None:
    authority = servers.more_keys("authority").user
    server = servers.start("web1", f"TrustedUserCAKeys {authority}.pub", "AuthorizedKeysFile none")
    own = servers.more_keys("own").user
    with_identities(servers, server, "cert", f"IdentityFile {own}", "IdentityAgent none")
    assert (await refused(make_hosts(servers.config), "cert")).kind == "auth"
    keygen("-s", authority, "-I", "me", "-n", user(), "-V", "-1d:+1d", own)
    assert (await make_hosts(servers.config).host("cert").run("hello.sh", "x")).status == 0
