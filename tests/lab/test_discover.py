"""``discover`` on the real stack: what it prints is a servers.toml with which the program works at once."""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from isdeploy_tui import config
from tests.lab.apache import Apache
from tests.lab.command_line import Ended, isdeploy
from tests.lab.scenario import Scenario
from tests.lab.stack import Stack


async def discovered(stack: Stack, folder: Path, *words: str) -> Ended:
    """Run it with the lab's ssh_config, without any servers.toml."""
    return await isdeploy(folder / "none.toml", "discover", "--ssh-config", str(stack.ssh_config), *words)


def of(apache: Apache, text: str) -> tuple[str, Mapping[str, Any]]:
    """Return the target and the table of an Apache in the text.

    Whatever other httpds run on this machine meanwhile are in it, too.
    """
    found = [
        (f"{service['name']}/{table['name']}", table)
        for service in tomllib.loads(text)["service"]
        for table in service["apache"]
        if table["map"] == str(apache.map)
    ]
    assert len(found) == 1, text
    return found[0]


def with_deploy_scripts(stack: Stack, text: str) -> str:
    """Fill in what only a person knows."""
    for tomcat in stack.tomcats:
        line = f'# deploy = "/opt/deploy/{tomcat.worker}.sh"'
        assert line in text
        text = text.replace(line, f'deploy = "{tomcat.deploy_script}"')
    return text


async def test_what_it_writes_is_all_that_status_check_and_a_round_of_operations_need(
    checked_stack: Stack, tmp_path: Path
) -> None:
    stack, file = checked_stack, tmp_path / "servers.toml"
    said = await discovered(stack, tmp_path, "web1", "was1", "was2", "was3", "-o", str(file))
    assert said.out == ""
    assert "was1: it is the same machine as web1" in said.err
    assert str(stack.directory) not in said.err
    text = file.read_text()
    target, table = of(stack.apache, text)
    workers = table.pop("worker")
    assert table == {
        "name": target.split("/")[1],
        "ssh": "web1",
        "map": str(stack.apache.map),
        "workers_file": str(stack.apache.workers_file),
        "reload_seconds": 1,
        "status_url": stack.apache.status_url,
        "access_log": str(stack.apache.combined_log),
    }
    assert workers == [{"name": tomcat.worker, "ssh": "web1", "log": str(tomcat.log)} for tomcat in stack.tomcats]
    assert "exclusion balancers: balancer_ex1 without worker1, balancer_ex2 without worker2" in text
    file.write_text(with_deploy_scripts(stack, text))
    status = await isdeploy(file, "status", target)
    assert status.status == 0, status.err
    assert status.out.count("active") == 3
    check = await isdeploy(file, "check", target)
    assert check.status == 0, check.out
    assert "jvmRoute worker3" in check.out
    worker = f"{target}/worker2"
    for words in (["drain", worker], ["deploy", worker, "--yes", "--", "2.0"], ["restore", worker]):
        done = await isdeploy(file, *words)
        assert done.status == 0, done.out + done.err
    assert stack.tomcat("worker2").version == "2.0"
    assert stack.apache.map.read_bytes() == stack.apache.map_bytes


async def test_a_server_that_is_down_costs_its_own_part_only(stack: Stack, tmp_path: Path) -> None:
    stack.machines["was2"].stop()
    said = await discovered(stack, tmp_path, "was2", "web1")
    assert said.status == 1
    assert re.search(r"(?m)^was2: .*refused", said.err)
    assert re.search(r"(?m)^# - was2: .*refused", said.out)
    assert len(of(stack.apache, said.out)[1]["worker"]) == 3
    config.parse(said.out)


async def test_several_apaches_over_the_same_tomcats_are_one_service(
    start_stack: Callable[[Scenario], Stack], tmp_path: Path
) -> None:
    stack = start_stack(Scenario(apaches=2, tomcats=2, exclusion_balancers=False, jkstatus=False, second_vhost=True))
    said = await discovered(stack, tmp_path, "web1", "--service", "shop")
    tables = [of(apache, said.out) for apache in stack.apaches]
    assert {target.split("/")[0] for target, _ in tables} == {tables[0][0].split("/")[0]}
    first, second = ([worker["tomcat"] for worker in table["worker"]] for _, table in tables)
    assert first == second
    assert len(set(first)) == 2
    assert "no exclusion balancer" in said.out
    assert "no status worker is mounted" in said.out


async def test_it_leaves_nothing_behind(stack: Stack, tmp_path: Path) -> None:
    before = sorted(stack.apache.map.parent.iterdir())
    said = await discovered(stack, tmp_path, "web1")
    assert len(of(stack.apache, said.out)[1]["worker"]) == 3
    assert sorted(stack.apache.map.parent.iterdir()) == before
    assert list(stack.home.iterdir()) == []
