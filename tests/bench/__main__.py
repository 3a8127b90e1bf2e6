"""``make bench``: measures, prints one table for each benchmark and keeps all figures in bench.json.

``python -m tests.bench [NAME…]``; without a name all of them, one after the other. A benchmark is a module of this
directory with ``async def measure() -> list[Figure]``.
"""

import argparse
import asyncio
import importlib
import sys

from tests.bench.figures import Figure, described, keep, machine, table
from tests.lab.programs import missing_packages

BENCHES = {
    "start": "how long a person waits for the first help text, status and screen",
    "sweep": "a status round over many hosts, beside what else reads a file on each of them",
    "log": "a log that floods, from a real sshd to the screen, beside tail and lnav",
    "screen": "a thousand workers that change all the time",
    "roll": "a rolling deploy of three Tomcats, beside the time that it cannot do without",
    "soak": "an hour of watching pressed into ten minutes: what grows",
}
"""The modules, in the order in which they run, and what each measures."""


def main() -> int:
    """Run the benchmarks that the arguments name."""
    lines = "\n".join(f"  {name:8} {about}" for name, about in BENCHES.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=f"{__doc__}\n{lines}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="a benchmark (default: all)")
    names = parser.parse_args().names or list(BENCHES)
    if unknown := [name for name in names if name not in BENCHES]:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(BENCHES)}")
    if missing := missing_packages():
        print(f"The benchmarks need the Debian packages {' '.join(missing)}", file=sys.stderr)
        return 1
    for name in names:
        where = machine()
        figures: list[Figure] = asyncio.run(importlib.import_module(f"tests.bench.{name}").measure())
        keep(name, figures, where)
        print(f"{table(f'{name}: {BENCHES[name]}', figures)}\n  on {described(where)}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
