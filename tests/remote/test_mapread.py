"""Files read whole, once and over a kept channel, on every kind of server."""

import asyncio
import hashlib
import os
import time
from pathlib import Path

import pytest

from isdeploy_tui.remote import mapread, ticked
from isdeploy_tui.remote.errors import ConnectionLostError, ScriptError, SudoError
from isdeploy_tui.remote.mapread import DENIED, MISSING, NOT_A_FILE, TOO_BIG, ServerFile, read_file, watch_files
from tests.remote.local_host import LocalHost, LocalStream
from tests.remote.userlands import NOBODY, USERLANDS, as_nobody, make_host, open_path, program

__all__ = ("open_path",)

EVERY_BYTE = bytes(range(256)) * 3


@pytest.fixture(params=USERLANDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    return make_host(request.param, tmp_path / "server")


async def test_a_file_comes_byte_for_byte(host: LocalHost, tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"x", b"\n", b"a\r\nb", EVERY_BYTE, b"\0" * 5000, os.urandom(300_000))):
        path = tmp_path / f"file{number} 'odd' $name\n"
        path.write_bytes(data)
        os.utime(path, (1_700_000_000, 1_700_000_000))
        digest = hashlib.sha256(data).hexdigest()
        file = await read_file(host, str(path))
        assert file == ServerFile(str(path), data, digest, 1_700_000_000, file.now)
        assert abs(file.now - time.time()) < 60


@pytest.mark.parametrize("userland", USERLANDS)
async def test_it_comes_where_there_is_no_base64(userland: str, tmp_path: Path) -> None:
    host = make_host(userland, tmp_path / "server", without=["base64"])
    path = tmp_path / "file"
    path.write_bytes(EVERY_BYTE)
    assert (await read_file(host, str(path))).data == EVERY_BYTE
    async with watch_files(host, [str(path)]) as watch:
        news = (await watch.poll())[str(path)]
        assert isinstance(news, ServerFile)
        assert news.data == EVERY_BYTE


async def test_what_is_no_readable_file_is_told_apart(host: LocalHost, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "plain").write_text("x")
    for name, code in (
        ("none", MISSING),
        ("dangling", MISSING),
        ("plain/below", MISSING),
        ("fifo", NOT_A_FILE),
        (".", NOT_A_FILE),
    ):
        with pytest.raises(ScriptError) as raised:
            await read_file(host, str(tmp_path / name))
        assert raised.value.code == code, name
        assert str(tmp_path) in raised.value.sentence


