"""What processes cost: seconds of a core and memory, from /proc."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def with_children(pids: Iterable[int]) -> Iterator[int]:
    """Yield these processes and all that live below them."""
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        try:
            waiting += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        except OSError:
            continue
        yield pid


def cpu(pids: Iterable[int]) -> float:
    """Return the seconds of a core that these processes have used, with all below them, also those that have ended."""
    ticks = 0
    for pid in with_children(pids):
        try:
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()[11:15]))
        except OSError:
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> float:
    """Return the memory that a process has in use, in MB: what it shares with others counts in part."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) * 1024 / 1e6
