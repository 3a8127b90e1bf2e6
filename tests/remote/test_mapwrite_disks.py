"""Real disks that refuse: full, read-only, a map that is a mount point of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import MapWriteError
from isdeploy_tui.remote.mapwrite import swap_map
from tests.remote.disks import fill, mount, needs_mount, unmount
from tests.remote.local_host import LocalHost
from tests.remote.maps import NEW, OLD, host, left_behind, map_file, open_path, sha

__all__ = ("host", "map_file", "open_path")

pytestmark = needs_mount


@pytest.fixture
def disk(map_file: Path) -> Iterator[Path]:
    """Make the map's directory a disk of 64 KiB of its own and return the map on it."""
    mount("-t", "tmpfs", "-o", "size=64k,mode=755", "isdeploy-test", str(map_file.parent))
    try:
        map_file.write_bytes(OLD)
        yield map_file
    finally:
        unmount(map_file.parent)


async def test_a_full_disk_leaves_the_old_map(host: LocalHost, disk: Path) -> None:
    fill(disk.parent)
    with pytest.raises(MapWriteError, match=r"disk that holds .* is full .* old map is in place"):
        await swap_map(host, str(disk), expected=sha(OLD), new=NEW)
    assert disk.read_bytes() == OLD
    assert left_behind(disk) == ["filler"]


@pytest.mark.parametrize("room", range(4096, 45_056, 10_240))
async def test_a_disk_that_fills_up_on_the_way_leaves_a_whole_map(host: LocalHost, disk: Path, room: int) -> None:
    """Wherever the room ends: at the temporary file, at the new content, at the backup."""
    new = b"# a longer map\n" * 800
    (disk.parent / "filler").write_bytes(b"x" * (61_440 - room))
    try:
        await swap_map(host, str(disk), expected=sha(OLD), new=new)
    except MapWriteError as error:
        assert "is full" in error.sentence
        assert disk.read_bytes() == OLD
    else:
        assert disk.read_bytes() == new
    assert left_behind(disk) == ["filler"]


async def test_a_read_only_disk_is_told(host: LocalHost, disk: Path) -> None:
    mount("-o", "remount,ro", str(disk.parent))
    with pytest.raises(MapWriteError, match="read-only file system"):
        await swap_map(host, str(disk), expected=sha(OLD), new=NEW)
    assert disk.read_bytes() == OLD


async def test_a_map_that_is_mounted_as_a_file_is_refused(host: LocalHost, map_file: Path, open_path: Path) -> None:
    source = open_path / "source"
    source.write_bytes(OLD)
    mount("--bind", str(source), str(map_file))
    try:
        with pytest.raises(MapWriteError, match="mount point of its own"):
            await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    finally:
        unmount(map_file)
    assert source.read_bytes() == OLD
    assert left_behind(map_file) == []


async def test_a_file_from_another_disk_is_refused(host: LocalHost, map_file: Path, disk: Path) -> None:
    target = disk.parent.parent / "elsewhere.properties"
    target.write_bytes(OLD)
    mount("--bind", str(disk), str(target))
    try:
        with pytest.raises(MapWriteError, match="mount point of its own"):
            await swap_map(host, str(target), expected=sha(OLD), new=NEW)
    finally:
        unmount(target)
    assert target.read_bytes() == OLD
