"""Two programs at work on one service: never two scripts on one Tomcat, never fewer workers than min_active."""

import asyncio
import random
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.lab.afterwards import come_to_rest
from tests.lab.command_line import Ended, isdeploy, started, until
from tests.lab.conftest import StartStack
from tests.lab.load import Load
from tests.lab.scenario import Scenario
from tests.lab.site_settings import configured
from tests.lab.stack import Stack
from tests.lab.watched import MarkingScripts, marking_scripts, watched

HOME = b"# Which requests go to which balancer.\n/*=balancer\n"


@pytest.fixture
def scripts(stack: Stack, tmp_path: Path) -> tuple[MarkingScripts, Path]:
    """The marking scripts of the common stack, and a servers.toml with them."""
    return marking_scripts(tmp_path, stack)


def roll(config: Path, *words: str) -> "asyncio.Task[Ended]":
    """Start a roll in a program of its own."""
    return asyncio.create_task(isdeploy(config, "roll", *words))


async def test_a_second_roll_on_the_same_tomcats_is_refused_with_the_name_of_the_first(
    stack: Stack, scripts: tuple[MarkingScripts, Path]
) -> None:
    marks, config = scripts
    marks.hold()
    async with (
        watched(stack.apache) as seen,
        Load(stack.url, quick=4, slow=2, slow_ms=(200, 600)) as load,
        started(config, "roll", "shop", "--yes", "--", "1") as first,
    ):
        await until(lambda: "worker1" in marks.running)
        for words in (("roll", "shop"), ("roll", "shop/web1/worker3"), ("deploy", "shop/web1/worker1")):
            second = await isdeploy(config, *words, "--yes")
            assert second.status == 3, second
            assert "is at work already: roll by " in second.err
            assert ", step 'script'" in second.err
            assert "Nothing was changed" in second.err
        restore = await isdeploy(config, "restore", "shop/web1/worker1")
        assert restore.status == 3, restore
        marks.let_go()
        assert (await first.end()).status == 0
    assert (marks.amiss, marks.deployed) == ([], ["worker1", "worker2", "worker3"])
    assert seen.fewest == 2
    assert stack.apache.map.read_bytes() == HOME
    assert load.report().failures == (), str(load.report())


async def test_two_rolls_on_different_tomcats_go_on_side_by_side(
    stack: Stack, scripts: tuple[MarkingScripts, Path]
) -> None:
    marks, config = scripts
    marks.hold()
    async with watched(stack.apache) as seen, Load(stack.url, quick=4, slow=2, slow_ms=(200, 600)) as load:
        one = roll(config, "shop/web1/worker1", "--yes", "--", "1")
        other = roll(config, "shop/web1/worker3", "--yes", "--", "1")
        await until(lambda: marks.running == ["worker1", "worker3"])
        marks.let_go()
        ended = [await one, await other]
    assert [end.status for end in ended] == [0, 0], ended
    assert marks.amiss == []
    assert sorted(marks.deployed) == ["worker1", "worker3"]
    assert seen.fewest == 1
    assert stack.apache.map.read_bytes() == HOME
    assert load.report().failures == (), str(load.report())


