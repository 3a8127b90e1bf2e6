"""The byte pipe under an SSH connection: TCP to the nearest of a name's addresses, or a ProxyCommand's pipes."""

import asyncio
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Sequence
from typing import Any

# Half of what RFC 8305 recommends: a bastion is near its servers.
_NEXT_ADDRESS_SECONDS = 0.125

_LAST_WORDS_SECONDS = 0.5

_Address = tuple[socket.AddressFamily, Any]


async def dial(host: str, port: int, family: int = socket.AF_UNSPEC, bind_address: str = "") -> socket.socket:
    """Connect and return the socket, non-blocking. Raises OSError (socket.gaierror for a name)."""
    local = await _resolve(bind_address, 0, family) if bind_address else []
    return await _first(await _resolve(host, port, family), local)


async def _resolve(name: str, port: int, family: int) -> list[_Address]:
    """Look a name up in a thread of its own, which nobody waits for: a dead name server must not hold up the end."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[_Address]] = loop.create_future()

    def look(flags: int = 0) -> list[_Address]:
        entries = socket.getaddrinfo(name, port, family, socket.SOCK_STREAM, 0, flags)
        return [(kind, address) for kind, _, _, _, address in entries]

    def settle(addresses: list[_Address], error: OSError | None) -> None:
        if not found.done():
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)

    def work() -> None:
        addresses: list[_Address] = []
        problem: OSError | None = None
        try:
            addresses = look()
        except OSError as error:
            problem = error
        except UnicodeError:
            problem = socket.gaierror(socket.EAI_NONAME, "not a host name")
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, addresses, problem)

    try:
        return look(socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        threading.Thread(target=work, name=f"resolve {name}", daemon=True).start()
    return await found


async def _first(addresses: Sequence[_Address], local: Sequence[_Address]) -> socket.socket:
    """Try the addresses one after the other, the next one early, and return the first socket that connects."""
    waiting = list(addresses)
    running: set[asyncio.Task[socket.socket]] = set()
    problem: OSError = OSError("no address")
    try:
        while waiting or running:
            if waiting:
                running.add(asyncio.create_task(_connect(waiting.pop(0), local)))
            timeout = _NEXT_ADDRESS_SECONDS if waiting else None
            done, running = await asyncio.wait(running, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
            connected = [task.result() for task in done if task.exception() is None]
            for spare in connected[1:]:
                spare.close()
            if connected:
                return connected[0]
            for task in done:
                error = task.exception()
                problem = error if isinstance(error, OSError) else OSError(str(error))
        raise problem
    finally:
        for task in running:
            task.cancel()
        for result in await asyncio.gather(*running, return_exceptions=True):
            if isinstance(result, socket.socket):
                result.close()


async def _connect(address: _Address, local: Sequence[_Address]) -> socket.socket:
    sock = socket.socket(address[0], socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        for source in local:
            if source[0] == address[0]:
                sock.bind(source[1])
                break
        await asyncio.get_running_loop().sock_connect(sock, address[1])
    except BaseException:
        sock.close()
        raise
    return sock


async def first_byte(sock: socket.socket) -> None:
    """Wait until the server has said something, without taking it: a silent server shall not hold others up."""
    loop = asyncio.get_running_loop()
    heard = loop.create_future()

    def readable() -> None:
        loop.remove_reader(sock)
        if not heard.done():
            heard.set_result(None)

    loop.add_reader(sock, readable)
    try:
        await heard
    finally:
        loop.remove_reader(sock)


class ProxyCommand:
    """A ProxyCommand as OpenSSH runs it, by the shell, with a socket as its standard input and output.

    asyncssh's own way splits the command without a shell and mixes what it writes to stderr into the connection.
    """

    def __init__(self, process: asyncio.subprocess.Process, sock: socket.socket) -> None:
        self.process = process
        self.sock = sock
        self._stderr = b""
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def start(cls, command: str) -> "ProxyCommand":
        """Start it. Raises OSError."""
        ours, theirs = socket.socketpair()
        try:
            process = await asyncio.create_subprocess_exec(
                "/bin/sh",
                "-c",
                f"exec {command}" if not command.startswith("exec ") else command,
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        ours.setblocking(False)
        return cls(process, ours)

    @property
    def stderr(self) -> bytes:
        """The beginning of what it wrote to standard error."""
        return self._stderr

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while chunk := await self.process.stderr.read(4096):
            if len(self._stderr) < 4096:
                self._stderr += chunk

    async def aclose(self) -> None:
        """End it."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self.process.wait()
                    break
        # What it said last is why it failed; a child that outlives it may hold its stderr open.
        await asyncio.wait({self._reader}, timeout=_LAST_WORDS_SECONDS)
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader
