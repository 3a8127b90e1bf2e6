"""Writers that meet on one map over real sshds, beneath an httpd that serves visitors all the while."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack

import pytest

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.planning import PlanningError
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.errors import MapConflictError, MapLockedError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.remote.mapwrite import swap_map
from tests.lab.bastion import bastion, connected
from tests.lab.load import Load
from tests.lab.stack import Stack
from tests.lab.watched import watched

PATIENCE = 120.0
"""Seconds after which people who try again and again are taken to be stuck."""


async def add(host: Host, path: str, line: bytes, start: asyncio.Barrier) -> str:
    """Add a line to the map as somebody who read it at the same moment as the other; say how it came out."""
    read = await read_file(host, path)
    await start.wait()
    await asyncio.sleep(random.choice((0, 0, random.uniform(0, 0.05))))
    try:
        await swap_map(host, path, expected=read.sha256, new=read.data + line)
    except MapConflictError as error:
        assert "changed by somebody else" in error.sentence
        return "told"
    except MapLockedError as error:
        assert "somebody else is writing" in error.sentence.lower()
        return "told"
    return "won"


@pytest.mark.parametrize("races", [20, pytest.param(200, marks=pytest.mark.thorough)])
async def test_of_two_writers_one_wins_the_other_is_told_and_no_change_is_lost(stack: Stack, races: int) -> None:
    path = str(stack.apache.map)
    before = stack.apache.map.read_bytes()
    winners: Counter[bytes] = Counter()
    lines = []
    async with (
        connected(stack) as one,
        connected(stack) as other,
        Load(stack.url, quick=6, slow=2, slow_ms=(200, 600), pause=0.02) as load,
    ):
        await load.answered(50)
        for race in range(races):
            start = asyncio.Barrier(2)
            both = ((one, b"# %d a\n" % race), (other, b"# %d b\n" % race))
            results = await asyncio.gather(*(add(host, path, line, start) for host, line in both))
            assert sorted(results) == ["told", "won"], race
            winner, loser = both if results[0] == "won" else both[::-1]
            winners[winner[1][-2:]] += 1
            assert stack.apache.map.read_bytes().endswith(winner[1])
            # Whoever was told looks again and does their part on top.
            assert await add(loser[0], path, loser[1], asyncio.Barrier(1)) == "won"
            lines += [winner[1], loser[1]]
        await load.answered(50)
    assert stack.apache.map.read_bytes() == before + b"".join(lines)
    assert load.report().failures == (), str(load.report())
    assert len(winners) == 2, "one of the two always wins: they never met"


async def ordered(session: Session, kind: OperationKind, target: WorkerId) -> str:
    """Order something as a person does, who is told when it cannot be."""
    operations = Operations(session)
    try:
        plan = await operations.plan(kind, [target])
    except PlanningError as error:
        return str(error)
    if plan.is_refused:
        return plan.refusals[0].sentence
    result = await operations.start(plan, wait=False).wait()
    return "done" if result is Result.DONE else result.value


async def test_three_people_who_drain_a_worker_each_never_take_the_last_one(stack: Stack) -> None:
    workers = [WorkerId("shop", "web1", worker.worker) for worker in stack.tomcats]
    home = stack.apache.map.read_bytes()
    async with AsyncExitStack() as opened:
        sessions: Sequence[Session] = [
            await opened.enter_async_context(bastion(stack, f"bastion{number}", f"ops{number}")) for number in (1, 2, 3)
        ]
        load = await opened.enter_async_context(Load(stack.url, quick=6, pause=0.02))
        seen = await opened.enter_async_context(watched(stack.apache))
        await opened.enter_async_context(asyncio.timeout(PATIENCE))
        await load.answered(50)
        for _ in range(4):
            words = ["", "", ""]
            while "" in words or "failed" in words:
                # A conflict is told as a failure that changed nothing; everybody tries again until a guard speaks.
                again = [number for number, word in enumerate(words) if word in ("", "failed")]
                outcomes = await asyncio.gather(
                    *(ordered(sessions[number], OperationKind.DRAIN, workers[number]) for number in again)
                )
                for number, outcome in zip(again, outcomes, strict=True):
                    words[number] = outcome
            assert words.count("done") == 2, words
            assert sum("no active member left" in word for word in words) == 1, words
            out = [number for number, word in enumerate(words) if word == "done"]
            while out:
                restoring = (ordered(sessions[number], OperationKind.RESTORE, workers[number]) for number in out)
                back = await asyncio.gather(*restoring)
                out = [number for number, word in zip(out, back, strict=True) if word != "done"]
            assert stack.apache.map.read_bytes() == home
        await load.answered(50)
    assert seen.fewest == 1
    assert load.report().failures == (), str(load.report())
