"""One way to run a script on a server: a constant command, everything else on standard input, tagged replies.

No argument ever stands in the remote command line: csh and fish login shells break or silently change quoted text
there. Instead the command is constant and the script that comes over standard input starts with ``set -- '…'``.

What a script of ``remote/scripts`` can count on:

- ``$1`` is the nonce, ``$2``… are the arguments, byte for byte.
- Each line of its reply is ``@NONCE text``; any other output (a noisy ``.bashrc``) is ignored.
- ``isd_content`` prints the content byte for byte (``isd_content >"$t"``); it can be called once. Descriptor 3 is the
  same, but with a final line end added when the content has none (a here-document cannot end otherwise).
- Its standard input is ``/dev/null``; for a stream it is the client's ticks, which begin after ``@NONCE ready``.
- Nothing of it runs when the stream was cut anywhere: shells run a here-document that was cut short, but not a
  ``{`` without its ``}``.
- The locale and the umask are the account's. A script that reads what tools print sets ``LC_ALL=C``; one that starts
  other people's programs must not (Java takes its file encoding from there).
"""

import re
import secrets
from collections.abc import Awaitable, Callable, Sequence
from functools import cache
from importlib import resources

from isdeploy_tui.printable import printable_lines
from isdeploy_tui.remote.errors import ConnectionLostError, NoShellError, RemoteError, ScriptError, SudoError
from isdeploy_tui.remote.host import REPLY_LIMIT, ByteReader, Reply

SHELL = "exec /bin/sh -s"
"""The remote command of every script."""

SUDO_SHELL = "exec sudo -n -- /bin/sh -s"
"""The same as root; ``-n`` because a password prompt would hang."""

STDERR_LIMIT = 64 * 1024
"""Bytes of a script's standard error that are kept; what follows is read and dropped."""

_CHUNK = 64 * 1024

_INCLUDE = re.compile(r"^#include ([a-z_]+\.sh)\n", re.MULTILINE)
_SCRIPT_NAME = re.compile(r"[a-z][a-z0-9_]*\.sh")


@cache
def script_text(name: str) -> str:
    """Return the text of a script of ``remote/scripts`` by its file name. Raises ValueError for any other name.

    A line ``#include other.sh`` stands for the text of that script: servers get one whole script, and a lock is
    written once.
    """
    if not _SCRIPT_NAME.fullmatch(name):
        raise ValueError(f"not a script name: {name!r}")
    text = (resources.files(__package__) / "scripts" / name).read_text("utf-8")
    return _INCLUDE.sub(lambda match: script_text(match[1]), text)


def new_nonce() -> str:
    """Return a fresh tag for one run's replies: nothing that the server prints by itself can contain it."""
    return secrets.token_hex(8)


def quote(argument: str) -> bytes:
    """Return a shell word that is exactly ``argument`` in every POSIX shell.

    Undecodable bytes of a path (surrogate escapes) come out as the bytes they were. Raises ValueError for NUL.
    """
    data = argument.encode("utf-8", "surrogateescape")
    if b"\0" in data:
        raise ValueError("a shell argument cannot contain a NUL byte")
    return b"'" + data.replace(b"'", b"'\\''") + b"'"


def compose(
    script: str, nonce: str, args: Sequence[str] = (), content: bytes | None = None, *, ticks: bool = False
) -> bytes:
    """Return the bytes for the standard input of ``SHELL`` that run the text of a script.

    ``ticks`` leaves the rest of standard input to the script, for streams. Raises ValueError when an argument or the
    content contains a NUL byte, which no shell can hold.
    """
    words = b" ".join(map(quote, (nonce, *args)))
    parts = [b"set -- ", words, b"\nisd_main() {\n", script.encode().rstrip(b"\n"), b"\n}\n"]
    here = b""
    call = b'isd_main "$@"' if ticks else b'isd_main "$@" </dev/null'
    if content is not None:
        if b"\0" in content:
            raise ValueError("the content cannot contain a NUL byte")
        if content and not content.endswith(b"\n"):
            # The substitution drops exactly the line end added here, as there is no other at the end.
            parts.append(b'isd_content() { printf %s "$(cat <&3)"; }\n')
            content += b"\n"
        else:
            parts.append(b"isd_content() { cat <&3; }\n")
        delimiter = _delimiter(content)
        call += b" 3<<'" + delimiter + b"'"
        here = content + delimiter + b"\n"
    # The line end before the tag: what a noisy rc file printed may not have had one.
    parts += [b"{\nprintf '\\n@%s\\n' \"$1\"\n", call, b"\n", here, b"exit\n}\n"]
    return b"".join(parts)


