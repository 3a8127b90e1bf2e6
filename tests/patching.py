"""The patch program, as an administrator uses it."""

import asyncio
import shutil
from pathlib import Path

import pytest


async def patch(file: Path, diff: str) -> None:
    """Apply a unified diff to a file. Leaves the test out where there is no ``patch``."""
    program = shutil.which("patch")
    if program is None:
        pytest.skip("patch is not installed")
    process = await asyncio.create_subprocess_exec(
        program, "--binary", str(file), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate(diff.encode())
    assert process.returncode == 0, said.decode()
