"""A server's runs as they are kept there, for the tests of detached runs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
import pytest_asyncio

from isdeploy_tui.remote.runs import RunEnd, follow_run
from tests.remote.local_host import LocalHost
from tests.remote.userlands import USERLANDS, make_host

ID = "20260101T000000Z-worker1-9f3a"


@pytest.fixture(params=USERLANDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    return make_host(request.param, tmp_path / "server")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "server" / "home"


@pytest_asyncio.fixture(autouse=True)
async def ended(home: Path) -> AsyncIterator[None]:
    """No test leaves a run behind."""
    yield
    for pid in home.glob(".local/state/isdeploy/runs/*/pid"):
        group, born, *_ = pid.read_text().split()
        if int(group) != os.getpid() and started(int(group)) == born:
            with suppress(ProcessLookupError):
                os.killpg(int(group), signal.SIGKILL)


def started(pid: int) -> str:
    """Return the start time of a process in the kernel's ticks; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[19]
    except FileNotFoundError:
        return ""


def script(tmp_path: Path, text: str, name: str = "deploy.sh") -> str:
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


async def follow(host: LocalHost, run_id: str = ID, offset: int = 0) -> tuple[bytes, RunEnd]:
    output = b""
    async with asyncio.timeout(60), aclosing(follow_run(host, run_id, offset)) as events:
        async for event in events:
            if isinstance(event, RunEnd):
                return output, event
            assert event.offset == offset + len(output)
            output += event.data
    raise AssertionError("no end")


def run_file(home: Path, name: str, run_id: str = ID) -> Path:
    return home / ".local" / "state" / "isdeploy" / "runs" / run_id / name


async def until(path: Path) -> None:
    async with asyncio.timeout(20):
        while not path.exists():
            await asyncio.sleep(0.01)
