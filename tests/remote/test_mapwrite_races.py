"""Writers that meet, that die, and that are cut off: one change or none, never half a map, never a lasting lock."""

import asyncio
import fcntl
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from isdeploy_tui.remote import mapwrite
from isdeploy_tui.remote.errors import ConnectionLostError, MapConflictError, MapLockedError, MapWriteError
from isdeploy_tui.remote.mapwrite import swap_map
from isdeploy_tui.remote.shell import compose, new_nonce, script_text
from tests.remote.local_host import LocalHost
from tests.remote.maps import NEW, OLD, backups, host, left_behind, map_file, open_path, sha
from tests.remote.userlands import USERLANDS, make_host, program

__all__ = ("host", "map_file", "open_path")

KILLS = int(os.environ.get("ISDEPLOY_TEST_KILLS", "100"))
"""How many writes are killed in the middle, over all userlands; CI may set more."""

NO_FLOCK = pytest.mark.parametrize("userland", ["dash", "bash", "busybox-only"])
FORTY = 40


async def outcome(host: LocalHost, map_file: Path, new: bytes, expected: bytes = OLD) -> str:
    try:
        await swap_map(host, str(map_file), expected=sha(expected), new=new)
    except (MapConflictError, MapLockedError) as error:
        return type(error).__name__
    return "written"


@pytest.mark.parametrize(
    ("userland", "writers"), [("dash", FORTY), ("bash", 10), ("busybox", 10), ("busybox-only", FORTY)]
)
async def test_of_forty_writers_at_once_exactly_one_wins(
    userland: str, writers: int, map_file: Path, open_path: Path
) -> None:
    host = make_host(userland, open_path / "server")
    news = [b"# %d\n" % number for number in range(writers)]
    results = await asyncio.gather(*(outcome(host, map_file, new) for new in news))
    assert results.count("written") == 1
    assert set(results) <= {"written", "MapConflictError", "MapLockedError"}
    assert map_file.read_bytes() == news[results.index("written")]
    assert left_behind(map_file) == []
    assert len(backups(map_file)) == 1


async def test_forty_writers_without_flock(map_file: Path, open_path: Path) -> None:
    host = make_host("bash", open_path / "server", without=["flock"])
    results = await asyncio.gather(*(outcome(host, map_file, b"# %d\n" % number) for number in range(FORTY)))
    assert results.count("written") == 1
    assert left_behind(map_file) == []


async def test_a_chain_of_changes_loses_none(host: LocalHost, map_file: Path) -> None:
    """Each of several writers adds its line again and again, planning anew after each conflict."""

    async def add(line: bytes) -> None:
        for _ in range(60):
            now = map_file.read_bytes()
            if await outcome(host, map_file, now + line, expected=now) == "written":
                return
            await asyncio.sleep(random.uniform(0, 0.05))
        pytest.fail("never written")

    lines = [b"# %d\n" % number for number in range(4)]
    await asyncio.gather(*map(add, lines))
    assert sorted(map_file.read_bytes().removeprefix(OLD).splitlines(keepends=True)) == lines


async def test_a_reader_never_sees_anything_but_whole_maps(host: LocalHost, map_file: Path) -> None:
    big_old, big_new = b"# old rule of a map\n" * 10_000, b"# new rule of it\n" * 12_000
    map_file.write_bytes(big_old)
    seen: set[bytes] = set()
    done = asyncio.Event()

    def spin() -> None:
        while not done.is_set():
            seen.add(map_file.read_bytes())

    spinning = asyncio.create_task(asyncio.to_thread(spin))
    try:
        for _ in range(3):
            await swap_map(host, str(map_file), expected=sha(big_old), new=big_new)
            await swap_map(host, str(map_file), expected=sha(big_new), new=big_old)
    finally:
        done.set()
        await spinning
    assert seen == {big_old, big_new}


@contextmanager
def directory_lock(map_file: Path, option: int = 0) -> Iterator[None]:
    descriptor = os.open(map_file.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | option)
        yield
    finally:
        os.close(descriptor)


