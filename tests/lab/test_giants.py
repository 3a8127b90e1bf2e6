"""Servers whose answers have no end: refused or cut with a sentence, and the program stays small."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.remote.loglines import LONGEST
from tests.lab.afterwards import records
from tests.lab.command_line import Ended, program, settings, started, until
from tests.lab.stack import Stack
from tests.lab.test_bad_input import Untouched, sentence

W1 = "shop/web1/worker1"
GIANT = 1 << 30
ROOM = 300 * 1024
"""KiB of memory that the program may take: several times what it needs, a fraction of what it is sent."""


async def in_little_room(config: Path, *words: str) -> Ended:
    """Run the program with little memory; it would die of whatever has no limit."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'ulimit -d {ROOM} && exec "$@"', "sh", *program(config, *words)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(config.parent)},
    )
    out, err = await process.communicate()
    assert b"MemoryError" not in err
    assert b"internal error" not in err
    return Ended(process.returncode or 0, out.decode(), err.decode(), 0)


def giant(path: Path) -> None:
    """Make a file of a gigabyte that takes no room."""
    with path.open("ab") as file:
        file.truncate(GIANT)


@pytest.mark.parametrize("which", ["map", "workers_file"])
async def test_a_file_of_a_gigabyte_is_refused_and_not_loaded(stack: Stack, tmp_path: Path, which: str) -> None:
    path = stack.directory / "giant"
    path.write_bytes(getattr(stack.apache, which).read_bytes())
    giant(path)

    def change(data: dict[str, Any]) -> None:
        data["service"][0]["apache"][0][which] = str(path)

    config = settings(stack, tmp_path, change)
    try:
        for words in (("status",), ("drain", W1)):
            said = await in_little_room(config, *words)
            assert said.status == 1
            assert f"{path} is too big ({GIANT} bytes; at most 1048576 are read)" in said.err
        assert path.stat().st_size == GIANT
    finally:
        path.unlink()


async def test_giant_records_beside_a_map_are_refused_or_cut(stack: Stack) -> None:
    known = Untouched.now(stack.apache.map)
    assert (await in_little_room(stack.config_file, "drain", W1, "--no-wait")).status == 0
    assert (await in_little_room(stack.config_file, "restore", W1, "--no-wait")).status == 0
    giant(records(stack) / "journal.jsonl")
    history = await in_little_room(stack.config_file, "history")
    assert history.status == 0
    known = Untouched.now(stack.apache.map)
    (records(stack) / "leases").write_text("")
    giant(records(stack) / "leases")
    said = await in_little_room(stack.config_file, "drain", W1)
    assert said.status == 1
    assert f"has {GIANT} bytes, more than leases have" in sentence(said)
    assert "Nothing was changed." in sentence(said)
    assert known.holds()
    assert (await in_little_room(stack.config_file, "status")).status == 0


async def test_a_log_line_without_an_end_is_cut_and_what_is_missing_is_said(stack: Stack) -> None:
    log = stack.tomcat("worker1").log
    kept = log.read_bytes()
    try:
        async with started(stack.config_file, "logs", W1, "-n", "1", "-f") as logs:
            await until(lambda: bool(logs.out))
            mark = len(logs.out)
            with log.open("ab") as file:
                for _ in range(300):
                    file.write(b"x" * (1 << 20))
                file.write(b"\nthe end\n")
            await logs.until("\nthe end\n")
        # However fast it came: the end is there, and no line is longer than a person can use.
        assert max(map(len, logs.out[mark:].splitlines())) <= LONGEST
        assert "more characters of that line were left out" in logs.out or "were skipped" in logs.err
        said = await in_little_room(stack.config_file, "logs", W1, "-n", "3")
        assert (said.status, said.out) == (0, "the end\n")
    finally:
        log.write_bytes(kept)


@asynccontextmanager
async def endless(head: bytes, piece: bytes) -> AsyncIterator[str]:
    """Yield the URL of a server whose answer never ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
        except (OSError, EOFError):
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jkstatus"
    finally:
        server.close()


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", b"worker.worker1.busy=1\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\n", b"X-Header: x\r\n" * 1000),
        (b"", b"x" * 100_000),
    ],
    ids=["body", "chunks", "head", "no end of line"],
)
async def test_a_jkstatus_without_an_end_makes_nothing_unknown_but_itself(
    stack: Stack, tmp_path: Path, head: bytes, piece: bytes
) -> None:
    async with endless(head, piece) as url:

        def change(data: dict[str, Any]) -> None:
            data["service"][0]["apache"][0]["status_url"] = url

        said = await in_little_room(settings(stack, tmp_path, change), "status")
    assert said.status == 0, said
    assert [line.split()[:3] for line in said.out.splitlines()] == [
        [f"shop/web1/{worker}", "active", "up"] for worker in stack.scenario.workers
    ]


async def test_a_script_that_prints_without_end_fills_no_memory(stack: Stack, tmp_path: Path) -> None:
    script = tmp_path / "deploy.sh"
    script.write_text(
        "#!/bin/sh\nyes 'a line of a script that talks a lot' | head -c 150000000\nprintf '%0100000000d' 0\n"
    )
    script.chmod(0o755)

    def change(data: dict[str, Any]) -> None:
        data["service"][0]["quiet_seconds"] = 0.1
        for worker in data["service"][0]["apache"][0]["worker"]:
            worker["deploy"] = str(script)

    config = settings(stack, tmp_path, change)
    assert (await in_little_room(config, "drain", W1)).status == 0
    said = await in_little_room(config, "deploy", W1, "--yes")
    assert (said.status, said.err) == (0, "")
    assert said.out.count("a line of a script that talks a lot\n") == 150_000_000 // 36


async def test_a_server_with_very_many_processes_is_asked_all_the_same(stack: Stack) -> None:
    """The writing script looks through them for httpd's, and the reading one for the Tomcat's."""
    sleepers = [await asyncio.create_subprocess_exec("sleep", "1000") for _ in range(3000)]
    try:
        said = await in_little_room(stack.config_file, "drain", W1, "--no-wait")
        assert said.status == 0, said
    finally:
        for sleeper in sleepers:
            sleeper.kill()
        for sleeper in sleepers:
            await sleeper.wait()
    await until(lambda: stack.apache.map.read_bytes() != stack.apache.map_bytes)
