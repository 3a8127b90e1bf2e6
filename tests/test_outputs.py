"""Whatever becomes of the output, nobody sees a traceback, and what is wrong is a sentence."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path

import pytest

from isdeploy_tui import cli
from isdeploy_tui.commands import history, telling
from isdeploy_tui.engine.control import Choice, Question

SITE = """
[[service]]
name = "shop"
[[service.apache]]
name = "web1"
ssh = "no-such-host.invalid"
map = "/etc/한글…/uriworkermap.properties"
workers_file = "/etc/workers.properties"
[[service.apache.worker]]
name = "worker1"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "servers.toml"
    path.write_text(SITE, "utf-8")
    return path


def run(*words: str, stdout: int | None = subprocess.PIPE, shell: str = "", **environ: str) -> tuple[int, str]:
    """Run the program; return its exit status and what came on standard error."""
    argv = [sys.executable, "-m", "isdeploy_tui", *words]
    if shell:
        argv = ["sh", "-c", shell, "sh", *argv]
    env = {**os.environ, **environ}
    done = subprocess.run(argv, stdout=stdout, stderr=subprocess.PIPE, env=env, check=False)
    return done.returncode, done.stderr.decode("utf-8", "replace")


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["--help"]])
def test_a_pipe_that_nobody_reads_ends_it_quietly(file: Path, words: list[str], unbuffered: str) -> None:
    pipe = closed_pipe()
    try:
        status, said = run("--config", str(file), *words, stdout=pipe, PYTHONUNBUFFERED=unbuffered)
    finally:
        os.close(pipe)
    assert status in (0, 1)
    assert "Traceback" not in said
    assert "Exception" not in said
    assert "internal error" not in said


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_beneath_the_output_is_told(file: Path, unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        status, said = run("--config", str(file), "status", stdout=full.fileno(), PYTHONUNBUFFERED=unbuffered)
    assert status == 1
    assert said.endswith("the output could not be written: No space left on device\n")


def test_closed_standard_streams_are_no_fault(file: Path) -> None:
    status, said = run("--config", str(file), "status", shell='exec "$@" <&- >&-')
    assert (status, "internal error" in said) == (1, False)
    assert run("--config", str(file), "status", shell='exec "$@" <&- >&- 2>&-') == (1, "")


def test_a_terminal_without_the_letters_gets_others_in_their_place(file: Path) -> None:
    status, said = run("--config", f"{file}…", "status", PYTHONIOENCODING="ascii")
    assert (status, said) == (2, f"{file}?: no such file (named by --config)\n")


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = logging.getLogger()
    # Another test of this process may have had the program keep its faults already.
    kept = [handler for handler in root.handlers if isinstance(handler, RotatingFileHandler)]
    kept += [handler for handler in root.handlers if type(handler).__module__.startswith("isdeploy_tui")]
    for handler in kept:
        root.removeHandler(handler)
        handler.close()
    before, loud = root.handlers[:], logging.raiseExceptions
    yield tmp_path / "state" / "isdeploy" / "faults.log"
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    logging.raiseExceptions = loud


def test_a_fault_of_ours_is_a_sentence_and_its_traceback_is_kept(
    file: Path, faults: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def faulty(options: object) -> int:
        logging.getLogger("isdeploy_tui.engine").warning("heartbeat: \x1b[2J lost")
        raise RuntimeError("\x1b]0;evil\x07 oops")

    monkeypatch.setattr(history, "run_history", faulty)
    assert cli.main(["history", "--config", str(file)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("heartbeat:  lost\ninternal error: RuntimeError(")
    assert "Traceback" not in said
    assert "\x1b" not in said
    assert "RuntimeError" in faults.read_text()
    assert "Traceback" in faults.read_text()
    assert "\x1b" not in faults.read_text()


async def test_a_question_to_a_terminal_that_is_gone_is_answered_as_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    question = Question("shop/web1/worker1", "Go on?", (Choice("go", "go on"), Choice("stop", "stop")), "stop")
    with os.fdopen(closed_pipe(), "w", buffering=1) as nobody:
        monkeypatch.setattr("sys.stdout", nobody)
        assert await telling.ask_on_terminal(question) == "stop"
        assert not await telling.confirmed([])
        monkeypatch.undo()
        with pytest.raises(BrokenPipeError):
            nobody.flush()
            nobody.write("\n")
        os.dup2(os.open(os.devnull, os.O_WRONLY), nobody.fileno())
