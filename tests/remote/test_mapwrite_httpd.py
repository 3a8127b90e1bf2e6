"""httpd's children read the map as their own user: a map that they could not read is not written."""

import grp
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import MapWriteError
from isdeploy_tui.remote.mapwrite import swap_map
from tests.remote.local_host import LocalHost
from tests.remote.maps import NEW, OLD, left_behind, map_file, open_path, sha
from tests.remote.userlands import NOBODY, USERLANDS, as_nobody, make_host

__all__ = ("map_file", "open_path")

HTTPD, OTHER, SOMEBODY = 33333, 33334, 44444
"""User and group ids that this machine need not know."""


@pytest.fixture
def running() -> Iterator[Callable[..., int]]:
    """Return a function that starts a process of a user and gives its id."""
    started: list[subprocess.Popen[bytes]] = []

    def start(user: int, *groups: int) -> int:
        started.append(subprocess.Popen(["sleep", "600"], user=user, group=user, extra_groups=groups))
        return started[-1].pid

    yield start
    for process in started:
        process.kill()
        process.wait()


def host_with(userland: str, map_file: Path, *processes: str, plain: bool = False) -> LocalHost:
    """Return a host where root's httpd and these processes run; ``plain`` by an account that owns nothing."""
    shown = ["0 1 apache2", "0 2 systemd", "0 3 httpd", *processes]
    ps = "\n".join(f"echo '{line}'" for line in shown)
    wrapper = NOBODY if plain else ()
    return make_host(userland, map_file.parents[1] / "server", fakes={"ps": ps}, wrapper=wrapper)


by_root_and_plain = pytest.mark.parametrize("plain", [False, True], ids=["root", "plain"])
"""Root can become httpd's user and try; everybody else has to work it out from modes."""


def give(map_file: Path, plain: bool) -> None:
    if plain:
        for path in (map_file, map_file.parent):
            os.chown(path, 65534, 65534)


@as_nobody
@by_root_and_plain
@pytest.mark.parametrize(
    ("userland", "name"),
    [(userland, "apache2") for userland in USERLANDS]
    + [("dash", name) for name in ("httpd", "/usr/sbin/httpd", "httpd.worker", "httpd2-prefork")],
)
async def test_a_map_that_httpd_cannot_read_is_refused(
    userland: str, name: str, plain: bool, map_file: Path, running: Callable[..., int]
) -> None:
    give(map_file, plain)
    map_file.chmod(0o640)
    pid = running(HTTPD)
    host = host_with(userland, map_file, f"{HTTPD} {pid} {name}", f"{HTTPD} 999998 {name}", plain=plain)
    with pytest.raises(MapWriteError, match=f"httpd runs as {HTTPD} there, who cannot read") as raised:
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert "old map is in place" in raised.value.sentence
    assert map_file.read_bytes() == OLD
    assert left_behind(map_file) == []
    map_file.chmod(0o644)
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


@as_nobody
@by_root_and_plain
@pytest.mark.parametrize("userland", USERLANDS)
async def test_every_directory_above_must_let_httpd_through(
    userland: str, plain: bool, map_file: Path, running: Callable[..., int]
) -> None:
    give(map_file, plain)
    map_file.parent.chmod(0o770)
    host = host_with(userland, map_file, f"{HTTPD} {running(HTTPD)} httpd", plain=plain)
    with pytest.raises(MapWriteError, match="cannot read"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    map_file.parent.chmod(0o771)
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
@pytest.mark.parametrize(
    ("owner", "group", "mode", "readable"),
    [
        (HTTPD, 0, 0o400, True),
        (HTTPD, 0, 0o044, False),
        (SOMEBODY, HTTPD, 0o640, True),
        (SOMEBODY, HTTPD, 0o604, False),
        (SOMEBODY, SOMEBODY, 0o604, True),
        (SOMEBODY, SOMEBODY, 0o660, False),
    ],
)
async def test_owner_group_and_others_count_as_the_kernel_counts_them(
    userland: str, owner: int, group: int, mode: int, readable: bool, map_file: Path, running: Callable[..., int]
) -> None:
    os.chown(map_file, owner, group)
    map_file.chmod(mode)
    process = f"{HTTPD} {running(HTTPD)} apache2"
    # With and without setpriv, root tries and works it out.
    for host in (host_with(userland, map_file, process), without_setpriv(userland, map_file, process)):
        map_file.write_bytes(OLD)
        if readable:
            await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
        else:
            with pytest.raises(MapWriteError, match="cannot read"):
                await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


def without_setpriv(userland: str, map_file: Path, process: str) -> LocalHost:
    fakes = {"ps": f"echo '{process}'", "setpriv": "echo 'setpriv: unknown option' >&2; exit 1"}
    return make_host(userland, map_file.parents[1] / "other", fakes=fakes)


@as_nobody
@pytest.mark.parametrize("userland", ["dash", "busybox-only"])
async def test_the_groups_of_the_running_httpd_count(
    userland: str, map_file: Path, running: Callable[..., int]
) -> None:
    os.chown(map_file, 0, SOMEBODY)
    map_file.chmod(0o640)
    host = host_with(userland, map_file, f"{HTTPD} {running(HTTPD, OTHER, SOMEBODY)} apache2")
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
async def test_where_its_process_tells_nothing_the_user_database_does(userland: str, map_file: Path) -> None:
    map_file.chmod(0o640)
    host = host_with(userland, map_file, "daemon 999999 httpd")
    with pytest.raises(MapWriteError, match="httpd runs as daemon there, who cannot read"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    os.chown(map_file, 0, grp.getgrnam("daemon").gr_gid)
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
async def test_where_two_httpds_run_one_that_can_read_is_enough(
    userland: str, map_file: Path, running: Callable[..., int]
) -> None:
    os.chown(map_file, OTHER, 0)
    map_file.chmod(0o600)
    one, two = f"{HTTPD} {running(HTTPD)} httpd", f"{OTHER} {running(OTHER)} apache2"
    host = host_with(userland, map_file, one, two)
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    map_file.write_bytes(OLD)
    host = host_with(userland, map_file, one)
    with pytest.raises(MapWriteError, match="cannot read"):
        await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
async def test_where_an_acl_decides_the_unchanged_rights_are_trusted(
    userland: str, map_file: Path, running: Callable[..., int]
) -> None:
    """Modes say nothing then; what httpd could read it can read after."""
    give(map_file, plain=True)
    map_file.chmod(0o640)
    marked = '/bin/ls "$@" | sed "s/^[^ ]*/&+/"'
    host = make_host(
        userland,
        map_file.parents[1] / "server",
        fakes={"ps": f"echo {HTTPD} {running(HTTPD)} httpd", "ls": marked},
        wrapper=NOBODY,
    )
    await swap_map(host, str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == NEW


@pytest.mark.parametrize("userland", USERLANDS)
@pytest.mark.parametrize("line", ["0 999999 apache2", "root 999999 httpd", f"{HTTPD} 999999 nginx"])
async def test_without_an_httpd_of_its_own_user_the_unchanged_rights_are_trusted(
    userland: str, line: str, map_file: Path
) -> None:
    map_file.chmod(0o600)
    await swap_map(host_with(userland, map_file, line), str(map_file), expected=sha(OLD), new=NEW)
    assert map_file.read_bytes() == NEW
