"""A server that is this machine: the same scripts through the same three calls, on local shells and without SSH."""

import asyncio
import contextlib
import getpass
import os
import signal
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

from isdeploy_tui.remote.errors import ConnectionLostError, ForwardError
from isdeploy_tui.remote.host import DEFAULT_TIMEOUT, REPLY_LIMIT, ByteReader, ByteWriter, Reply
from isdeploy_tui.remote.shell import (
    compose,
    new_nonce,
    not_ready,
    parse_reply,
    read_stderr,
    read_stdout,
    script_text,
    skip_to_ready,
)

SHELLS: Mapping[str, tuple[str, ...]] = {"dash": ("dash",), "bash": ("bash", "--posix"), "busybox": ("busybox", "sh")}
"""The shells that /bin/sh is on servers; for ``pytest.mark.parametrize("sh", SHELLS)``."""

_END_GRACE = 5.0


class LocalHost:
    """Runs the scripts on a local shell.

    ``path`` replaces PATH (for busybox applets only, or without flock), ``home`` HOME, ``environ`` adds variables.
    ``wrapper`` goes before the shell (``("setpriv", "--reuid=www-data", …)``), ``sudo_wrapper`` for ``sudo=True``.
    ``scripts`` gives texts for names that are not in remote/scripts. ``cut`` sends that many bytes of the next script
    only and loses the connection then. ``drop_reply`` runs the next script whole and loses the connection before the
    reply.
    """

    def __init__(
        self,
        name: str = "local",
        *,
        sh: Sequence[str] = ("dash",),
        path: str | None = None,
        wrapper: Sequence[str] = (),
        sudo_wrapper: Sequence[str] = (),
        home: str | None = None,
        environ: Mapping[str, str] | None = None,
        scripts: Mapping[str, str] | None = None,
    ) -> None:
        self._name = name
        self._shell = tuple(sh)
        self._wrapper = tuple(wrapper)
        self._sudo_wrapper = tuple(sudo_wrapper)
        self._environ = {**os.environ, **(environ or {})}
        if path is not None:
            self._environ["PATH"] = path
        if home is not None:
            self._environ["HOME"] = home
        self._scripts = scripts or {}
        self.cut: int | None = None
        self.drop_reply = False
        self.ran: list[str] = []

    @property
    def name(self) -> str:
        return self._name

    @property
    def account(self) -> str:
        return getpass.getuser()

    def _text(self, script: str) -> str:
        self.ran.append(script)
        return self._scripts[script] if script in self._scripts else script_text(script)

    @asynccontextmanager
    async def _process(self, sudo: bool) -> AsyncIterator[asyncio.subprocess.Process]:
        wrapper = self._sudo_wrapper if sudo else self._wrapper
        # The shell itself is found on our own PATH: the one given is for what the script calls.
        start = ["env", f"PATH={self._environ.get('PATH', '')}", *map(_absolute, self._shell[:1]), *self._shell[1:]]
        process = await asyncio.create_subprocess_exec(
            *wrapper,
            *start,
            "-s",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**self._environ, "PATH": os.environ.get("PATH", "/usr/bin:/bin")},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            # wait() waits for the pipes, too: one that nobody reads any more or that a background child holds open
            # would never end by itself.
            process._transport.close()  # type: ignore[attr-defined]
            await process.wait()

    async def run(
        self,
        script: str,
        *args: str,
        content: bytes | None = None,
        sudo: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int = REPLY_LIMIT,
    ) -> Reply:
        nonce = new_nonce()
        data = compose(self._text(script), nonce, args, content)
        cut, self.cut = self.cut, None
        drop, self.drop_reply = self.drop_reply, False
        async with self._process(sudo) as process:
            assert process.stdin and process.stdout and process.stderr
            try:
                async with asyncio.timeout(timeout):
                    with _closed_pipe_ignored():
                        process.stdin.write(data[:cut])
                        await process.stdin.drain()
                    process.stdin.close()
                    errors = asyncio.create_task(read_stderr(process.stderr))
                    try:
                        output = await read_stdout(self._name, process.stdout, limit)
                        stderr = await errors
                    finally:
                        errors.cancel()
                    status: int | None = await process.wait()
            except TimeoutError:
                sentence = f"No answer within {timeout:g} s; what it did is not known."
                raise ConnectionLostError(self._name, sentence) from None
        if cut is not None or drop:
            status = None
        return parse_reply(self._name, nonce, status, output, stderr, sudo=sudo)

    @asynccontextmanager
    async def stream(self, script: str, *args: str, sudo: bool = False) -> AsyncIterator["LocalStream"]:
        nonce = new_nonce()
        data = compose(self._text(script), nonce, args, ticks=True)
        async with self._process(sudo) as process:
            assert process.stdin and process.stdout and process.stderr
            errors = asyncio.create_task(read_stderr(process.stderr))
            try:
                with _closed_pipe_ignored():
                    process.stdin.write(data)
                    await process.stdin.drain()
                stdout = process.stdout
                ready, rest = await skip_to_ready(nonce, lambda: stdout.read(65536))
                if not ready:
                    raise not_ready(self._name, nonce, await process.wait(), rest, await errors, sudo=sudo)
                stream = LocalStream(process, rest)
                yield stream
                process.stdin.close()
                if not stream.lost:
                    await _must_end(script, process)
            finally:
                errors.cancel()

    @asynccontextmanager
    async def open_tcp(self, address: str, port: int) -> AsyncIterator[tuple[ByteReader, ByteWriter]]:
        try:
            reader, writer = await asyncio.open_connection(address, port)
        except ConnectionRefusedError:
            raise ForwardError(self._name, "refused", f"{address}:{port} refused the connection.") from None
        except OSError as error:
            raise ForwardError(self._name, "unreachable", f"{address}:{port}: {error.strerror}.") from None
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


