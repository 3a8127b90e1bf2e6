"""Each reason for which there is no connection has its own sentence, and the server was not touched."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.errors import ConnectError
from tests.remote.conftest import MakeHosts
from tests.remote.real_sshd import Servers, user


async def refused(hosts: SshHosts, name: str = "web1") -> ConnectError:
    with pytest.raises(ConnectError) as caught:
        await hosts.host(name).run("hello.sh", "x")
    return caught.value


async def test_a_wrong_key_is_told_with_what_was_tried(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    stranger = servers.more_keys("stranger").user
    lines = (f"IdentityFile {stranger}", f"IdentityFile {servers.directory}/missing")
    servers.block(
        "web2",
        *lines,
        *server.alias("web2").splitlines()[1:3],
        "IdentitiesOnly yes",
        "IdentityAgent none",
        f"UserKnownHostsFile {servers.directory}/web1/known_hosts",
    )
    error = await refused(make_hosts(servers.config), "web2")
    assert error.kind == "auth"
    assert f"refused the login of {user()}; tried: {stranger}." in error.sentence
    assert "missing" not in error.sentence


async def test_keys_that_cannot_be_used_are_named(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    loose, garbage = servers.directory / "loose", servers.directory / "garbage"
    loose.write_bytes(servers.keys.user.read_bytes())
    loose.chmod(0o644)
    garbage.write_text("no key\n")
    garbage.chmod(0o600)
    only = [line for line in server.alias("x").splitlines()[1:] if "IdentityFile" not in line]
    servers.block("web2", f"IdentityFile {loose}", f"IdentityFile {garbage}", *only)
    error = await refused(make_hosts(servers.config), "web2")
    assert error.kind == "auth"
    assert f"{loose} is ignored because others may read it; 'chmod 600 {loose}' mends it" in error.sentence
    assert f"{garbage} is not a private key" in error.sentence


async def test_a_refused_connection_is_told(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.block("web1", "HostName 127.0.0.1", f"Port {servers.port()}")
    error = await refused(make_hosts(servers.config))
    assert error.kind == "refused"
    assert "no sshd listens" in error.sentence


async def test_a_silent_server_costs_no_more_than_the_connect_timeout(servers: Servers, make_hosts: MakeHosts) -> None:
    port = servers.port()
    servers.block("web1", "HostName 127.0.0.1", f"Port {port}")
    stop = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            await stop.wait()

    async with await asyncio.start_server(silent, "127.0.0.1", port):
        error = await refused(make_hosts(servers.config, 0.4))
        stop.set()
    assert error.kind == "timeout"
    assert "did not answer within 0.4 s" in error.sentence


async def test_a_server_that_stalls_in_the_handshake_is_a_timeout(servers: Servers, make_hosts: MakeHosts) -> None:
    port = servers.port()
    servers.block("web1", "HostName 127.0.0.1", f"Port {port}")
    stop = asyncio.Event()

    async def stalls(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            writer.write(b"SSH-2.0-OpenSSH_9.2\r\n")
            await stop.wait()

    async with await asyncio.start_server(stalls, "127.0.0.1", port):
        error = await refused(make_hosts(servers.config, 0.4))
        stop.set()
    assert error.kind == "timeout"


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\xfe\x00garbage\n" * 400])
async def test_something_else_than_sshd_is_told(servers: Servers, make_hosts: MakeHosts, said: bytes) -> None:
    port = servers.port()
    servers.block("web1", "HostName 127.0.0.1", f"Port {port}")

    async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    async with await asyncio.start_server(other, "127.0.0.1", port):
        error = await refused(make_hosts(servers.config))
    assert error.kind in ("lost", "other")
    assert f"127.0.0.1:{port}" in error.sentence


async def test_a_name_that_does_not_exist_is_told(servers: Servers, make_hosts: MakeHosts) -> None:
    error = await refused(make_hosts(servers.config), "no-such-host.invalid")
    assert error.kind in ("name", "timeout")
    assert "no-such-host.invalid" in error.sentence


async def test_a_broken_configuration_is_told_in_sshs_words(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.block("web1", "Porrt 22")
    error = await refused(make_hosts(servers.config))
    assert error.kind == "options"
    assert "porrt" in error.sentence.lower()


async def test_a_missing_configuration_file_is_told(make_hosts: MakeHosts, tmp_path: Path) -> None:
    error = await refused(make_hosts(str(tmp_path / "missing")))
    assert error.kind == "options"


@pytest.mark.parametrize("name", ["-oProxyCommand=touch x", "a b", "web1;id", "@web1", "web1:99999", "web1:x", ""])
async def test_a_name_that_could_be_more_than_a_name_is_refused(make_hosts: MakeHosts, name: str) -> None:
    assert (await refused(make_hosts(), name)).kind == "options"


async def test_too_many_keys_are_told(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", "MaxAuthTries 2")
    strangers = [servers.more_keys(f"stranger{number}").user for number in range(4)]
    only = [line for line in server.alias("x").splitlines()[1:] if "IdentityFile" not in line]
    servers.block("web2", *(f"IdentityFile {key}" for key in strangers), *only)
    error = await refused(make_hosts(servers.config), "web2")
    assert error.kind == "auth"
    assert "IdentitiesOnly" in error.remedy


async def test_a_refused_login_is_not_tried_again_soon(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    server.keys.authorized.write_text("")
    hosts = make_hosts(servers.config)

    def logins() -> int:
        return server.log.read_text().count("authenticating user")

    first = await refused(hosts)
    # sshd writes its log when it comes to it.
    async with asyncio.timeout(60):
        while not logins():
            await asyncio.sleep(0.02)
    again = await refused(hosts)
    assert again.sentence == first.sentence
    assert "Tried again in 60 s." in again.remedy
    assert logins() == 1
    server.keys.authorized.write_bytes(server.keys.user.with_suffix(".pub").read_bytes())
    hosts.host("web1").retry_now()
    assert (await hosts.host("web1").run("hello.sh", "x")).status == 0


async def test_fifty_servers_do_not_wait_for_those_that_are_silent(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web")
    stop = asyncio.Event()

    async def listen(said: bytes, *names: str) -> asyncio.Server:
        async def stall(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with closing(writer):
                writer.write(said)
                await stop.wait()

        port = servers.port()
        for name in names:
            servers.block(name, "HostName 127.0.0.1", f"Port {port}")
        return await asyncio.start_server(stall, "127.0.0.1", port)

    good = [f"web{number}" for number in range(30)]
    # More of each kind than there are handshakes at once.
    silent = [f"silent{number}" for number in range(10)]
    stalled = [f"stalled{number}" for number in range(10)]
    for name in good:
        servers.alias(name, server)
    async with await listen(b"", *silent), await listen(b"SSH-2.0-OpenSSH_9.2\r\n", *stalled):
        hosts = make_hosts(servers.config, 300)
        waiting = [asyncio.create_task(refused(hosts, name)) for name in (*silent, *stalled)]
        replies = await asyncio.gather(*(hosts.host(name).run("hello.sh", name) for name in good))
        assert [reply.lines[0].decode() for reply in replies] == good
        assert not any(task.done() for task in waiting)
        stop.set()
        assert {error.kind for error in await asyncio.gather(*waiting)} == {"lost"}


@pytest.mark.filterwarnings("ignore:Diffie-Hellman")  # which the program itself keeps from the screen
async def test_a_server_that_has_only_group_exchange_is_reached(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1", "KexAlgorithms diffie-hellman-group-exchange-sha256")
    assert (await make_hosts(servers.config).host("web1").run("hello.sh", "x")).status == 0
    servers.alias("strict", server, "KexAlgorithms curve25519-sha256")
    error = await refused(make_hosts(servers.config), "strict")
    assert "no algorithm in common" in error.sentence
