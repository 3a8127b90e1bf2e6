"""What a program that died has left: named by ``status``, followed from its start, and put back from the screen."""

import json
import signal
from pathlib import Path

import pytest

from isdeploy_tui.config import WorkerId
from tests.lab.command_line import isdeploy, on_terminal, program, started, until
from tests.lab.screen import on_screen
from tests.lab.stack import Stack
from tests.lab.test_bastions import HOME, OUT, W1, leases, let_a_minute_pass
from tests.lab.watched import MarkingScripts, marking_scripts

WORKER1 = WorkerId("shop", "web1", "worker1")

Scripts = tuple[MarkingScripts, Path]


@pytest.fixture
def scripts(stack: Stack, tmp_path: Path) -> Scripts:
    """The marking scripts of the common stack, and a servers.toml with them."""
    return marking_scripts(tmp_path, stack)


async def die_in_the_middle_of_a_deploy(stack: Stack, scripts: Scripts) -> None:
    marks, config = scripts
    marks.hold()
    assert (await isdeploy(config, "drain", W1)).status == 0
    async with started(config, "deploy", W1, "--yes", "--", "1") as deploy:
        await until(lambda: marks.running == ["worker1"])
        await until(lambda: '"run": "2' in leases(stack))
        deploy.signal(signal.SIGKILL)
        await deploy.end()


async def test_status_names_it_and_anybody_follows_it_to_its_end(stack: Stack, scripts: Scripts) -> None:
    marks, config = scripts
    await die_in_the_middle_of_a_deploy(stack, scripts)
    let_a_minute_pass(stack)
    (state,) = json.loads((await isdeploy(config, "status", W1, "--json")).out)
    left = state["leftover"]
    assert (left["kind"], left["step"], left["script"], left["code"]) == ("deploy", "script", "running", None)
    said = (await isdeploy(config, "status", W1)).out
    assert f"run {left['run']}: it still runs; it is still out of rotation (isdeploy-tui follow {W1})" in said
    async with started(config, "follow", W1) as follow:
        await follow.until("at work")
        marks.let_go()
        ended = await follow.end()
    assert ended.status == 0, ended
    assert left["run"] in ended.err
    assert "-- the script exited 0" in ended.err
    again = await isdeploy(config, "follow", W1)
    assert (again.status, again.out) == (0, ended.out)
    (state,) = json.loads((await isdeploy(config, "status", W1, "--json")).out)
    assert (state["leftover"]["script"], state["leftover"]["code"]) == ("ended", 0)
    none = await isdeploy(config, "follow", "shop/web1/worker2")
    assert none.status == 1
    assert "no deploy script of this Tomcat is known on" in none.err


async def test_follow_ends_with_the_exit_code_of_the_script_and_ctrl_c_leaves_the_script_alone(
    stack: Stack, scripts: Scripts
) -> None:
    marks, config = scripts
    await die_in_the_middle_of_a_deploy(stack, scripts)
    async with on_terminal(program(config, "follow", W1), {"HOME": str(config.parent)}) as terminal:
        await terminal.until("at work")
        terminal.type("\x03")
        assert await terminal.end() == 130
        assert "the script is not touched by that" in terminal.seen
    assert marks.running == ["worker1"]
    marks.let_go()
    await until(lambda: marks.deployed == ["worker1"])


async def test_on_the_screen_it_is_followed_and_put_back_with_a_reason(stack: Stack, scripts: Scripts) -> None:
    marks, config = scripts
    await die_in_the_middle_of_a_deploy(stack, scripts)
    let_a_minute_pass(stack)
    async with on_screen(config) as person:
        await person.point_at(WORKER1)
        await person.until("! script still")
        await person.press("u")
        await person.until("shop/web1/worker1 was left in the middle", "it still runs")
        await person.press("1")
        await person.until("at work", "still running")
        marks.let_go()
        await person.until("the script exited 0")
        await person.press("escape")
        await person.until("! exited 0")
        await person.press("u")
        await person.until("2  Put it back")
        await person.press("2")
        await person.until("Restore shop/web1/worker1", "Every new request follows")
        assert stack.apache.map.read_bytes() == OUT
        await person.press("enter")
        await person.until("was left in the middle", "Why you take it over", "it exited 0")
        await person.type("its bastion died")
        await person.press("enter")
        await person.until("✓ restore shop/web1/worker1")
        assert stack.apache.map.read_bytes() == HOME
        await person.press("H")
        await person.until("history shop/web1/worker1", "restore end done")
        await person.press("end")
        await person.until("drain   begin started")
    assert leases(stack) == ""
    assert "its bastion died" in (await isdeploy(config, "history", W1)).out
