"""The promise of a roll in every combination: three Tomcats under mixed load, not one request lost."""

import itertools
import json
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal

import pytest

from tests.lab.command_line import isdeploy
from tests.lab.conftest import StartStack
from tests.lab.rolls import (
    maps,
    needs_jcmd,
    nobody_lost_anything,
    nobody_was_sent_to_one_that_was_deployed_to,
    phases,
    visitors,
)
from tests.lab.scenario import TWO_RULES, Scenario

pytestmark = pytest.mark.thorough


MPMS: tuple[Literal["event", "prefork"], ...] = ("event", "prefork")


def combinations() -> Iterator[tuple[Scenario, bool]]:
    """MPM, who tells what is in flight, how many Apaches, sessions; and two without exclusion balancers."""
    for mpm, jkstatus, apaches, sticky in itertools.product(MPMS, (True, False), (1, 2), (False, True)):
        yield Scenario(mpm=mpm, jkstatus=jkstatus, apaches=apaches, direct_vhosts=True), sticky
    for apaches, sticky in ((1, True), (2, False)):
        yield Scenario(exclusion_balancers=False, apaches=apaches, direct_vhosts=True, map_lines=TWO_RULES), sticky


def name(value: Scenario | bool) -> str:
    """What a combination is called."""
    if isinstance(value, bool):
        return "sticky" if value else "any"
    told, how = "jkstatus" if value.jkstatus else "jcmd", "swap" if value.exclusion_balancers else "extension"
    return f"{value.mpm}-{told}-{value.apaches}-{how}"


@pytest.mark.parametrize(("scenario", "sticky"), combinations(), ids=name)
async def test_all_tomcats_are_on_the_new_version_and_nobody_lost_a_request(
    start_stack: StartStack, tmp_path: Path, scenario: Scenario, sticky: bool
) -> None:
    if not scenario.jkstatus:
        needs_jcmd()
    stack = start_stack(scenario)
    before, kept = maps(stack), tmp_path / "report.json"
    async with AsyncExitStack() as coming:
        loads = [
            await coming.enter_async_context(visitors(apache.url, sticky=sticky, each=10 // scenario.apaches))
            for apache in stack.apaches
        ]
        for load in loads:
            await load.answered(50)
        roll = await isdeploy(stack.config_file, "roll", "shop", "--yes", "--report", str(kept), "--", "2.0")
        ended = time.time()
        for load in loads:
            await load.answered(50)
    assert roll.status == 0, roll.err
    nobody_lost_anything([load.report() for load in loads])
    assert maps(stack) == before
    assert {tomcat.version for tomcat in stack.tomcats} == {"2.0"}
    for load in loads:
        assert set(load.report().between(ended).versions) == {"2.0"}
    report = json.loads(kept.read_text())
    told = "jkstatus" if scenario.jkstatus else "jcmd"
    assert {idle["evidence"][-1].rpartition(" ")[2] for idle in phases(report, "idle")} == {told}
    assert len(report["maps"]) == (scenario.tomcats + 1) * scenario.apaches
    nobody_was_sent_to_one_that_was_deployed_to(stack, report)
