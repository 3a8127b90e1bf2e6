"""A roll that ends at any of its steps, by kill -9, a closed terminal or a lost line: going on always ends well."""

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.afterwards import come_to_rest, drop_connections, journal, leases, let_a_minute_pass, records
from tests.lab.command_line import Running, Terminal, isdeploy, on_terminal, program, started, until
from tests.lab.load import Load
from tests.lab.sshd import user
from tests.lab.stack import Stack
from tests.lab.watched import MarkingScripts, marking_scripts, watched

W1, W2 = "shop/web1/worker1", "shop/web1/worker2"
HOME = b"# Which requests go to which balancer.\n/*=balancer\n"
OUT = {
    worker: HOME.replace(b"balancer\n", b"balancer_ex%s\n" % worker[-1:].encode()) for worker in ("worker1", "worker2")
}

STEPS = (
    "begin",
    "worker1 out",
    "settle  started",
    "settle  done",
    "idle    started",
    "idle    done",
    "script  started",
    "at work",
    "script  done",
    "ready   started",
    "ping    done",
    "check   done",
    "ready   done",
    "worker1 back and worker2 out",
    "worker2  idle    started",
    "worker2  script  started",
    "worker2  ready   done",
    "worker2 back",
)
"""What a roll of two workers says, in order; at ``begin`` nothing but its lease and its journal entry is there."""

USUAL = {
    "kill": {"begin", "worker1 out", "script  started", "script  done", "worker1 back and worker2 out"},
    "hang up": {"settle  started", "at work", "ready   started", "worker1 back and worker2 out"},
}
"""The steps that every run of the tests takes; the thorough one takes all."""


def each_step(way: str) -> list[object]:
    return [step if step in USUAL[way] else pytest.param(step, marks=pytest.mark.thorough) for step in STEPS]


@dataclass(frozen=True, slots=True)
class Site:
    """The common stack with marking scripts, under load."""

    stack: Stack
    marks: MarkingScripts
    config: Path

    @property
    def map(self) -> bytes:
        return self.stack.apache.map.read_bytes()

    @property
    def words(self) -> tuple[str, ...]:
        return ("roll", W1, W2, "--yes", "--", "1")

    async def reached(self, step: str, said: Running | Terminal) -> None:
        """Return when a roll that is told there is at a step."""
        if step == "begin":
            await until(lambda: (records(self.stack) / "journal.jsonl").exists())
        else:
            await said.until(step)

    def assert_sound(self) -> None:
        """Nobody is out but one who is being deployed to, or was; and nobody else was in the way of a script."""
        assert self.map in (HOME, *OUT.values())
        assert self.marks.amiss == []

    async def assert_going_on_ends_well(self) -> None:
        """A roll of the same, by somebody else, brings everything home."""
        await until(lambda: self.marks.running == [])
        ended = await isdeploy(self.config, "roll", W1, W2, "--take-over", "it died", "--yes", "--", "1")
        assert ended.status == 0, ended
        assert sorted(self.marks.deployed[-2:]) == ["worker1", "worker2"]
        assert (self.map, leases(self.stack), self.marks.amiss) == (HOME, "", [])


@pytest.fixture
async def site(checked_stack: Stack, tmp_path: Path) -> AsyncIterator[Site]:
    """A site whose visitors notice nothing, and that never has fewer than two members in rotation."""
    marks, config = marking_scripts(tmp_path, checked_stack)
    async with (
        Load(checked_stack.url, quick=3, slow=1, slow_ms=(200, 600)) as load,
        watched(checked_stack.apache) as seen,
    ):
        yield Site(checked_stack, marks, config)
    assert load.report().failures == (), str(load.report())
    assert seen.fewest == 2


@pytest.mark.parametrize("step", each_step("kill"))
async def test_a_roll_that_was_killed_is_found_and_gone_on_with(site: Site, step: str) -> None:
    async with started(site.config, *site.words) as roll:
        await site.reached(step, roll)
        roll.signal(signal.SIGKILL)
        await roll.end()
    await come_to_rest(site.stack)
    site.assert_sound()
    # Whoever comes within the minute is told that somebody is at work; later, in the middle of what it was.
    soon = await isdeploy(site.config, *site.words)
    assert (soon.status, "is at work already: roll by " in soon.err) == (3, True), soon
    let_a_minute_pass(site.stack)
    told = await isdeploy(site.config, "status", "shop")
    assert f"{W1}: left in the middle of roll by " in told.out, told
    later = await isdeploy(site.config, *site.words)
    assert (later.status, "was left in the middle of roll by " in later.err) == (3, True), later
    runs = [entry["run"] for entry in journal(site.stack) if entry["step"] == "script" and entry["state"] == "started"]
    if site.marks.running and '"run": "2' in leases(site.stack):
        assert f"Its script's run is {runs[-1]}: it still runs." in later.err
    await site.assert_going_on_ends_well()
    assert {(entry["account"], entry["ssh"]) for entry in journal(site.stack)} == {(user(), "web1")}
    written = [entry["map_after"] for entry in journal(site.stack) if entry.get("map_after")]
    assert written[-1] == hashlib.sha256(HOME).hexdigest()


