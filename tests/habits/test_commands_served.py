"""Every command as a script meets it: exit status, clean JSON, neither question nor colour without a terminal."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from isdeploy_tui.cli import DONE, FAILED, REFUSED, USAGE
from tests.habits.served import Served, served
from tests.habits.test_commands import ASKING, COMMANDS, ON_SERVERS
from tests.lab.command_line import Ended, isdeploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

W1 = "shop/web1/worker1"


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """The embedded world, in front of a real command line."""
    async with served(tmp_path_factory.mktemp("site")) as open_world:
        yield open_world


def check_plain(said: Ended) -> None:
    """What every output must be that goes to a pipe or a file."""
    for text in (said.out, said.err):
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)


async def test_without_a_terminal_nothing_is_asked_and_nothing_done(site: Served) -> None:
    assert set(ASKING) == {"deploy", "roll"}
    said = await site.run("roll", "intra", "--", "v9")
    assert said.status == USAGE
    assert said.err.endswith("roll asks before it runs a script; give --yes where there is no terminal\n")
    check_plain(said)
    assert json.loads((await site.run("history", "--json")).out) == []


async def test_a_guards_refusal_is_status_three_and_said_as_a_step(site: Served) -> None:
    for words in (["drain", "shop/web1"], ["deploy", W1, "--yes"]):
        said = await site.run(*words, "--json")
        assert said.status == REFUSED
        assert {state for _, state in said.steps} == {"refused"}


async def test_a_host_that_is_down_is_status_one_and_in_the_json(site: Served, tmp_path: Path) -> None:
    ssh_config = tmp_path / "ssh_config"
    ssh_config.write_text("Host *\n  HostName 127.0.0.1\n  Port 1\n")
    text = re.sub(r"^ssh_config = .*$", f'ssh_config = "{ssh_config}"', site.config.read_text(), flags=re.MULTILINE)
    file = tmp_path / "servers.toml"
    file.write_text(text)
    for name in ON_SERVERS:
        said = await isdeploy(file, name, W1, *(["--yes"] if COMMANDS[name].asks else []))
        # What would deploy without seeing whether requests reach its Tomcat is refused by its guard.
        assert said.status == (REFUSED if COMMANDS[name].asks else FAILED), name
        assert "127.0.0.1:1" in (said.out if COMMANDS[name].judges else said.err), name
        check_plain(said)
    found = json.loads((await isdeploy(file, "status", "--json", W1)).out)
    assert found[0]["rotation"] == found[0]["health"] == "unknown"
    assert "127.0.0.1:1" in found[0]["error"]


@pytest.mark.parametrize("name", [name for name, command in COMMANDS.items() if command.json == "list"])
async def test_json_of_what_is_read_is_a_list_of_objects(name: str, site: Served) -> None:
    said = await site.run(name, "intra", "--json")
    # The embedded world has no httpd process whose configuration could be looked at.
    assert said.status == DONE or COMMANDS[name].judges
    check_plain(said)
    assert all(isinstance(item, dict) for item in json.loads(said.out))


async def test_json_of_an_operation_is_its_steps_and_nothing_else(site: Served) -> None:
    round = ["drain", "deploy", "restore", "roll"]
    assert set(round) == {name for name, command in COMMANDS.items() if command.json == "steps"}
    for name in round:
        more = ["--yes", "--", "v9"] if COMMANDS[name].asks else []
        said = await site.run(name, "intra/web3/node1", "--json", *more)
        assert said.status == DONE, said.err
        assert len(said.steps) > 1
        assert said.steps[-1][1] == "done"
        check_plain(said)
    said = await site.run("follow", "intra/web3/node1")
    assert said.status == DONE
    assert said.out
    check_plain(said)


READING = [name for name in ON_SERVERS if not COMMANDS[name].changes and not COMMANDS[name].scripts_status]


@pytest.mark.parametrize("name", READING)
async def test_what_is_read_comes_without_colour_or_control_characters(name: str, site: Served) -> None:
    said = await site.run(name, W1)
    assert said.status == DONE or COMMANDS[name].judges, said.err
    check_plain(said)