class LocalStream:
    """A script that goes on talking. ``lose()`` ends it as a lost connection would."""

    def __init__(self, process: asyncio.subprocess.Process, rest: bytes) -> None:
        self._process = process
        self._rest = rest
        self.lost = False

    async def read(self) -> bytes:
        if self.lost:
            return b""
        if self._rest:
            rest, self._rest = self._rest, b""
            return rest
        assert self._process.stdout
        data = await self._process.stdout.read(65536)
        if self.lost:
            return b""
        if not data:
            await self._process.wait()
        return data

    def write(self, data: bytes) -> None:
        assert self._process.stdin
        if not self.lost:
            self._process.stdin.write(data)

    def lose(self) -> None:
        self.lost = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    @property
    def status(self) -> int | None:
        return None if self.lost else self._process.returncode


class LocalHosts:
    """Hosts over LocalHost objects made beforehand, by name."""

    def __init__(self, *hosts: LocalHost) -> None:
        self._hosts = {host.name: host for host in hosts}

    def host(self, name: str) -> LocalHost:
        return self._hosts[name]

    def retry_now(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


async def _must_end(script: str, process: asyncio.subprocess.Process) -> None:
    """A stream's script has to end by itself when its input ends; one that does not would linger on servers."""
    assert process.stdout
    try:
        async with asyncio.timeout(_END_GRACE):
            while await process.stdout.read(65536):
                pass
            await process.wait()
    except TimeoutError:
        raise AssertionError(f"{script} did not end when its standard input ended") from None


def _absolute(program: str) -> str:
    for folder in os.environ.get("PATH", "/usr/bin:/bin").split(":"):
        if os.access(f"{folder}/{program}", os.X_OK):
            return f"{folder}/{program}"
    return program


@contextlib.contextmanager
def _closed_pipe_ignored() -> Iterator[None]:
    """A shell that ends before it has read everything (a broken rc file) is told by its reply, not by the pipe."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        yield
