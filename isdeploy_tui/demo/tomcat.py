"""A Tomcat of the embedded world: logs, answers CPING, serves requests, and takes seconds to stop and to start."""

import asyncio
import os
from collections.abc import Coroutine
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

from isdeploy_tui.demo import catalina
from isdeploy_tui.demo.applications import Application, Page
from isdeploy_tui.demo.catalina import CatalinaLog
from isdeploy_tui.demo.clock import Clock
from isdeploy_tui.modjk.ajp import CPING, CPONG

BROKEN_VERSION = "broken"
"""A version whose application does not start: the connector answers, every page is 404."""


class RefusedError(Exception):
    """Nobody listens on the connector: the request was not taken."""


class CutError(Exception):
    """The Tomcat went away under the request."""


class TomcatState(StrEnum):
    """Where the process stands; only one that is up takes requests."""

    STOPPED = "stopped"
    STARTING = "starting"
    UP = "up"
    STOPPING = "stopping"


class Tomcat:
    """One Tomcat. Its ``base`` is a directory like a real CATALINA_BASE; scripts stop and start it through there.

    ``temp/control`` is a fifo that takes the lines ``stop`` and ``start``; ``temp/running`` exists while the process
    does. ``webapps/ROOT/version.txt`` is what a deploy changes; it counts from the next start on.
    """

    def __init__(
        self, name: str, application: Application, base: Path, ajp_port: int, clock: Clock, rng: Random
    ) -> None:
        self.name = name
        self.application = application
        self.base = base
        self.state = TomcatState.STOPPED
        self.version = ""
        self._connector = f"ajp-nio-0.0.0.0-{ajp_port}"
        self._clock = clock
        self._rng = rng
        self._in_flight: set[asyncio.Future[None]] = set()
        self._pingers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._order = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._context_failed = False
        self._log = CatalinaLog(base / "logs" / "catalina.out", clock)
        self._running_file = base / "temp" / "running"
        control = base / "temp" / "control"
        os.mkfifo(control, 0o600)
        # Open for writing too: otherwise it ends for good whenever the last script closes it.
        self._control = os.open(control, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._control, self._commanded)

    @property
    def busy(self) -> int:
        """Requests in flight."""
        return sum(not request.done() for request in self._in_flight)

    @property
    def port(self) -> int | None:
        """The loopback port of its AJP connector; None while it does not listen."""
        return self._server.sockets[0].getsockname()[1] if self._server else None

    async def boot(self) -> None:
        """Be up at once, as one that was started long ago."""
        await self._start(0.0, 2841)

    async def start(self) -> None:
        """Start it, unless it runs; returns when it is up, 2 to 3.5 seconds later."""
        async with self._order:
            if self.state is TomcatState.STOPPED:
                seconds = self._rng.uniform(2.0, 3.5)
                await self._start(seconds, int(seconds * 1000))

    async def stop(self) -> None:
        """Stop it, if it runs; returns when the process has ended, 0.8 to 1.5 seconds later.

        Requests in flight are lost, as in a Tomcat whose shutdown port got the word.
        """
        async with self._order:
            if self.state is TomcatState.UP:
                await self._stop(self._rng.uniform(0.8, 1.5))

    async def serve(self, page: Page | None, seconds: float) -> int:
        """Serve one request that takes so many seconds of work; return the HTTP status.

        Raises RefusedError when it is not up, CutError when it is stopped meanwhile.
        """
        if self.state is not TomcatState.UP:
            raise RefusedError(self.name)
        done = asyncio.get_running_loop().create_future()
        self._in_flight.add(done)
        timer = asyncio.get_running_loop().call_later(self._clock.real(seconds), _finish, done)
        try:
            await done
        finally:
            timer.cancel()
            self._in_flight.discard(done)
        if page is None or self._context_failed:
            return 404
        self._log_request(page, seconds)
        return 200

    async def aclose(self) -> None:
        """End everything at once, without a word in the log."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._control)
        os.close(self._control)
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._unbind()
        self._cut()
        self._log.close()

    def _commanded(self) -> None:
        with suppress(BlockingIOError):
            for word in os.read(self._control, 4096).split():
                if word == b"start":
                    self._do(self.start())
                elif word == b"stop":
                    self._do(self.stop())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _start(self, seconds: float, millis: int) -> None:
        self.state = TomcatState.STARTING
        self._running_file.touch()
        version_file = self.base / "webapps" / "ROOT" / "version.txt"
        self.version = version_file.read_text().strip()
        for part, level, source, message in catalina.startup_lines(self._connector, self.base, millis):
            await self._clock.sleep(seconds * part)
            self._log.tomcat(level, source, message)
        await self._clock.sleep(seconds * 0.35)
        self._start_application(millis)
        self._log.tomcat(
            "INFO", "org.apache.coyote.AbstractProtocol.start", f'Starting ProtocolHandler ["{self._connector}"]'
        )
        self._server = await asyncio.start_server(self._answer_pings, "127.0.0.1", 0)
        self.state = TomcatState.UP
        self._log.tomcat(
            "INFO", "org.apache.catalina.startup.Catalina.start", f"Server startup in [{millis}] milliseconds"
        )

    def _start_application(self, millis: int) -> None:
        context = "org.apache.catalina.core.StandardContext"
        self._context_failed = self.version == BROKEN_VERSION
        if self._context_failed:
            failure = catalina.failed_start(self.application.package)
            self._log.tomcat("SEVERE", f"{context}.listenerStart", failure)
            self._log.tomcat(
                "SEVERE",
                f"{context}.startInternal",
                "One or more listeners failed to start. Full details will be found in the appropriate container log "
                "file",
            )
            self._log.tomcat("SEVERE", f"{context}.startInternal", "Context [] startup failed due to previous errors")
        else:
            message = f"{self.application.name} {self.version} is ready, 메시지 번들 2개 로드됨"
            self._log.application("INFO", "Application", message, "main")
        source = "org.apache.catalina.startup.HostConfig.deployDirectory"
        self._log.tomcat("INFO", source, catalina.deployed_line(self.base, millis * 73 // 100))

    async def _stop(self, seconds: float) -> None:
        self.state = TomcatState.STOPPING
        protocol = "org.apache.coyote.AbstractProtocol"
        self._log.tomcat(
            "INFO",
            "org.apache.catalina.core.StandardServer.await",
            "A valid shutdown command was received via the shutdown port. Stopping the Server instance.",
        )
        self._log.tomcat("INFO", f"{protocol}.pause", f'Pausing ProtocolHandler ["{self._connector}"]')
        self._cut()
        await self._unbind()
        await self._clock.sleep(seconds * 0.3)
        self._log.tomcat("INFO", "org.apache.catalina.core.StandardService.stopInternal", "Stopping service [Catalina]")
        await self._clock.sleep(seconds * 0.5)
        self._log.tomcat(
            "WARNING",
            "org.apache.catalina.loader.WebappClassLoaderBase.clearReferencesThreads",
            catalina.leak_warning("HikariPool-1 housekeeper"),
        )
        self._log.tomcat("INFO", f"{protocol}.stop", f'Stopping ProtocolHandler ["{self._connector}"]')
        await self._clock.sleep(seconds * 0.2)
        self._log.tomcat("INFO", f"{protocol}.destroy", f'Destroying ProtocolHandler ["{self._connector}"]')
        self.state = TomcatState.STOPPED
        self._running_file.unlink(missing_ok=True)

    def _cut(self) -> None:
        for request in self._in_flight:
            if not request.done():
                request.set_exception(CutError(self.name))

    async def _unbind(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            server.close()
            for writer in tuple(self._pingers):
                writer.transport.abort()
            await server.wait_closed()

    async def _answer_pings(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._pingers.add(writer)
        try:
            while await reader.readexactly(len(CPING)) == CPING:
                writer.write(CPONG)
                await writer.drain()
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self._pingers.discard(writer)
            writer.close()

    def _log_request(self, page: Page, seconds: float) -> None:
        thread = f"exec-{self._rng.randrange(1, 20)}"
        self._log.application("INFO", page.logger, f"{page.line(self._rng)} ({seconds * 1000:.0f} ms)", thread)
        if seconds > 2.5:
            self._log.application("WARN", page.logger, f"slow request {page.uri} took {seconds * 1000:.0f} ms", thread)
        if self._rng.random() < 0.004:
            self._log.application("ERROR", "Outbox", catalina.trouble(self.application.package, self._rng), "outbox-1")
        self._log.rotate()


def _finish(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)
