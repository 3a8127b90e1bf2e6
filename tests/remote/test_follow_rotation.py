"""A log over everything that happens to logs, on every kind of server: no line lost, or it is said."""

import asyncio
import os
from itertools import pairwise
from pathlib import Path

import pytest

from isdeploy_tui.remote import follow as following
from isdeploy_tui.remote import ticked
from tests.remote.local_host import LocalHost, LocalStream
from tests.remote.log_reader import add, host, log, numbered, reader, streams
from tests.remote.userlands import USERLANDS, make_host, program

__all__ = ("host", "log", "streams")


async def test_rotation_by_rename_loses_no_line(host: LocalHost, log: Path) -> None:
    add(log, "line 0")
    writer = log.open("a")
    async with reader(host, log) as seen:
        await seen.until("line 0")
        for generation in range(3):
            first = 1 + generation * 200
            writer.write("".join(f"{line}\n" for line in numbered(first, first + 100)))
            writer.flush()
            old = log.with_name(f"catalina.out.{generation}")
            log.rename(old)
            # What the old writer still adds, before and after the new file is there, belongs to the log.
            writer.write("".join(f"{line}\n" for line in numbered(first + 100, first + 150)))
            writer.flush()
            log.touch()
            await seen.until_notice("was rotated")
            seen.notices.clear()
            writer.write("".join(f"{line}\n" for line in numbered(first + 150, first + 180)))
            writer.close()
            await seen.until(f"line {first + 179}")
            writer = log.open("a")
            writer.write("".join(f"{line}\n" for line in numbered(first + 180, first + 200)))
            writer.flush()
            await seen.until(f"line {first + 199}")
    writer.close()
    assert seen.lines == numbered(0, 601)
    assert seen.notices == []


async def test_a_log_that_was_moved_away_is_read_until_a_new_one_comes(host: LocalHost, log: Path) -> None:
    add(log, "one")
    async with reader(host, log) as seen:
        await seen.until("one")
        moved = log.with_name("moved")
        log.rename(moved)
        await seen.until_notice("moved away")
        add(moved, "two")
        await seen.until("two")
        add(log, "three")
        await seen.until("three")
    assert seen.lines == ["one", "two", "three"]
    assert len(seen.notices) == 2


async def test_a_log_that_was_deleted_and_made_again(host: LocalHost, log: Path) -> None:
    add(log, "one")
    async with reader(host, log) as seen:
        await seen.until("one")
        log.unlink()
        await seen.until_notice("waiting for")
        add(log, "two")
        await seen.until("two")
    assert seen.lines == ["one", "two"]


@pytest.mark.parametrize("again", [1, 3, 300], ids=["shorter", "as long", "longer"])
async def test_copying_and_truncating_is_told_and_followed(host: LocalHost, log: Path, again: int) -> None:
    """Also when the file has grown beyond where we were before we looked."""
    add(log, *numbered(0, 3))
    async with reader(host, log) as seen:
        await seen.until("line 2")
        log.with_name("catalina.out.1").write_bytes(log.read_bytes())
        os.truncate(log, 0)
        add(log, *[f"Line {number}" for number in range(again)])
        if again == 3:
            # As long as before: seen at the next line at the latest.
            await asyncio.sleep(0.7)
            add(log, "more")
            await seen.until("more")
        await seen.until(f"Line {again - 1}")
        await seen.until_notice("truncated")
    assert seen.lines[:3] == numbered(0, 3)
    assert seen.lines[3 : 3 + again] == [f"Line {number}" for number in range(again)]


@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_log_that_is_truncated_while_it_is_read_shows_nothing_that_is_not_in_it(
    userland: str, log: Path, tmp_path: Path
) -> None:
    cut = tmp_path / "cut"
    truncate = f"""[ ! -e {cut} ] || {{ rm {cut}; echo "new" >{log}; }}; exec {program("head")} "$@" """
    host = make_host(userland, tmp_path / "server", fakes={"head": truncate})
    add(log, *numbered(0, 100))
    async with reader(host, log) as seen:
        await seen.until("line 99")
        cut.touch()
        add(log, *numbered(100, 2000))
        await seen.until("new")
    assert seen.lines == [*numbered(0, 100), "new"]
    await seen.until_notice("truncated")


