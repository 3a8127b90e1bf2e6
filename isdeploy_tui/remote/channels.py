"""Scripts and TCP connections over one open SSH connection: asyncssh's channels behind the calls of ``host``."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import asyncssh

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ConnectionLostError, ForwardError
from isdeploy_tui.remote.host import ByteReader, ByteWriter, Reply
from isdeploy_tui.remote.shell import (
    SHELL,
    SUDO_SHELL,
    not_ready,
    parse_reply,
    read_stderr,
    read_stdout,
    skip_to_ready,
)

_CHUNK = 64 * 1024

# A reader that pauses holds back twice this at most; the default of 2 MiB for each of many logs would be a lot. Less
# costs more: half a window read is two packets to the server, and a flood that is read in smaller steps.
_WINDOW = 1024 * 1024

_CLOSE_SECONDS = 1.0

Process = asyncssh.SSHClientProcess[bytes]
_Opened = TypeVar("_Opened")

# What reading from and writing to a channel raises when the connection under it dies.
_LOST = (OSError, asyncssh.Error)


async def start(ssh: asyncssh.SSHClientConnection, *, sudo: bool) -> Process:
    """Start a shell that waits for a script. Raises asyncssh.Error or OSError; nothing has been run then."""
    command = SUDO_SHELL if sudo else SHELL
    opening = ssh.create_process(command, encoding=None, request_pty=False, window=_WINDOW)
    return await _open(opening, lambda process: process.close())


async def finish(host: str, nonce: str, process: Process, script: bytes, *, limit: int, sudo: bool) -> Reply:
    """Send a composed script to a started shell and return its reply. Raises the errors of ``Host.run``."""
    errors = asyncio.create_task(read_stderr(_Quiet(process.stderr)))
    try:
        _send(process, script)
        with contextlib.suppress(*_LOST):
            process.stdin.write_eof()
        stdout = await read_stdout(host, _Quiet(process.stdout), limit)
        stderr = await errors
        await process.wait_closed()
        return parse_reply(host, nonce, process.exit_status, stdout, stderr, sudo=sudo)
    finally:
        errors.cancel()
        process.close()


async def get_ready(host: str, nonce: str, stream: "SshStream", script: bytes, *, sudo: bool) -> None:
    """Send a composed stream script and wait for its ready line. Raises the errors of ``Host.stream``."""
    stream.write(script)
    ready, output = await skip_to_ready(nonce, stream.read)
    if not ready:
        raise not_ready(host, nonce, stream.status, output, await stream.stderr(), sudo=sudo)
    stream.unread(output)


class SshStream:
    """A script that goes on talking, over its channel."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._stdout = _Quiet(process.stdout)
        self._errors = asyncio.create_task(read_stderr(_Quiet(process.stderr)))
        self._unread = b""

    async def read(self) -> bytes:
        """Return the next chunk; ``b""`` at the end, after which ``status`` is final."""
        if self._unread:
            chunk, self._unread = self._unread, b""
            return chunk
        chunk = await self._stdout.read(_CHUNK)
        if not chunk:
            await self._process.wait_closed()
        return chunk

    def write(self, data: bytes) -> None:
        """Send bytes; after the end of the script or of the connection they go nowhere."""
        _send(self._process, data)

    def unread(self, data: bytes) -> None:
        """Put bytes back that were read too far."""
        self._unread = data + self._unread

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs and when the connection was lost."""
        return self._process.exit_status

    async def stderr(self) -> bytes:
        """Return the beginning of what it wrote to standard error, once it has ended."""
        return await self._errors

    async def aclose(self) -> None:
        """Close the channel, which ends the script's input; a stalled server is not waited for."""
        self._errors.cancel()
        self._process.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._process.wait_closed()


@asynccontextmanager
async def open_tcp(
    host: str, ssh: asyncssh.SSHClientConnection, address: str, port: int, seconds: float
) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
    """Open a TCP connection from the server. Raises ForwardError, or ConnectionLostError when the server is gone."""
    where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    try:
        async with asyncio.timeout(seconds):
            reader, writer = await _open(
                ssh.open_connection(address, port, encoding=None), lambda opened: opened[1].channel.abort()
            )
    except TimeoutError:
        sentence = f"{printable(where)} did not take the connection within {seconds:g} s."
        raise ForwardError(host, "unreachable", sentence) from None
    except asyncssh.ChannelOpenError as error:
        if ssh.is_closed():
            raise lost(host) from None
        raise _not_forwarded(host, printable(where), error) from None
    except _LOST:
        raise lost(host) from None
    try:
        yield _Quiet(reader), writer
    finally:
        writer.channel.abort()


def lost(host: str) -> ConnectionLostError:
    """Return the error for a connection that ended while nothing depended on it."""
    return ConnectionLostError(host, "The connection was lost.", "It is opened again at the next use.")


def _not_forwarded(host: str, where: str, error: asyncssh.ChannelOpenError) -> ForwardError:
    reason = printable(error.reason, 200)
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED or reason == "open failed":
        sentence = "The sshd there does not forward TCP connections for this account."
        return ForwardError(host, "prohibited", sentence, "AllowTcpForwarding must be on, and PermitOpen allow it.")
    if reason == "Connection refused":
        return ForwardError(host, "refused", f"{where} refused the connection.")
    return ForwardError(host, "unreachable", f"{where} cannot be reached: {reason}.")


class _Quiet:
    """A channel's reader to whose readers a dead connection is the end of the output."""

    def __init__(self, reader: asyncssh.SSHReader[bytes]) -> None:
        self._reader = reader

    async def read(self, n: int = -1) -> bytes:
        try:
            return await self._reader.read(n)
        except _LOST:
            return b""

    async def readexactly(self, n: int) -> bytes:
        try:
            return await self._reader.readexactly(n)
        except _LOST:
            raise asyncio.IncompleteReadError(b"", n) from None

    def at_eof(self) -> bool:
        return self._reader.at_eof()


def _send(process: Process, data: bytes) -> None:
    with contextlib.suppress(*_LOST):
        process.stdin.write(data)


async def _open(opening: Awaitable[_Opened], close: Callable[[_Opened], object]) -> _Opened:
    """Await a channel's opening; when cancelled, close it as soon as the server has answered after all.

    asyncssh forgets an opening that was cancelled, and the server would keep the channel for ever.
    """
    task = asyncio.ensure_future(opening)
    _OPENING.add(task)
    task.add_done_callback(_OPENING.discard)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:

        def end(done: asyncio.Future[_Opened]) -> None:
            if not done.cancelled() and done.exception() is None:
                close(done.result())

        task.add_done_callback(end)
        raise


_OPENING: set[asyncio.Future[Any]] = set()
