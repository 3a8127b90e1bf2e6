"""How long a person waits for the first help text, the first status and the first screen.

Each figure is the median of several runs of the whole program, beside what cannot be done without: an interpreter that
starts, or an ssh that reads the map.
"""

import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.figures import Figure
from tests.bench.fleet import ManyHosts, many_hosts
from tests.bench.processes import cpu
from tests.bench.sweep import clocked, each, plain_reads
from tests.bench.terminal import in_terminal

RUNS = 7


@dataclass(frozen=True, slots=True)
class First:
    """Seconds from a start to the first screen and to the first full one, and those of a core up to the first."""

    paint: float
    full: float
    cpu: float


async def measure() -> list[Figure]:
    """Measure on one host, and the first full screen on many."""
    program = [sys.executable, "-m", "isdeploy_tui"]
    bare = _median(lambda: _run([sys.executable, "-c", "pass"]))
    helped = _median(lambda: _run([*program, "--help"]))
    figures = [Figure("--help", 1000 * helped, "ms", 1000 * bare, "python -c pass")]
    with many_hosts(1) as hosts:
        config = str(hosts.servers_toml(1))
        ssh = _median(lambda: _run(_read(hosts)))
        status = _median(lambda: _run([*program, "--config", config, "status", "--json"]))
        floor = _first_screens([sys.executable, "-m", "tests.bench.smallest"])
        first = _first_screens([*program, "--config", config], 1)
        cores = f"{1000 * first.cpu:.0f} ms of a core beside {1000 * floor.cpu:.0f} ms"
        library = "the smallest screen of the terminal library"
        figures += [
            Figure("status --json, 1 host", 1000 * status, "ms", 1000 * ssh, "ssh host cat MAP"),
            Figure("first paint of the screen", 1000 * first.paint, "ms", 1000 * floor.paint, library, cores),
            Figure("first full screen, 1 host", 1000 * first.full, "ms", 1000 * ssh, "ssh host cat MAP"),
        ]
    with many_hosts(200) as hosts:
        many = _first_screens([*program, "--config", str(hosts.servers_toml(200))], 200, runs=1)
        plain = await clocked(lambda: each(plain_reads(hosts)))
        note = "200 ssh host cat MAP"
        figures.append(Figure("first full screen, 200 hosts", 1000 * many.full, "ms", 1000 * plain.seconds, note))
    return figures


def _read(hosts: ManyHosts) -> list[str]:
    return ["ssh", "-F", str(hosts.ssh_config), hosts.aliases[0], f"cat {shlex.quote(str(hosts.maps[0]))}"]


def _median(measured: Callable[[], float]) -> float:
    measured()
    return statistics.median(measured() for _ in range(RUNS))


def _run(argv: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL, capture_output=True)
    return time.perf_counter() - started


def _first_screens(argv: Sequence[str], hosts: int = 0, runs: int = RUNS) -> First:
    """Return the medians of several starts. Without hosts the first screen is the full one."""
    firsts = [_opened(argv, f"{5 * hosts} active" if hosts else "shop") for _ in range(runs)]
    return First(
        statistics.median(first.paint for first in firsts),
        statistics.median(first.full for first in firsts),
        statistics.median(first.cpu for first in firsts),
    )


def _opened(argv: Sequence[str], full: str) -> First:
    with in_terminal(argv) as terminal:
        paint = terminal.until("shop") - terminal.started
        used = cpu([terminal.pid])
        return First(paint, terminal.until(full) - terminal.started, used)
