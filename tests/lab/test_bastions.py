"""Bastions that die, hang or lose their line: what the others find and may do, whatever the moment was."""

import asyncio
import random
import signal
from pathlib import Path

import pytest

from tests.lab.afterwards import come_to_rest, drop_connections, leases, let_a_minute_pass
from tests.lab.command_line import Ended, isdeploy, started, until
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
            await come_to_rest(stack)
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
            # A lease that was on its way is still taken.
            await come_to_rest(stack)
            assert stack.apache.map.read_bytes() in (HOME, OUT), number
            if leases(stack):
                let_a_minute_pass(stack)
            again = await isdeploy(config, "drain", W1, "--no-wait", "--take-over", "killed")
            assert again.status == 0, again
            assert stack.apache.map.read_bytes() == OUT
            await ends_well(stack, config, "restore", W1, "--no-wait", "--take-over", "killed")
    assert load.report().failures == (), str(load.report())
