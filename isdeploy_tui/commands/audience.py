"""Who reads what an operation prints: a terminal that is closed or a pipe that breaks must not cut it in the middle."""

import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


@contextmanager
def forgiving(leave: Callable[[], None]) -> Iterator[None]:
    """Print within this context. When nobody reads any more, call ``leave``; what is printed later goes nowhere."""
    try:
        yield
    except OSError:
        for stream in (sys.stdout, sys.stderr):
            if _is_gone(stream):
                _mute(stream)
        leave()


def _is_gone(stream: TextIO) -> bool:
    poll = select.poll()
    try:
        poll.register(stream.fileno(), select.POLLOUT)
    except (OSError, ValueError):
        return False
    return any(flags & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, flags in poll.poll(0))


def _mute(stream: TextIO) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
