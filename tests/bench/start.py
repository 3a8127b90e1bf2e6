"""How long a person waits for the first help text, the first status and the first screen.

Each figure is the median of several runs of the whole program, beside what cannot be done without: an interpreter that
starts, or an ssh that reads the map.
"""

import fcntl
import os
import pty
import select
import shlex
import signal
import statistics
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.fleet import ManyHosts, many_hosts

RUNS = 7
SIZE = 48, 160
"""Lines and columns of the terminal."""


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
        paint, full = _first_screens([*program, "--config", config], 1)
        figures += [
            Figure("status --json, 1 host", 1000 * status, "ms", 1000 * ssh, "ssh host cat MAP"),
            Figure("first paint of the screen", 1000 * paint, "ms", 1000 * bare, "python -c pass"),
            Figure("first full screen, 1 host", 1000 * full, "ms", 1000 * ssh, "ssh host cat MAP"),
        ]
    with many_hosts(200) as hosts:
        _, full = _first_screens([*program, "--config", str(hosts.servers_toml(200))], 200, runs=1)
        note = "the servers' share of the logins is in it: they run on the same cores"
        figures.append(Figure("first full screen, 200 hosts", 1000 * full, "ms", note=note))
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


def _first_screens(argv: Sequence[str], hosts: int, runs: int = RUNS) -> tuple[float, float]:
    """Return the medians of the seconds until the tree is there, and until it says that all workers are active."""
    times = [_opened(argv, hosts * 5) for _ in range(runs)]
    return statistics.median(paint for paint, _ in times), statistics.median(full for _, full in times)


def _opened(argv: Sequence[str], workers: int) -> tuple[float, float]:
    started = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        environ = {"PATH": os.environ["PATH"], "HOME": str(Path.home()), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        os.execvpe(argv[0], list(argv), environ)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
    try:
        paint = _until(terminal, b"shop") - started
        full = _until(terminal, b"%d active" % workers) - started
    finally:
        os.kill(pid, signal.SIGTERM)
        while _bytes(terminal):
            pass
        os.waitpid(pid, 0)
        os.close(terminal)
    return paint, full


def _until(terminal: int, words: bytes) -> float:
    """Return when the terminal got these words. Raises AssertionError after two minutes."""
    seen = b""
    while words not in seen:
        ready, _, _ = select.select([terminal], [], [], 120)
        assert ready, seen[-500:]
        chunk = _bytes(terminal)
        assert chunk, seen[-500:]
        seen = seen[-len(words) :] + chunk
    return time.perf_counter()


def _bytes(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""
