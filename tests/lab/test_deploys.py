"""Deploy scripts that misbehave, on real servers: each ends with the truth, and leaves the worker out of rotation."""

import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.config import Config
from tests.lab.command_line import isdeploy, settings
from tests.lab.processes import own_processes
from tests.lab.screen import on_screen
from tests.lab.stack import Stack
from tests.lab.test_operations_cli import take_out_by_hand
from tests.lab.test_operations_tui import W1

TARGET = str(W1)
LINE = "unpacking one more file of a large application, as some scripts do"
TEN_MB = 10 * 1024 * 1024


@pytest.fixture
def drained(stack: Stack) -> Iterator[Stack]:
    """The stack with worker1 out of rotation, and nothing left of a script at the end."""
    take_out_by_hand(stack)
    yield stack
    for pid in (*own_processes(stack.directory, "deploy.sh"), *own_processes(stack.directory, "sleep")):
        os.kill(pid, signal.SIGKILL)


async def test_a_script_that_fails_is_told_with_its_exit_code_and_its_last_words(drained: Stack) -> None:
    map_before = drained.apache.map.read_bytes()
    said = await isdeploy(drained.config_file, "deploy", TARGET, "--yes", "--json", "--", "--exit", "7", "2.0")
    assert said.status == 1
    assert said.steps[-1] == ("script", "failed")
    assert said.objects[-1]["detail"].startswith("exit 7; the worker stays out of rotation; output in was1:")
    assert "cannot unpack 2.0" in said.err.splitlines()
    assert drained.apache.map.read_bytes() == map_before
    assert drained.tomcat("worker1").version == "1.0"
    # What the sentence names is there, and nobody else may read it: arguments and output can hold secrets.
    run = said.objects[-1]["detail"].rpartition("~/")[2]
    log = drained.home / run
    assert log.read_text() == "Deploying 2.0 to tomcat1\ncannot unpack 2.0\n"
    assert stat.S_IMODE(log.stat().st_mode) & 0o077 == 0


async def test_a_script_that_fails_is_told_on_the_screen(drained: Stack) -> None:
    async with on_screen(drained.config_file) as person:
        await person.until("stopped")
        await person.point_at(W1)
        await person.press("p")
        await person.until("Arguments:")
        await person.type("--exit 7 2.0")
        await person.press("enter")
        await person.until("deploy shop/web1/worker1  failed", "cannot unpack 2.0", "exit 7; the worker stays out of")
    assert drained.tomcat("worker1").version == "1.0"


async def test_ten_megabytes_of_output_arrive_complete_and_end(drained: Stack) -> None:
    words = ("--print", str(TEN_MB), "--no-restart", "2.0")
    said = await isdeploy(drained.config_file, "deploy", TARGET, "--yes", "--json", "--", *words)
    assert said.status == 0
    lines = said.err.splitlines()
    whole, rest = divmod(TEN_MB, len(LINE) + 1)
    assert lines[0] == "Deploying 2.0 to tomcat1"
    assert lines[1 : whole + 1] == [LINE] * whole
    # head cut the last line in the middle; what the script says next stands behind it.
    assert lines[whole + 1 :] == [LINE[:rest] + "Deployed 2.0"]
    assert said.steps[-1] == ("script", "done")


async def test_ten_megabytes_do_not_hold_up_the_screen(drained: Stack) -> None:
    async with on_screen(drained.config_file) as person:
        await person.until("stopped")
        await person.point_at(W1)
        await person.press("p")
        await person.until("Arguments:")
        await person.type(f"--print {TEN_MB} --no-restart 2.0")
        await person.press("enter")
        lines = TEN_MB // (len(LINE) + 1) + 3  # the script's first and last word, and how it ended
        dropped = lines - Config("", ()).log_keep
        await person.until("deploy shop/web1/worker1  done", f"{dropped:,} lines dropped", "— done in")
        await person.press("question_mark")
        await person.until("Take the selected workers out of rotation")


async def test_a_background_child_that_keeps_the_output_open_does_not_delay_the_end(drained: Stack) -> None:
    words = ("--linger", "--no-restart", "2.0")
    said = await isdeploy(drained.config_file, "deploy", TARGET, "--yes", "--json", "--", *words)
    assert said.status == 0
    assert "Deployed 2.0" in said.err
    assert list(own_processes(drained.directory, "sleep")), "the child was ended with the script"


async def test_a_tomcat_that_does_not_come_up_again_is_not_restored(drained: Stack) -> None:
    map_before = drained.apache.map.read_bytes()
    said = await isdeploy(drained.config_file, "deploy", TARGET, "--yes", "--", "--no-start", "2.0")
    assert said.status == 1
    assert "the new version does not start" in said.out
    restore = await isdeploy(drained.config_file, "restore", TARGET)
    assert restore.status == 3
    assert "not ready" in restore.err
    assert drained.apache.map.read_bytes() == map_before


async def test_arguments_reach_the_script_word_by_word(drained: Stack, tmp_path: Path) -> None:
    script = drained.directory / "words.sh"
    script.write_text("#!/bin/sh\nprintf '<%s>\\n' \"$@\"\n")
    script.chmod(0o755)

    def with_script(data: dict[str, Any]) -> None:
        data["service"][0]["apache"][0]["worker"][0]["deploy"] = str(script)

    config = settings(drained, tmp_path, with_script)
    words = ["two words", "", "it's", "$(id)", "*", "-n", "--", "größe", "\\"]
    said = await isdeploy(config, "deploy", TARGET, "--yes", "--json", "--", *words)
    assert said.status == 0
    assert said.err.splitlines() == [f"<{word}>" for word in words]


@pytest.mark.parametrize(
    ("content", "mode", "words"),
    [
        (None, 0, "does not exist"),
        ("#!/bin/sh\n", 0o644, "may not be executed by this account"),
        ("#!/no/such/interpreter\n", 0o755, "exit 127"),
    ],
    ids=["missing", "not executable", "no interpreter"],
)
async def test_a_script_that_cannot_be_started_is_one_clear_sentence(
    drained: Stack, tmp_path: Path, content: str | None, mode: int, words: str
) -> None:
    script = drained.directory / "broken.sh"
    script.unlink(missing_ok=True)
    if content is not None:
        script.write_text(content)
        script.chmod(mode)

    def with_script(data: dict[str, Any]) -> None:
        data["service"][0]["apache"][0]["worker"][0]["deploy"] = str(script)

    said = await isdeploy(settings(drained, tmp_path, with_script), "deploy", TARGET, "--yes", "--json", "--", "2.0")
    assert said.status == 1
    assert said.steps[-1] == ("script", "failed")
    assert words in said.objects[-1]["detail"]
