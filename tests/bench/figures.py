"""What a benchmark returns: figures, each beside its floor or a peer measured in the same run."""

import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = Path("bench.json")
"""Where all figures are kept, in the directory that ``make bench`` runs in."""

Machine = dict[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number: ``what`` took, costs or makes ``value`` ``unit``.

    ``beside`` is the same for a peer or the floor, in the same unit and from the same run; ``peer`` says whose it is.
    """

    what: str
    value: float
    unit: str
    beside: float | None = None
    peer: str = ""
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """``value`` as a multiple of what stands beside it."""
        return self.value / self.beside if self.beside else None


def table(bench: str, figures: Sequence[Figure]) -> str:
    """Return a bench's figures as lines for a terminal."""
    rows = [("", "", "beside", "", "")]
    for figure in figures:
        beside = "" if figure.beside is None else f"{_number(figure.beside)} {figure.unit}"
        ratio = "" if figure.ratio is None else f"{100 * figure.ratio:.0f} %"
        value = f"{_number(figure.value)} {figure.unit}"
        rows.append((figure.what, value, beside, ratio, "; ".join(filter(None, (figure.peer, figure.note)))))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [bench]
    for what, value, beside, ratio, remark in rows:
        numbers = f"{value:>{widths[1]}}  {beside:>{widths[2]}}  {ratio:>{widths[3]}}"
        lines.append(f"  {what:{widths[0]}}  {numbers}  {remark}".rstrip())
    return "\n".join(lines)


def keep(bench: str, figures: Sequence[Figure], where: Machine, file: Path = FILE) -> None:
    """Write a bench's figures into the file, with the machine as it was before it; other benches' figures stay."""
    kept: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    kept[bench] = {"when": when, "machine": where, "figures": [asdict(figure) for figure in figures]}
    file.write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n")


def machine() -> Machine:
    """Return what a figure depends on; ``load`` is what else runs (the average of the last minute).

    With a ``niceness`` below 0 what runs in the benchmark, the peers too, goes before everything else.
    """
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": sys.version.split()[0],
        "load": round(os.getloadavg()[0], 1),
        "niceness": os.nice(0),
    }


def described(where: Machine) -> str:
    """Return a machine as a line under a table."""
    return (
        f"{where['cores']} cores, {where['processor']}, {where['system']}, Python {where['python']}; "
        f"load {where['load']} before it began" + (f", niceness {where['niceness']}" if where.get("niceness") else "")
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"
