"""Where an Apache stands in the balancer in front of it, asked by its configured command. Reads only."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.host import Host, Reply

STATE_SECONDS = 10.0
"""How long a state_command may take."""

GRACE_SECONDS = 5.0
"""How much later we hang up than the server ends a command that takes too long."""

LIMIT = 64 * 1024
"""Bytes of a command's answer, with the tags of its lines."""

TIME_IS_UP = 124
"""What timeout(1) exits with."""

_SHOWN = 300


@dataclass(frozen=True, slots=True)
class CommandEnd:
    """How a configured command ended: its exit code, None when that is not known, and what it printed, printable."""

    code: int | None
    said: str

    @property
    def sentence(self) -> str:
        """``exit 1: no such pool``."""
        how = {None: "no exit code", TIME_IS_UP: "did not end in time", 126: "exit 126, not executable"}.get(
            self.code, f"exit {self.code}"
        )
        return f"{how}: {self.said}" if self.said else how


def read_end(reply: Reply) -> CommandEnd:
    """Return what bounded.sh replied."""
    code: int | None = None
    said: list[str] = []
    for line in reply.lines:
        word, _, rest = line.partition(b" ")
        if word == b"out":
            said.append(printable(rest.decode("utf-8", "replace"), _SHOWN).strip())
        elif word == b"rc":
            with suppress(ValueError):
                code = whole(rest)
    return CommandEnd(code, printable(" ".join(filter(None, said)), _SHOWN))


async def ask_state(host: Host, command: Sequence[str], seconds: float = STATE_SECONDS) -> CommandEnd:
    """Run a state_command, which may take ``seconds``. Raises RemoteError."""
    limit = str(max(1, math.ceil(seconds)))
    return read_end(
        await run_again(host, "frontstate.sh", limit, *command, timeout=seconds + GRACE_SECONDS, limit=LIMIT)
    )
