"""A balancer in front of the Apaches: asks each for a health-check file, and sends requests to those that have it."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from tests.lab.apache import Apache
from tests.lab.command_line import settings
from tests.lab.scenario import Scenario
from tests.lab.stack import Stack

BEHIND_A_BALANCER = Scenario(
    tomcats=4,
    apaches=2,
    own_tomcats=True,
    map_lines=("# The balancer in front asks for /up.", "/*=balancer", "!/up=balancer"),
)
"""Two Apaches with two Tomcats each, and a file that httpd itself serves."""

CHECK_SECONDS = 0.2
FALL = 2
"""After so many failed checks an Apache gets nothing any more."""

OUT_SECONDS = 2
"""How long it takes at most, on a busy machine, until the balancer has noticed."""

Mode = Literal["http", "tcp"]


def up(apache: Apache) -> Path:
    """The health-check file of an Apache."""
    return apache.directory / "htdocs" / "up"


def settings_with_front(stack: Stack, folder: Path, **service: Any) -> Path:
    """Write a servers.toml in which every Apache can be taken out of the balancer in front."""

    def change(data: dict[str, Any]) -> None:
        for table in data["service"]:
            table.update(service)
            for apache, inner in zip(stack.apaches, table["apache"], strict=True):
                file = str(up(apache))
                inner["out_command"] = ["/bin/mv", file, f"{file}.not"]
                inner["in_command"] = ["/bin/mv", f"{file}.not", file]
                inner["state_command"] = ["/usr/bin/test", "-e", file]
                inner["out_seconds"] = OUT_SECONDS

    return settings(stack, folder, change)


class Balancer:
    """Listens at ``url``. In mode ``http`` each request goes where it may go now; in mode ``tcp`` each connection.

    A connection that stands in mode ``tcp`` stays where it is, whatever becomes of its Apache, as most L4s do it.
    """

    def __init__(self, apaches: Sequence[Apache], mode: Mode) -> None:
        self._ports = [apache.port for apache in apaches]
        self._mode = mode
        self._failed = dict.fromkeys(self._ports, FALL)
        self._turns = itertools.cycle(self._ports)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self.url = ""

    @property
    def alive(self) -> list[int]:
        """The ports of those that get requests."""
        return [port for port in self._ports if self._failed[port] < FALL]

    async def open(self) -> None:
        """Listen, once every Apache is known to be alive."""
        self._tasks |= {asyncio.create_task(self._watch(port)) for port in self._ports}
        async with asyncio.timeout(60):
            while len(self.alive) < len(self._ports):
                await asyncio.sleep(CHECK_SECONDS)
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def aclose(self) -> None:
        """Listen and check no more."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _watch(self, port: int) -> None:
        while True:
            well = False
            with suppress(OSError, EOFError, TimeoutError):
                async with asyncio.timeout(5):
                    reader, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.write(b"GET /up HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    well = b" 200 " in await reader.readline()
                    writer.close()
            self._failed[port] = 0 if well else self._failed[port] + 1
            await asyncio.sleep(CHECK_SECONDS)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with suppress(OSError, EOFError):
                head = await reader.readuntil(b"\r\n\r\n") if self._mode == "http" else b""
                port = next(port for port in self._turns if port in self.alive)
                its_reader, its_writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    if head:
                        head = re.sub(rb"(?i)\r\nconnection:[^\r]*", b"", head)
                        its_writer.write(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                        await _pass_on(its_reader, writer)
                    else:
                        ways = [_pass_on(reader, its_writer), _pass_on(its_reader, writer)]
                        await asyncio.gather(*ways, return_exceptions=True)
                finally:
                    its_writer.close()
        finally:
            self._tasks.discard(task)
            writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


@asynccontextmanager
async def in_front(stack: Stack, mode: Mode = "http") -> AsyncIterator[Balancer]:
    """Put every Apache in, and a balancer in front of them."""
    for apache in stack.apaches:
        file = up(apache)
        file.with_name("up.not").unlink(missing_ok=True)
        file.write_text("up\n")
        file.chmod(0o644)
    balancer = Balancer(stack.apaches, mode)
    try:
        await balancer.open()
        yield balancer
    finally:
        await balancer.aclose()
