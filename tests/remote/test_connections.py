"""Scripts, streams and TCP connections over a real sshd."""

import asyncio
import getpass
import hashlib
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import asyncssh
import pytest

from isdeploy_tui.remote.connections import STREAMS
from isdeploy_tui.remote.errors import (
    ConnectError,
    ConnectionLostError,
    ForwardError,
    NoShellError,
    ScriptError,
    SudoError,
)
from tests.remote.conftest import MakeHosts
from tests.remote.real_sshd import Servers, user


async def test_a_script_runs_with_its_arguments_on_the_server(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    assert (await host.run("hello.sh", "it's $HOME `id`\n*")).lines == (b"it's $HOME `id`",)
    reply = await host.run("status.sh")
    assert (reply.status, reply.lines, reply.stderr) == (7, (b"said",), b"problem\n")


async def test_content_of_a_megabyte_arrives(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    content = b"/app/*=balancer;stopped=worker1\n" * 32768
    reply = await make_hosts(servers.config).host("web1").run("sha.sh", content=content)
    assert reply.lines[0].split()[0] == hashlib.sha256(content).hexdigest().encode()


async def test_callers_share_one_connection(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    replies = await asyncio.gather(*(host.run("hello.sh", str(number)) for number in range(20)))
    assert [reply.lines[0] for reply in replies] == [str(number).encode() for number in range(20)]
    assert len(server.connections()) == 1
    assert host.is_connected


async def test_the_account_is_known_once_there_is_a_connection(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    assert host.account == ""
    await host.run("hello.sh", "connect")
    assert host.account == getpass.getuser()


async def test_output_beyond_the_limit_ends_the_script_only(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    with pytest.raises(ScriptError, match="longer than 100000 bytes"):
        await host.run("much.sh", "50000000", limit=100_000)
    assert (await host.run("hello.sh", "still here")).lines == (b"still here",)


async def test_a_script_that_takes_too_long_has_an_unknown_outcome(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    await host.run("hello.sh", "connect")
    with pytest.raises(ConnectionLostError, match="not known"):
        await host.run("sleep.sh", "60", timeout=0.3)
    assert (await host.run("hello.sh", "still here")).lines == (b"still here",)


async def test_a_stream_talks_and_its_script_ends_with_it(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    ended = servers.directory / "ended"
    host = make_hosts(servers.config).host("web1")
    async with host.stream("echo.sh", str(ended)) as stream:
        for word in (b"one", b"two"):
            stream.write(word + b"\n")
            assert await stream.read() == b"got " + word + b"\n"
        assert stream.status is None
    await _until(ended.exists)


async def test_a_stream_that_ends_by_itself_has_a_status(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    async with make_hosts(servers.config).host("web1").stream("ends.sh") as stream:
        assert await stream.read() == b"bye\n"
        assert await stream.read() == b""
        assert stream.status == 4
        stream.write(b"nobody reads this\n")


async def test_a_stream_that_never_gets_ready_says_why(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    with pytest.raises(ScriptError, match="no such file") as caught:
        async with make_hosts(servers.config).host("web1").stream("fails.sh"):
            pass
    assert caught.value.code == 20


async def test_many_streams_leave_room_for_scripts(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    host = make_hosts(servers.config).host("web1")
    async with AsyncExitStack() as stack:
        for number in range(STREAMS):
            await stack.enter_async_context(host.stream("echo.sh", str(servers.directory / str(number))))
        replies = await asyncio.gather(*(host.run("hello.sh", "x") for _ in range(6)))
        assert all(reply.lines == (b"x",) for reply in replies)


async def test_no_more_sessions_than_sshd_allows_is_said(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1", "MaxSessions 1")
    host = make_hosts(servers.config).host("web1")
    async with host.stream("echo.sh", str(servers.directory / "ended")):
        with pytest.raises(ConnectError, match="nothing was sent") as caught:
            await host.run("hello.sh", "x")
        assert "MaxSessions" in caught.value.remedy
    assert (await host.run("hello.sh", "x")).lines == (b"x",)


async def test_a_noisy_login_shell_is_ignored(servers: Servers, make_hosts: MakeHosts) -> None:
    # A forced command that goes on as the login shell does, after what a .bashrc may print.
    noise = "printf 'Welcome!\\n@x y'; echo warning >&2; exec $SHELL -c \"$SSH_ORIGINAL_COMMAND\""
    servers.start("web1", f"ForceCommand {noise}")
    host = make_hosts(servers.config).host("web1")
    assert (await host.run("hello.sh", "x")).lines == (b"x",)
    async with host.stream("echo.sh", str(servers.directory / "ended")) as stream:
        stream.write(b"one\n")
        assert await stream.read() == b"got one\n"


async def test_a_login_script_that_eats_its_input_is_told(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1", "ForceCommand cat >/dev/null; echo Only backups here")
    with pytest.raises(NoShellError, match="Only backups here"):
        await make_hosts(servers.config).host("web1").run("hello.sh", "x")


async def test_an_sftp_only_account_is_told(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1", "ForceCommand internal-sftp")
    host = make_hosts(servers.config).host("web1")
    with pytest.raises(NoShellError, match="no usable shell"):
        await host.run("hello.sh", "x")
    with pytest.raises(NoShellError, match="no usable shell"):
        async with host.stream("echo.sh", "/nowhere"):
            pass


async def test_tcp_is_opened_from_the_server(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    port = servers.port()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.readexactly(4)).upper())
        writer.close()

    host = make_hosts(servers.config).host("web1")
    listener = await asyncio.start_server(answer, "127.0.0.1", port)
    async with listener, host.open_tcp("127.0.0.1", port) as (reader, writer):
        writer.write(b"ping")
        assert await reader.readexactly(4) == b"PING"
        assert await reader.read() == b""
    with pytest.raises(ForwardError) as caught:
        async with host.open_tcp("127.0.0.1", port):
            pass
    assert caught.value.kind == "refused"


async def test_a_server_that_does_not_forward_is_told(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1", "AllowTcpForwarding no")
    host = make_hosts(servers.config).host("web1")
    with pytest.raises(ForwardError, match="does not forward") as caught:
        async with host.open_tcp("127.0.0.1", 22):
            pass
    assert caught.value.kind == "prohibited"
    assert (await host.run("hello.sh", "x")).lines == (b"x",)


async def test_ready_options_need_no_file_of_the_user(
    servers: Servers, make_hosts: MakeHosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers.start("web1")
    key = asyncssh.read_private_key(servers.keys.user)
    known = asyncssh.import_known_hosts(servers.keys.known_host(server.port))
    given = {"host": "127.0.0.1", "port": server.port, "username": user(), "client_keys": [key], "known_hosts": known}
    monkeypatch.setenv("PATH", str(tmp_path))
    host = make_hosts(overrides={"demo": given}).host("demo")
    assert (await host.run("hello.sh", "x")).lines == (b"x",)


async def test_the_end_waits_for_nobody(servers: Servers, make_hosts: MakeHosts) -> None:
    server = servers.start("web1")
    hosts = make_hosts(servers.config)
    await hosts.host("web1").run("hello.sh", "x")
    server.freeze()
    async with asyncio.timeout(5):
        await hosts.aclose()


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)


def _with_sudo(servers: Servers, name: str, sudo: str) -> None:
    """Start a server on whose PATH this ``sudo`` comes first."""
    tools = servers.directory / f"{name}-tools"
    tools.mkdir()
    program = tools / "sudo"
    program.write_text(f"#!/bin/sh\n{sudo}\n")
    program.chmod(0o755)
    home = servers.directory / "home"
    servers.start(name, f"SetEnv PATH={tools}:/usr/bin:/bin HOME={home}")


async def test_sudo_runs_the_same_script(servers: Servers, make_hosts: MakeHosts) -> None:
    _with_sudo(servers, "web1", '[ "$1 $2" = "-n --" ] || exit 9; shift 2; export SUDO_USER=ops; exec "$@"')
    host = make_hosts(servers.config).host("web1")
    assert (await host.run("environ.sh", "SUDO_USER", sudo=True)).lines == (b"ops",)
    assert (await host.run("environ.sh", "SUDO_USER")).lines == (b"",)


async def test_a_refused_sudo_is_told_with_its_remedy(servers: Servers, make_hosts: MakeHosts) -> None:
    _with_sudo(servers, "web1", "echo 'sudo: a password is required' >&2; exit 1")
    host = make_hosts(servers.config).host("web1")
    with pytest.raises(SudoError, match="nothing was run") as caught:
        await host.run("hello.sh", "x", sudo=True)
    assert "NOPASSWD" in caught.value.remedy
    with pytest.raises(SudoError, match="nothing was run"):
        async with host.stream("echo.sh", "/nowhere", sudo=True):
            pass


async def test_nothing_of_the_ssh_library_reaches_the_log(
    servers: Servers, make_hosts: MakeHosts, caplog: pytest.LogCaptureFixture
) -> None:
    servers.start("web1")
    with caplog.at_level(logging.DEBUG):
        await make_hosts(servers.config).host("web1").run("hello.sh", "x")
    assert not [record for record in caplog.records if record.name.startswith("asyncssh")]
