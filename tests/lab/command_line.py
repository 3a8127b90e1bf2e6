"""The program as a script or a person at a plain terminal calls it: exit status, and each output for itself."""

import asyncio
import codecs
import json
import os
import re
import sys
import termios
import time
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import tomli_w

from tests.lab.processes import default_signals
from tests.lab.stack import Stack

PATIENCE = 240.0
"""Seconds after which what has not come is missing; much more than a busy machine takes."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command said until its end; ``seconds`` is how long it took, the start of Python included."""

    status: int
    out: str
    err: str
    seconds: float

    @property
    def steps(self) -> list[tuple[str, str]]:
        """The steps of an operation's ``--json``, as ``(step, state)``; checks that each is what DESIGN promises."""
        return [(step["step"], step["state"]) for step in self.objects]

    @property
    def objects(self) -> list[dict[str, str]]:
        """The objects of an operation's ``--json``, checked."""
        found = [json.loads(line) for line in self.out.splitlines()]
        for step in found:
            assert list(step) == ["time", "target", "step", "state", "detail"]
            assert all(isinstance(value, str) for value in step.values())
            assert step["state"] in {"started", "done", "failed", "refused"}
            assert datetime.fromisoformat(step["time"]).tzinfo is not None
        return found


class Running:
    """A command that has been started; see ``started``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._began = time.monotonic()
        self._texts = ["", ""]
        streams = (process.stdout, process.stderr)
        self._readers = [asyncio.create_task(self._read(number, stream)) for number, stream in enumerate(streams)]

    async def _read(self, number: int, stream: asyncio.StreamReader | None) -> None:
        assert stream is not None
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        while chunk := await stream.read(1 << 20):
            self._texts[number] += decoder.decode(chunk)

    @property
    def out(self) -> str:
        """Standard output so far."""
        return self._texts[0]

    @property
    def err(self) -> str:
        """Standard error so far."""
        return self._texts[1]

    async def until(self, words: str) -> None:
        """Return when standard output has these words. Raises AssertionError."""
        await until(lambda: words in self.out or self._process.returncode is not None)
        assert words in self.out, f"it never said {words!r}:\n{self.out}\n{self.err}"

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    async def end(self) -> Ended:
        """Wait for its end."""
        async with asyncio.timeout(PATIENCE):
            status = await self._process.wait()
            await asyncio.gather(*self._readers)
        out, err = self._texts
        assert "Traceback" not in out + err, out + err
        return Ended(status, out, err, time.monotonic() - self._began)


async def until(true: Callable[[], bool]) -> None:
    """Return as soon as ``true()`` is. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE):
        while not true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def started(config: Path, *words: str, **environ: str) -> AsyncIterator[Running]:
    """Start ``python -m isdeploy_tui`` with a configuration and nothing on standard input; killed with the context."""
    process = await asyncio.create_subprocess_exec(
        *program(config, *words),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(config.parent), **environ},
        # No terminal to ask at, not even that of whoever runs the tests.
        start_new_session=True,
        preexec_fn=default_signals,
    )
    try:
        yield Running(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def isdeploy(config: Path, *words: str, **environ: str) -> Ended:
    """Run the program to its end."""
    async with started(config, *words, **environ) as running:
        return await running.end()


def program(config: Path, *words: str) -> Sequence[str]:
    """Return the command line of the program."""
    return sys.executable, "-m", "isdeploy_tui", "--config", str(config), *words


def settings(stack: Stack, folder: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """Write another servers.toml for a stack, which ``change`` has altered, to ``folder``; return its path."""
    data = tomllib.loads(stack.config_file.read_text())
    change(data)
    file = folder / "servers.toml"
    file.write_text(tomli_w.dumps(data))
    return file


class Terminal:
    """A command on a terminal of its own, 100 columns wide: ``seen`` is all that it has written there."""

    def __init__(self, fd: int, process: asyncio.subprocess.Process) -> None:
        self.seen = ""
        self._fd = fd
        self._process = process
        asyncio.get_running_loop().add_reader(fd, self._read)

    def _read(self) -> None:
        try:
            self.seen += os.read(self._fd, 65536).decode("utf-8", "replace")
        except OSError:  # nobody is at the other end any more
            asyncio.get_running_loop().remove_reader(self._fd)

    def hang_up(self) -> None:
        """Close the terminal, as a window that is closed or a line that breaks."""
        if self._fd >= 0:
            asyncio.get_running_loop().remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._fd, text.encode())

    async def until(self, words: str) -> None:
        """Return when these words have been written. Raises AssertionError."""
        await until(lambda: words in self.seen or self._process.returncode is not None)
        assert words in self.seen, f"{words!r} never came:\n{self.seen}"

    async def until_matches(self, pattern: re.Pattern[str]) -> None:
        """Return when what has been written has this in it. Raises AssertionError."""
        await until(lambda: bool(pattern.search(self.seen)) or self._process.returncode is not None)
        assert pattern.search(self.seen), f"{pattern.pattern!r} never came:\n{self.seen}"

    async def end(self) -> int:
        """Return the exit status."""
        async with asyncio.timeout(PATIENCE):
            status = await self._process.wait()
        await asyncio.sleep(0.05)
        assert "Traceback" not in self.seen
        return status


@asynccontextmanager
async def on_terminal(argv: Sequence[str], environ: Mapping[str, str]) -> AsyncIterator[Terminal]:
    """Start a command on a terminal of its own; killed with the context."""
    person, its = os.openpty()
    termios.tcsetwinsize(its, (30, 100))

    def log_in() -> None:
        default_signals()
        os.login_tty(its)

    process = await asyncio.create_subprocess_exec(
        *argv, env={**os.environ, "TERM": "xterm-256color", **environ}, preexec_fn=log_in
    )
    os.close(its)
    terminal = Terminal(person, process)
    try:
        yield terminal
    finally:
        terminal.hang_up()
        if process.returncode is None:
            process.kill()
            await process.wait()
