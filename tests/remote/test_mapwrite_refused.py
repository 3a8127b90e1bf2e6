"""A map that cannot be replaced, on every kind of server: one sentence for each reason, and the old map in place."""

import os
from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import MapConflictError, MapWriteError
from isdeploy_tui.remote.mapwrite import swap_map
from tests.remote.local_host import LocalHost
from tests.remote.maps import NEW, OLD, host, left_behind, map_file, open_path, sha
from tests.remote.userlands import NOBODY, SHA_TOOLS, USERLANDS, as_nobody, make_host, program

__all__ = ("host", "map_file", "open_path")


async def test_a_map_changed_by_somebody_else_is_left_alone(host: LocalHost, map_file: Path) -> None:
    with pytest.raises(MapConflictError, match=r"changed by somebody else .* Nothing was written"):
        await swap_map(host, str(map_file), expected=sha(b"what was planned from"), new=NEW)
    assert map_file.read_bytes() == OLD
    assert left_behind(map_file) == []
    assert not (map_file.parent / ".isdeploy").exists()


@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_change_while_the_new_map_is_made_is_seen(userland: str, map_file: Path, open_path: Path) -> None:
    edit = f'case $* in "-u "*) echo "# edited" >>{map_file};; esac; exec {program("date")} "$@"'
    host = make_host(userland, open_path / "server", fakes={"date": edit})
    with pytest.raises(MapConflictError):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == OLD + b"# edited\n"
    assert left_behind(map_file) == []


async def test_what_is_no_map_is_refused(host: LocalHost, map_file: Path) -> None:
    folder = map_file.parent
    os.mkfifo(folder / "fifo")
    (folder / "dangling").symlink_to("nowhere")
    os.link(map_file, folder / "hard")
    for name, sentence in (
        ("none", "does not exist"),
        ("dangling", "does not exist"),
        ("fifo", "not a regular file"),
        (".", "not a regular file"),
        ("hard", "2 hard links"),
    ):
        with pytest.raises(MapWriteError, match=sentence) as raised:
            await swap_map(host, str(folder / name), expected=sha(OLD), new=NEW)
        assert "old map is in place" in raised.value.sentence
    assert map_file.read_bytes() == OLD


@pytest.mark.parametrize("new", [b"", b"/a=b\n\0"])
async def test_an_empty_map_or_a_nul_is_not_even_sent(host: LocalHost, map_file: Path, new: bytes) -> None:
    with pytest.raises(MapWriteError, match="old one is in place"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=new)
    assert host.ran == []


async def test_the_script_itself_refuses_an_empty_result(host: LocalHost, map_file: Path) -> None:
    reply = await host.run("mapwrite.sh", "write", str(map_file), sha(OLD), sha(b""), "t", "", content=b"")
    assert reply.status == 57
    assert map_file.read_bytes() == OLD


async def test_content_that_came_in_cut_changes_nothing(host: LocalHost, map_file: Path) -> None:
    for length in range(0, len(NEW), 5):
        words = ("write", str(map_file), sha(OLD), sha(NEW), "t", "")
        reply = await host.run("mapwrite.sh", *words, content=NEW[:length])
        assert reply.status == 55
        assert map_file.read_bytes() == OLD
    assert left_behind(map_file) == []


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
class TestAsNobody:
    """An account that lacks some right."""

    async def refused(self, userland: str, map_file: Path, sentence: str, *, sudo: bool = False) -> MapWriteError:
        root = map_file.parents[1] / "server"
        host = make_host(userland, root, wrapper=NOBODY, sudo_wrapper=NOBODY)
        before = map_file.stat()
        with pytest.raises(MapWriteError, match=sentence) as raised:
            await swap_map(host, str(map_file), expected=sha(OLD), new=NEW, sudo=sudo)
        assert map_file.read_bytes() == OLD
        assert map_file.stat() == before or map_file.stat().st_mtime == before.st_mtime
        assert left_behind(map_file) == []
        assert "old map is in place" in raised.value.sentence
        return raised.value

    async def test_a_directory_that_may_not_be_written(self, userland: str, map_file: Path) -> None:
        os.chown(map_file, 65534, 65534)
        error = await self.refused(userland, map_file, "directory of .* may not be written")
        assert "sudo = true" in error.remedy
        error = await self.refused(userland, map_file, "directory of .* may not be written", sudo=True)
        assert "sudo = true" not in error.remedy

    async def test_a_directory_that_may_not_be_listed(self, userland: str, map_file: Path) -> None:
        os.chown(map_file, 65534, 65534)
        map_file.parent.chmod(0o733)
        await self.refused(userland, map_file, "directory of .* may not be written")

    async def test_a_map_of_somebody_else(self, userland: str, map_file: Path) -> None:
        map_file.parent.chmod(0o777)
        error = await self.refused(userland, map_file, "Owner, group, mode")
        assert "sudo = true" in error.remedy

    async def test_a_group_that_it_cannot_give(self, userland: str, map_file: Path) -> None:
        map_file.parent.chmod(0o777)
        os.chown(map_file, 65534, 0)
        await self.refused(userland, map_file, "Owner, group, mode")

    async def test_a_map_that_may_not_be_read(self, userland: str, map_file: Path) -> None:
        map_file.parent.chmod(0o777)
        map_file.chmod(0o600)
        await self.refused(userland, map_file, "may not be read")

    async def test_backups_that_may_not_be_written(self, userland: str, map_file: Path) -> None:
        for path in (map_file, map_file.parent):
            os.chown(path, 65534, 65534)
        (map_file.parent / ".isdeploy").mkdir(mode=0o755)
        await self.refused(userland, map_file, "could not be kept")

    async def test_sudo_writes_where_the_account_may_not(self, userland: str, map_file: Path) -> None:
        host = make_host(userland, map_file.parents[1] / "server", wrapper=NOBODY, sudo_wrapper=["env"])
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW, sudo=True)
        assert map_file.read_bytes() == NEW


