"""The screen at scale: a thousand workers of which each changes every second, beside a log that floods.

What changes is made up, the log comes from a real sshd. The cost is told for ever more workers, so that one sees
whether it grows straight; beside it stands a loop that has nothing to do, on the same machine at the same time.
"""

import statistics
import sys
import time
from collections.abc import Iterator

from tests.bench.figures import Figure
from tests.bench.fleet import ManyHosts, many_hosts
from tests.bench.flood import flooding
from tests.bench.heart import Lag, lag
from tests.bench.log import Meter, Shown, lonely_heart
from tests.bench.terminal import in_terminal

HOSTS = 200
LINES = 100_000
"""Lines a second of the log that floods."""

CASES = (
    ("1,000 workers, nothing happens", HOSTS, 0, 0),
    ("10 workers, 10 changes/s", 2, 10, 0),
    ("100 workers, 100 changes/s", 20, 100, 0),
    ("1,000 workers, 1,000 changes/s", HOSTS, 1000, 0),
    ("the same and 100,000 lines/s", HOSTS, 1000, LINES),
)
"""What is shown, and hosts of five workers, changes a second, lines a second."""

WARM_UP = 2.0
SECONDS = 10.0
KEYS = 8


async def measure() -> list[Figure]:
    """Measure all cases."""
    figures = []
    with many_hosts(HOSTS) as hosts:
        for what, count, changes, lines in CASES:
            figures += _measure(hosts, what, count, changes, lines)
    return figures


def _measure(hosts: ManyHosts, what: str, count: int, changes: int, lines: int) -> Iterator[Figure]:
    log, beats, idle = (hosts.directory / name for name in ("catalina.out", "beats", "idle-beats"))
    config = hosts.servers_toml(count, log=log)
    argv = [sys.executable, "-m", "tests.bench.changing", str(config), str(beats), str(changes)]
    with flooding(log, lines), in_terminal(argv) as terminal:
        terminal.until("following")
        time.sleep(WARM_UP)
        with lonely_heart(idle):
            quiet = _watched(Meter(hosts, terminal))
            begin = time.monotonic()
            keys = []
            # An Apache's workers are marked and unmarked: the title tells how many are.
            terminal.press("\x1b[D")
            for number in range(KEYS):
                time.sleep(SECONDS / KEYS)
                keys.append(terminal.answered(" ", "5 marked" if number % 2 == 0 else f"{5 * count} workers"))
            end = time.monotonic()
            late, alone = lag(beats, begin, end), lag(idle, begin, end)
    yield from _figures(what, quiet, late, alone, keys)


def _watched(meter: Meter) -> Shown:
    time.sleep(SECONDS)
    return meter.read()


def _figures(what: str, shown: Shown, late: Lag, alone: Lag, keys: list[float]) -> Iterator[Figure]:
    idle = "a loop without work, meanwhile"
    yield Figure(f"{what}: CPU", 100 * shown.cpu, "% of a core")
    yield Figure(f"{what}: to the terminal", shown.bytes / 1000, "kB/s")
    yield Figure(f"{what}: loop late, p50", 1000 * late.p50, "ms", 1000 * alone.p50, idle)
    yield Figure(f"{what}: loop late, p99", 1000 * late.p99, "ms", 1000 * alone.p99, idle)
    note = f"the slowest of {len(keys)}: {1000 * max(keys):.0f} ms"
    yield Figure(f"{what}: key to paint", 1000 * statistics.median(keys), "ms", note=note)
