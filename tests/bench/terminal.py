"""A terminal that takes everything at once: what is written to it is read by a thread, counted and searched."""

import fcntl
import os
import pty
import signal
import struct
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

SIZE = 48, 160
"""Lines and columns."""

_KEPT = 1 << 20
"""Bytes of the output in which words are looked for."""

PATIENCE = 120.0
"""Seconds that words are waited for."""


class Terminal:
    """One program in a terminal of its own. ``started`` is when (``perf_counter``), ``written`` its bytes so far."""

    def __init__(self, argv: Sequence[str]) -> None:
        self.written = 0
        self._tail = bytearray()
        self._news = threading.Condition()
        self._ended = False
        self.started = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            path, home = os.environ["PATH"], str(Path.home())
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", *SIZE, 0, 0))
                os.execvpe(argv[0], argv, {"PATH": path, "HOME": home, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"})
            finally:
                os._exit(127)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def seen(self) -> str:
        """What it has written since the last key, the end of it."""
        with self._news:
            return self._tail.decode("utf-8", "replace")

    def press(self, keys: str) -> None:
        """Type these keys; what was written before them is no answer to them."""
        with self._news:
            self._tail.clear()
        os.write(self._fd, keys.encode())

    def until(self, *words: str, seconds: float = PATIENCE) -> float:
        """Return when one of these words has come (``perf_counter``). Raises AssertionError when none does."""
        wanted = [word.encode() for word in words]
        with self._news:
            came = self._news.wait_for(lambda: self._ended or any(word in self._tail for word in wanted), seconds)
            found = came and any(word in self._tail for word in wanted)
            assert found, f"{words} never came: {bytes(self._tail[-2000:])!r}"
            return time.perf_counter()

    def answered(self, keys: str, *words: str) -> float:
        """Return the seconds from these keys to the first of these words."""
        pressed = time.perf_counter()
        self.press(keys)
        return self.until(*words) - pressed

    def close(self) -> None:
        """End the program and wait for it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        self._reader.join(10)
        if self._reader.is_alive():
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._reader.join()
        os.waitpid(self.pid, 0)
        os.close(self._fd)

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._fd, 1 << 16)
            except OSError:
                chunk = b""
            with self._news:
                self.written += len(chunk)
                self._tail += chunk
                del self._tail[:-_KEPT]
                self._ended = not chunk
                self._news.notify_all()
            if not chunk:
                return


@contextmanager
def in_terminal(argv: Sequence[str]) -> Iterator[Terminal]:
    """Run a program in a terminal while the context lasts."""
    terminal = Terminal(argv)
    try:
        yield terminal
    finally:
        terminal.close()