@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_backup_directory_that_leads_elsewhere_is_refused(
    userland: str, map_file: Path, open_path: Path
) -> None:
    (open_path / "elsewhere").mkdir()
    (map_file.parent / ".isdeploy").symlink_to(open_path / "elsewhere")
    host = make_host(userland, open_path / "server")
    with pytest.raises(MapWriteError, match="symbolic link"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert list((open_path / "elsewhere").iterdir()) == []


async def test_without_any_sha256_tool_nothing_is_written(map_file: Path, open_path: Path) -> None:
    host = make_host("dash", open_path / "server", without=SHA_TOOLS)
    with pytest.raises(MapWriteError, match="no tool to compute a sha256"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == OLD


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("No space left on device", "disk .* is full"),
        ("Disk quota exceeded", "quota"),
        ("Read-only file system", "read-only"),
        ("Input/output error", "could not be replaced .*Input/output error"),
    ],
)
@pytest.mark.parametrize("tool", ["cp", "sync"])
async def test_a_disk_that_fails_is_told_by_its_own_sentence(
    tool: str, said: str, sentence: str, map_file: Path, open_path: Path
) -> None:
    fakes = {tool: f'echo "{tool}: error: {said}" >&2; exit 1'}
    fakes |= {"dd": f'echo "dd: {said}" >&2; exit 1'}
    host = make_host("dash", open_path / "server", fakes=fakes)
    with pytest.raises(MapWriteError, match=sentence):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == OLD
    assert left_behind(map_file) == []


@pytest.mark.parametrize("said", ["Device or resource busy", "Operation not permitted"])
async def test_a_rename_that_fails_leaves_the_old_map(said: str, map_file: Path, open_path: Path) -> None:
    rename = f'case $* in *{map_file.name}) echo "mv: {said}" >&2; exit 1;; esac; exec {program("mv")} "$@"'
    host = make_host("dash", open_path / "server", fakes={"mv": rename})
    with pytest.raises(MapWriteError, match=said):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == OLD
    assert left_behind(map_file) == []


async def test_an_acl_that_would_be_lost_is_refused(map_file: Path, open_path: Path) -> None:
    plain = f'{program("ls")} "$@"'
    marked = f"case $* in *.isd*) {plain};; *) {plain} | sed 's/^[^ ]*/&+/';; esac"
    host = make_host("dash", open_path / "server", fakes={"ls": marked})
    with pytest.raises(MapWriteError, match="Owner, group, mode or security context"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == OLD


async def test_an_unforeseen_end_is_decided_by_what_the_map_is(map_file: Path, open_path: Path) -> None:
    kill = f"kill -9 $({program('ps')} -o sid= -p $$)"
    killed = f'case $* in *{map_file.name}) {{}} {kill};; *) exec {program("mv")} "$@";; esac'
    before = make_host("dash", open_path / "server", fakes={"mv": killed.format("")})
    with pytest.raises(MapWriteError, match="Nothing was written"):
        await swap_map(before, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == OLD
    after = make_host("dash", open_path / "other", fakes={"mv": killed.format(f'{program("mv")} "$@";')})
    written = await swap_map(after, str(map_file), expected=sha(OLD), new=NEW)
    assert written.sha256 == sha(NEW)
    assert map_file.read_bytes() == NEW
