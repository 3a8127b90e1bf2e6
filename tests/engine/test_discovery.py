"""``discover``: from what is on servers to a servers.toml that this program accepts."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.config import parse
from isdeploy_tui.engine.discovery.discover import Discovery
from tests.engine.farm import Farm, Server, workers_properties
from tests.remote.userlands import NOBODY, USERLANDS, as_nobody, open_path

__all__ = ["open_path"]

HTTPD = """
Listen 80
LogFormat "%h %l %u %t \\"%r\\" %>s %b" common
CustomLog @/logs/access.log common
JkWorkersFile conf/workers.properties
<VirtualHost *:80>
ServerName www.shop.example.com
JkMountFile conf/uriworkermap.properties
JkMountFileReload 3
</VirtualHost>
"""


def a_web(farm: Farm, name: str, address: str, members: dict[str, str], httpd: str = HTTPD, **more: Any) -> Server:
    server = farm.server(name, address, **more)
    server.httpd(httpd)
    server.put("conf/workers.properties", workers_properties(members, list(members)))
    server.put("conf/uriworkermap.properties", "/*=balancer\n")
    server.put("logs/access.log", "")
    return server


def tables(found: Discovery) -> list[dict[str, Any]]:
    """The services of the result, which this program accepts."""
    parse(found.toml)
    services: list[dict[str, Any]] = tomllib.loads(found.toml)["service"]
    return services


def said(found: Discovery) -> str:
    return "\n".join(map(str, found.problems))


@pytest.mark.parametrize("userland", USERLANDS)
async def test_two_apaches_over_the_same_tomcats_are_one_service(userland: str, tmp_path: Path) -> None:
    farm = Farm(tmp_path, userland)
    members = {"worker1": "10.0.0.11:8009", "worker2": "10.0.0.12:8009"}
    web1 = a_web(farm, "web1", "10.0.0.1", members)
    a_web(farm, "ops@web2:2222", "10.0.0.2", members)
    was1 = farm.server("was1", "10.0.0.11")
    was1.tomcat("opt/tomcat1", 8009, "worker1")
    farm.server("was2", "10.0.0.12").tomcat("opt/tomcat2", 8009, "worker2")
    found = await farm.discovered()
    (service,) = tables(found)
    assert service["name"] == "shop"
    assert [apache["name"] for apache in service["apache"]] == ["web1", "web2"]
    first, second = service["apache"]
    assert first == {
        "name": "web1",
        "ssh": "web1",
        "map": f"{web1.folder}/conf/uriworkermap.properties",
        "workers_file": f"{web1.folder}/conf/workers.properties",
        "reload_seconds": 3,
        "access_log": f"{web1.folder}/logs/access.log",
        "worker": [
            {
                "name": "worker1",
                "ssh": "was1",
                "tomcat": "was1-tomcat1",
                "log": f"{was1.folder}/opt/tomcat1/logs/catalina.out",
            },
            {
                "name": "worker2",
                "ssh": "was2",
                "tomcat": "was2-tomcat2",
                "log": f"{farm.servers['was2'].folder}/opt/tomcat2/logs/catalina.out",
            },
        ],
    }
    assert second["ssh"] == "ops@web2:2222"
    assert [worker["tomcat"] for worker in second["worker"]] == ["was1-tomcat1", "was2-tomcat2"]
    assert "balancer; exclusion balancers: balancer_worker1 without worker1" in found.toml
    assert '# deploy = "/opt/deploy/worker1.sh"' in found.toml
    assert "they balance over the same Tomcats" in found.toml
    assert found.is_whole, said(found)


async def test_debians_layout_with_several_virtual_hosts_and_include_globs(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    web = farm.server("web", "10.0.0.1")
    web.httpd(
        "IncludeOptional mods-enabled/*.conf\nListen 80\nListen 8080\nIncludeOptional sites-enabled/*.conf\n",
        "apache2.conf",
    )
    web.put("mods-enabled/jk.conf", "<IfModule !never>\nJkWorkersFile workers.properties\n</IfModule>\n")
    for number, name in enumerate(("shop", "intra"), 1):
        web.put(
            f"sites-enabled/0{number}-{name}.conf",
            f"<VirtualHost *:80>\nServerName {name}.example.com\nJkMountFile maps/{name}\nJkMountFileReload {number}\n"
            f"</VirtualHost>\n<VirtualHost *:8080>\nJkMountFile maps/{name}\nJkMountFileReload 9\n</VirtualHost>\n",
        )
        web.put(f"maps/{name}", f"/*=lb_{name}\n")
    web.put(
        "workers.properties",
        "worker.list=lb_shop,lb_intra\n"
        + "".join(f"worker.n{n}.host=localhost\nworker.n{n}.port=800{n}\n" for n in (1, 2, 3))
        + "worker.lb_shop.type=lb\nworker.lb_shop.balance_workers=n1,n2\n"
        "worker.lb_intra.type=lb\nworker.lb_intra.balance_workers=n3\n",
    )
    for number in (1, 2, 3):
        web.tomcat(f"tomcat{number}", 8000 + number, f"n{number}")
    found = await farm.discovered()
    shop, intra = tables(found)
    assert [service["name"] for service in (shop, intra)] == ["shop", "intra"]
    assert [worker["name"] for worker in shop["apache"][0]["worker"]] == ["n1", "n2"]
    assert [worker["name"] for worker in intra["apache"][0]["worker"]] == ["n3"]
    # The slowest reader decides how long a drain waits.
    assert shop["apache"][0]["reload_seconds"] == 9
    assert [worker["ssh"] for worker in shop["apache"][0]["worker"]] == ["web", "web"]
    assert found.toml.count("isdeploy-tui balancers") == 1


async def test_two_maps_over_the_same_tomcats_are_two_apaches_of_one_service(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    hosts = "".join(
        f"<VirtualHost *:80>\nServerName {name}.example.com\nJkMountFile conf/{name}.map\n</VirtualHost>\n"
        for name in ("www", "admin")
    )
    web = a_web(farm, "web", "10.0.0.1", {"a": "localhost:8009"}, "JkWorkersFile conf/workers.properties\n" + hosts)
    for name in ("www", "admin"):
        web.put(f"conf/{name}.map", "/*=balancer\n")
    web.tomcat("t", 8009, "a")
    found = await farm.discovered("web", service="site")
    (service,) = tables(found)
    assert service["name"] == "site"
    assert len({apache["name"] for apache in service["apache"]}) == 2
    assert {apache["map"] for apache in service["apache"]} == {f"{web.folder}/conf/{n}.map" for n in ("www", "admin")}
    assert {apache["worker"][0]["tomcat"] for apache in service["apache"]} == {"web-t"}
    assert {apache["reload_seconds"] for apache in service["apache"]} == {60}
    assert "JkMountFileReload is not set" in found.toml


async def test_what_is_not_there_becomes_a_place_to_review_and_a_sentence(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    members = {"w1": "10.0.0.11:8009", "w2": "10.9.9.9:8009", "w3": "was1:8010", "w4": "10.0.0.11:8011"}
    a_web(farm, "web", "10.0.0.1", members)
    was = farm.server("was1", "10.0.0.11")
    was.tomcat("wrong", 8009, "other", log=False)
    was.tomcat("hidden", 8010, "w3", server_xml=None, problem="server.xml may not be read", ports=frozenset({8010}))
    farm.server("was2", down=True)
    found = await farm.discovered()
    workers = {worker["name"]: worker for worker in tables(found)[0]["apache"][0]["worker"]}
    assert {name: worker["ssh"] for name, worker in workers.items()} == {
        "w1": "was1",
        "w2": "10.9.9.9",
        "w3": "was1",
        "w4": "was1",
    }
    assert "log" not in workers["w1"]
    for words in (
        "REVIEW: its server.xml has jvmRoute other, mod_jk's route of it is w1",
        "its catalina.out was not found; looked for",
        "REVIEW: no server that was looked at has the address 10.9.9.9; put its ssh name here",
        "its jvmRoute is not known: server.xml may not be read",
        "REVIEW: no Tomcat with an AJP connector on port 8011 was found on was1",
        "was2: was2 refused the connection",
        "jkstatus",
    ):
        assert words in found.toml
    assert not found.is_whole
    assert "was2: was2 refused the connection. Is sshd running?" in said(found).splitlines()
    assert "has the address of w2, 10.9.9.9:8009" in said(found)
    assert found.reviews == sum("# REVIEW:" in line for line in found.toml.splitlines())


async def test_the_only_tomcat_of_a_machine_is_taken_when_nothing_tells_its_ports(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    a_web(farm, "web", "10.0.0.1", {"w1": "10.0.0.11:8009", "w2": "10.0.0.12:8009", "w3": "10.0.0.12:8010"})
    hidden = {"server_xml": None, "problem": "server.xml may not be read by this account"}
    for number in (1, 2):
        farm.server(f"was{number}", f"10.0.0.1{number}").tomcat("t", 8009, "x", **hidden)
    found = await farm.discovered()
    workers = tables(found)[0]["apache"][0]["worker"]
    assert [worker.get("log") for worker in workers] == [f"{tmp_path}/on-was1/t/logs/catalina.out", None, None]
    assert found.toml.count("the only Tomcat there was taken for it, as its ports are not known: server.xml may") == 1


async def test_names_of_one_machine_are_told_and_a_tomcat_goes_to_its_own_account(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    web = a_web(farm, "web1", "10.0.0.1", {"w1": "127.0.0.1:8009"}, boot="b", uname="web1")
    other = farm.server("tomcat@web1", "10.0.0.1", user="tomcat", boot="b", uname="web1")
    web.tomcat("t", 8009, "w1")
    other.tomcats, other.httpds = web.tomcats, web.httpds
    found = await farm.discovered()
    (service,) = tables(found)
    assert (service["apache"][0]["ssh"], service["apache"][0]["worker"][0]["ssh"]) == ("web1", "tomcat@web1")
    assert said(found) == "tomcat@web1: it is the same machine as web1"
    assert found.is_whole


async def test_containers_that_share_a_kernel_are_machines_of_their_own(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    a_web(farm, "web1", "10.0.0.1", {"w1": "10.0.0.2:8009"}, boot="b")
    farm.server("was1", "10.0.0.2", boot="b").tomcat("t", 8009, "w1")
    found = await farm.discovered()
    assert tables(found)[0]["apache"][0]["worker"][0]["ssh"] == "was1"


async def test_httpds_without_a_map_are_said_and_nothing_is_made_up(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    web = farm.server("web", "10.0.0.1")
    web.httpd("JkWorkersFile conf/w\nJkMount /jk-status jk-status\nJkMount /shop/* balancer\n")
    web.httpd("Listen 80\n", "plain.conf")
    web.httpd(HTTPD.replace("JkWorkersFile", "#"), "conf/nofile.conf")
    found = await farm.discovered()
    assert found.toml == ""
    assert "name a JkMountFile there, put these rules into it: /shop/*=balancer" in said(found)
    assert "plain.conf says nothing of mod_jk" in said(found)
    assert "no JkWorkersFile" in said(found)


async def test_a_host_with_nothing_on_it_is_said(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    farm.server("was1", "10.0.0.1")
    farm.server("was2", down=True)
    found = await farm.discovered()
    assert (found.toml, found.is_whole) == ("", False)


async def test_unreadable_files_are_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    members = {"w1": "localhost:8009"}
    web1 = a_web(farm, "web1", "10.0.0.1", members)
    web2 = a_web(farm, "web2", "10.0.0.2", members)
    (web1.folder / "conf/workers.properties").unlink()
    (web2.folder / "conf/uriworkermap.properties").unlink()
    found = await farm.discovered()
    (service,) = tables(found)
    assert [apache["name"] for apache in service["apache"]] == ["web2"]
    assert "REVIEW: no rule of the map leads to a balancer" in found.toml
    assert "are not known" in said(found)
    assert not found.is_whole


@as_nobody
async def test_what_this_account_may_not_is_said_and_done_through_sudo_where_that_is_wanted(open_path: Path) -> None:
    farm = Farm(open_path, wrapper=NOBODY)
    web = a_web(farm, "web", "10.0.0.1", {"w1": "localhost:8009"})
    (web.folder / "conf/workers.properties").chmod(0o600)
    found = await farm.discovered()
    assert found.toml == ""
    assert "workers.properties" in said(found)
    (web.folder / "conf/workers.properties").chmod(0o644)
    found = await farm.discovered()
    assert "sudo" not in tables(found)[0]["apache"][0]
    assert f"REVIEW: this account may not write in {web.folder}/conf: give it that right" in found.toml
    (web.folder / "conf/workers.properties").chmod(0o600)
    found = await farm.discovered("web", sudo=True)
    assert found.is_whole, said(found)
    assert tables(found)[0]["apache"][0]["sudo"] is True


async def test_hostile_names_neither_end_a_comment_nor_leave_the_toml(tmp_path: Path) -> None:
    farm = Farm(tmp_path)
    evil = 'ServerName "evil\x1b]0;x\x07\\n[[service]]"\n'
    web = a_web(farm, "web", "10.0.0.1", {"w1": "localhost:8009"}, HTTPD.replace("ServerName", f"{evil}ServerAlias"))
    web.tomcat("t", 8009, "&quot;\n[[service]]", user="x\n[[service]]")
    found = await farm.discovered()
    assert len(tables(found)) == 1
    assert "\x1b" not in found.toml
