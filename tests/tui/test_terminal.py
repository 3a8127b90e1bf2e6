"""What only a real terminal shows: it is given back as it was, and closing it ends no step."""

import asyncio
import contextlib
import os
import pty
import re
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from isdeploy_tui.tui.pace import FULL
from tests.tui.fakes import SITE


class Terminal:
    """The program on a terminal of its own."""

    def __init__(self, process: asyncio.subprocess.Process, descriptor: int) -> None:
        self.process = process
        self.output = b""
        self.descriptor = descriptor
        asyncio.get_running_loop().add_reader(descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(self.descriptor)
        self.output += data

    @property
    def text(self) -> str:
        """Everything printed so far, without control sequences."""
        return re.sub(r"\x1b\[[0-?]*[ -/]*[@-~]", "", self.output.decode("utf-8", "replace"))

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())

    async def until(self, text: str) -> None:
        async with asyncio.timeout(60):
            while text not in self.text:
                await asyncio.sleep(0.05)

    async def end(self) -> int:
        async with asyncio.timeout(60):
            status = await self.process.wait()
        await asyncio.sleep(0.1)
        return status


@asynccontextmanager
async def on_a_terminal(
    *arguments: str, module: Sequence[str] = ("tests.tui.living",), cwd: Path | None = None, **variables: str
) -> AsyncIterator[Terminal]:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "LINES": "30", "COLUMNS": "120", **variables}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *module,
        *arguments,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
        cwd=cwd,
        start_new_session=True,
    )
    os.close(theirs)
    terminal = Terminal(process, ours)
    try:
        yield terminal
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        asyncio.get_running_loop().remove_reader(ours)
        with contextlib.suppress(OSError):
            os.close(ours)


async def test_q_gives_the_terminal_back() -> None:
    async with on_a_terminal() as terminal:
        await terminal.until("PRODUCTION")
        assert b"\x1b[?1049h" in terminal.output
        terminal.type("q")
        assert await terminal.end() == 0
        after = terminal.output[terminal.output.rindex(b"\x1b[?1049l") :]
        assert b"\x1b[?25h" in after
        assert b"Traceback" not in terminal.output


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])
async def test_a_closed_terminal_lets_the_step_end_before_the_program_does(number: signal.Signals) -> None:
    async with on_a_terminal() as terminal:
        await terminal.until("PRODUCTION")
        # green, which is not production
        terminal.type("G")
        await asyncio.sleep(0.3)
        terminal.type("r")
        await terminal.until("Restore intranet/gate/green")
        await terminal.until("Every new request follows")
        terminal.type("\r")
        await terminal.until("settle")
        terminal.process.send_signal(number)
        terminal.process.send_signal(number)
        await terminal.until("Waiting for the current step of restore intranet/gate/green")
        assert await terminal.end() == 0
        assert "restore intranet/gate/green: interrupted (settle: every new request follows the map)" in terminal.text
        assert "Traceback" not in terminal.text


async def test_a_terminal_that_vanishes_under_a_busy_screen_does_not_keep_the_program() -> None:
    async with on_a_terminal() as terminal:
        await terminal.until("PRODUCTION")
        # A dropped session: nobody reads any more, and every write fails.
        asyncio.get_running_loop().remove_reader(terminal.descriptor)
        os.close(terminal.descriptor)
        # Time for more frames than the screen's queue of output holds.
        await asyncio.sleep(6)
        terminal.process.send_signal(signal.SIGHUP)
        async with asyncio.timeout(60):
            assert await terminal.process.wait() == 0


async def test_nothing_from_a_log_reaches_the_terminal_as_a_command() -> None:
    async with on_a_terminal("--evil") as terminal:
        await terminal.until("evil")
        await asyncio.sleep(1)
        terminal.type("q")
        await terminal.end()
        assert b"]52;" not in terminal.output
        assert b"\x1b[2J" not in terminal.output.split(b"\x1b[?1049h", 1)[1].split(b"evil", 1)[1]


async def test_no_color_sends_no_colour_and_still_marks_what_matters() -> None:
    async with on_a_terminal(NO_COLOR="1") as terminal:
        await terminal.until("PRODUCTION")
        await asyncio.sleep(0.5)
        codes = {code for codes in re.findall(rb"\x1b\[([0-9;]*)m", terminal.output) for code in codes.split(b";")}
        assert codes <= {b"", b"0", b"1", b"2", b"3", b"4", b"7", b"39", b"49"}
        assert b"7" in codes
        terminal.type("q")
        assert await terminal.end() == 0


MOUSE = (b"\x1b[?1000h", b"\x1b[?1002h", b"\x1b[?1003h", b"\x1b[?1006h", b"\x1b[?1015h")
"""How a program asks a terminal to send it what the mouse does."""


async def test_the_mouse_is_asked_for() -> None:
    async with on_a_terminal() as terminal:
        await terminal.until("PRODUCTION")
        assert any(sequence in terminal.output for sequence in MOUSE)
        terminal.type("q")
        assert await terminal.end() == 0