async def test_what_one_roll_takes_out_counts_for_the_other(
    stack: Stack, scripts: tuple[MarkingScripts, Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    marks, _ = scripts
    config = marked(stack, marks, tmp_path_factory.mktemp("two"), min_active=2)
    marks.hold()
    async with watched(stack.apache) as seen:
        one = roll(config, "shop/web1/worker1", "--yes", "--", "1")
        await until(lambda: marks.running == ["worker1"])
        other = await isdeploy(config, "roll", "shop/web1/worker3", "--yes")
        assert other.status == 3, other
        assert "min_active is 2" in other.err
        marks.let_go()
        assert (await one).status == 0
        assert (await isdeploy(config, "roll", "shop/web1/worker3", "--yes")).status == 0
    assert (marks.amiss, marks.deployed, seen.fewest) == ([], ["worker1", "worker3"], 2)


def marked(stack: Stack, marks: MarkingScripts, folder: Path, min_active: int) -> Path:
    config = configured(stack, folder, {"quiet_seconds": 0.1, "min_active": min_active})
    text = config.read_text()
    for tomcat in stack.tomcats:
        text = text.replace(str(tomcat.deploy_script), marks.path(tomcat.worker))
    config.write_text(text)
    return config


TARGETS: Sequence[tuple[str, ...]] = (
    ("shop",),
    ("shop/web1/worker1",),
    ("shop/web1/worker2",),
    ("shop/web1/worker3",),
    ("shop/web1/worker1", "shop/web1/worker2"),
    ("shop/web1/worker3", "shop/web1/worker2"),
)


@pytest.mark.parametrize("rounds", [2, pytest.param(40, marks=pytest.mark.thorough)])
async def test_whatever_two_people_roll_at_whatever_moment_both_rules_hold(
    stack: Stack, scripts: tuple[MarkingScripts, Path], tmp_path_factory: pytest.TempPathFactory, rounds: int
) -> None:
    marks, _ = scripts
    chance = random.Random(rounds)
    async with Load(stack.url, quick=4, slow=2, slow_ms=(200, 600)) as load:
        for number in range(rounds):
            least = chance.choice((1, 2))
            config = marked(stack, marks, tmp_path_factory.mktemp("round"), least)
            before = len(marks.deployed)
            async with watched(stack.apache) as seen:
                one = roll(config, *chance.choice(TARGETS), "--yes", "--", str(chance.randint(1, 20)))
                await asyncio.sleep(chance.uniform(0, 4))
                other = roll(config, *chance.choice(TARGETS), "--yes", "--", str(chance.randint(1, 20)))
                ends = [await one, await other]
            story = f"round {number}, min_active {least}:\n{ends[0]}\n{ends[1]}"
            assert marks.amiss == [], story
            assert seen.fewest >= least, story
            # Whoever was stopped on the way has put back what was not deployed to, or was refused at once.
            assert {end.status for end in ends} <= {0, 1, 3}, story
            assert 0 in {end.status for end in ends}, story
            assert all(words_of_a_refusal(end) for end in ends if end.status), story
            assert len(marks.deployed) > before, story
            assert stack.apache.map.read_bytes() == HOME, story
            assert leases(stack) == "", story
    assert load.report().failures == (), str(load.report())


def words_of_a_refusal(end: Ended) -> bool:
    return any(words in end.err for words in ("is at work already", "min_active is"))


def leases(stack: Stack) -> str:
    return (stack.apache.map.parent / ".isdeploy" / "leases").read_text()


async def test_a_tomcat_behind_two_apaches_is_held_on_both_and_taken_over_from_either(
    start_stack: StartStack, tmp_path: Path
) -> None:
    stack = start_stack(Scenario(apaches=2, tomcats=2))
    marks, config = marking_scripts(tmp_path, stack)
    first, second = "shop/web1/worker1", "shop/web2/worker1"
    held = [apache.map.parent / ".isdeploy" / "leases" for apache in stack.apaches]
    homes = [apache.map.read_bytes() for apache in stack.apaches]
    marks.hold()
    async with started(config, "roll", first, "--yes", "--", "1") as roll_of_one:
        await until(lambda: marks.running == ["worker1"])
        await until(lambda: all('"run": "2' in leases.read_text() for leases in held))
        for words in (("restore", second), ("roll", second, "--yes"), ("deploy", second, "--yes")):
            refused = await isdeploy(config, *words)
            assert refused.status == 3, refused
            assert "is at work already: roll by " in refused.err or "its deploy script still runs" in refused.err
        told = (await isdeploy(config, "status")).out
        assert all(f"{worker}: roll by " in told for worker in (first, second))
        roll_of_one.signal(signal.SIGKILL)
        await roll_of_one.end()
    await come_to_rest(stack)
    for leases in held:
        lines = [line.split(" ", 2) for line in leases.read_text().splitlines()]
        leases.write_text("".join(f"{key} {int(beat) - 61} {rest}\n" for key, beat, rest in lines))
    marks.let_go()
    await until(lambda: marks.deployed == ["worker1"])
    taken = await isdeploy(config, "restore", second, first, "--take-over", "its bastion is gone")
    assert taken.status == 0, taken
    assert "it exited 0: its bastion is gone" in taken.out
    assert [apache.map.read_bytes() for apache in stack.apaches] == homes
    assert [leases.read_text() for leases in held] == ["", ""]
    assert marks.amiss == []
