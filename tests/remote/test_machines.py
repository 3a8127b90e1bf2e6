"""``discover`` over several machines, each with processes, addresses and files of its own, through real SSH."""

import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from isdeploy_tui.engine.discovery.discover import Discovery, discover
from isdeploy_tui.engine.discovery.looking import Wish
from isdeploy_tui.remote.connections import SshHosts
from tests.engine.farm import workers_properties
from tests.remote.machines import Machines, machines_in

HTTPD = """
JkWorkersFile conf/workers.properties
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog logs/access.log common
<VirtualHost *:80>
ServerName www.shop.example.com
JkMountFile conf/uriworkermap.properties
JkMountFileReload 2
JkMount /jkstatus jkstatus
<Location /jkstatus>
Require local
</Location>
</VirtualHost>
"""


@pytest.fixture
def machines() -> Iterator[Machines]:
    with machines_in(Path(tempfile.mkdtemp(prefix="isd-machines-"))) as started:
        yield started


async def discovered(machines: Machines, *names: str) -> Discovery:
    hosts = SshHosts(str(machines.ssh_config), 30)
    try:
        return await discover(hosts, names, Wish(ssh_config=str(machines.ssh_config)))
    finally:
        await hosts.aclose()


async def test_each_worker_is_found_on_the_machine_that_has_its_address(machines: Machines) -> None:
    members = {"a": "10.77.0.11:8009", "b": "was2:8009", "c": "10.77.0.11:8010"}
    for number in (1, 2):
        web = machines.start(f"web{number}", f"10.77.0.{number}")
        (web.folder / "conf").mkdir()
        (web.folder / "conf" / "workers.properties").write_text(workers_properties(members, list(members)))
        (web.folder / "conf" / "uriworkermap.properties").write_text("/*=balancer\n")
        # mod_jk resolves its members' names at start.
        hosts = "127.0.0.1 localhost\n10.77.0.12 was2.example.com was2\n"
        (web.folder / "hosts").write_text(hosts)
        web.run("mount", "--bind", str(web.folder / "hosts"), "/etc/hosts")
        web.httpd(HTTPD)
    was1, was2 = machines.start("was1", "10.77.0.11"), machines.start("was2", "10.77.0.12")
    bases = {
        "a": was1.tomcat("tomcat1", 8009, "a"),
        "b": was2.tomcat("tomcat1", 8009, "b"),
        "c": was1.tomcat("tomcat2", 8010, "c"),
    }
    found = await discovered(machines, "web1", "web2", "was1", "was2")
    assert found.is_whole, found.problems
    (service,) = tomllib.loads(found.toml)["service"]
    assert service["name"] == "shop"
    assert [(apache["name"], apache["ssh"]) for apache in service["apache"]] == [("web1", "web1"), ("web2", "web2")]
    for apache in service["apache"]:
        assert apache["status_url"] == "http://127.0.0.1/jkstatus"
        assert apache["reload_seconds"] == 2
        assert apache["access_log"] == f"{machines.folder}/{apache['name']}/logs/access.log"
        assert [(worker["name"], worker["ssh"], worker["tomcat"]) for worker in apache["worker"]] == [
            ("a", "was1", "was1-tomcat1"),
            ("b", "was2", "was2-tomcat1"),
            ("c", "was1", "was1-tomcat2"),
        ]
        assert [worker["log"] for worker in apache["worker"]] == [f"{bases[n]}/logs/catalina.out" for n in "abc"]
    assert "jvmRoute" not in found.toml


async def test_machines_that_were_not_named_leave_their_address_to_be_replaced(machines: Machines) -> None:
    web = machines.start("web1", "10.77.0.1")
    (web.folder / "conf").mkdir()
    (web.folder / "conf" / "workers.properties").write_text(workers_properties({"a": "10.77.0.11:8009"}))
    (web.folder / "conf" / "uriworkermap.properties").write_text("/*=balancer\n")
    web.httpd(HTTPD)
    found = await discovered(machines, "web1")
    (service,) = tomllib.loads(found.toml)["service"]
    assert service["apache"][0]["worker"] == [{"name": "a", "ssh": "10.77.0.11"}]
    assert "put its ssh name here" in found.toml
