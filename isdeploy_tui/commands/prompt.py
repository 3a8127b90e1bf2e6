"""One line from the person at the terminal."""

import asyncio
import os
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress


async def read_line(prompt: str, *, echo: bool = True, terminal: int | None = None) -> str:
    """Show ``prompt`` and return what is typed, without its line end. Raises EOFError when the input is closed.

    Cancelling gives the question up at once. That is why no thread reads: it would keep the program from ending
    until somebody presses enter. Without a ``terminal`` (a file descriptor) standard input is read, and the prompt
    goes to standard error, so that ``--json`` stays clean.
    """
    fd = sys.stdin.fileno() if terminal is None else terminal
    loop = asyncio.get_running_loop()
    line: asyncio.Future[bytes] = loop.create_future()
    typed = bytearray()

    def read() -> None:
        try:
            data = os.read(fd, 4096)
        except OSError:  # the terminal is gone
            data = b""
        typed.extend(data)
        if not line.done() and (not data or b"\n" in data):
            line.set_result(bytes(typed))

    say(prompt, terminal)
    with _echoing(fd, echo):
        loop.add_reader(fd, read)
        try:
            answer = await line
        finally:
            loop.remove_reader(fd)
            if not echo or not line.done() or not typed:
                say("\n", terminal)
    if not answer:
        raise EOFError
    return answer.decode(errors="replace").rstrip("\r\n")


def say(text: str, terminal: int | None = None) -> None:
    """Write to a terminal, or to standard error where none is given."""
    if terminal is None:
        print(text, end="", file=sys.stderr, flush=True)
    else:
        with suppress(OSError):  # it is gone; reading from it will tell
            os.write(terminal, text.encode(errors="replace"))


@contextmanager
def _echoing(fd: int, echo: bool) -> Iterator[None]:
    if echo:
        yield
        return
    try:
        before = termios.tcgetattr(fd)
        silent = termios.tcgetattr(fd)
        silent[3] &= ~termios.ECHO
        # What was typed ahead was not meant as a secret.
        termios.tcsetattr(fd, termios.TCSAFLUSH, silent)
    except termios.error:  # the terminal is gone
        raise EOFError from None
    try:
        yield
    finally:
        with suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSAFLUSH, before)
