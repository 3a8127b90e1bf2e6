"""Detached runs over real sshds: connections that drop, programs that die, sshd that stops."""

import asyncio
import signal
import subprocess
import sys
from contextlib import aclosing, suppress
from pathlib import Path

import pytest

from isdeploy_tui.remote import runs
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.runs import RunEnd, RunOutput, follow_run, run_outcome
from isdeploy_tui.remote.runstart import cancel_run, start_run
from tests.remote.sessions import Servers, Sshd, host, processes, server, servers

__all__ = ("host", "server", "servers")


def script(tmp_path: Path, text: str) -> str:
    path = tmp_path / "deploy.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def test_ten_megabytes_arrive_whole_over_connections_that_drop(
    host: Host, server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_SLOW", 0.2)
    parts = (
        f"for i in 1 2 3 4 5 6 7 8 9 10; do head -c 1000000 /dev/urandom; sleep 0.1; done | tee {tmp_path}/copy; exit 4"
    )
    await start_run(host, "run1", [script(tmp_path, parts)])
    output = b""
    drops = 0
    async with asyncio.timeout(120), aclosing(follow_run(host, "run1")) as events:
        async for event in events:
            if isinstance(event, RunEnd):
                break
            output += event.data
            if len(output) > 3_000_000 * (drops + 1):
                drops += 1
                server.drop_connections()
    assert drops >= 3
    assert event == RunEnd(4, lost=False)
    assert output == (tmp_path / "copy").read_bytes()
    assert len(output) == 10_000_000


async def test_a_run_survives_its_connection_and_a_new_one_finds_it(
    host: Host, servers: Servers, server: Sshd, tmp_path: Path
) -> None:
    await start_run(
        host, "run1", [script(tmp_path, f"echo a; until [ -e {tmp_path}/go ]; do sleep 0.05; done; echo b")]
    )
    server.drop_connections()
    other = SshHosts(servers.config)
    try:
        assert (await run_outcome(other.host("was1"), "run1")).running
        (tmp_path / "go").touch()
        output = b""
        async with aclosing(follow_run(other.host("was1"), "run1")) as events:
            async for event in events:
                output += event.data if isinstance(event, RunOutput) else b""
        assert output == b"a\nb\n"
        assert event == RunEnd(0, lost=False)
    finally:
        await other.aclose()


async def test_a_run_survives_a_program_that_is_killed(
    servers: Servers, server: Sshd, host: Host, tmp_path: Path
) -> None:
    program = script(tmp_path, f"echo a; until [ -e {tmp_path}/go ]; do sleep 0.05; done; echo b; exit 3")
    code = f"""
import asyncio
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.runs import follow_run
from isdeploy_tui.remote.runstart import start_run
async def main():
    host = SshHosts({servers.config!r}).host("was1")
    await start_run(host, "run1", [{program!r}])
    async for event in follow_run(host, "run1"):
        print(event, flush=True)
asyncio.run(main())
"""
    us = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=subprocess.PIPE)
    assert us.stdout
    assert b"RunOutput" in await us.stdout.readline()
    us.send_signal(signal.SIGKILL)
    await us.wait()
    (tmp_path / "go").touch()
    async with asyncio.timeout(30), aclosing(follow_run(host, "run1")) as events:
        found = [event async for event in events]
    assert found[-1] == RunEnd(3, lost=False)
    assert b"".join(event.data for event in found[:-1] if isinstance(event, RunOutput)) == b"a\nb\n"


async def test_a_run_is_cancelled_through_its_server(host: Host, tmp_path: Path) -> None:
    await start_run(host, "run1", [script(tmp_path, "sleep 300; echo never")])
    assert await cancel_run(host, "run1")
    async with asyncio.timeout(30), aclosing(follow_run(host, "run1")) as events:
        found = [event async for event in events]
    assert found[-1] == RunEnd(143, lost=False)


async def test_following_leaves_nothing_on_the_server(host: Host, server: Sshd, tmp_path: Path) -> None:
    await start_run(host, "run1", [script(tmp_path, "echo a; sleep 300")])
    before = processes(server)
    events = follow_run(host, "run1")
    await anext(events)
    assert processes(server) > before
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0.1)
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    await events.aclose()
    async with asyncio.timeout(10):
        while processes(server) > before:
            await asyncio.sleep(0.05)
    assert (await run_outcome(host, "run1")).running