async def test_a_held_lock_is_told_and_nothing_written(map_file: Path, open_path: Path) -> None:
    host = make_host("dash", open_path / "server")
    with directory_lock(map_file), pytest.raises(MapLockedError, match="old map is in place"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == OLD
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


async def test_a_lock_that_is_given_back_in_time_is_waited_for(map_file: Path, open_path: Path) -> None:
    host = make_host("dash", open_path / "server")
    with directory_lock(map_file):
        writing = asyncio.create_task(swap_map(host, str(map_file), expected=sha(OLD), new=NEW))
        await asyncio.sleep(1)
        assert not writing.done()
    await writing
    assert map_file.read_bytes() == NEW


@pytest.mark.parametrize("said", ["flock: 9: Bad file descriptor", "flock: 9: No locks available"])
async def test_a_file_system_without_flock_is_locked_by_creation(said: str, map_file: Path, open_path: Path) -> None:
    host = make_host("dash", open_path / "server", fakes={"flock": f"echo '{said}' >&2; exit 65"})
    results = await asyncio.gather(*(outcome(host, map_file, b"# %d\n" % number) for number in range(10)))
    assert results.count("written") == 1
    assert left_behind(map_file) == []


def lock_link(map_file: Path, age: float) -> Path:
    link = map_file.parent / f".{map_file.name}.lock"
    link.symlink_to("0123456789abcdef")
    when = time.time() - age
    os.utime(link, (when, when), follow_symlinks=False)
    return link


@pytest.mark.parametrize("userland", ["dash", "busybox-only"])
async def test_a_fresh_lock_of_somebody_else_is_kept(userland: str, map_file: Path, open_path: Path) -> None:
    host = make_host(userland, open_path / "server", without=["flock"])
    link = lock_link(map_file, age=10)
    assert await outcome(host, map_file, NEW) == "MapLockedError"
    assert map_file.read_bytes() == OLD
    assert str(link.readlink()) == "0123456789abcdef"


@pytest.mark.parametrize(
    ("userland", "age"), [("dash", 65), ("bash", 65), ("busybox-only", 65), ("dash", 100_000), ("dash", -100_000)]
)
async def test_a_stale_lock_is_broken_by_exactly_one(userland: str, age: int, map_file: Path, open_path: Path) -> None:
    host = make_host(userland, open_path / "server", without=["flock"])
    lock_link(map_file, age)
    results = await asyncio.gather(*(outcome(host, map_file, b"# %d\n" % number) for number in range(8)))
    assert results.count("written") == 1
    assert left_behind(map_file) == []


@NO_FLOCK
async def test_a_writer_that_outlived_its_lock_does_not_write(userland: str, map_file: Path, open_path: Path) -> None:
    """It stands still after it made its file; another breaks its lock; then it goes on."""
    link = map_file.parent / f".{map_file.name}.lock"
    stall = f"""case $* in "-u "*) touch -h -d @1000000 {link}; while [ -h {link} ]; do sleep 0.1; done;; esac
    exec {program("date")} "$@" """
    slow = make_host(userland, open_path / "slow", without=["flock"], fakes={"date": stall})
    slow_writes = asyncio.create_task(outcome(slow, map_file, b"# slow\n"))
    while not (link.is_symlink() and link.lstat().st_mtime < time.time() - 60):
        await asyncio.sleep(0.02)
    quick = make_host(userland, open_path / "server", without=["flock"])
    assert await outcome(quick, map_file, NEW) == "written"
    assert await slow_writes == "MapLockedError"
    assert map_file.read_bytes() == NEW
    assert left_behind(map_file) == []


async def test_a_stream_cut_anywhere_changes_nothing(host: LocalHost, map_file: Path) -> None:
    words = ("write", str(map_file), sha(OLD), sha(NEW), "0" * 16, "")
    length = len(compose(script_text("mapwrite.sh"), new_nonce(), words, NEW))
    before = map_file.stat()
    for cut in [length * tenth // 10 for tenth in range(10)] + [length - rest for rest in (60, 40, 20, 10, 5, 3)]:
        host.cut = cut
        with pytest.raises(MapWriteError, match="Nothing was written"):
            await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
        assert map_file.read_bytes() == OLD
        assert map_file.stat().st_mtime_ns == before.st_mtime_ns
        assert left_behind(map_file) == []


async def test_a_reply_that_was_lost_is_found_out(host: LocalHost, map_file: Path) -> None:
    host.drop_reply = True
    written = await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert (written.sha256, written.mtime, written.backup) == (sha(NEW), int(map_file.stat().st_mtime), "")
    host.drop_reply = True
    with pytest.raises(MapConflictError):
        await swap_map(host, str(map_file), expected=sha(OLD), new=b"# third\n")
    assert map_file.read_bytes() == NEW


async def test_when_the_second_look_fails_too_it_is_not_known(
    host: LocalHost, map_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapwrite, "LOOK_AGAIN_SECONDS", (0.0, 0.0))
    run = LocalHost.run

    async def lost(host: LocalHost, *words: object, **options: object) -> object:
        host.drop_reply = True
        return await run(host, *words, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(LocalHost, "run", lost)
    with pytest.raises(ConnectionLostError, match=r"not known whether .* is the old or the new map"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


async def test_a_writer_that_was_given_up_can_no_longer_write(host: LocalHost, map_file: Path) -> None:
    words = (str(map_file), sha(OLD), sha(NEW), "0123456789abcdef", "")
    assert (await host.run("mapwrite.sh", "void", *words)).lines == (b"OLD",)
    assert (await host.run("mapwrite.sh", "write", *words, content=NEW)).status == 49
    assert map_file.read_bytes() == OLD
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert (await host.run("mapwrite.sh", "void", *words)).lines == (b"NEW %d" % map_file.stat().st_mtime,)
    assert left_behind(map_file) == []


async def test_only_the_newest_void_tickets_are_kept(host: LocalHost, map_file: Path) -> None:
    void = map_file.parent / ".isdeploy" / "void"
    void.mkdir(parents=True)
    for number in range(70):
        (void / f"{number:016}").touch()
        os.utime(void / f"{number:016}", (number, number))
    await host.run("mapwrite.sh", "void", str(map_file), sha(OLD), sha(NEW), "f" * 16, "")
    assert len(list(void.iterdir())) == 50
    assert (void / ("f" * 16)).exists()


@pytest.mark.parametrize("userland", USERLANDS)
async def test_killed_at_any_moment_it_leaves_a_whole_map_and_no_lasting_lock(
    userland: str, map_file: Path, open_path: Path
) -> None:
    """SIGKILL to the shell alone and to its whole session, in turn, at random moments of a write.

    The first comes at once, the second when the new map is there: both ends are seen however slow the machine is.
    """
    host = make_host(userland, open_path / "server")
    whole = await _time_of_a_write(host, _write(map_file))
    chance = random.Random(1)
    states: set[bytes] = set()
    for number in range(max(2, KILLS // len(USERLANDS))):
        map_file.write_bytes(OLD)
        map_file.chmod(0o640)
        async with host._process(sudo=False) as process:
            assert process.stdin
            process.stdin.write(_write(map_file))
            process.stdin.close()
            if number == 1:
                await _until_there(map_file, NEW)
            elif number:
                await asyncio.sleep(chance.uniform(0, whole * 1.2))
            with suppress(ProcessLookupError):
                (os.killpg if number % 2 else os.kill)(process.pid, signal.SIGKILL)
            await process.wait()
            await _all_ended(process.pid)
        state = map_file.read_bytes()
        assert state in (OLD, NEW)
        assert map_file.stat().st_mode & 0o7777 == 0o640
        states.add(state)
        if userland == "busybox-only":
            _let_time_pass(map_file, 61 + 10 * number)
        else:
            with directory_lock(map_file, fcntl.LOCK_NB):
                pass
        if number % 4 == 0:  # the next writer gets the lock at once and clears away what the dead ones left
            await swap_map(host, str(map_file), expected=sha(state), new=b"# next\n")
            assert left_behind(map_file) == []
    assert states == {OLD, NEW}


def _write(map_file: Path) -> bytes:
    words = ("write", str(map_file), sha(OLD), sha(NEW), "0" * 16, "")
    return compose(script_text("mapwrite.sh"), new_nonce(), words, NEW)


async def _time_of_a_write(host: LocalHost, data: bytes) -> float:
    start = time.monotonic()
    async with host._process(sudo=False) as process:
        await process.communicate(data)
    return time.monotonic() - start


async def _until_there(map_file: Path, data: bytes) -> None:
    async with asyncio.timeout(60):
        while map_file.read_bytes() != data:
            await asyncio.sleep(0.001)


async def _all_ended(group: int) -> None:
    """Wait for what a killed shell was just running: a rename under way is not undone by its death."""
    while any(_runs(entry, group) for entry in Path("/proc").glob("[0-9]*")):
        await asyncio.sleep(0.005)


def _runs(entry: Path, group: int) -> bool:
    try:
        state, _, its_group, *_ = (entry / "stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return False
    return int(its_group) == group and state != "Z"


def _let_time_pass(map_file: Path, seconds: float) -> None:
    link = map_file.parent / f".{map_file.name}.lock"
    if link.is_symlink():
        past = time.time() - seconds
        os.utime(link, (past, past), follow_symlinks=False)
