"""Small disks of their own, for the tests of what happens when one is full."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

needs_mount = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mount") is None, reason="needs root and mount to make a small disk"
)


def mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.strip()}")


def unmount(place: Path) -> None:
    subprocess.run(["umount", str(place)], check=True)


def fill(directory: Path) -> Path:
    """Take the last byte of the disk there; return the file that took it."""
    filler = directory / "filler"
    with filler.open("ab", buffering=0) as file:
        for size in (65536, 4096, 256, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler
