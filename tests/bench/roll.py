"""A rolling deploy of three Tomcats beside its floor: what the restarts, mod_jk and the visitors need by themselves.

The floor of a roll is (restarts) + (N + 1 settle times) + (requests in flight). The restarts are timed by the deploy
script itself, in this very roll; a settle time is ``JkMountFileReload`` + 1.5 s; how long requests were in flight on a
drained Tomcat after it had settled is in httpd's access log. What is above it is the program, SSH and its looking.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure
from tests.lab.command_line import isdeploy
from tests.lab.load import Load
from tests.lab.rolls import SLOW, Json, phases, span
from tests.lab.scenario import Scenario
from tests.lab.site_settings import configured
from tests.lab.stack import Stack, running

RELOAD_SECONDS = 2
ROUNDS = 2
"""Each kind of roll is measured so often; the one that came nearest to its floor counts, as others use the machine."""

_TIMED = """#!/bin/sh
# Runs the deploy script beside it and notes when it began and ended.
here=$(dirname "$(readlink -f "$0")")
date +%s.%N >>"$here/times"
"$here/deploy.sh" "$@"; status=$?
date +%s.%N >>"$here/times"
exit $status
"""


@dataclass(frozen=True, slots=True)
class _Rolled:
    """One roll, in seconds: from the order to the end, as a whole command, and the parts of its floor."""

    seconds: float
    command: float
    restarts: float
    settles: float
    in_flight: float
    requests: int
    failed: int

    @property
    def floor(self) -> float:
        return self.restarts + self.settles + self.in_flight


async def measure() -> list[Figure]:
    """Roll without visitors, then under quick and slow ones, with both ways to see what is in flight."""
    figures: list[Figure] = []
    with _stack() as stack:
        for what, visitors, settings in (
            ("without visitors", 0, {}),
            ("10 quick, 10 slow visitors", 10, {}),
            ("the same, seen by jcmd", 10, {"status_url": None}),
        ):
            rounds = [await _roll(stack, visitors, settings) for _ in range(ROUNDS)]
            figures += _figures(what, min(rounds, key=lambda rolled: rolled.seconds / rolled.floor))
    return figures


def _figures(what: str, rolled: _Rolled) -> Iterator[Figure]:
    parts = (
        f"restarts {rolled.restarts:.1f} + settles {rolled.settles:.1f} + in flight {rolled.in_flight:.1f} s; "
        f"{rolled.failed} of {rolled.requests} requests failed; best of {ROUNDS}"
    )
    yield Figure(what, rolled.seconds, "s", rolled.floor, "floor", parts)
    yield Figure("  with start, plan and report", rolled.command, "s", rolled.floor, "floor")


@contextmanager
def _stack() -> Iterator[Stack]:
    with running(Scenario(direct_vhosts=True, reload_seconds=RELOAD_SECONDS)) as stack:
        for tomcat in stack.tomcats:
            timed = tomcat.base / "timed.sh"
            timed.write_text(_TIMED)
            timed.chmod(0o755)
        yield stack


async def _roll(stack: Stack, visitors: int, apache: dict[str, Any]) -> _Rolled:
    stack.reset()
    for tomcat in stack.tomcats:
        (tomcat.base / "times").unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        config = _timed(configured(stack, Path(folder), apache=apache))
        kept = Path(folder) / "report.json"
        async with Load(stack.url, quick=visitors, slow=visitors, slow_ms=SLOW) as load:
            if visitors:
                await load.answered(100)
            ended = await isdeploy(config, "roll", "shop", "--yes", "--report", str(kept), "--", "2.0")
        assert ended.status == 0, ended.err
        report = json.loads(kept.read_text())
    seen = load.report()
    settles = (stack.scenario.tomcats + 1) * stack.scenario.settle_seconds
    scripts = [_times(tomcat.base / "times") for tomcat in stack.tomcats]
    return _Rolled(
        report["seconds"],
        ended.seconds,
        sum(end - begin for begin, end in scripts),
        settles,
        sum(_in_flight(stack, report, tomcat.worker, scripts[n][0]) for n, tomcat in enumerate(stack.tomcats)),
        seen.requests,
        len(seen.failures),
    )


def _timed(config: Path) -> Path:
    config.write_text(config.read_text().replace("/deploy.sh", "/timed.sh"))
    return config


def _times(file: Path) -> Sequence[float]:
    begin, end = map(float, file.read_text().split())
    return begin, end


def _in_flight(stack: Stack, report: Json, worker: str, stopped: float) -> float:
    """Return for how long, after the settle time, requests that had begun before still ran on a worker (seconds)."""
    (settled,) = (span(idle)[0] for idle in phases(report, "idle") if idle["target"].endswith(f"/{worker}"))
    ends = (
        request.began + request.seconds
        for request in stack.apache.requests()
        if request.member == worker and request.began < settled and request.began + request.seconds < stopped
    )
    return max(0.0, max(ends, default=0.0) - settled)
