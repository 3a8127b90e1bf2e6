"""Bastions that die, hang or lose their line in the middle: what the others find, and that going on ends well."""

import asyncio
import json
import os
import random
import signal
from pathlib import Path

import pytest

from tests.lab.command_line import Ended, isdeploy, on_terminal, program, started, until
from tests.lab.load import Load
from tests.lab.stack import Stack
from tests.lab.watched import MarkingScripts, marking_scripts

W1 = "shop/web1/worker1"
HOME = b"# Which requests go to which balancer.\n/*=balancer\n"
OUT = HOME.replace(b"balancer\n", b"balancer_ex1\n")

Scripts = tuple[MarkingScripts, Path]


@pytest.fixture
def scripts(stack: Stack, tmp_path: Path) -> Scripts:
    """The marking scripts of the common stack, and a servers.toml with them."""
    return marking_scripts(tmp_path, stack)


def records(stack: Stack) -> Path:
    return stack.apache.map.parent / ".isdeploy"


def leases(stack: Stack) -> str:
    return (records(stack) / "leases").read_text()


def journal(stack: Stack) -> list[dict[str, str]]:
    return [json.loads(line) for line in (records(stack) / "journal.jsonl").read_text().splitlines()]


def let_a_minute_pass(stack: Stack) -> None:
    """Make the heartbeats as old as they would be by then."""
    lines = [line.split(" ", 2) for line in leases(stack).splitlines()]
    text = "".join(f"{key} {int(beat) - 61} {rest}\n" for key, beat, rest in lines)
    (records(stack) / "leases").write_text(text)


def drop_connections(stack: Stack) -> None:
    for machine in stack.machines.values():
        machine.drop_connections()


async def status(config: Path) -> str:
    """All that ``status`` says."""
    said = await isdeploy(config, "status", W1)
    return said.out + said.err


async def ends_well(stack: Stack, config: Path, *words: str) -> Ended:
    """Run a command that must succeed and leave everybody in rotation and nobody held."""
    ended = await isdeploy(config, *words)
    assert ended.status == 0, ended
    assert stack.apache.map.read_bytes() == HOME
    assert leases(stack) == ""
    return ended


@pytest.mark.parametrize("moment", ["settle  started", "script  started", "worker1 back"])
async def test_a_closed_terminal_ends_a_roll_after_its_safe_step(stack: Stack, scripts: Scripts, moment: str) -> None:
    marks, config = scripts
    marks.hold()
    async with Load(stack.url, quick=3, slow=1, slow_ms=(200, 600)) as load:
        argv = program(config, "roll", W1, "shop/web1/worker2", "--yes", "--", "1")
        async with on_terminal(argv, {"HOME": str(stack.home)}) as terminal:
            if moment == "worker1 back":
                await until(lambda: marks.running == ["worker1"])
                marks.let_go()
            await terminal.until(moment)
            if moment.startswith("script"):
                await until(lambda: marks.running == ["worker1"])
            terminal.hang_up()
            assert await terminal.end() == 1
        assert leases(stack) == ""
        assert journal(stack)[-1] | {"time": ""} == journal(stack)[-1] | {
            "time": "",
            "step": "end",
            "state": "failed",
            "detail": "interrupted",
        }
        if moment.startswith("script"):
            assert stack.apache.map.read_bytes() == OUT
            assert ": it still runs" in await status(config)
            marks.let_go()
            await until(lambda: marks.deployed == ["worker1"])
            assert ": it exited 0" in await status(config)
            await ends_well(stack, config, "restore", W1)
        else:
            assert stack.apache.map.read_bytes() == HOME
    assert marks.amiss == []
    assert "worker2" not in marks.deployed
    assert load.report().failures == (), str(load.report())