def _delimiter(content: bytes) -> bytes:
    while True:
        delimiter = b"ISD_" + secrets.token_hex(12).encode()
        if delimiter not in content:
            return delimiter


def parse_reply(
    host: str, nonce: str, status: int | None, stdout: bytes, stderr: bytes, *, sudo: bool = False
) -> Reply:
    """Return the reply in a finished script's output.

    Raises ConnectionLostError without a status or with that of a killed shell, which is negative (the outcome is
    unknown), and when no shell said the nonce SudoError or NoShellError.
    """
    if status is None or status < 0:
        how = "The connection was lost while the server worked" if status is None else "The script was killed there"
        raise ConnectionLostError(
            host, f"{how}; what it did is not known.", "Read the state again before doing anything."
        )
    tag = b"@" + nonce.encode()
    lines = stdout.split(b"\n")
    if tag not in lines:
        raise no_shell(host, stdout, stderr, status, sudo=sudo)
    return Reply(status, tuple(line[len(tag) + 1 :] for line in lines if line.startswith(tag + b" ")), stderr)


async def read_stdout(host: str, reader: ByteReader, limit: int) -> bytes:
    """Return a script's whole output. Raises ScriptError (code -1) as soon as it is longer than ``limit`` bytes."""
    chunks: list[bytes] = []
    length = 0
    while chunk := await reader.read(_CHUNK):
        length += len(chunk)
        if length > limit:
            raise ScriptError(host, -1, f"The answer is longer than {limit} bytes and was not read further.")
        chunks.append(chunk)
    return b"".join(chunks)


async def read_stderr(reader: ByteReader) -> bytes:
    """Return the beginning of a script's standard error; read to its end, as it would stall the output otherwise."""
    kept = b""
    while chunk := await reader.read(_CHUNK):
        if len(kept) < STDERR_LIMIT:
            kept = (kept + chunk)[:STDERR_LIMIT]
    return kept


async def skip_to_ready(nonce: str, read: Callable[[], Awaitable[bytes]]) -> tuple[bool, bytes]:
    """Read a stream's output up to its ``@NONCE ready`` line.

    Returns True and what came after it, or False and all output when the script ended without that line.
    """
    mark = b"\n@" + nonce.encode() + b" ready\n"
    seen = b""
    while chunk := await read():
        seen += chunk
        before, found, after = seen.partition(mark)
        if found:
            return True, after
        # A shell that prints for ever before it is ready must not fill the memory.
        seen = before[-REPLY_LIMIT:]
    return False, seen


def not_ready(host: str, nonce: str, status: int | None, stdout: bytes, stderr: bytes, *, sudo: bool) -> RemoteError:
    """Return the error for a stream that ended before its ``ready`` line."""
    try:
        reply = parse_reply(host, nonce, status, stdout, stderr, sudo=sudo)
    except RemoteError as error:
        return error
    said = b"\n".join(reply.lines) or stderr
    sentence = next(iter(printable_lines(said)), f"The script ended at once with status {reply.status}.")
    return ScriptError(host, reply.status, sentence)


_SUDO_REFUSALS = (
    (
        b"password is required",
        "sudo asks for a password there",
        "Allow it in sudoers for this account: NOPASSWD: /bin/sh -s",
    ),
    (
        b"must have a tty",
        "sudo insists on a terminal (requiretty)",
        "Switch that off in sudoers for this account: Defaults:USER !requiretty",
    ),
    (b"not in the sudoers file", "the account is not in the sudoers file", "Add: USER ALL=(root) NOPASSWD: /bin/sh -s"),
    (b"not allowed to", "sudo does not allow /bin/sh -s", "Add: USER ALL=(root) NOPASSWD: /bin/sh -s"),
    (b"may not run sudo", "the account may not run sudo", "Add: USER ALL=(root) NOPASSWD: /bin/sh -s"),
)


def no_shell(host: str, stdout: bytes, stderr: bytes, status: int | None, *, sudo: bool) -> RemoteError:
    """Return the error for an account that did not run our script: SudoError or NoShellError."""
    if sudo:
        for mark, sentence, remedy in _SUDO_REFUSALS:
            if mark in stderr:
                return SudoError(host, f"{sentence[0].upper()}{sentence[1:]}; nothing was run.", remedy)
        if status == 127 or b"sudo: not found" in stderr:
            return SudoError(host, "There is no sudo; nothing was run.", "Set sudo = false, or install sudo.")
    said = next(iter((*printable_lines(stderr), *printable_lines(stdout))), "")
    answer = f"it said: {said}" if said else f"it said nothing (exit status {status})"
    return NoShellError(
        host,
        f"The account has no usable shell; {answer}",
        "It must run /bin/sh -s: no forced command, not sftp only, no login script that reads standard input.",
    )
