"""A log that floods, end to end: a real sshd, the file there, our real screen in a terminal here.

Beside it what people use: ``ssh host tail -F | cat``, which looks at nothing and is the floor, and the same into lnav.
Each gets the same lines at the same rate, and has to show the last of them soon after it was written.
"""

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure
from tests.bench.fleet import ManyHosts, many_hosts
from tests.bench.flood import LAST, flooding
from tests.bench.heart import Lag, lag
from tests.bench.processes import cpu, memory, with_children
from tests.bench.terminal import Terminal, in_terminal

RATES = 0, 10_000, 100_000
"""Lines a second; a tenth of the highest tells whether the cost grows straight."""

WARM_UP = 2.0
SECONDS = 10.0
KEYS = 8
"""Keys pressed meanwhile, each in a second of its own."""

RIGHT, LEFT = "\x1b[C", "\x1b[D"
"""One shows the right half of long lines, of which the title tells; the other goes back."""

KEEP = 10_000, 100_000
"""Lines kept; the memory of both is compared."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What showing a log cost: seconds of a core a second here and on the server, bytes a second to the terminal, MB.

    ``behind`` is how long after the last line was written it was seen (None: it never was, or lines were skipped).
    """

    cpu: float
    server: float
    bytes: float
    memory: float
    lines: float
    behind: float | None


@dataclass(frozen=True, slots=True)
class Felt:
    """What a person felt: the lag of the loop, that of an idle loop meanwhile, the answers to keys (all in seconds)."""

    lag: Lag
    idle: Lag
    keys: Sequence[float]


async def measure() -> list[Figure]:
    """Measure all rates, then the memory."""
    figures = []
    with many_hosts(1) as hosts:
        for rate in RATES:
            ours, felt = _ours(hosts, rate, KEEP[0])
            floor = _theirs(hosts, rate, "cat")
            lnav = _theirs(hosts, rate, "lnav") if shutil.which("lnav") else None
            figures += _figures(f"{rate:,} lines/s" if rate else "a quiet log", ours, felt, floor, lnav)
        few, many, all_of_them = ours, _ours(hosts, RATES[-1], KEEP[1])[0], lnav
    for keep, shown in zip(KEEP, (few, many), strict=True):
        peer = (all_of_them.memory, f"lnav, which keeps all {all_of_them.lines:,.0f}") if all_of_them else (None, "")
        figures.append(Figure(f"memory, {keep:,} lines kept", shown.memory, "MB", *peer))
    each = 1e6 * (many.memory - few.memory) / (KEEP[1] - KEEP[0])
    figures.append(Figure("memory, each line more", each, "bytes", 111, "the line itself"))
    if lnav is None:
        figures.append(Figure("left out", 0, "", note="lnav is not installed"))
    return figures


