"""A network line to one machine of a lab, that can fall silent as one that drops packets does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from tests.lab.command_line import settings
from tests.lab.programs import free_ports
from tests.lab.stack import Stack


class Line:
    """Passes on what comes at ``port`` to a machine and back; while silent nothing gets through, and nothing is closed.

    What was on its way goes through once the line speaks again, as TCP sends it anew.
    """

    def __init__(self, port: int, machine: int) -> None:
        self.port = port
        self._machine = machine
        self._speaks = asyncio.Event()
        self._speaks.set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._served: set[asyncio.Task[None]] = set()

    def fall_silent(self) -> None:
        """Let nothing through."""
        self._speaks.clear()

    def speak(self) -> None:
        """Let everything through again."""
        self._speaks.set()

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until an end closes it."""
        self._ends.add(writer)
        serving = asyncio.create_task(self._serve(reader, writer))
        self._served.add(serving)
        serving.add_done_callback(self._served.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._speaks.wait()
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._machine)
        ends = {writer, far_writer}
        self._ends |= ends
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pass_on(reader, far_writer))
                both.create_task(self._pass_on(far_reader, writer))
        finally:
            self._ends -= ends

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                await self._speaks.wait()
                writer.write(data)
                await writer.drain()
            await self._speaks.wait()
        writer.close()

    async def aclose(self) -> None:
        """Close everything."""
        for end in tuple(self._ends):
            end.transport.abort()
        for serving in (served := tuple(self._served)):
            serving.cancel()
        await asyncio.gather(*served, return_exceptions=True)


@asynccontextmanager
async def over_a_line(stack: Stack, machine: str, folder: Path) -> AsyncIterator[tuple[Line, Path]]:
    """Yield a line to a machine, and a servers.toml in ``folder`` with which everything goes over it."""
    line = Line(next(free_ports()), stack.machines[machine].port)
    server = await asyncio.start_server(line.serve, "127.0.0.1", line.port)
    ssh_config = folder / "ssh_config"
    known = folder / "known_hosts"
    known.write_text(stack.machines[machine].keys.known_host(line.port))
    # The first value that is found counts.
    over = f"Host {machine}\n  Port {line.port}\n  UserKnownHostsFile {known}\n"
    ssh_config.write_text(over + stack.ssh_config.read_text())

    def change(data: dict[str, Any]) -> None:
        data["ssh_config"] = str(ssh_config)

    try:
        yield line, settings(stack, folder, change)
    finally:
        server.close()
        await line.aclose()
