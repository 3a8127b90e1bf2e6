"""Servers whose library is loaded at their first use."""

import asyncio
from typing import Any

import pytest

from isdeploy_tui.remote import latehosts
from isdeploy_tui.remote.host import Reply
from isdeploy_tui.remote.latehosts import LateHosts


class Made:
    """In place of SshHosts; notes what is done to it."""

    def __init__(self, *arguments: object) -> None:
        self.done: list[object] = [arguments]

    def host(self, name: str) -> "Made":
        self.done.append(name)
        return self

    async def run(self, script: str, *args: str, **options: object) -> Reply:
        self.done.append((script, *args, options["sudo"]))
        return Reply(0, ())

    @property
    def account(self) -> str:
        return "ops1"

    def retry_now(self) -> None:
        self.done.append("retry")

    async def aclose(self) -> None:
        self.done.append("close")


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Made]:
    made: list[Made] = []

    def make(*arguments: Any) -> Made:
        made.append(Made(*arguments))
        return made[-1]

    monkeypatch.setattr(latehosts, "_load", lambda: make)
    return made


async def test_what_uses_no_server_loads_nothing(made: list[Made]) -> None:
    hosts = LateHosts("ssh_config", 7, None)
    assert (hosts.host("web1").name, hosts.host("web1").account) == ("web1", "")
    hosts.retry_now()
    await hosts.aclose()
    assert made == []


async def test_calls_at_once_are_passed_on_to_the_same_servers(made: list[Made]) -> None:
    hosts = LateHosts("ssh_config", 7, None)
    one, other = hosts.host("web1"), hosts.host("web2")
    await asyncio.gather(one.run("a.sh", "x", sudo=True), other.run("b.sh"))
    hosts.retry_now()
    await hosts.aclose()
    (servers,) = made
    assert servers.done[0] == ("ssh_config", 7, None)
    assert {"web1", "web2", ("a.sh", "x", True), ("b.sh", False)} == set(servers.done[1:-2])
    assert servers.done[-2:] == ["retry", "close"]
    assert one.account == "ops1"


async def test_whoever_stops_waiting_leaves_the_loading_to_the_others(made: list[Made]) -> None:
    hosts = LateHosts(None, 7, None)
    impatient = asyncio.create_task(hosts.host("web1").run("a.sh"))
    patient = asyncio.create_task(hosts.host("web1").run("b.sh"))
    await asyncio.sleep(0)
    impatient.cancel()
    assert (await patient).status == 0
    assert len(made) == 1
    await hosts.aclose()
