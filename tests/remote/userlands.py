"""The kinds of servers that the scripts meet: three shells, and one that has nothing but busybox."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from tests.remote.local_host import SHELLS, LocalHost

USERLANDS = (*SHELLS, "busybox-only")
"""For ``pytest.mark.parametrize("userland", USERLANDS)``."""

_WANTED = """
awk base64 cat chgrp chmod chown cp cut date dd df dirname env false find grep head hexdump id kill ln ls mkdir mktemp
mv nohup od printf ps pwd readlink rm rmdir sed setsid sh sha256sum sleep sort stat sync tail tee test touch tr true
uname wc
"""

SHA_TOOLS = ("sha256sum", "shasum", "openssl", "busybox")
"""The programs that can compute a sha256."""

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
"""Before a command: run it as a user who owns nothing."""

as_nobody = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("setpriv") is None, reason="needs root and setpriv to become another user"
)


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A temporary directory that other users can reach, as pytest's own cannot be."""
    with tempfile.TemporaryDirectory(prefix="isd-test-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def make_host(
    userland: str,
    directory: Path,
    *,
    without: Sequence[str] = (),
    fakes: Mapping[str, str] | None = None,
    wrapper: Sequence[str] = (),
    sudo_wrapper: Sequence[str] = (),
) -> LocalHost:
    """Return a host of that kind, with a home below ``directory``.

    ``without`` takes programs away, ``fakes`` puts shell scripts in the place of programs. Unless given, ``ps`` is one
    that shows no process: an httpd of this machine has nothing to do with the test. ``sh`` is the userland's own shell.
    """
    tools = directory / "tools"
    home = directory / "home"
    home.mkdir(parents=True, exist_ok=True)
    path = os.environ["PATH"]
    if userland == "busybox-only":
        shutil.rmtree(tools, ignore_errors=True)
        busybox_tools(tools)
        path = str(tools)
    elif without:
        shutil.rmtree(tools, ignore_errors=True)
        all_tools(tools)
        path = str(tools)
    for name in without:
        (tools / name).unlink(missing_ok=True)
    place = directory / "fakes"
    place.mkdir(exist_ok=True)
    shell = SHELLS["busybox" if userland == "busybox-only" else userland]
    own = {"ps": ":", "sh": f'exec {program(shell[0])} {" ".join(shell[1:])} "$@"'}
    for name, text in {**own, **(fakes or {})}.items():
        (place / name).write_text(f"#!{program('dash')}\n{text}\n")
        (place / name).chmod(0o755)
    path = f"{place}:{path}"
    return LocalHost(sh=shell, path=path, home=str(home), wrapper=wrapper, sudo_wrapper=sudo_wrapper)


def busybox_tools(directory: Path) -> None:
    """Fill a directory with what a system made of busybox has."""
    busybox = program("busybox")
    directory.mkdir(parents=True)
    for name in _WANTED.split():
        (directory / name).symlink_to(busybox)


def all_tools(directory: Path) -> None:
    """Fill a directory with all programs of this machine, so that some can be taken out."""
    directory.mkdir(parents=True)
    for folder in reversed(os.environ["PATH"].split(":")):
        for entry in Path(folder).iterdir() if Path(folder).is_dir() else ():
            link = directory / entry.name
            link.unlink(missing_ok=True)
            link.symlink_to(entry)


def program(name: str) -> str:
    """Return the absolute path of a program of this machine."""
    found = shutil.which(name)
    assert found, f"{name} is not installed"
    return found
