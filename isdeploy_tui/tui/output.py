"""The terminal's output, for a screen that must end well even when its terminal is gone.

Textual writes in a thread of its own. When the terminal vanishes (a closed window, a dropped session) the write
fails, the thread dies, its queue fills up, and the program would wait for ever to hand over one line more.
"""

import contextlib
import sys
from collections.abc import Iterator
from typing import TextIO


class ForgivingOutput:
    """Passes everything on to a terminal; what a terminal that is gone cannot take is dropped."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write, or drop."""
        with contextlib.suppress(OSError, ValueError):
            self._file.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, or drop."""
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


@contextlib.contextmanager
def forgiving_output() -> Iterator[None]:
    """Let Textual draw on a terminal that may vanish; it takes ``sys.__stderr__`` when the screen starts."""
    terminal = sys.__stderr__
    if terminal is None:
        yield
        return
    setattr(sys, "__stderr__", ForgivingOutput(terminal))  # noqa: B010 (its declared type is final)
    try:
        yield
    finally:
        setattr(sys, "__stderr__", terminal)  # noqa: B010