async def test_a_file_over_the_limit_is_refused_and_not_loaded(host: LocalHost, tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(ScriptError, match="too big") as raised:
        await read_file(host, str(path))
    assert raised.value.code == TOO_BIG
    path.write_bytes(b"x" * 1000)
    assert len((await read_file(host, str(path), limit=1000)).data) == 1000
    with pytest.raises(ScriptError, match="at most 999"):
        await read_file(host, str(path), limit=999)


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
async def test_sudo_is_used_only_when_the_account_may_not_read(userland: str, open_path: Path) -> None:
    host = make_host(userland, open_path / "server", wrapper=NOBODY, sudo_wrapper=["env"])
    open_file, closed, inside = open_path / "open", open_path / "closed", open_path / "locked" / "inside"
    inside.parent.mkdir()
    for path in (open_file, closed, inside):
        path.write_bytes(b"rules")
        path.chmod(0o644)
    closed.chmod(0o600)
    inside.parent.chmod(0o700)
    for path in (closed, inside):
        with pytest.raises(ScriptError, match="may not be read by this account") as raised:
            await read_file(host, str(path))
        assert raised.value.code == DENIED
        assert "sudo = true" in raised.value.remedy
    assert (await read_file(host, str(open_file), sudo=True)).data == b"rules"
    assert host.ran.count("mapread.sh") == 3
    for path in (closed, inside):
        assert (await read_file(host, str(path), sudo=True)).data == b"rules"
    paths = [str(open_file), str(closed), str(inside)]
    async with watch_files(host, paths) as watch:
        first = await watch.poll()
        assert isinstance(first[paths[0]], ServerFile)
        assert isinstance(first[paths[1]], ScriptError)
    async with watch_files(host, paths, sudo=True) as watch:
        first = await watch.poll()
        assert all(isinstance(first[path], ServerFile) for path in paths)
        assert await watch.poll() == {}
        closed.write_bytes(b"other")
        assert list(await watch.poll()) == [paths[1]]


async def test_a_watch_tells_what_changed_and_nothing_else(host: LocalHost, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    async with watch_files(host, [str(one), str(two)]) as watch:
        first = await watch.poll()
        assert isinstance(news := first[str(one)], ServerFile)
        assert news.data == b"1"
        assert isinstance(problem := first[str(two)], ScriptError)
        assert problem.code == MISSING
        assert await watch.poll() == {}
        two.write_bytes(b"2")
        assert list(await watch.poll()) == [str(two)]
        assert await watch.poll() == {}
        replacement = tmp_path / "three"
        replacement.write_bytes(b"3")
        os.utime(replacement, (one.stat().st_atime, one.stat().st_mtime))
        replacement.rename(one)
        news = (await watch.poll())[str(one)]
        assert isinstance(news, ServerFile)
        assert news.data == b"3"
        one.unlink()
        assert isinstance((await watch.poll())[str(one)], ScriptError)
        assert await watch.poll() == {}


async def test_a_watch_sees_a_rewrite_in_place_of_the_same_size(host: LocalHost, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a")
    async with watch_files(host, [str(path)]) as watch:
        await watch.poll()
        for letter in b"bcdef":
            await asyncio.sleep(0.02)  # a kernel tick, or the file's times would stand still
            path.write_bytes(bytes([letter]))
            news = (await watch.poll())[str(path)]
            assert isinstance(news, ServerFile)
            assert news.data == bytes([letter])


async def test_contents_come_again_every_so_often(
    host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapread, "RESEND_TICKS", 3)
    path = tmp_path / "file"
    path.write_bytes(b"a")
    asked: list[bytes] = []
    write = LocalStream.write

    def noted(stream: LocalStream, data: bytes) -> None:
        asked.append(data)
        write(stream, data)

    monkeypatch.setattr(LocalStream, "write", noted)
    async with watch_files(host, [str(path)]) as watch:
        for _ in range(5):
            await watch.poll()
    assert asked == [b"all\n", b"\n", b"\n", b"all\n", b"\n"]


async def test_one_file_that_is_too_big_does_not_hide_the_others(host: LocalHost, tmp_path: Path) -> None:
    big, small = tmp_path / "big", tmp_path / "small"
    with big.open("wb") as file:
        file.truncate(1 << 30)
    small.write_bytes(b"rules")
    async with watch_files(host, [str(big), str(small)]) as watch:
        found = await watch.poll()
    assert isinstance(problem := found[str(big)], ScriptError)
    assert problem.code == TOO_BIG
    assert isinstance(found[str(small)], ServerFile)


@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_file_that_never_stands_still_is_not_taken_for_whole(userland: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"half a ma")
    grow = f'{program("head")} "$@"; echo x >>{path}'
    host = make_host(userland, tmp_path / "server", fakes={"head": grow})
    with pytest.raises(ScriptError, match="changes faster"):
        await read_file(host, str(path))
    async with watch_files(host, [str(path)]) as watch:
        assert isinstance((await watch.poll())[str(path)], ScriptError)


async def test_a_lost_connection_and_a_silent_server_are_told(
    host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x")
    streams: list[LocalStream] = []
    write = LocalStream.write

    def noted(stream: LocalStream, data: bytes) -> None:
        streams.append(stream)
        write(stream, data)

    monkeypatch.setattr(LocalStream, "write", noted)
    async with watch_files(host, [str(path)]) as watch:
        await watch.poll()
        streams[-1].lose()
        with pytest.raises(ConnectionLostError):
            await watch.poll()
    monkeypatch.setattr(LocalStream, "write", lambda stream, data: None)
    monkeypatch.setattr(ticked, "ANSWER_SECONDS", 0.2)
    async with watch_files(host, [str(path)]) as watch:
        with pytest.raises(ConnectionLostError, match="did not answer"):
            await watch.poll()


async def test_refused_sudo_is_told_at_the_file(tmp_path: Path) -> None:
    class Refusing(LocalHost):
        def stream(self, script: str, *args: str, sudo: bool = False):  # type: ignore[no-untyped-def]
            if sudo:
                self.ran.append("sudo")
                raise SudoError(self.name, "sudo asks for a password there; nothing was run.")
            return super().stream(script, *args)

    fake = tmp_path / "stat"
    fake.write_text('#!/bin/sh\necho "stat: cannot statx: Permission denied" >&2; exit 1\n')
    fake.chmod(0o755)
    host = Refusing(path=f"{tmp_path}:{os.environ['PATH']}")
    async with watch_files(host, ["/map"], sudo=True) as watch:
        assert isinstance((await watch.poll())["/map"], SudoError)
        for _ in range(5):
            assert await watch.poll() == {}
    assert host.ran.count("sudo") == 1
