"""The command lines that the pages show end as the pages say, run in order by a real shell on the embedded world."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, shown
from tests.habits.served import served
from tests.importing.console import WORKERS_PROPERTIES, console, node, put, service
from tests.lab.command_line import PATIENCE

# The Korean README has the English one's commands, which another test holds.
WITH_COMMANDS = [page for page in PAGES if list(shown(page)) and page.name != "README.ko.md"]


def files_that_pages_name(directory: Path) -> None:
    """Write what the reader of a page would have: an is-deploy console's directory, an inventory, …"""
    console(directory, service())
    put(directory / "setting.json", node(1))
    put(directory / "workers.properties", WORKERS_PROPERTIES)
    put(directory / "hosts.ini", "[web]\nweb1 ansible_host=10.0.0.1\n[was]\nwas1\n")


def test_most_pages_show_commands() -> None:
    assert len(WITH_COMMANDS) >= 3


@pytest.mark.parametrize("page", WITH_COMMANDS, ids=[page.name for page in WITH_COMMANDS])
async def test_commands_end_as_the_page_says(page: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    files_that_pages_name(place)
    (tmp_path / "site").mkdir()
    async with served(tmp_path / "site") as site:
        environ = {
            **os.environ,
            "HOME": str(tmp_path),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "ISDEPLOY_CONFIG": str(site.config),
        }
        for command in shown(page):
            process = await asyncio.create_subprocess_exec(
                *("bash", "-c", command.line),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                cwd=place,
                env=environ,
            )
            said, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
            assert process.returncode == command.status, f"{command.line}\n{said.decode()}"
