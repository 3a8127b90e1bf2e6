"""A real Tomcat's catalina.out by the command line: its end, and what comes, over both kinds of rotation."""

import asyncio
import shutil
import signal
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.lab.command_line import Running, isdeploy, program, started, until
from tests.lab.stack import Stack
from tests.lab.visits import say

W1 = "shop/web1/worker1"


@asynccontextmanager
async def following(stack: Stack) -> AsyncIterator[Running]:
    """Follow worker1's log from its last line, which is ``word-0``."""
    say(stack.url, "worker1", "word-0")
    async with started(stack.config_file, "logs", W1, "-n", "1", "-f") as logs:
        await logs.until("word-0\n")
        yield logs


def words_of(text: str) -> list[str]:
    """Return the lines that the application printed."""
    return [line for line in text.splitlines() if line.startswith("word-")]


async def test_the_last_lines_are_printed_and_that_is_all(stack: Stack) -> None:
    say(stack.url, "worker1", "word-1", "word-2", "word-3")
    said = await isdeploy(stack.config_file, "logs", W1, "-n", "2")
    assert (said.status, said.out, said.err) == (0, "word-2\nword-3\n", "")


async def test_a_log_is_followed_over_a_rotation_by_rename(stack: Stack) -> None:
    tomcat = stack.tomcat("worker1")
    moved = tomcat.log.with_name("catalina.out.1")
    async with following(stack) as logs:
        say(stack.url, "worker1", "word-1")
        await logs.until("word-1\n")
        tomcat.log.rename(moved)
        # The process keeps its file: until it is started anew, its words go into the one that was moved away.
        say(stack.url, "worker1", "word-2", "word-3")
        await asyncio.to_thread(tomcat.stop)
        await asyncio.to_thread(tomcat.start)
        await logs.until("Server startup in")
        await asyncio.to_thread(stack.apache.restart)
        say(stack.url, "worker1", "word-4")
        await logs.until("word-4\n")
        logs.signal(signal.SIGINT)
        said = await logs.end()
    assert words_of(said.out) == [f"word-{number}" for number in range(5)]
    old = moved.read_text().splitlines()
    begin = len(old) - 1 - old[::-1].index("word-0")
    assert said.out.splitlines() == old[begin:] + tomcat.log.read_text().splitlines()
    assert "it was moved away" in said.err
    assert "was rotated; this is the new file" in said.err
    moved.unlink()


async def test_a_log_is_followed_over_a_rotation_by_copy_and_truncate(stack: Stack) -> None:
    log = stack.tomcat("worker1").log
    async with following(stack) as logs:
        for number in (1, 3, 5):
            say(stack.url, "worker1", f"word-{number}")
            await logs.until(f"word-{number}\n")
            copy_and_truncate(log)
            say(stack.url, "worker1", f"word-{number + 1}")
            await logs.until(f"word-{number + 1}\n")
        logs.signal(signal.SIGINT)
        said = await logs.end()
    assert said.out.splitlines() == [f"word-{number}" for number in range(7)]
    assert said.err.count("was truncated (rotated by copying)") == 3


def copy_and_truncate(log: Path) -> None:
    """Rotate as logrotate's copytruncate does."""
    copy = log.with_name("catalina.out.1")
    shutil.copyfile(log, copy)
    with log.open("r+") as file:
        file.truncate(0)
    copy.unlink()


async def test_no_line_is_lost_when_the_connection_is(stack: Stack) -> None:
    async with following(stack) as logs:
        say(stack.url, "worker1", "word-1")
        await logs.until("word-1\n")
        stack.machines["was1"].drop_connections()
        say(stack.url, "worker1", "word-2")
        await logs.until("word-2\n")
        await until(lambda: "no line was missed" in logs.err)
        logs.signal(signal.SIGINT)
        said = await logs.end()
    assert said.out.splitlines() == ["word-0", "word-1", "word-2"]


async def test_ctrl_c_ends_following_without_a_word(stack: Stack) -> None:
    async with following(stack) as logs:
        logs.signal(signal.SIGINT)
        said = await logs.end()
    assert (said.status, said.out, said.err) == (1, "word-0\n", "")


async def test_whoever_has_read_enough_may_close_the_pipe(stack: Stack) -> None:
    say(stack.url, "worker1", "word-0")
    argv = program(stack.config_file, "logs", W1, "-n", "1", "-f")
    pipeline = await asyncio.create_subprocess_exec(
        *("bash", "-c", 'set -o pipefail; "$@" | head -n 1', "bash", *argv), stdout=PIPE, stderr=PIPE
    )
    assert pipeline.stdout is not None
    assert await pipeline.stdout.readline() == b"word-0\n"
    while pipeline.returncode is None:
        say(stack.url, "worker1", "word-1")
        await asyncio.sleep(0.2)
    assert await pipeline.communicate() == (b"", b"")
    assert pipeline.returncode == 1


async def test_several_tomcats_at_once_are_refused(stack: Stack) -> None:
    said = await isdeploy(stack.config_file, "logs", "shop/web1")
    assert said.status == 2
    assert said.err.startswith("logs shows one Tomcat at a time; 'shop/web1' names shop/web1/worker1, ")
