"""A Tomcat's log that grows by so many lines a second.

``python -m tests.bench.flood FILE RATE`` writes until its standard input ends, then one line more: LAST.
"""

import itertools
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LAST = "INFO this was the last line"

_PERIOD = 0.01


class Flood:
    """Writes while it is not stopped; ``lines`` is what it has written, known at its end."""

    def __init__(self, file: Path, rate: int) -> None:
        self.lines = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(file), str(rate)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def stop(self) -> None:
        """Write the last line and end."""
        if self._process.poll() is None:
            said, _ = self._process.communicate()
            self.lines = int(said)


@contextmanager
def flooding(file: Path, rate: int) -> Iterator[Flood]:
    """Let a log grow while the context lasts; it is empty in the beginning."""
    file.write_bytes(b"")
    flood = Flood(file, rate)
    try:
        yield flood
    finally:
        flood.stop()


def _lines() -> list[bytes]:
    """Return lines as Tomcats write them: 110 characters and an error with its stack trace now and then."""
    trace = [f"\tat com.example.shop.order.OrderService.place(OrderService.java:{110 + n})" for n in range(12)]
    lines: list[str] = []
    for number in range(10_000):
        when = f"24-Nov-2026 09:{number // 600 % 60:02}:{number // 10 % 60:02}.{number % 1000:03}"
        thread = f"[http-nio-8080-exec-{number % 200 + 1}]"
        if number % 200 == 199:
            lines += [f"{when} SEVERE {thread} com.example.shop.order.OrderService.place Order {number} failed"]
            lines += ["java.lang.IllegalStateException: no stock", *trace]
        level = "WARNING" if number % 50 == 49 else "INFO"
        lines.append(f"{when} {level} {thread} com.example.shop.order.OrderService.place Order {number} took 17 ms")
    return [line.encode() + b"\n" for line in lines]


def _write(file: Path, rate: int) -> int:
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
    lines, written, began = itertools.cycle(_lines()), 0, time.monotonic()
    with file.open("ab", buffering=0) as log:
        while not stop.wait(_PERIOD):
            due = int((time.monotonic() - began) * rate) - written
            log.write(b"".join(itertools.islice(lines, due)))
            written += due
        log.write(LAST.encode() + b"\n")
    return written


if __name__ == "__main__":
    print(_write(Path(sys.argv[1]), int(sys.argv[2])))
