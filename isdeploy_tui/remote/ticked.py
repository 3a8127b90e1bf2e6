"""A script that answers only when asked: each line written to it brings an answer that ends with a line ``.``.

A script that pushes by itself is silent while nothing changes, so it never meets a closed pipe and lingers on the
server when we die. One that waits in ``read`` ends with the channel, shows that the connection lives, and can never
send more than was asked for.
"""

import asyncio

from isdeploy_tui.printable import printable_lines
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.errors import ConnectionLostError, RemoteError, ScriptError
from isdeploy_tui.remote.host import Stream

ANSWER_SECONDS = 10.0
"""How long a script may take for one answer before the connection counts as lost."""

_END = b"\n.\n"


async def ask(host: str, stream: Stream, line: bytes, limit: int, timeout: float | None = None) -> list[bytes]:
    """Write one line to the script and return the lines of its answer, without the ``.``.

    Raises ConnectionLostError when the connection ended or no answer came in ``timeout`` seconds (ANSWER_SECONDS),
    ScriptError when the script ended or sent more than ``limit`` bytes. The stream is of no use after any of these.
    """
    answer = await _answer(host, stream, line, limit, timeout, raw=False)
    return answer.split(b"\n")[:-2]


async def ask_raw(
    host: str, stream: Stream, line: bytes, limit: int, timeout: float | None = None
) -> tuple[list[bytes], bytes, bytes]:
    """The same for an answer whose first line ends with a length and is followed by so many raw bytes.

    Returns the words of that line, the raw bytes, and the one line after them.
    """
    answer = await _answer(host, stream, line, limit, timeout, raw=True)
    end = answer.index(b"\n")
    words = answer[:end].split(b" ")
    start = end + 1
    end = start + _length(words[-1])
    return words, answer[start:end], answer[end + 1 : -3]


async def _answer(host: str, stream: Stream, line: bytes, limit: int, timeout: float | None, *, raw: bool) -> bytes:
    stream.write(line + b"\n")
    chunks: list[bytes] = []
    got = 0
    needed = 0 if not raw else None
    tail = b"\n"
    try:
        async with asyncio.timeout(ANSWER_SECONDS if timeout is None else timeout):
            while needed is None or got < needed or tail != _END:
                chunk = await stream.read()
                if not chunk:
                    raise _ended(host, stream, b"".join(chunks[-1:]))
                chunks.append(chunk)
                got += len(chunk)
                if got > limit:
                    raise ScriptError(host, -1, f"The answer is longer than {limit} bytes and was not read further.")
                tail = (tail + chunk[-3:])[-3:]
                if needed is None:
                    head, found, _ = b"".join(chunks).partition(b"\n")
                    if found:
                        # The line of the length, the raw bytes, and at least an empty line before the end.
                        needed = len(head) + 1 + _length(head.rpartition(b" ")[2]) + 1 + len(_END)
    except TimeoutError:
        seconds = ANSWER_SECONDS if timeout is None else timeout
        raise ConnectionLostError(host, f"The server did not answer within {seconds:g} s.") from None
    return b"".join(chunks)


def _length(word: bytes) -> int:
    try:
        return whole(word)
    except ValueError:
        return 0


def _ended(host: str, stream: Stream, said: bytes) -> RemoteError:
    if stream.status is None:
        return ConnectionLostError(host, "The connection was lost.")
    last = next(reversed(printable_lines(said)), f"exit status {stream.status}")
    return ScriptError(host, stream.status, f"The script on the server ended unexpectedly: {last}")
