"""A heart in an event loop: how late it beats is how long everything else there was held up.

``python -m tests.bench.heart FILE [ARG…]`` runs the program with these arguments and a heart in its loop, or a heart
alone, which tells how late this machine is by itself.
"""

import asyncio
import struct
import sys
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

PERIOD = 0.01
"""Seconds between two beats."""

_BEAT = struct.Struct("dd")
_Done = TypeVar("_Done")


@dataclass(frozen=True, slots=True)
class Lag:
    """How late beats were, in seconds: half of them, all but one of a hundred, the latest."""

    p50: float
    p99: float
    most: float


def lag(file: Path, begin: float, end: float) -> Lag:
    """Return how late the beats were that were due between two moments (``time.monotonic``)."""
    whole = file.read_bytes()
    beats = _BEAT.iter_unpack(whole[: len(whole) // _BEAT.size * _BEAT.size])
    late = sorted(late for due, late in beats if begin <= due <= end)
    return Lag(late[len(late) // 2], late[len(late) * 99 // 100], late[-1])


async def beat(file: Path) -> None:
    """Beat for ever, and write down when each beat was due and how late it came."""
    with file.open("wb") as kept:
        while True:
            due = time.monotonic() + PERIOD
            await asyncio.sleep(PERIOD)
            kept.write(_BEAT.pack(due, max(0.0, time.monotonic() - due)))
            kept.flush()


async def beside(work: Coroutine[Any, Any, _Done], file: Path) -> _Done:
    """Do the work with a heart beside it."""
    heart = asyncio.create_task(beat(file))
    try:
        return await work
    finally:
        heart.cancel()


def main() -> int:
    """Run what the arguments say."""
    file, arguments = Path(sys.argv[1]), sys.argv[2:]
    if not arguments:
        asyncio.run(beat(file))
        return 0
    from isdeploy_tui import cli

    run = asyncio.run
    setattr(asyncio, "run", lambda work: run(beside(work, file)))  # noqa: B010
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
