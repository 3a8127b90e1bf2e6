"""Visitors: clients over loopback that count what httpd really answers, who answered it, and what failed when."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

TIMEOUT = 30.0
"""Seconds after which a request counts as failed."""

_MAX_FAILURES_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """One request that was answered: Unix times, and what the application said about itself."""

    began: float
    ended: float
    status: int
    worker: str
    version: str


@dataclass(frozen=True, slots=True)
class Failure:
    """One request that a visitor lost: any status but 200, or no whole answer (status 0)."""

    began: float
    ended: float
    status: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a load saw so far."""

    answers: tuple[Answer, ...]
    failures: tuple[Failure, ...]

    @property
    def requests(self) -> int:
        """All requests that have ended, one way or the other."""
        return len(self.answers) + len(self.failures)

    @property
    def statuses(self) -> Mapping[int, int]:
        """Requests by status; 0 is no answer."""
        return Counter([answer.status for answer in self.answers] + [failure.status for failure in self.failures])

    @property
    def workers(self) -> Mapping[str, int]:
        """Answers by worker."""
        return Counter(answer.worker for answer in self.answers)

    @property
    def versions(self) -> Mapping[str, int]:
        """Answers by version of the application."""
        return Counter(answer.version for answer in self.answers)

    def between(self, start: float, end: float = float("inf")) -> "Report":
        """Return what became of the requests that began in [start, end), Unix seconds."""
        return Report(
            tuple(answer for answer in self.answers if start <= answer.began < end),
            tuple(failure for failure in self.failures if start <= failure.began < end),
        )

    def __str__(self) -> str:
        lines = [f"{self.requests} requests, {len(self.failures)} failed; {dict(sorted(self.workers.items()))}"]
        for failure in self.failures[:_MAX_FAILURES_SHOWN]:
            took = failure.ended - failure.began
            lines.append(f"  at {failure.began:.3f} after {took:.3f} s: {failure.status} {failure.reason}")
        return "\n".join(lines)


@dataclass(slots=True)
class Load:
    """Visitors of ``url``: ``async with Load(url, quick=10, slow=10) as load: …; load.report()``.

    ``quick`` connections ask and wait ``pause`` seconds between two requests; ``slow`` ones ask for answers that take
    ``slow_ms`` (from, to) milliseconds and begin at once: when their member goes away, mod_jk asks another one and
    sends its answer after the half that is out (mod_jk: recovery_options 0), which counts as failed. Every second
    connection is kept alive, the others open one for each request. With ``sticky`` each visitor opens a session and
    keeps its cookie. Leaving the context lets what is in flight end.
    """

    url: str
    quick: int = 10
    slow: int = 0
    slow_ms: tuple[int, int] = (500, 1500)
    pause: float = 0.01
    sticky: bool = False
    path: str = "/"
    _answers: list[Answer] = field(default_factory=list)
    _failures: list[Failure] = field(default_factory=list)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _stopping: bool = False

    def report(self) -> Report:
        """Return what has ended so far."""
        return Report(tuple(self._answers), tuple(self._failures))

    async def __aenter__(self) -> "Load":
        for number in range(self.quick + self.slow):
            visitor = self._visit(slow=number >= self.quick, keep_alive=number % 2 == 0)
            self._tasks.append(asyncio.create_task(visitor))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        await asyncio.gather(*self._tasks)

    async def answered(self, count: int) -> None:
        """Return when that many more requests have been answered. Raises TimeoutError with the report."""
        goal = len(self._answers) + count
        end = time.monotonic() + TIMEOUT
        while len(self._answers) < goal:
            if time.monotonic() > end:
                raise TimeoutError(str(self.report()))
            await asyncio.sleep(0.01)

    async def _visit(self, *, slow: bool, keep_alive: bool) -> None:
        client = _Client(self.url, keep_alive)
        # Visitors do not arrive all at once.
        await asyncio.sleep(random.random() * self.pause)
        try:
            while not self._stopping:
                query = [f"begin=1&sleep={random.randint(*self.slow_ms)}"] if slow else []
                if self.sticky:
                    query.append("session=1")
                path = self.path + ("?" + "&".join(query) if query else "")
                began = time.time()
                try:
                    async with asyncio.timeout(TIMEOUT):
                        status, headers = await client.get(path)
                except (OSError, EOFError, ValueError, TimeoutError) as error:
                    client.close()
                    self._fail(began, 0, f"{type(error).__name__} {error}")
                    await asyncio.sleep(0.05)  # a server that is away must not make us spin
                else:
                    if status == 200:
                        worker, version = headers.get("x-worker", "?"), headers.get("x-version", "?")
                        self._answers.append(Answer(began, time.time(), status, worker, version))
                    else:
                        self._fail(began, status, headers.get("x-worker", ""))
                if not slow:
                    await asyncio.sleep(self.pause)
        finally:
            client.close()

    def _fail(self, began: float, status: int, reason: str) -> None:
        self._failures.append(Failure(began, time.time(), status, reason))


class _Client:
    """One visitor's connection and cookie."""

    def __init__(self, url: str, keep_alive: bool) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._keep_alive = keep_alive
        self._cookie = ""
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> tuple[int, Mapping[str, str]]:
        """Return status and headers (names in lower case) once the whole answer is there."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(*self._address)
        reader, writer = self._streams
        lines = [f"GET {path} HTTP/1.1", "Host: localhost"]
        if not self._keep_alive:
            lines.append("Connection: close")
        if self._cookie:
            lines.append(f"Cookie: {self._cookie}")
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *rest = head.split("\r\n")
        headers = dict(_header_fields(rest))
        body = await self._body(reader, headers)
        if first.split(" ", 2)[1] == "200" and not _is_whole(headers, body):
            raise EOFError(f"the answer that {headers.get('x-worker')} began is not whole: {body!r}")
        if "set-cookie" in headers:
            self._cookie = headers["set-cookie"].split(";")[0]
        if not self._keep_alive or headers.get("connection", "").lower() == "close":
            self.close()
        return int(first.split(" ", 2)[1]), headers

    async def _body(self, reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            body = b""
            while size := int(await reader.readline(), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readline()
            return body
        if "content-length" in headers:
            return await reader.readexactly(int(headers["content-length"]))
        return await reader.read()

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _header_fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def _is_whole(headers: Mapping[str, str], body: bytes) -> bool:
    """True for one answer of one member: from the worker that the headers name to the application's last word."""
    begin = f"worker={headers.get('x-worker')} ".encode()
    return body.startswith(begin) and body.endswith(b" end\n") and body.count(b"worker=") == 1
