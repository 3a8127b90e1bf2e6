"""A log as it is written, on every kind of server: its last lines, what comes, and what is no log."""

import asyncio
import os
from contextlib import aclosing
from pathlib import Path

import pytest

from isdeploy_tui.remote import follow as following
from isdeploy_tui.remote.errors import ConnectError, ScriptError
from isdeploy_tui.remote.follow import LogChunk, LogNotice, follow
from isdeploy_tui.remote.logreading import LogReading
from tests.remote.local_host import LocalHost
from tests.remote.log_reader import add, host, log, numbered, reader
from tests.remote.userlands import NOBODY, USERLANDS, as_nobody, make_host, open_path

__all__ = ("host", "log", "open_path")


async def test_the_last_lines_come_first_and_then_what_is_added(host: LocalHost, log: Path) -> None:
    add(log, *numbered(0, 1000))
    async with reader(host, log, lines=20) as seen:
        await seen.until("line 999")
        assert seen.lines == numbered(980, 1000)
        for number in range(1000, 1010):
            add(log, f"line {number}")
            await seen.until(f"line {number}")
        assert seen.lines == numbered(980, 1010)
        assert seen.notices == []


@pytest.mark.parametrize(
    ("userland", "lines"),
    [("dash", lines) for lines in (0, 1, 199, 5000, 100_000)] + [(userland, 5000) for userland in USERLANDS[1:]],
)
async def test_as_many_lines_as_asked_for_however_long_they_are(
    userland: str, lines: int, tmp_path: Path, log: Path
) -> None:
    host = make_host(userland, tmp_path / "server")
    texts = [f"{number:05} " + "x" * (number % 300) for number in range(6000)]
    add(log, *texts)
    async with reader(host, log, lines=lines) as seen:
        adding = asyncio.create_task(asyncio.sleep(0.3))
        adding.add_done_callback(lambda _: add(log, "end"))
        await seen.until("end")
    expected = texts[max(0, len(texts) - lines) :] if lines else []
    assert seen.lines == [*expected, "end"]


@pytest.mark.parametrize("content", [b"", b"\n", b"no line end", b"a\n\n\nb\n", b"\xff\xfe\x00\n\x1b[31m\n"])
async def test_once_ends_after_the_last_lines(host: LocalHost, log: Path, content: bytes) -> None:
    log.write_bytes(content)
    async with asyncio.timeout(30):
        events = [event async for event in follow(host, str(log), once=True)]
    lines = [line for event in events if isinstance(event, LogChunk) for line in event.lines]
    text = content.decode("utf-8", "replace")
    assert lines == (text.removesuffix("\n").split("\n") if text else [])


async def test_once_on_what_is_no_log_is_an_error(host: LocalHost, log: Path) -> None:
    with pytest.raises(ScriptError, match="does not exist"):
        [event async for event in follow(host, str(log), once=True)]
    with pytest.raises(ScriptError, match="not a regular file"):
        [event async for event in follow(host, str(log.parent), once=True)]


async def test_a_character_in_two_pieces_stays_whole(
    host: LocalHost, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_QUICK", 0.01)
    monkeypatch.setattr(following, "_SLOW", 0.01)
    offsets: set[int] = set()
    read = LogReading.read

    async def noted(reading: LogReading, offset: int, *words: object, **more: object) -> object:
        offsets.add(offset)
        return await read(reading, offset, *words, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(LogReading, "read", noted)
    add(log, "first")
    text = "grün € 😀"

    async def drip() -> None:
        for byte in f"{text}\n".encode():
            with log.open("ab") as file:
                file.write(bytes([byte]))
            await asyncio.sleep(0.05)

    async with reader(host, log) as seen:
        await seen.until("first")
        dripping = asyncio.create_task(drip())
        await seen.until(text)
        await dripping
    assert seen.lines == ["first", text]
    assert len(offsets) > 5


async def test_a_log_that_is_missing_is_waited_for_and_read_from_its_beginning(host: LocalHost, log: Path) -> None:
    async with reader(host, log, lines=1) as seen:
        notice = await seen.until_notice("waiting for")
        assert str(log) in notice
        log.write_text("one\ntwo\nthree\n")
        await seen.until("three")
    assert seen.lines == ["one", "two", "three"]
    assert len(seen.notices) == 2


async def test_a_fifo_is_not_waited_at(host: LocalHost, log: Path) -> None:
    os.mkfifo(log)
    async with reader(host, log) as seen:
        await seen.until_notice("not a regular file")


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_log_that_may_not_be_read_is_told_with_the_remedy(userland: str, open_path: Path) -> None:
    host = make_host(userland, open_path / "server", wrapper=NOBODY)
    log = open_path / "catalina.out"
    add(log, *numbered(0, 10))
    log.chmod(0o600)
    async with reader(host, log, lines=2) as seen:
        notice = await seen.until_notice("may not be read")
        assert "group" in notice
        log.chmod(0o644)
        await seen.until("line 9")
        assert seen.lines == numbered(8, 10)
        rotated = log.with_name("old")
        log.rename(rotated)
        add(log, "new")
        log.chmod(0o600)
        seen.notices.clear()
        await seen.until_notice("may not be read")
        add(rotated, "late")
        await seen.until("late")
        log.chmod(0o644)
        await seen.until("new")


async def test_closing_it_leaves_no_process_behind(host: LocalHost, log: Path) -> None:
    """LocalHost fails the test when a stream's script does not end with its input."""
    add(log, "one")
    before = mine()
    for end in ("close", "cancel"):
        seen = reader(host, log)
        await seen.until("one")
        assert mine() > before
        if end == "cancel":
            waiting = asyncio.ensure_future(seen._next())
            await asyncio.sleep(0.1)
            waiting.cancel()
            await asyncio.wait([waiting])
        await seen.events.aclose()
        assert mine() == before


def mine() -> int:
    me = os.getpid()
    return len(Path(f"/proc/{me}/task/{me}/children").read_text().split())


async def test_what_does_not_pass_by_itself_is_raised(log: Path) -> None:
    class Refusing(LocalHost):
        def stream(self, script: str, *args: str, sudo: bool = False):  # type: ignore[no-untyped-def]
            raise ConnectError(self.name, self.kind, "No.")

    host = Refusing()
    for host.kind in ("auth", "hostkey-changed", "options"):
        with pytest.raises(ConnectError):
            await anext(follow(host, str(log)))
    host.kind = "refused"
    events = follow(host, str(log))
    notice = await anext(events)
    assert isinstance(notice, LogNotice)
    assert "No." in notice.text
    await events.aclose()
    with pytest.raises(ConnectError):
        await anext(follow(host, str(log), once=True))


async def test_names_in_notices_are_printable(tmp_path: Path) -> None:
    host = LocalHost()
    async with reader(host, tmp_path / "evil\x1b[2J") as seen:
        assert (await seen.until_notice("waiting")).isprintable()


async def test_a_flood_comes_in_few_big_chunks(log: Path) -> None:
    add(log, "first")
    host = LocalHost()
    async with aclosing(follow(host, str(log))) as events:
        await anext(events)
        add(log, *("x" * 100 for _ in range(50_000)))
        count = total = 0
        async for event in events:
            assert isinstance(event, LogChunk)
            count, total = count + 1, total + len(event.lines)
            if total == 50_000:
                break
    assert count < 50
