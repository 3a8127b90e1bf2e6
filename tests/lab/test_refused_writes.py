"""Servers that do not let a map be written: one clear sentence for each reason, and the map as it was."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.apache import RUN_USER
from tests.lab.command_line import isdeploy, settings
from tests.lab.programs import free_ports
from tests.lab.programs import program as path_of
from tests.lab.site_settings import configured
from tests.lab.sshd import Sshd
from tests.lab.stack import Stack
from tests.lab.test_bad_input import W1, Untouched, sentence
from tests.remote.disks import fill, mount, needs_mount, unmount

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be somebody else on a server")


@contextmanager
def as_another_user(stack: Stack, folder: Path, *, sudo: bool = False) -> Iterator[Path]:
    """Yield a servers.toml whose Apache is reached as somebody who may read its map and not write beside it."""
    options = []
    if os.geteuid() == 0:
        user = f"{path_of('setpriv')} --reuid={RUN_USER} --regid={RUN_USER} --init-groups"
        options = [f'ForceCommand exec {user} /bin/sh -c "$SSH_ORIGINAL_COMMAND"']
    sshd = Sshd("limited", folder / "sshd", next(free_ports()), stack.machines["web1"].keys, stack.home, options)
    sshd.start()
    sshd.trust()
    ssh_config = folder / "ssh_config"
    ssh_config.write_text(stack.ssh_config.read_text() + "\n" + sshd.alias("limited"))

    def change(data: dict[str, Any]) -> None:
        data["ssh_config"] = str(ssh_config)
        data["service"][0]["apache"][0] |= {"ssh": "limited", "sudo": sudo}

    try:
        yield settings(stack, folder, change)
    finally:
        sshd.stop()


async def test_a_directory_that_may_not_be_written_is_told(stack: Stack, tmp_path: Path) -> None:
    conf = stack.apache.map.parent
    conf.chmod(0o555)
    known = Untouched.now(stack.apache.map)
    try:
        with as_another_user(stack, tmp_path) as file:
            status = await isdeploy(file, "status")
            said = await isdeploy(file, "drain", W1)
    finally:
        conf.chmod(0o755)
    assert status.status == 0, status
    assert said.status == 1
    assert str(conf) in sentence(said)
    assert "may not be written by this account" in sentence(said)
    assert "sudo = true" in sentence(said)
    assert known.holds()
    assert sorted(entry.name for entry in conf.iterdir()) == [stack.apache.map.name]


@contextmanager
def on_a_disk_of_its_own(stack: Stack, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield a map on a disk of 256 KiB, and a servers.toml that names it."""
    disk = stack.directory / "disk"
    disk.mkdir(exist_ok=True)
    mount("-t", "tmpfs", "-o", "size=256k,mode=755", "isdeploy-lab", str(disk))
    try:
        path = disk / stack.apache.map.name
        path.write_bytes(stack.apache.map_bytes)
        yield path, configured(stack, folder, apache={"map": str(path)})
    finally:
        unmount(disk)


@needs_mount
@pytest.mark.parametrize("recorded", [False, True])
async def test_a_full_disk_is_told(stack: Stack, tmp_path: Path, recorded: bool) -> None:
    with on_a_disk_of_its_own(stack, tmp_path) as (path, file):
        if recorded:
            # With room for the lease and the journal, it is the map itself that finds none.
            path.write_bytes(path.read_bytes() + b"# a long map\n" * 1000)
            for word in ("drain", "restore"):
                assert (await isdeploy(file, word, W1, "--no-wait")).status == 0
            (path.parent / ".isdeploy" / "spare").write_bytes(b"x" * 8000)
        fill(path.parent)
        if recorded:
            (path.parent / ".isdeploy" / "spare").unlink()
        known = Untouched.now(path)
        said = await isdeploy(file, "drain", W1)
        assert said.status == 1
        assert "disk" in sentence(said)
        assert "is full" in sentence(said)
        assert "Make room there." in sentence(said)
        assert known.holds()
        assert {entry.name for entry in path.parent.iterdir()} <= {"filler", path.name, ".isdeploy"}


@needs_mount
async def test_a_read_only_file_system_is_told(stack: Stack, tmp_path: Path) -> None:
    with on_a_disk_of_its_own(stack, tmp_path) as (path, file):
        mount("-o", "remount,ro", str(path.parent))
        known = Untouched.now(path)
        assert (await isdeploy(file, "status")).status == 0
        said = await isdeploy(file, "drain", W1)
        assert said.status == 1
        assert "read-only file system" in sentence(said).lower()
        assert "Nothing was changed." in sentence(said)
        assert known.holds()


@needs_root
async def test_a_map_of_another_user_is_told(stack: Stack, tmp_path: Path) -> None:
    stack.apache.map.parent.chmod(0o777)
    known = Untouched.now(stack.apache.map)
    with as_another_user(stack, tmp_path) as file:
        said = await isdeploy(file, "drain", W1)
    assert said.status == 1
    assert f"Owner, group, mode or security context of {stack.apache.map} cannot be kept" in sentence(said)
    assert "Nothing was written, the old map is in place." in sentence(said)
    assert known.holds()


@needs_root
async def test_a_map_that_httpds_user_cannot_read_is_told(stack: Stack) -> None:
    stack.apache.map.chmod(0o600)
    known = Untouched.now(stack.apache.map)
    said = await isdeploy(stack.config_file, "drain", W1)
    assert said.status == 1
    assert f"httpd runs as {RUN_USER} there, who cannot read {stack.apache.map}" in sentence(said)
    assert "Nothing was written, the old map is in place." in sentence(said)
    assert known.holds()


@needs_root
async def test_a_sudo_that_is_refused_is_told(stack: Stack, tmp_path: Path) -> None:
    """Whether it wants a password or is not there at all."""
    stack.apache.map.parent.chmod(0o555)
    known = Untouched.now(stack.apache.map)
    try:
        with as_another_user(stack, tmp_path, sudo=True) as file:
            said = await isdeploy(file, "drain", W1)
    finally:
        stack.apache.map.parent.chmod(0o755)
    assert said.status == 1
    assert "sudo" in sentence(said)
    assert "nothing was run" in sentence(said)
    assert known.holds()
