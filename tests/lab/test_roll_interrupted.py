"""Rolls that end in the middle, by Ctrl-C or by kill -9 of the program, in each of their phases.

Whatever happens, the map on the host is one that httpd can work by, and from there both ways lead to a good end: going
on, and putting back.
"""

import json
import os
import signal
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.modjk.diagnose import diagnose
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import parse_workers
from tests.lab.command_line import isdeploy, on_terminal, program, started, until
from tests.lab.load import Load
from tests.lab.processes import own_processes
from tests.lab.site_settings import configured
from tests.lab.stack import Stack

W1 = "shop/web1/worker1"
HOME = b"# Which requests go to which balancer.\n/*=balancer\n"
OUT = HOME.replace(b"balancer\n", b"balancer_ex1\n")
LEFT_BY_A_KILL = {"soft": HOME.replace(b"balancer\n", b"balancer;disabled=worker1\n"), "back": HOME}
"""The map after a kill in these phases; in all others worker1 is out."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A phase of a roll that lasts until it is interrupted: ``words`` are said when it begins."""

    phase: str
    words: str
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    script: tuple[str, ...] = ("--no-restart", "1.0")

    def __str__(self) -> str:
        return self.phase


SOFT = Moment("soft", "soft    started", {"service": {"soft_seconds": 60}})
# Longer than mod_jk needs: what is to be interrupted must not be over before it is.
SETTLE = Moment("settle", "settle  started", {"apache": {"reload_seconds": 60}})
IDLE = Moment(
    "idle", "s blindly", {"service": {"quiet_seconds": 60}, "apache": {"status_url": None}, "worker": {"log": None}}
)
SCRIPT = Moment("script", "Deploying 1.0", script=("--sleep", "100", "--no-restart", "1.0"))
READY = Moment("ready", "ping    done", {"worker": {"check_text": "what no version shows"}})
BACK = Moment("back", "worker1 back", {"apache": {"reload_seconds": 3}})


def is_sound(stack: Stack) -> bool:
    """True when httpd can work by the map as it stands."""
    urimap = UriMap.parse(stack.apache.map.read_bytes())
    return diagnose(urimap, parse_workers(stack.apache.workers_file.read_bytes())) == ()


def leases(stack: Stack) -> Path:
    return stack.apache.map.parent / ".isdeploy" / "leases"


def journal(stack: Stack) -> list[dict[str, str]]:
    file = stack.apache.map.parent / ".isdeploy" / "journal.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


async def a_minute_passes(stack: Stack) -> None:
    """Let what was sent to the host come to its end there, and make the heartbeats as old as they would be."""
    await until(lambda: not list(own_processes(stack.directory, "sh\0-s")))
    lines = [line.split(" ", 2) for line in leases(stack).read_text().splitlines()]
    leases(stack).write_text("".join(f"{key} {int(beat) - 61} {rest}\n" for key, beat, rest in lines))


async def its_script_keeps_it_out(stack: Stack, *words: str) -> None:
    """The Tomcat may be stopped by the script at any moment: it must not get requests until that has ended."""
    refused = await isdeploy(stack.config_file, *words)
    assert refused.status == 3
    assert "its deploy script still runs" in refused.err
    code, log = await the_run_ends(stack)
    assert (code, log.splitlines()[-1]) == ("0", "Deployed 1.0")


async def the_run_ends(stack: Stack) -> tuple[str, str]:
    """Wake the script and wait for the end of the only run; return its exit code and what it printed."""
    # Not the script itself, whose words are "--sleep 100".
    for pid in own_processes(stack.directory, "sleep\x00100"):
        if Path(f"/proc/{pid}/comm").read_text() == "sleep\n":
            os.kill(pid, signal.SIGTERM)
    (folder,) = (stack.home / ".local" / "state" / "isdeploy" / "runs").iterdir()
    await until((folder / "rc").exists)
    return (folder / "rc").read_text().strip(), (folder / "log").read_text()