@pytest.mark.parametrize("step", each_step("hang up"))
async def test_a_closed_terminal_ends_a_roll_after_its_safe_step(site: Site, step: str) -> None:
    site.marks.hold()
    async with on_terminal(program(site.config, *site.words), {"HOME": str(site.stack.home)}) as terminal:
        if step not in STEPS[: STEPS.index("script  done")]:
            await until(lambda: site.marks.running == ["worker1"])
            site.marks.let_go()
        await site.reached(step, terminal)
        if step in ("script  started", "at work"):
            await until(lambda: site.marks.running == ["worker1"])
        terminal.hang_up()
        status = await terminal.end()
    await come_to_rest(site.stack)
    site.assert_sound()
    assert leases(site.stack) == ""
    assert (journal(site.stack)[-1]["step"], journal(site.stack)[-1]["detail"]) == (
        "end",
        "interrupted" if status else "done",
    )
    out = next((worker for worker, data in OUT.items() if data == site.map), None)
    if out is None:
        # Whoever is back has either its old version untouched, or the whole new one.
        assert site.marks.running == []
    else:
        assert status == 1
        assert out in (*site.marks.running, *site.marks.deployed)
        left = [entry["detail"] for entry in journal(site.stack) if entry["step"] == "roll"]
        assert any(f"{out} stays out of rotation" in detail for detail in left), left
        how = ": it still runs" if out in site.marks.running else ": it exited 0"
        assert how in (await isdeploy(site.config, "status", f"shop/web1/{out}")).out
    if (site.marks.place / "hold").exists():
        site.marks.let_go()
    await site.assert_going_on_ends_well()


async def test_a_line_that_drops_at_every_step_costs_a_roll_nothing(site: Site) -> None:
    async with started(site.config, *site.words) as roll:
        for step in STEPS:
            await site.reached(step, roll)
            drop_connections(site.stack)
        ended = await roll.end()
    assert ended.status == 0, ended
    assert ended.out.count("at work\n") == 2, ended
    assert (site.marks.amiss, site.marks.deployed) == ([], ["worker1", "worker2"])
    assert (site.map, leases(site.stack)) == (HOME, "")
    # An entry whose connection was lost over it may stand there twice.
    scripts = dict.fromkeys((e["run"], e["state"]) for e in journal(site.stack) if e["step"] == "script")
    assert [state for _, state in scripts] == ["started", "done"] * 2


async def test_under_nohup_a_closed_terminal_ends_nothing(site: Site, tmp_path: Path) -> None:
    said = tmp_path / "nohup.out"
    argv = ("sh", "-c", f'exec nohup "$@" >{said} 2>&1', "sh", *program(site.config, "roll", W1, "--yes", "--", "1"))
    async with on_terminal(argv, {"HOME": str(site.stack.home)}) as terminal:
        await until(lambda: said.exists() and "settle  started" in said.read_text())
        terminal.hang_up()
        assert await terminal.end() == 0
    assert (site.marks.deployed, site.map, leases(site.stack)) == (["worker1"], HOME, "")


async def test_a_pipe_that_nobody_reads_any_more_ends_a_roll_after_its_safe_step(site: Site) -> None:
    ours, its = os.pipe()
    argv = program(site.config, *site.words)
    process = await asyncio.create_subprocess_exec(*argv, stdout=its, stderr=asyncio.subprocess.PIPE)
    os.close(its)
    seen = b""
    while b"settle  started" not in seen:
        seen += await asyncio.to_thread(os.read, ours, 4096)
    os.close(ours)
    _, said = await process.communicate()
    assert process.returncode == 1
    assert b"Traceback" not in said
    assert b"Exception" not in said
    assert (site.marks.deployed, site.map, leases(site.stack)) == ([], HOME, "")
    assert journal(site.stack)[-1]["detail"] == "interrupted"