async def test_a_pipe_that_nobody_reads_any_more_does_not_cut_a_roll_in_the_middle(
    stack: Stack, scripts: Scripts
) -> None:
    marks, config = scripts
    ours, its = os.pipe()
    words = ("roll", W1, "shop/web1/worker2", "--yes", "--", "1")
    process = await asyncio.create_subprocess_exec(*program(config, *words), stdout=its, stderr=asyncio.subprocess.PIPE)
    os.close(its)
    seen = b""
    while b"settle  started" not in seen:
        seen += await asyncio.to_thread(os.read, ours, 4096)
    os.close(ours)
    _, said = await process.communicate()
    assert process.returncode == 1
    assert b"Traceback" not in said
    assert (marks.deployed, stack.apache.map.read_bytes(), leases(stack)) == ([], HOME, "")
    assert journal(stack)[-1]["detail"] == "interrupted"


async def test_connections_that_drop_at_every_step_cost_a_roll_nothing(stack: Stack, scripts: Scripts) -> None:
    marks, config = scripts
    marks.hold()
    async with (
        Load(stack.url, quick=3, slow=1, slow_ms=(200, 600)) as load,
        started(config, "roll", W1, "shop/web1/worker2", "--yes", "--", "2") as roll,
    ):
        await roll.until("settle  started")
        drop_connections(stack)
        await until(lambda: marks.running == ["worker1"])
        drop_connections(stack)
        # Long enough that the program has noticed it and follows the script anew.
        await asyncio.sleep(1.5)
        drop_connections(stack)
        marks.let_go()
        await roll.until("worker1 back")
        drop_connections(stack)
        await until(lambda: marks.running == ["worker2"])
        drop_connections(stack)
        await roll.until("worker2 back")
        drop_connections(stack)
        ended = await roll.end()
    assert ended.status == 0, ended
    assert ended.out.count("at work\n") == 2, ended
    assert (marks.amiss, marks.deployed) == ([], ["worker1", "worker2"])
    assert stack.apache.map.read_bytes() == HOME
    assert leases(stack) == ""
    assert [entry["state"] for entry in journal(stack) if entry["step"] == "script"] == ["started", "done"] * 2
    assert load.report().failures == (), str(load.report())


@pytest.mark.parametrize("storms", [1, pytest.param(25, marks=pytest.mark.thorough)])
async def test_in_a_storm_of_drops_what_is_said_is_true_and_going_on_ends_well(
    stack: Stack, scripts: Scripts, storms: int
) -> None:
    marks, config = scripts
    chance = random.Random(storms)
    async with Load(stack.url, quick=3, slow=1, slow_ms=(200, 600)) as load:
        for number in range(storms):
            before = len(marks.deployed)
            async with started(config, "roll", W1, "--yes", "--", "10") as roll:
                storm = asyncio.create_task(drops(stack, chance))
                ended = await roll.end()
                storm.cancel()
                await asyncio.wait({storm})
            await until(lambda: marks.running == [])
            story = f"storm {number}:\n{ended}"
            assert ended.status in (0, 1), story
            assert stack.apache.map.read_bytes() in (HOME, OUT), story
            assert len(marks.deployed) - before <= 1, story
            if ended.status == 0:
                assert stack.apache.map.read_bytes() == HOME, story
                assert len(marks.deployed) > before, story
            elif stack.apache.map.read_bytes() == OUT:
                assert "stays out of rotation" in ended.err, story
            if leases(stack):
                let_a_minute_pass(stack)
            await ends_well(stack, config, "roll", W1, "--take-over", "the line was bad", "--yes", "--", "1")
            assert marks.amiss == [], story
    assert load.report().failures == (), str(load.report())


async def drops(stack: Stack, chance: random.Random) -> None:
    while True:
        await asyncio.sleep(chance.uniform(0.2, 2))
        drop_connections(stack)


