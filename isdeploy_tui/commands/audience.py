"""Who reads what is printed: a terminal that is closed or a pipe that breaks must cut no operation in the middle."""

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
        mute_what_is_gone()
        leave()


def mute_what_is_gone() -> None:
    """Let streams that take nothing any more swallow what is still to come, at which Python would complain at its end.

    Buffered streams tell when they are flushed; of the others, pipes and terminals tell when they are asked.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
            is_gone = _is_gone(stream)
        except OSError:
            is_gone = True
        if is_gone:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)


def _is_gone(stream: TextIO) -> bool:
    poll = select.poll()
    try:
        poll.register(stream.fileno(), select.POLLOUT)
    except (OSError, ValueError):
        return False
    return any(flags & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, flags in poll.poll(0))
