"""A servers.toml is saved whole or not at all, and never over what somebody else has written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isdeploy_tui.config import ConfigError
from isdeploy_tui.config.saving import FileAsRead, read_file, why_not_writable, write_file

OLD, NEW = "poll_seconds = 2  # often\n", "poll_seconds = 3  # often\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "servers.toml"
    file.write_text(OLD)
    return file


def beside(file: Path) -> list[str]:
    return sorted(path.name for path in file.parent.iterdir())


def test_what_is_saved_is_there_and_nothing_else(file: Path) -> None:
    after = write_file(read_file(file), NEW)
    assert file.read_text() == NEW
    assert after == read_file(file)
    assert beside(file) == ["servers.toml"]


def test_the_mode_stays(file: Path) -> None:
    file.chmod(0o640)
    write_file(read_file(file), NEW)
    assert file.stat().st_mode & 0o7777 == 0o640


def test_a_link_stays_one_and_what_it_leads_to_is_replaced(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "conf" / "link.toml"
    link.parent.mkdir()
    link.symlink_to(file)
    write_file(read_file(link), NEW)
    assert link.is_symlink()
    assert file.read_text() == NEW
    assert beside(link) == ["link.toml"]


def test_what_somebody_else_has_changed_meanwhile_is_left_alone(file: Path) -> None:
    before = read_file(file)
    file.write_text("poll_seconds = 9\n")
    with pytest.raises(ConfigError, match="somebody has changed it since it was read; nothing is written"):
        write_file(before, NEW)
    assert file.read_text() == "poll_seconds = 9\n"
    assert beside(file) == ["servers.toml"]


def test_a_change_in_the_last_moment_is_seen_too(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = read_file(file)
    original = os.fsync

    def fsync(descriptor: int) -> None:
        original(descriptor)
        file.write_text("poll_seconds = 9\n")

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(ConfigError, match="somebody has changed it"):
        write_file(before, NEW)
    assert file.read_text() == "poll_seconds = 9\n"
    assert beside(file) == ["servers.toml"]


def test_a_file_that_has_gone_is_not_made_again(file: Path) -> None:
    before = read_file(file)
    file.unlink()
    with pytest.raises(ConfigError, match="somebody has changed it"):
        write_file(before, NEW)
    assert beside(file) == []


def test_a_new_file_is_made_with_its_directories(tmp_path: Path) -> None:
    file = tmp_path / "config" / "isdeploy" / "servers.toml"
    write_file(FileAsRead(file, None), NEW)
    assert file.read_text() == NEW
    assert beside(file) == ["servers.toml"]


def test_a_file_that_has_come_meanwhile_is_not_overwritten(file: Path) -> None:
    with pytest.raises(ConfigError, match="somebody has changed it"):
        write_file(FileAsRead(file, None), NEW)
    assert file.read_text() == OLD


def test_a_disk_that_is_full_leaves_the_file_as_it_was(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match=r"servers\.toml: cannot be written: No space left on device"):
        write_file(read_file(file), NEW)
    assert file.read_text() == OLD
    assert beside(file) == ["servers.toml"]


def test_where_one_may_not_write_the_sentence_says_so_and_nothing_happens(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied", str(file.parent / ".servers.toml.x"))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    with pytest.raises(ConfigError, match=r"cannot be written: Permission denied \("):
        write_file(read_file(file), NEW)
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert why_not_writable(file) == "you may not write this file"
    assert file.read_text() == OLD


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_program_that_is_killed_half_way_leaves_the_file_as_it_was(file: Path, step: str) -> None:
    program = (
        "import os, pathlib, signal, sys\n"
        "from isdeploy_tui.config.saving import read_file, write_file\n"
        "def die(*_):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{'os.fsync' if step == 'fsync' else 'pathlib.Path.replace'} = die\n"
        "write_file(read_file(pathlib.Path(sys.argv[1])), 'x' * 100000)\n"
    )
    assert subprocess.run([sys.executable, "-c", program, str(file)]).returncode == -9
    assert file.read_text() == OLD
    assert write_file(read_file(file), NEW).text == NEW


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_directory_that_cannot_be_written_is_told_before_and_at_the_end(file: Path) -> None:
    file.parent.chmod(0o555)
    try:
        assert why_not_writable(file) == f"you may not write in {file.parent}"
        with pytest.raises(ConfigError, match="cannot be written: Permission denied"):
            write_file(read_file(file), NEW)
    finally:
        file.parent.chmod(0o755)
    assert file.read_text() == OLD


def test_where_a_directory_is_a_file_the_sentence_names_it(file: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be (written|read)"):
        write_file(FileAsRead(file / "servers.toml", None), NEW)


def test_nothing_speaks_against_writing_where_one_may(file: Path, tmp_path: Path) -> None:
    assert why_not_writable(file) == ""
    assert why_not_writable(tmp_path / "new" / "servers.toml") == ""
