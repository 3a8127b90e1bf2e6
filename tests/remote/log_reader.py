"""A log on a server and somebody who reads it, for the tests of following logs."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from isdeploy_tui.remote import follow as following
from isdeploy_tui.remote.follow import LogChunk, LogNotice, follow
from tests.remote.local_host import LocalHost, LocalStream
from tests.remote.userlands import USERLANDS, make_host


@pytest.fixture(params=USERLANDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    return make_host(request.param, tmp_path / "server")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    return tmp_path / "logs" / "catalina.out"


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[LocalStream]:
    """The streams that were opened, to cut them."""
    opened: list[LocalStream] = []
    init = LocalStream.__init__

    def noted(stream: LocalStream, *words: object) -> None:
        opened.append(stream)
        init(stream, *words)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalStream, "__init__", noted)
    monkeypatch.setattr(following, "_AGAIN", (0.05,))
    return opened


class Reader:
    """Takes lines and notices from a log as a test wants them."""

    def __init__(self, events: AsyncGenerator[LogChunk | LogNotice, None]) -> None:
        self.events = events
        self.lines: list[str] = []
        self.notices: list[str] = []

    async def _next(self) -> None:
        event = await anext(self.events)
        if isinstance(event, LogChunk):
            assert event.lines
            self.lines += event.lines
        else:
            self.notices.append(event.text)

    async def until(self, line: str) -> None:
        async with asyncio.timeout(30):
            while line not in self.lines:
                await self._next()

    async def until_notice(self, text: str) -> str:
        async with asyncio.timeout(30):
            while not any(text in notice for notice in self.notices):
                await self._next()
        return next(notice for notice in self.notices if text in notice)

    async def __aenter__(self) -> "Reader":
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.events.aclose()


def reader(host: LocalHost, log: Path, lines: int = 200) -> Reader:
    return Reader(follow(host, str(log), lines=lines))


def add(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def numbered(first: int, last: int) -> list[str]:
    return [f"line {number}" for number in range(first, last)]
