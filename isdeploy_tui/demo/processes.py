"""Ends every process that was started on the world's servers, however far it detached itself."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

MARK = "ISDEPLOY_DEMO"
"""Environment variable that marks them; it is inherited, which neither setsid nor a second fork undoes."""

_PROC = Path("/proc")


def marked(environment: Mapping[str, str], mark: str) -> dict[str, str]:
    """Return the environment with the mark in it."""
    return {**environment, MARK: mark}


def find(mark: str) -> frozenset[int]:
    """Return the process ids that carry the mark; this process and zombies never do."""
    wanted = f"{MARK}={mark}".encode()
    found = set()
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            # Other people's processes cannot be read, and any process may be gone by now.
            with suppress(OSError):
                if wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.add(int(entry.name))
    return frozenset(found)


async def end_all(mark: str, patience: float = 1.0) -> None:
    """End all marked processes by their process groups: ask first, and after ``patience`` real seconds insist."""
    deadline = time.monotonic() + patience
    number = signal.SIGTERM
    while pids := find(mark):
        for group in {_group(pid) for pid in pids} - {os.getpgrp(), 0}:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)
        await asyncio.sleep(0.02)
        if time.monotonic() > deadline:
            if number == signal.SIGKILL and time.monotonic() > deadline + patience:
                return
            number = signal.SIGKILL


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return 0