def _figures(what: str, ours: Shown, felt: Felt, floor: Shown, lnav: Shown | None) -> Iterator[Figure]:
    tail = "ssh host tail -F | cat"
    keys, idle = sorted(felt.keys), "a loop without work, meanwhile"
    yield Figure(f"{what}: CPU", 100 * ours.cpu, "% of a core", 100 * floor.cpu, tail, _kept_up(ours))
    if lnav is not None:
        note = "" if lnav.behind is not None else "lnav did not keep up"
        yield Figure(f"{what}: CPU", 100 * ours.cpu, "% of a core", 100 * lnav.cpu, "… | lnav", note)
    yield Figure(f"{what}: CPU on the server", 100 * ours.server, "% of a core", 100 * floor.server, tail)
    yield Figure(f"{what}: to the terminal", ours.bytes / 1000, "kB/s", floor.bytes / 1000, tail)
    yield Figure(f"{what}: loop late, p50", 1000 * felt.lag.p50, "ms", 1000 * felt.idle.p50, idle)
    yield Figure(f"{what}: loop late, p99", 1000 * felt.lag.p99, "ms", 1000 * felt.idle.p99, idle)
    note = f"the slowest of {len(keys)}: {1000 * keys[-1]:.0f} ms"
    yield Figure(f"{what}: key to paint", 1000 * keys[len(keys) // 2], "ms", note=note)


def _kept_up(shown: Shown) -> str:
    if shown.behind is None:
        return "lines were skipped"
    return f"{shown.lines:,.0f} lines, none skipped; the last one seen {1000 * shown.behind:.0f} ms after its writing"


def _ours(hosts: ManyHosts, rate: int, keep: int) -> tuple[Shown, Felt]:
    log, beats, idle = (hosts.directory / name for name in ("catalina.out", "beats", "idle-beats"))
    config = hosts.servers_toml(1, log=log)
    screen = [sys.executable, "-m", "tests.bench.heart", str(beats), "--config", str(config), "--keep", str(keep)]
    with flooding(log, rate) as flood, in_terminal(screen) as terminal:
        terminal.until("5/5 active")
        terminal.until("following")
        terminal.press("l")
        time.sleep(WARM_UP)
        with lonely_heart(idle):
            begin = time.monotonic()
            meter, keys = Meter(hosts, terminal), []
            for _ in range(KEYS):
                keys.append(terminal.answered(RIGHT, "column "))
                time.sleep(SECONDS / KEYS / 2)
                terminal.press(LEFT)
                time.sleep(SECONDS / KEYS / 2)
            shown = meter.read()
            end = time.monotonic()
            felt = Felt(lag(beats, begin, end), lag(idle, begin, end), keys)
        flood.stop()
        behind = _behind(terminal)
        skipped = "were skipped" in terminal.seen
    return _whole(shown, flood.lines, None if skipped else behind), felt


def _theirs(hosts: ManyHosts, rate: int, reader: str) -> Shown:
    log = hosts.directory / "catalina.out"
    tail = shlex.join(["ssh", "-F", str(hosts.ssh_config), hosts.aliases[0], f"tail -n 200 -F {shlex.quote(str(log))}"])
    with flooding(log, rate) as flood, in_terminal(["sh", "-c", f"{tail} | {reader}"]) as terminal:
        time.sleep(2 * WARM_UP)
        meter = Meter(hosts, terminal)
        time.sleep(SECONDS)
        shown = meter.read()
        flood.stop()
        behind = _behind(terminal)
    return _whole(shown, flood.lines, behind)


def _whole(shown: Shown, lines: int, behind: float | None) -> Shown:
    return Shown(shown.cpu, shown.server, shown.bytes, shown.memory, lines, behind)


def _behind(terminal: Terminal) -> float | None:
    stopped = time.perf_counter()
    try:
        return max(0.0, terminal.until(LAST, seconds=10) - stopped)
    except AssertionError:
        return None


class Meter:
    """Measures a program in its terminal from now on."""

    def __init__(self, hosts: ManyHosts, terminal: Terminal) -> None:
        self._hosts = hosts
        self._terminal = terminal
        self._began = self._numbers()

    def read(self) -> Shown:
        """Return what it has cost a second."""
        seconds, ours, servers, written = (
            now - before for now, before in zip(self._numbers(), self._began, strict=True)
        )
        most = max(memory(pid) for pid in with_children([self._terminal.pid]))
        return Shown(ours / seconds, servers / seconds, written / seconds, most, 0, None)

    def _numbers(self) -> tuple[float, float, float, float]:
        terminal = self._terminal
        return time.monotonic(), cpu([terminal.pid]), self._hosts.server_cpu(), terminal.written


@contextmanager
def lonely_heart(file: Path) -> Iterator[None]:
    """Let a heart beat in a process of its own while the context lasts."""
    process = subprocess.Popen([sys.executable, "-m", "tests.bench.heart", str(file)])
    try:
        time.sleep(0.3)
        yield
    finally:
        process.terminate()
        process.wait()