async def roll(stack: Stack, config: Path, moment: Moment, number: int) -> tuple[int, str]:
    """Roll worker1 until that moment, send the signal and return the exit status and standard error."""
    words = ("roll", W1, *moment.options, "--yes", "--", *moment.script)
    async with started(config, *words) as running:
        await running.until(moment.words)
        if moment is not BACK:
            # Others read the step a moment later.
            await until(lambda: f'"step": "{moment.phase}"' in leases(stack).read_text())
        running.signal(number)
        ended = await running.end()
        return ended.status, ended.err


@pytest.mark.parametrize("moment", [SOFT, SETTLE, IDLE, SCRIPT, READY, BACK], ids=str)
async def test_ctrl_c_leaves_nobody_out_whose_old_version_still_runs_and_holds_nothing(
    checked_stack: Stack, tmp_path: Path, moment: Moment
) -> None:
    stack = checked_stack
    config = configured(stack, tmp_path, **moment.settings)
    async with Load(stack.url, quick=3, slow=2, slow_ms=(300, 1200)) as load:
        status, told = await roll(stack, config, moment, signal.SIGINT)
        assert status == (0 if moment is BACK else 1)
        assert "stopping after the current step" in told
        assert is_sound(stack)
        assert leases(stack).read_text() == ""
        assert journal(stack)[-1]["detail"] == ("done" if moment is BACK else "interrupted")
        if moment in (SCRIPT, READY):
            assert stack.apache.map.read_bytes() == OUT
            assert f"{W1} stays out of rotation" in told
            if moment is SCRIPT:
                assert "the script goes on without us" in told
                await its_script_keeps_it_out(stack, "restore", W1)
            restored = await isdeploy(stack.config_file, "restore", W1)
            assert restored.status == 0, restored.err
        assert stack.apache.map.read_bytes() == HOME
        # By the settle time whoever was disabled, out or back for a moment has been, and everyone gets requests again.
        settled = time.time() + stack.scenario.settle_seconds
        while time.time() < settled or len(load.report().between(settled).workers) < stack.scenario.tomcats:
            await load.answered(1)
    assert load.report().failures == (), str(load.report())


@pytest.mark.parametrize(
    ("moment", "way"),
    [
        (SOFT, "restore"),
        (SETTLE, "restore"),
        (IDLE, "roll"),
        (SCRIPT, "roll"),
        (READY, "restore"),
        (BACK, "roll"),
    ],
    ids=str,
)
async def test_after_a_kill_the_next_one_hears_where_it_stood_and_goes_on_or_puts_back(
    checked_stack: Stack, tmp_path: Path, moment: Moment, way: str
) -> None:
    stack = checked_stack
    config = configured(stack, tmp_path, **moment.settings)
    again = ("roll", W1, "--yes", "--", "--no-restart", "1.0")
    async with Load(stack.url, quick=3, slow=2, slow_ms=(300, 1200)) as load:
        status, _ = await roll(stack, config, moment, signal.SIGKILL)
        assert status == -signal.SIGKILL
        assert is_sound(stack)
        assert stack.apache.map.read_bytes() == LEFT_BY_A_KILL.get(moment.phase, OUT)
        if moment is SETTLE:
            at_work = await isdeploy(stack.config_file, *again)
            assert at_work.status == 3
            assert f"{W1} is at work already: roll by " in at_work.err
        await a_minute_passes(stack)
        refused = await isdeploy(stack.config_file, *again)
        assert refused.status == 3
        assert f"{W1} was left in the middle of roll by " in refused.err
        at = refused.err.partition("step '")[2].partition("'")[0]
        assert at in (("ready", "settle") if moment is BACK else (moment.phase,))
        assert f"isdeploy-tui restore {W1} --take-over 'why'" in refused.err
        if moment is SCRIPT:
            (run,) = (stack.home / ".local" / "state" / "isdeploy" / "runs").iterdir()
            assert f"Its script's run is {run.name}" in refused.err
            await its_script_keeps_it_out(stack, "restore", W1, "--take-over", "it hangs")
        if way == "roll":
            words = ("roll", W1, "--take-over", "it hangs", "--yes", "--", "--no-restart", "1.0")
        else:
            words = ("restore", W1, "--take-over", "it hangs")
        ended = await isdeploy(stack.config_file, *words)
        assert ended.status == 0, ended.err
        assert stack.apache.map.read_bytes() == HOME
        assert leases(stack).read_text() == ""
        taken = next(entry for entry in journal(stack) if entry["step"] == "lease")
        assert taken["detail"].endswith(": it hangs")
    assert load.report().failures == (), str(load.report())


