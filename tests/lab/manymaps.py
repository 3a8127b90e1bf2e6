"""An httpd with a virtual host for each of many maps, to ask mod_jk itself what a map means."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.apache import RUN_USER
from tests.lab.processes import Daemon, accepts, environment
from tests.lab.programs import MODULES, free_ports, program
from tests.lab.responders import HEADER

RELOAD_SECONDS = 1
SETTLE_SECONDS = RELOAD_SECONDS + 1.5


@dataclass(frozen=True, slots=True)
class Answered:
    """What httpd did with a request: its status and the worker that answered, empty when httpd did so itself."""

    status: int
    worker: str


class ManyMaps:
    """The httpd; virtual host number n is asked for by ``Host: map<n>`` and has the map of that number.

    One child: a map is loaded once, at the first request after it was written, and requests in a row are given to a
    balancer's members in turn.
    """

    def __init__(self, directory: Path, workers: bytes, maps: Sequence[bytes]) -> None:
        self.directory = directory
        self.port = next(free_ports())
        self.count = len(maps)
        self.jk_log = directory / "mod_jk.log"
        self._written = int(time.time()) - 3600
        for folder in ("run", "htdocs", "maps"):
            (directory / folder).mkdir()
        (directory / "workers.properties").write_bytes(workers)
        self.write(maps)
        config = directory / "httpd.conf"
        config.write_text(self._httpd_conf())
        argv = [program("apache2"), "-f", str(config), "-D", "FOREGROUND"]
        self._daemon = Daemon("httpd", argv, directory / "error.log", environment(directory))

    def write(self, maps: Sequence[bytes]) -> None:
        """Replace the first maps by rename, each with a new time; mod_jk follows them within SETTLE_SECONDS."""
        self._written = max(int(time.time()) - 3600, self._written + 1)
        for number, data in enumerate(maps):
            new = self.directory / "maps" / "new"
            new.write_bytes(data)
            new.chmod(0o644)
            os.utime(new, (self._written, self._written))
            new.replace(self.directory / "maps" / str(number))

    def start(self) -> None:
        """Start it. Raises StartError."""
        self._daemon.start(lambda: accepts(self.port))

    def stop(self) -> None:
        """Stop it."""
        self._daemon.stop()

    def _httpd_conf(self) -> str:
        here = self.directory
        lines = [
            f'ServerRoot "{here}"',
            "ServerName localhost",
            f'DefaultRuntimeDir "{here}/run"',
            f'PidFile "{here}/run/httpd.pid"',
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in ("mpm_event", "authz_core", "jk")),
            *([f"User {RUN_USER}", f"Group {RUN_USER}"] if os.geteuid() == 0 else []),
            "ServerLimit 1\nStartServers 1\nThreadLimit 16\nThreadsPerChild 16\nMaxRequestWorkers 16",
            "KeepAlive On\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60",
            f'DocumentRoot "{here}/htdocs"',
            f'ErrorLog "{here}/error.log"',
            f'JkWorkersFile "{here}/workers.properties"',
            f'JkShmFile "{here}/run/jk.shm"',
            f'JkLogFile "{self.jk_log}"',
            "JkLogLevel error",
            f"Listen 127.0.0.1:{self.port}",
        ]
        for number in range(self.count):
            lines += [
                f"<VirtualHost 127.0.0.1:{self.port}>\nServerName map{number}",
                f'JkMountFile "{here}/maps/{number}"\nJkMountFileReload {RELOAD_SECONDS}\n</VirtualHost>',
            ]
        return "\n".join(lines) + "\n"


@contextmanager
def many_maps(workers: bytes, maps: Sequence[bytes]) -> Iterator[ManyMaps]:
    """Start an httpd with these maps, and stop it at the end."""
    # httpd's children run as another user when root starts them: they must be able to come here.
    directory = Path(tempfile.mkdtemp(prefix="isdeploy-lab-"))
    directory.chmod(0o755)
    httpd = ManyMaps(directory, workers, maps)
    try:
        httpd.start()
        yield httpd
    finally:
        httpd.stop()
        shutil.rmtree(directory, ignore_errors=True)


class Client:
    """One kept-alive connection to it."""

    def __init__(self, httpd: ManyMaps) -> None:
        self._port = httpd.port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, number: int, target: str, session: str = "") -> Answered:
        """Ask the map of that number; ``session`` is the route of a session's cookie."""
        cookie = f"Cookie: JSESSIONID=0123.{session}\r\n" if session else ""
        request = f"GET {target} HTTP/1.1\r\nHost: map{number}\r\n{cookie}\r\n".encode()
        try:
            return await self._exchange(request)
        except (OSError, EOFError):
            # httpd closes a connection after some errors; a second failure is one.
            self.close()
            return await self._exchange(request)

    async def _exchange(self, request: bytes) -> Answered:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        fields = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        if fields.get("transfer-encoding") == "chunked":
            while size := int(await reader.readline(), 16):
                await reader.readexactly(size + 2)
            await reader.readline()
        else:
            await reader.readexactly(int(fields.get("content-length", "0")))
        if fields.get("connection", "").lower() == "close":
            self.close()
        return Answered(int(first.split(" ")[1]), fields.get(HEADER, ""))

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
