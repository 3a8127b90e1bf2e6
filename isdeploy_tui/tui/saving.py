"""Lines of a log as a file on this machine: never over another one unless that is asked for."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from isdeploy_tui.tui.widgets.log_selection import whole_text

_MODE = 0o600
_CHUNK = 5_000


class SaveError(Exception):
    """A file could not be written; a sentence for the person."""


def save(lines: Sequence[str], path: Path, *, overwrite: bool = False) -> None:
    """Write raw lines, printable, to a file that only its owner may read: logs hold what others should not see.

    Either all of it is there in the end or the file is as it was. Raises FileExistsError without ``overwrite``,
    SaveError.
    """
    if path.is_dir():
        raise SaveError(f"{path} is a directory")
    if not overwrite and (path.exists() or path.is_symlink()):
        raise FileExistsError(path)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
        aside = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
                for start in range(0, len(lines), _CHUNK):
                    file.write(whole_text(lines[start : start + _CHUNK]) + "\n")
            aside.chmod(_MODE)
            if overwrite:
                aside.replace(path)
            else:
                _link(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except FileExistsError:
        raise
    except OSError as error:
        raise SaveError(f"{path} cannot be written: {error.strerror}") from None


def _link(aside: Path, path: Path) -> None:
    """Give the file its name unless something has that name by now."""
    try:
        os.link(aside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
        os.close(descriptor)
        aside.replace(path)


def as_path(typed: str) -> Path:
    """Return what a person typed as a path: ``~`` is their home, a relative one begins where the program was started.

    Raises SaveError.
    """
    if "\0" in typed:
        raise SaveError("A file name cannot hold a NUL")
    try:
        return Path(typed).expanduser().absolute()
    except RuntimeError as error:
        raise SaveError(str(error)) from None
