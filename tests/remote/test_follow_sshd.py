"""Logs followed over a real sshd: connections that drop, rotations in between, nothing left behind."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from isdeploy_tui.remote import follow as following
from isdeploy_tui.remote.follow import LogChunk, LogNotice, follow
from isdeploy_tui.remote.host import Host
from tests.remote.sessions import Servers, Sshd, host, processes, server, servers

__all__ = ("Servers", "host", "server", "servers")


async def test_no_line_is_lost_or_repeated_over_drops_and_rotations(
    host: Host, server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "_AGAIN", (0.2,))
    log = tmp_path / "catalina.out"
    log.write_text("line 0\n")
    total = 3000

    async def write() -> None:
        file = log.open("a")
        for number in range(1, total):
            file.write(f"line {number}\n")
            file.flush()
            if number % 500 == 0:
                # Two rotations in one outage cannot be read through; that is another story.
                while int(lines[-1].split()[1]) < number - 500:
                    await asyncio.sleep(0.01)
                log.rename(log.with_name(f"catalina.out.{number}"))
                file.close()
                file = log.open("a")
            if number % 700 == 0:
                server.drop_connections()
            await asyncio.sleep(0.002)
        file.close()

    lines: list[str] = []
    notices: list[str] = []
    async with asyncio.timeout(120), aclosing(follow(host, str(log))) as events:
        first = await anext(events)
        assert isinstance(first, LogChunk)
        lines += first.lines
        writing = asyncio.create_task(write())
        async for event in events:
            if isinstance(event, LogChunk):
                lines += event.lines
                if lines[-1] == f"line {total - 1}":
                    break
            else:
                notices.append(event.text)
        await writing
    assert lines == [f"line {number}" for number in range(total)]
    assert sum("rotated" in notice for notice in notices) >= 5
    assert sum("connection is back" in notice.lower() for notice in notices) >= 3


async def test_nothing_is_left_on_the_server(host: Host, server: Sshd, tmp_path: Path) -> None:
    log = tmp_path / "catalina.out"
    log.write_text("one\n")
    assert (await host.run("mapread.sh", str(log), "100")).status == 0
    before = processes(server)
    for end in ("close", "cancel", "cut"):
        events = follow(host, str(log))
        await anext(events)
        assert processes(server) > before
        waiting = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0.2)
        if end == "cut":
            scripts = sessions_of(log)
            assert scripts
            server.drop_connections()
            async with asyncio.timeout(10):
                while sessions_of(log):
                    await asyncio.sleep(0.05)
            before = 0
        waiting.cancel()
        await asyncio.wait([waiting])
        await events.aclose()
        async with asyncio.timeout(10):
            while processes(server) > before:
                await asyncio.sleep(0.05)


def sessions_of(log: Path) -> list[int]:
    """Return the processes that hold the log open."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/fd/4"):
        try:
            if entry.readlink() == log:
                found.append(int(entry.parts[2]))
        except OSError:
            continue
    return found


async def test_a_frozen_server_is_told_and_got_over(
    host: Host, server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from isdeploy_tui.remote import ticked

    monkeypatch.setattr(ticked, "ANSWER_SECONDS", 0.5)
    log = tmp_path / "catalina.out"
    log.write_text("one\n")
    async with asyncio.timeout(60), aclosing(follow(host, str(log))) as events:
        await anext(events)
        server.freeze()
        try:
            notice = await anext(events)
        finally:
            server.thaw()
        assert isinstance(notice, LogNotice)
        assert "did not answer" in notice.text
        with log.open("a") as file:
            file.write("two\n")
        seen: list[str] = []
        async for event in events:
            if isinstance(event, LogChunk):
                seen += event.lines
                break
    assert seen == ["two"]
