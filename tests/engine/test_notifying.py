"""notify_command: told how every operation ended, by environment variables, and never in anybody's way."""

import asyncio
from pathlib import Path

import pytest

from isdeploy_tui.engine.notifying import Notifier, notify
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.plans import OperationKind
from tests.engine.site import open_site


def a_command(folder: Path, text: str) -> Path:
    path = folder / "notify.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


async def test_the_command_gets_the_facts_of_an_operation_that_failed_with_secrets_masked(tmp_path: Path) -> None:
    command = a_command(tmp_path, f'env >{tmp_path}/seen; echo "$@" >{tmp_path}/words')
    top = f'notify_command = ["{command}", "two words"]\nsecret_arguments = ["*password=*"]\n'
    async with open_site(tmp_path, top=top) as site:
        operations = Operations(site.session)
        drain = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        assert await operations.start(drain, wait=False).wait() is Result.DONE
        await operations.notifier.ended()
        assert "ISDEPLOY_RESULT=done" in (tmp_path / "seen").read_text().splitlines()
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        operation = operations.start(plan, arguments=["v1", "7", "password=hunter22"])
        assert await operation.wait() is Result.FAILED
        await operations.notifier.ended()
    seen = (tmp_path / "seen").read_text()
    lines = seen.splitlines()
    assert "ISDEPLOY_OPERATION=deploy" in lines
    assert "ISDEPLOY_RESULT=failed" in lines
    assert f"ISDEPLOY_TARGETS={site.id('worker1')}" in lines
    assert "ISDEPLOY_ARGUMENTS=v1 7 password=****" in lines
    assert "ISDEPLOY_USER=ops1" in lines
    assert any(line.startswith("ISDEPLOY_DETAIL=") and "exit 7" in line for line in lines)
    assert "hunter22" not in seen
    assert (tmp_path / "words").read_text() == "two words\n"


async def test_what_is_wrong_with_the_command_is_said_once_and_fails_no_operation(tmp_path: Path) -> None:
    said: list[str] = []
    async with open_site(tmp_path, top='notify_command = ["/nowhere/notify.sh"]\n') as site:
        operations = Operations(site.session, said.append)
        for kind in (OperationKind.DRAIN, OperationKind.RESTORE):
            plan = await operations.plan(kind, [site.id("worker1")])
            assert await operations.start(plan, wait=False).wait() is Result.DONE
            await operations.notifier.ended()
    assert said == ["notify_command: /nowhere/notify.sh could not be started: No such file or directory."]


async def test_a_command_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    command = a_command(tmp_path, f"sleep 1000 & echo $! >{tmp_path}/child; wait")
    problem = await notify([str(command)], {}, limit=2)
    assert problem == f"notify_command: {command} took longer than 2 s and was ended."
    child = int((tmp_path / "child").read_text())
    async with asyncio.timeout(30):
        while _runs(child):
            await asyncio.sleep(0.05)


def _runs(process: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


async def test_nothing_of_the_facts_is_ever_a_part_of_a_command_line(tmp_path: Path) -> None:
    command = a_command(tmp_path, f'printf %s "$ISDEPLOY_ARGUMENTS" >{tmp_path}/seen; echo $# >{tmp_path}/count')
    assert await notify([str(command)], {"ISDEPLOY_ARGUMENTS": "$(touch /tmp/no) `id`; rm"}) == ""
    assert (tmp_path / "seen").read_text() == "$(touch /tmp/no) `id`; rm"
    assert (tmp_path / "count").read_text() == "0\n"


@pytest.mark.parametrize("status", [1, 77])
async def test_a_command_that_fails_is_named_with_its_status(tmp_path: Path, status: int) -> None:
    said: list[str] = []
    notifier = Notifier([str(a_command(tmp_path, f"exit {status}"))], said.append)
    notifier.begin({})
    notifier.begin({})
    await notifier.ended()
    assert said == [f"notify_command: {tmp_path}/notify.sh ended with status {status}."]