async def test_a_deploy_whose_bastion_died_is_found_by_everybody_with_its_script(
    stack: Stack, scripts: Scripts
) -> None:
    marks, config = scripts
    marks.hold()
    assert (await isdeploy(config, "drain", W1)).status == 0
    async with started(config, "deploy", W1, "--yes", "--", "1") as deploy:
        await until(lambda: marks.running == ["worker1"])
        # The lease tells the run from the next heartbeat on, which comes with the step.
        await until(lambda: '"run": "2' in leases(stack))
        deploy.signal(signal.SIGKILL)
        await deploy.end()
    assert "deploy by " in await status(config)
    for words in (("restore", W1), ("deploy", W1, "--yes"), ("restore", W1, "--take-over", "hurry")):
        refused = await isdeploy(config, *words)
        assert refused.status == 3, refused
    let_a_minute_pass(stack)
    told = await status(config)
    assert "left in the middle of deploy by " in told
    assert ": it still runs" in told
    refused = await isdeploy(config, "deploy", W1, "--yes")
    assert refused.status == 3
    assert "Its script's run is " in refused.err
    assert ": it still runs." in refused.err
    # Taken over or not, there are never two scripts, and nothing comes back under one that runs.
    for words in (("deploy", W1, "--yes", "--take-over", "hurry"), ("restore", W1, "--take-over", "hurry")):
        refused = await isdeploy(config, *words)
        assert refused.status in (1, 3), refused
        assert "goes on" in refused.err or "still runs" in refused.err, refused
        assert stack.apache.map.read_bytes() == OUT
    marks.let_go()
    await until(lambda: marks.deployed == ["worker1"])
    assert ": it exited 0" in await status(config)
    await ends_well(stack, config, "restore", W1, "--take-over", "its bastion is gone")
    history = (await isdeploy(config, "history")).out
    assert "deploy" in history
    assert "script started" in history
    assert marks.amiss == []


async def test_who_was_frozen_and_taken_over_changes_nothing_more(stack: Stack, scripts: Scripts) -> None:
    marks, config = scripts
    marks.hold()
    async with started(config, "roll", "shop", "--yes", "--", "1") as frozen:
        await until(lambda: marks.running == ["worker1"])
        await until(lambda: '"run": "2' in leases(stack))
        frozen.signal(signal.SIGSTOP)
        await asyncio.sleep(0.5)
        let_a_minute_pass(stack)
        marks.let_go()
        await until(lambda: marks.deployed == ["worker1"])
        taken = await isdeploy(config, "restore", W1, "--take-over", "it hangs")
        assert taken.status == 0, taken
        assert stack.apache.map.read_bytes() == HOME
        assert "it exited 0: it hangs" in taken.out
        frozen.signal(signal.SIGCONT)
        ended = await frozen.end()
    assert ended.status == 1, ended
    assert "the lease was taken over by somebody else" in ended.err
    assert marks.deployed == ["worker1"]
    assert stack.apache.map.read_bytes() == HOME


@pytest.mark.parametrize("kills", [4, pytest.param(60, marks=pytest.mark.thorough)])
async def test_killed_at_any_moment_a_drain_leaves_one_of_two_maps_and_can_be_gone_on_with(
    stack: Stack, scripts: Scripts, kills: int
) -> None:
    _, config = scripts
    chance = random.Random(kills)
    first = await isdeploy(config, "drain", W1, "--no-wait")
    assert first.status == 0
    await ends_well(stack, config, "restore", W1, "--no-wait")
    async with Load(stack.url, quick=3, slow=1, slow_ms=(200, 600)) as load:
        for number in range(kills):
            async with started(config, "drain", W1, "--no-wait") as drain:
                await asyncio.sleep(chance.uniform(0.3, 1) * first.seconds)
                drain.signal(signal.SIGKILL)
                await drain.end()
            assert stack.apache.map.read_bytes() in (HOME, OUT), number
            if leases(stack):
                let_a_minute_pass(stack)
            again = await isdeploy(config, "drain", W1, "--no-wait", "--take-over", "killed")
            assert again.status == 0, again
            assert stack.apache.map.read_bytes() == OUT
            await ends_well(stack, config, "restore", W1, "--no-wait", "--take-over", "killed")
    assert load.report().failures == (), str(load.report())
