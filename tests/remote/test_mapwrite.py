"""A map replaced by compare-and-swap, on every kind of server: what arrives and what is kept."""

import os
import time
from pathlib import Path

import pytest

from isdeploy_tui.remote.mapwrite import Written, swap_map
from tests.remote.local_host import LocalHost
from tests.remote.maps import NEW, OLD, backups, host, left_behind, map_file, open_path, sha
from tests.remote.userlands import NOBODY, SHA_TOOLS, USERLANDS, as_nobody, make_host, program

__all__ = ("host", "map_file", "open_path")


async def test_the_map_is_replaced_and_the_old_one_kept(host: LocalHost, map_file: Path) -> None:
    inode = map_file.stat().st_ino
    written = await swap_map(host, str(map_file), expected=sha(OLD), new=NEW, note="drain shop/web1/worker1")
    assert map_file.read_bytes() == NEW
    assert map_file.stat().st_ino != inode
    assert written == Written(sha(NEW), int(map_file.stat().st_mtime), str(backups(map_file)[0]))
    assert backups(map_file)[0].read_bytes() == OLD
    assert backups(map_file)[0].name.endswith(sha(OLD)[:8])
    assert (map_file.parent / ".isdeploy" / "backups" / "notes").read_text() == (
        f"{backups(map_file)[0].name} drain shop/web1/worker1\n"
    )
    assert left_behind(map_file) == []


@pytest.mark.parametrize(
    "new", [b"x", b"\n", b"/a=b\r\n/c=d", bytes(range(1, 256)), b"# long\n" * 100_000], ids=range(5)
)
async def test_the_new_map_is_there_byte_for_byte(host: LocalHost, map_file: Path, new: bytes) -> None:
    await swap_map(host, str(map_file), expected=sha(OLD), new=new)
    assert map_file.read_bytes() == new


async def test_a_path_is_no_shell_text(host: LocalHost, open_path: Path) -> None:
    folder = open_path / "it's $(touch x) *[a]"
    folder.mkdir()
    path = folder / "-map `id` \\ ünï\n"
    path.write_bytes(OLD)
    written = await swap_map(host, str(path), expected=sha(OLD), new=NEW)
    assert path.read_bytes() == NEW
    assert len(list((folder / ".isdeploy" / "backups").iterdir())) == 1
    assert "\n" not in written.backup


async def test_a_symbolic_link_stays_and_its_target_is_replaced(host: LocalHost, map_file: Path) -> None:
    link = map_file.parent.parent / "link"
    second = map_file.parent.parent / "second"
    link.symlink_to("conf/uriworkermap.properties")
    second.symlink_to(link)
    await swap_map(host, str(second), expected=sha(OLD), new=NEW)
    assert second.is_symlink()
    assert link.is_symlink()
    assert not map_file.is_symlink()
    assert map_file.read_bytes() == NEW
    assert len(backups(map_file)) == 1


@as_nobody
@pytest.mark.parametrize("mode", [0o664, 0o444, 0o600])
async def test_owner_group_and_mode_are_kept(host: LocalHost, map_file: Path, mode: int) -> None:
    map_file.chmod(mode)
    os.chown(map_file, 12345, 23456)
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    now = map_file.stat()
    assert (now.st_mode & 0o7777, now.st_uid, now.st_gid) == (mode, 12345, 23456)
    assert map_file.read_bytes() == NEW


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
@pytest.mark.parametrize("mode", [0o644, 0o444])
async def test_its_plain_owner_can_replace_it(userland: str, map_file: Path, open_path: Path, mode: int) -> None:
    map_file.chmod(mode)
    for path in (map_file, map_file.parent):
        os.chown(path, 65534, 65534)
    host = make_host(userland, open_path / "server", wrapper=NOBODY)
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == NEW
    assert map_file.stat().st_mode & 0o7777 == mode


@as_nobody
async def test_backups_belong_to_whom_the_directory_belongs(host: LocalHost, map_file: Path) -> None:
    os.chown(map_file.parent, 65534, 65534)
    map_file.parent.chmod(0o2775)
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    for folder in (map_file.parent / ".isdeploy", map_file.parent / ".isdeploy" / "backups"):
        now = folder.stat()
        assert (now.st_uid, now.st_gid, now.st_mode & 0o777) == (65534, 65534, 0o770)


async def test_the_mtime_is_a_newer_second_each_time(host: LocalHost, map_file: Path) -> None:
    seen = [int(map_file.stat().st_mtime)]
    old, new = OLD, NEW
    for _ in range(4):
        written = await swap_map(host, str(map_file), expected=sha(old), new=new)
        assert written.mtime == map_file.stat().st_mtime
        seen.append(written.mtime)
        old, new = new, old
    assert seen == sorted(set(seen))


async def test_a_map_from_the_future_gets_newer_still(host: LocalHost, map_file: Path) -> None:
    future = int(time.time()) + 100_000
    os.utime(map_file, (future, future))
    assert (await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)).mtime == future + 1


async def test_the_newest_fifty_backups_are_kept(host: LocalHost, map_file: Path) -> None:
    kept = map_file.parent / ".isdeploy" / "backups"
    kept.mkdir(parents=True)
    stamps = [f"202501{day:02}T{hour:02}0000Z" for day in range(1, 5) for hour in range(20)]
    old = [kept / f"{map_file.name}.{stamp}.0123abcd" for stamp in stamps]
    for path in (*old, other := kept / "other.properties.20250101T000000Z.0123abcd"):
        path.write_bytes(b"kept")
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert backups(map_file)[:-1] == old[-49:]
    assert backups(map_file)[-1].read_bytes() == OLD
    assert other.exists()


@pytest.mark.parametrize("tool", SHA_TOOLS)
async def test_any_sha256_tool_will_do(tool: str, map_file: Path, open_path: Path) -> None:
    program(tool)
    host = make_host("dash", open_path / "server", without=[name for name in SHA_TOOLS if name != tool])
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == NEW
