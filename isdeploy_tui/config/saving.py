"""Writes a servers.toml so that whoever reads it has the old one or the new one, and never over somebody's changes."""

import contextlib
import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from isdeploy_tui.config.reading import decoded
from isdeploy_tui.config.table import ConfigError
from isdeploy_tui.printable import printable

MOST_BYTES = 4 << 20
"""Size of a file that is edited; a site of a thousand workers has some 200 kB."""


@dataclass(frozen=True, slots=True)
class FileAsRead:
    """A file as it was when it was read: ``data`` None is a file that did not exist."""

    path: Path
    data: bytes | None

    @property
    def text(self) -> str:
        """Its text. Raises ConfigError when it is none."""
        return decoded(self.data or b"", str(self.path))


def read_file(path: Path) -> FileAsRead:
    """Read a file for editing. Raises ConfigError when it is there and cannot be read."""
    return FileAsRead(path, _content(path))


def write_file(before: FileAsRead, text: str) -> FileAsRead:
    """Replace the file by ``text`` in one step, unless it is no longer as it was read; return it as it is then.

    Mode and owner stay, and so does a symbolic link: what it leads to is replaced. A file that did not exist is made,
    with its directories. Raises ConfigError; then the file is as it was.
    """
    data = text.encode("utf-8")
    target = before.path.resolve()
    try:
        if before.data is None:
            target.parent.mkdir(parents=True, exist_ok=True)
        _expect_unchanged(before)
        handle, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", dir=target.parent)
        aside = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                _take_over_rights(file.fileno(), target, is_new=before.data is None)
                file.flush()
                os.fsync(file.fileno())
            _put_in_place(aside, target, before)
        finally:
            aside.unlink(missing_ok=True)
        _keep_directory(target.parent)
    except OSError as error:
        where = "" if error.filename in (None, str(target)) else f" ({printable(str(error.filename), 200)})"
        raise ConfigError(str(before.path), [f"cannot be written: {error.strerror}{where}"]) from None
    return FileAsRead(before.path, data)


def why_not_writable(path: Path) -> str:
    """Return why this person cannot replace the file, as far as can be told before; an empty text when they can."""
    target = path.resolve()
    folder = next(parent for parent in target.parents if parent.exists())
    if target.exists() and not os.access(target, os.W_OK):
        return "you may not write this file"
    return "" if os.access(folder, os.W_OK | os.X_OK) else f"you may not write in {printable(str(folder), 200)}"


def _content(path: Path) -> bytes | None:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from None
    if len(data) > MOST_BYTES:
        raise ConfigError(str(path), [f"has more than {MOST_BYTES >> 20} MB"])
    return data


def _expect_unchanged(before: FileAsRead) -> None:
    if _content(before.path) != before.data:
        sentence = "somebody has changed it since it was read; nothing is written"
        raise ConfigError(str(before.path), [sentence])


def _take_over_rights(descriptor: int, target: Path, *, is_new: bool) -> None:
    if is_new:
        mask = os.umask(0)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
        return
    old = target.stat()
    # Another owner than oneself can be given by root only; the group often by its members, too.
    for owner in ((old.st_uid, old.st_gid), (-1, old.st_gid)):
        with contextlib.suppress(PermissionError):
            os.fchown(descriptor, *owner)
            break
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


def _put_in_place(aside: Path, target: Path, before: FileAsRead) -> None:
    if before.data is None:
        with contextlib.suppress(FileExistsError):
            os.link(aside, target)
            return
    # As late as can be: whoever writes in this very moment is overwritten all the same.
    _expect_unchanged(before)
    aside.replace(target)


def _keep_directory(folder: Path) -> None:
    """Let the new name survive a power cut, where the file system can promise that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
