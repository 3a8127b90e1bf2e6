"""The in-process SSH server: real shells behind it, and nobody but us in front of it."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from isdeploy_tui.demo import processes
from isdeploy_tui.demo.sshd import COMMAND_PATH, Account, Sshd

MARK = f"test-of-the-ssh-server-{os.getpid()}"
"""Of this process alone: its end ends all that carry it, and other tests run beside these."""


@pytest.fixture
async def sshd(tmp_path: Path) -> AsyncIterator[Sshd]:
    def forward(server: str, address: str, port: int) -> int | None:
        return {("web1", "was1", 8009): echo.sockets[0].getsockname()[1], ("web1", "was2", 8009): None}[
            server, address, port
        ]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read(100))
        writer.close()

    echo = await asyncio.start_server(answer, "127.0.0.1", 0)
    environment = processes.marked({"HOME": str(tmp_path), "PATH": COMMAND_PATH}, MARK)
    server = Sshd({"web1": Account(tmp_path, environment)}, forward)
    await server.start()
    yield server
    await server.aclose()
    await processes.end_all(MARK)
    echo.close()
    await echo.wait_closed()


def connect(sshd: Sshd, **changed: Any) -> Any:
    return asyncssh.connect(**{**sshd.client_options("web1"), "encoding": None, **changed})


async def run(connection: asyncssh.SSHClientConnection, command: str, data: bytes = b"") -> tuple[int | None, bytes]:
    result = await connection.run(command, input=data, encoding=None)
    assert isinstance(result.stdout, bytes)
    return result.exit_status, result.stdout


async def test_commands_run_in_the_machines_shell_with_the_accounts_environment_alone(
    sshd: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "x")
    async with connect(sshd) as connection:
        status, output = await run(connection, 'pwd; echo "$HOME ${SECRET-none}"; exit 7')
    assert (status, output) == (7, f"{tmp_path}\n{tmp_path} none\n".encode())


async def test_a_script_on_standard_input_gets_every_byte_and_large_outputs_come_whole(sshd: Sshd) -> None:
    async with connect(sshd) as connection:
        assert await run(connection, "exec /bin/sh -s", b"echo one; echo two; exit 3\n") == (3, b"one\ntwo\n")
        data = bytes(range(256)) * 8192
        assert await run(connection, "exec cat", data) == (0, data)


async def test_a_signal_reaches_the_command_and_its_end_by_it_is_said(sshd: Sshd) -> None:
    async with connect(sshd) as connection:
        process = await connection.create_process("echo on; exec sleep 60", encoding=None)
        assert await process.stdout.readline() == b"on\n"
        process.terminate()
        await process.wait()
        assert process.exit_signal is not None
        assert process.exit_signal[0] == "TERM"


async def test_a_command_that_cannot_start_does_not_end_the_connection(sshd: Sshd, tmp_path: Path) -> None:
    sshd.accounts = {"web1": Account(tmp_path / "gone", {})}
    async with connect(sshd) as connection:
        assert (await run(connection, "true"))[0] == 255
        sshd.accounts = {"web1": Account(tmp_path, {"PATH": COMMAND_PATH})}
        assert await run(connection, "echo still here") == (0, b"still here\n")


@pytest.mark.parametrize("changed", [{"username": "somebody"}, {"client_keys": "other"}, {"client_keys": None}])
async def test_nobody_else_is_let_in(sshd: Sshd, changed: dict[str, Any]) -> None:
    if changed.get("client_keys") == "other":
        changed = {"client_keys": [asyncssh.generate_private_key("ssh-ed25519")]}
    with pytest.raises(asyncssh.PermissionDenied):
        await connect(sshd, **changed)


async def test_only_the_worlds_own_ports_are_forwarded(sshd: Sshd) -> None:
    async with connect(sshd) as connection:
        reader, writer = await connection.open_connection("was1", 8009, encoding=None)
        writer.write(b"hello")
        assert await reader.read() == b"hello"
        for address, port, code in (
            ("was2", 8009, asyncssh.OPEN_CONNECT_FAILED),
            ("was1", 22, asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED),
            ("127.0.0.1", sshd.port, asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED),
        ):
            with pytest.raises(asyncssh.ChannelOpenError) as refused:
                await connection.open_connection(address, port)
            assert refused.value.code == code


async def test_a_command_ends_with_its_connection_and_a_detached_one_with_the_world(sshd: Sshd) -> None:
    async with connect(sshd) as connection:
        await connection.create_process("exec sleep 300")
        # Its own session, its own process group, no terminal and no parent left: as far away as a process can get.
        assert await run(connection, "setsid sh -c 'sleep 300 & sleep 300' </dev/null >/dev/null 2>&1 & echo on") == (
            0,
            b"on\n",
        )
        async with asyncio.timeout(5):
            while len(processes.find(MARK)) < 4:
                await asyncio.sleep(0.01)
    async with asyncio.timeout(5):
        while len(processes.find(MARK)) > 3:
            await asyncio.sleep(0.01)
    await processes.end_all(MARK)
    assert processes.find(MARK) == frozenset()


async def test_what_ignores_being_asked_is_ended_all_the_same(sshd: Sshd) -> None:
    async with connect(sshd) as connection:
        command = "setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done' </dev/null >/dev/null 2>&1 & echo on"
        await run(connection, command)
    await processes.end_all(MARK, patience=0.2)
    assert processes.find(MARK) == frozenset()


async def test_closing_ends_accepted_connections_and_the_port(sshd: Sshd) -> None:
    port = sshd.port
    connection = await connect(sshd)
    await sshd.aclose()
    async with asyncio.timeout(5):
        await connection.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