async def test_a_lost_connection_is_resumed_at_the_very_byte(
    host: LocalHost, log: Path, streams: list[LocalStream]
) -> None:
    add(log, "line 0")
    async with reader(host, log) as seen:
        await seen.until("line 0")
        for number in range(1, 6):
            with log.open("a") as file:
                file.write(f"line {number}\nli")
            await seen.until(f"line {number}")
            streams[-1].lose()
            with log.open("a") as file:
                file.write(f"ne {number}b\n")
            await seen.until(f"line {number}b")
    assert seen.lines == ["line 0", *(f"line {number}{end}" for number in range(1, 6) for end in ("", "b"))]
    assert any("no line was missed" in notice for notice in seen.notices)


async def test_a_rotation_while_the_connection_was_lost_is_read_through(
    host: LocalHost, log: Path, streams: list[LocalStream]
) -> None:
    add(log, "one")
    async with reader(host, log) as seen:
        await seen.until("one")
        streams[-1].lose()
        add(log, "two")
        log.rename(log.with_name("catalina.out.1"))
        add(log, "three")
        await seen.until("three")
    assert seen.lines == ["one", "two", "three"]
    assert any("rotated meanwhile" in notice for notice in seen.notices)


async def test_a_rotation_that_cannot_be_read_through_is_said(
    host: LocalHost, log: Path, streams: list[LocalStream]
) -> None:
    add(log, "one")
    async with reader(host, log) as seen:
        await seen.until("one")
        streams[-1].lose()
        add(log, "lost")
        log.rename(log.parent.parent / "compressed")
        add(log, "three")
        await seen.until("three")
    assert seen.lines == ["one", "three"]
    assert any("rotated" in notice and "missing" in notice for notice in seen.notices)


@pytest.mark.parametrize("again", [1, 300], ids=["shorter", "longer"])
async def test_a_truncation_while_the_connection_was_lost_is_said(
    host: LocalHost, log: Path, streams: list[LocalStream], again: int
) -> None:
    add(log, *numbered(0, 5))
    async with reader(host, log) as seen:
        await seen.until("line 4")
        streams[-1].lose()
        os.truncate(log, 0)
        add(log, *[f"Line {number}" for number in range(again)])
        await seen.until(f"Line {again - 1}")
    assert seen.lines == numbered(0, 5) + [f"Line {number}" for number in range(again)]
    assert any("truncated" in notice and "missing" in notice for notice in seen.notices)


async def test_more_than_can_be_shown_is_skipped_and_counted(
    host: LocalHost, log: Path, streams: list[LocalStream]
) -> None:
    add(log, "one")
    async with reader(host, log) as seen:
        await seen.until("one")
        streams[-1].lose()
        add(log, *(f"{number:09}" for number in range(2_000_000)), "end")
        await seen.until("end")
    assert any("MB of" in notice and "skipped" in notice for notice in seen.notices)
    numbers = [int(line) for line in seen.lines[1:-1]]
    assert (numbers[0], numbers[-1]) == (0, 1_999_999)
    assert len([one for one, two in pairwise(numbers) if two != one + 1]) == 1


async def test_twenty_megabytes_at_once_come_whole(host: LocalHost, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "GAP", 1 << 30)
    add(log, "first")
    async with reader(host, log) as seen:
        await seen.until("first")
        lines = [
            f"{number:08} INFO [ajp-nio-8009-exec-1] org.example.Servlet request done" for number in range(300_000)
        ]
        add(log, *lines)
        await seen.until(lines[-1])
    assert seen.lines == ["first", *lines]


async def test_a_server_that_stops_answering_counts_as_lost(
    log: Path, streams: list[LocalStream], monkeypatch: pytest.MonkeyPatch
) -> None:
    add(log, "one")
    async with reader(LocalHost(), log) as seen:
        await seen.until("one")
        monkeypatch.setattr(ticked, "ANSWER_SECONDS", 0.3)
        write = LocalStream.write
        silent = streams[-1]
        monkeypatch.setattr(
            LocalStream, "write", lambda stream, data: None if stream is silent else write(stream, data)
        )
        add(log, "two")
        await seen.until("two")
    assert any("did not answer" in notice for notice in seen.notices)