async def test_a_pause_asks_the_person_and_does_what_is_answered(checked_stack: Stack) -> None:
    stack = checked_stack
    words = ("roll", "shop", "--pause", "--yes", "--", "--no-restart", "1.0")
    environ = {"HOME": str(stack.directory)}
    async with on_terminal(program(stack.config_file, *words), environ) as terminal:
        await terminal.until("1  go on: put it back and take the next")
        assert (
            f"Test it at {stack.apache.url.rpartition(':')[0]}:{stack.apache.direct_ports['worker1']}/" in terminal.seen
        )
        assert stack.apache.map.read_bytes() == OUT
        terminal.type("1\r")
        await terminal.until("shop/web1/worker2 is deployed, ready and still out of rotation")
        assert stack.apache.map.read_bytes() == OUT.replace(b"ex1", b"ex2")
        terminal.type("2\r")
        assert await terminal.end() == 1
    assert "not touched: shop/web1/worker3" in terminal.seen
    assert stack.apache.map.read_bytes() == HOME


async def test_ctrl_c_at_a_pause_leaves_it_out_and_needs_no_further_key(checked_stack: Stack) -> None:
    stack = checked_stack
    words = ("roll", W1, "--pause", "--yes", "--", "--no-restart", "1.0")
    async with on_terminal(program(stack.config_file, *words), {"HOME": str(stack.directory)}) as terminal:
        await terminal.until("3  leave it out and stop")
        terminal.type("\x03")
        assert await terminal.end() == 1
    assert f"{W1} stays out of rotation" in terminal.seen
    assert stack.apache.map.read_bytes() == OUT
    assert leases(stack).read_text() == ""


async def test_requests_that_do_not_end_are_asked_about_and_their_worker_put_back_where_nobody_answers(
    checked_stack: Stack, tmp_path: Path
) -> None:
    stack = checked_stack
    config = configured(stack, tmp_path, {"drain_timeout": 1})
    words = ("roll", W1, "--yes", "--report", str(tmp_path / "report.json"), "--", "--no-restart", "1.0")
    # Through the virtual host that mounts it alone, requests reach a drained worker, too: in flight as long as we want.
    alone = f"http://127.0.0.1:{stack.apache.direct_ports['worker1']}"
    async with AsyncExitStack() as visitors:
        load = await visitors.enter_async_context(Load(alone, quick=0, slow=3, slow_ms=(700, 900)))
        unasked = await isdeploy(config, *words)
        assert unasked.status == 1
        assert "in flight after 1 s (drain_timeout 1 s)" in unasked.err
        assert "  script  " not in unasked.out
        assert stack.apache.map.read_bytes() == HOME
        report = json.loads((tmp_path / "report.json").read_text())
        (idle,) = (phase for phase in report["phases"] if phase["phase"] == "idle")
        assert max(count for _, count in idle["busy"]) == 3
        async with on_terminal(program(config, *words), {"HOME": str(tmp_path)}) as terminal:
            await terminal.until("2  go on: these requests will be lost")
            await visitors.aclose()
            terminal.type("1\r1\r")
            assert await terminal.end() == 0
    assert "no request in flight (it was " in terminal.seen
    assert stack.apache.map.read_bytes() == HOME
    assert load.report().failures == (), str(load.report())
