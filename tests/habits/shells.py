"""Real shells on a terminal of their own, to press Tab in."""

import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.lab.command_line import Terminal, on_terminal

START: Mapping[str, Sequence[str]] = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config", "-i"),
}

SETUP = {
    "bash": "source <(isdeploy-tui completion bash)",
    "zsh": "bindkey -e; autoload -U compinit; compinit -u -D; source <(isdeploy-tui completion zsh)",
    "fish": "isdeploy-tui completion fish | source",
}

TO_THE_BEGINNING, TO_THE_END = "\x01", "\x05"


class Shell:
    """An interactive shell that has loaded the completion."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._count = 0

    async def completed(self, typed: str) -> str:
        """Return what a command line becomes when Tab is pressed after ``typed``; the line is not run.

        Without the blank that shells put behind a word that is whole: zsh takes it away again.
        """
        self._count += 1
        marker = f"{self._count}:"
        self._terminal.type(f'{typed}\t{TO_THE_BEGINNING}echo "{marker}{TO_THE_END}<"\r')
        # The same words with a quote before them are the line itself, as it was typed.
        line = re.compile(rf'(?<!"){marker}([^"<]*)<')
        await self._terminal.until_matches(line)
        found = line.search(self._terminal.seen)
        assert found
        return found[1].rstrip()


@asynccontextmanager
async def shell(name: str, directory: Path) -> AsyncIterator[Shell]:
    """Start a shell in ``directory`` with the program on its PATH. A shell that is missing fails under CI."""
    if shutil.which(name) is None:
        if name == "bash" or os.environ.get("CI"):
            pytest.fail(f"{name} is not installed; 'make test' installs it where it may")
        pytest.skip(f"{name} is not installed")
    environ = {
        "HOME": str(directory),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PS1": "$ ",
        "LC_ALL": "C.UTF-8",
    }
    argv = ("sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(directory), *START[name])
    async with on_terminal(argv, environ) as terminal:
        terminal.type(f"{SETUP[name]}; echo re''ady\r")
        await terminal.until("ready")
        yield Shell(terminal)