async def test_without_the_mouse_the_terminal_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "servers.toml"
    file.write_text(SITE)
    for words, text in ((["--no-mouse"], SITE), ([], "mouse = false\n" + SITE)):
        file.write_text(text)
        words = ["isdeploy_tui", "--config", str(file), *words]
        async with on_a_terminal(module=words, HOME=str(tmp_path), ISDEPLOY_CONFIG="") as terminal:
            await terminal.until("PRODUCTION")
            terminal.type("q")
            assert await terminal.end() == 0
            assert not any(sequence in terminal.output for sequence in MOUSE)
            assert b"Traceback" not in terminal.output


async def test_without_a_configuration_the_ways_to_begin_are_shown_and_esc_leaves(tmp_path: Path) -> None:
    async with on_a_terminal(module=["isdeploy_tui"], cwd=tmp_path, HOME=str(tmp_path), ISDEPLOY_CONFIG="") as terminal:
        await terminal.until("Start from the example")
        terminal.type("\x1b")
        assert await terminal.end() == 0
        assert b"\x1b[?1049l" in terminal.output
        assert not (tmp_path / ".config").exists()


async def test_a_broken_configuration_is_told_and_can_be_mended_at_once(tmp_path: Path) -> None:
    file = tmp_path / "servers.toml"
    file.write_text("cofee = 1\n" + SITE)
    words = ["isdeploy_tui", "--config", str(file)]
    async with on_a_terminal(module=words, HOME=str(tmp_path)) as terminal:
        await terminal.until("cofee: unknown key")
        await terminal.until("Mend it here? [y/N]")
        assert b"\x1b[?1049h" not in terminal.output
        terminal.type("\n")
        assert await terminal.end() == 2
    async with on_a_terminal(module=words, HOME=str(tmp_path)) as terminal:
        await terminal.until("Mend it here? [y/N]")
        terminal.type("y\n")
        await terminal.until("line 1")
        # ctrl+k twice takes the line away.
        terminal.type("\x0b\x0b")
        await terminal.until("nothing is wrong")
        terminal.type("\x13")
        await terminal.until("PRODUCTION")
        terminal.type("q")
        assert await terminal.end() == 0
        assert file.read_text() == SITE


TICKS = 8

SECONDS = 5.0

FRAME = b"\x1b[?2026h"
"""What a frame begins with on a terminal that draws whole frames."""


async def test_the_first_screen_waits_for_no_code_that_it_does_not_show(tmp_path: Path) -> None:
    loaded, settings = tmp_path / "loaded", tmp_path / "servers.toml"
    settings.write_text(SITE)
    arguments = [str(loaded), "--config", str(settings)]
    async with on_a_terminal(*arguments, module=("tests.tui.first_screen",), HOME=str(tmp_path)) as terminal:
        assert await terminal.end() == 0
    modules = set(loaded.read_text().splitlines())
    assert "isdeploy_tui.tui.screens.main" in modules
    assert modules & {"asyncssh", "cryptography", "textual.document", "isdeploy_tui.tui.screens.settings"} == set()
    assert "garbage True" in modules


async def test_an_idle_screen_sends_less_than_a_kilobyte_a_second_whatever_is_selected() -> None:
    async with on_a_terminal("--rate", "0") as terminal:
        await terminal.until("PRODUCTION")
        await terminal.until("the log of shop/web1/worker1 begins")
        # worker2 is drained: how long it has been so is told to the second.
        terminal.type("j")
        await terminal.until("the log of shop/web1/worker2 begins")
        await ticks(terminal, 2)
        before = len(terminal.output)
        await ticks(terminal, TICKS)
        # The line at the top is drawn once a second, however slow the machine.
        assert (len(terminal.output) - before) / TICKS < 1000
        terminal.type("q")
        assert await terminal.end() == 0


async def test_however_much_happens_no_more_than_ten_frames_a_second_are_sent() -> None:
    now = asyncio.get_running_loop().time
    async with on_a_terminal("--rate", "200", "--restless") as terminal:
        async with asyncio.timeout(60):
            while b"\x1b[?2026$p" not in terminal.output:
                await asyncio.sleep(0.01)
        # Says that this terminal draws whole frames: the beginning of each is told from now on.
        os.write(terminal.descriptor, b"\x1b[?2026;1$y")
        await terminal.until("the log of shop/web1/worker1 begins")
        before, began = terminal.output.count(FRAME), now()
        await asyncio.sleep(SECONDS)
        frames, seconds = terminal.output.count(FRAME) - before, now() - began
        assert frames > 0
        # The line at the top is one more in each second.
        assert frames / seconds <= 1 / FULL + 1, (frames, seconds)
        terminal.type("q")
        assert await terminal.end() == 0


async def ticks(terminal: Terminal, number: int) -> None:
    wanted = terminal.text.count("visitors") + number
    async with asyncio.timeout(120):
        while terminal.text.count("visitors") < wanted:
            await asyncio.sleep(0.05)
