"""Import of is-deploy's files: what they say is in the servers.toml, what they don't say is marked and said."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.config import Config, ConfigError, parse
from isdeploy_tui.importing.drafting import Draft, Wish, draft_from_files
from tests.importing.console import WORKERS_PROPERTIES, console, node, pod, put, rules, service


def imported(*paths: Path, **wish: Any) -> tuple[Config, Draft]:
    """Return what our own loader makes of the draft, and the draft."""
    draft = draft_from_files([str(path) for path in paths], Wish(**wish))
    return parse(draft.text), draft


def refusal(*paths: Path, **wish: Any) -> str:
    """Return the one sentence with which an import is refused."""
    with pytest.raises(ConfigError) as raised:
        draft_from_files([str(path) for path in paths], Wish(**wish))
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_console_directory_becomes_its_services_with_everything_that_it_knows(tmp_path: Path) -> None:
    config, draft = imported(console(tmp_path, service()))
    (shop,) = config.services
    assert (shop.name, shop.comment) == ("Shop", "The argument is the tag. 태그!!")
    first, second = shop.apaches
    assert (first.ssh, second.ssh) == ("10.0.0.1", "10.0.0.2")
    assert first.map == "/home/conf/uriworkermap.properties"
    assert first.workers_file == "/home/conf/workers.properties"
    assert dict(first.rules) == {"/*": "balancer", "/api/*": "balancer"}
    worker = first.workers[1]
    assert (worker.id.worker, worker.ssh) == ("WAS2", "10.0.0.1")
    assert (worker.log, worker.deploy) == ("/opt/tomcat2/logs/catalina.out", "/opt/deploy/tomcat2.sh")
    assert dict(worker.drained) == {"/*": "balancer_ex2", "/api/*": "balancer_ex2"}
    assert "http://10.0.0.1:5000" in draft.text
    assert any("ports have no counterpart" in note for note in draft.notes)


def test_what_is_deploy_does_not_know_is_marked_for_review(tmp_path: Path) -> None:
    _, draft = imported(console(tmp_path, service()))
    marked = [line for line in draft.text.splitlines() if "# REVIEW:" in line]
    assert draft.reviews == len(marked) == 2 * (3 + 3)
    for word in ("JkWorkersFile", "JkMountFileReload", "'ssh' can reach", "pod 'WAS1'; put mod_jk's name"):
        assert any(word in line for line in marked)


def test_config_json_alone_brings_the_services_beside_it(tmp_path: Path) -> None:
    config, _ = imported(console(tmp_path, service(), service(service="Intra", node=[node(3)])) / "config.json")
    assert {one.name for one in config.services} == {"Shop", "Intra"}


def test_the_services_description_is_its_comment_when_it_has_none(tmp_path: Path) -> None:
    config, _ = imported(console(tmp_path, service(comment=None)))
    assert config.services[0].comment == "Shop 서비스 입니다."


def test_a_copy_of_workers_properties_tells_mod_jks_names(tmp_path: Path) -> None:
    workers = put(tmp_path / "workers.properties", WORKERS_PROPERTIES)
    config, draft = imported(console(tmp_path, service()), workers_file=str(workers))
    assert [worker.id.worker for worker in config.services[0].apaches[0].workers] == ["tc-a", "tc-b", "tc-c"]
    assert "# is-deploy's pod 'WAS1'" in draft.text
    assert "put mod_jk's name" not in draft.text


def test_names_that_workers_properties_cannot_tell_are_left_for_review_with_what_there_is(tmp_path: Path) -> None:
    workers = put(tmp_path / "workers.properties", WORKERS_PROPERTIES)
    odd = node(1, podList=[pod(1, lbMap=rules("elsewhere")), pod(2, name="tc-b", lbMap=[])])
    config, draft = imported(console(tmp_path, service(node=[odd])), workers_file=str(workers))
    assert [worker.id.worker for worker in config.workers()] == ["WAS1", "tc-b"]
    assert "put mod_jk's name here, from workers.properties (tc-a, tc-b, tc-c)" in draft.text


def test_an_agents_file_alone_becomes_a_service_that_one_names(tmp_path: Path) -> None:
    file = put(tmp_path / "setting.json", node(1))
    assert imported(file)[0].services[0].name == "imported"
    config, _ = imported(file, service="Shop")
    assert [str(worker.id) for worker in config.workers()] == [f"Shop/Shop-Node1/WAS{number}" for number in (1, 2, 3)]


def test_an_agents_own_file_goes_before_what_the_console_says_of_it(tmp_path: Path) -> None:
    agent = put(tmp_path / "setting.json", node(2, path="/elsewhere/map.properties"))
    config, draft = imported(console(tmp_path, service()), agent)
    assert [apache.map for apache in config.apaches()][1] == "/elsewhere/map.properties"
    assert any("differs from the console" in note for note in draft.notes)
    same = put(tmp_path / "setting.json", node(2))
    assert not any("differs" in note for note in imported(console(tmp_path, service()), same)[1].notes)


def test_relative_paths_are_made_absolute_only_with_the_agents_directory(tmp_path: Path) -> None:
    relative = pod(1, logPath="./logs/catalina.out", shPath="../deploy.sh")
    file = put(tmp_path / "setting.json", node(1, podList=[relative], path="conf/map"))
    config, draft = imported(file)
    (worker,) = config.workers()
    assert (worker.log, worker.deploy) == (None, None)
    assert '# log = "./logs/catalina.out"' in draft.text
    assert "relative path 'conf/map'" in draft.text
    config, _ = imported(file, agent_directory="/opt/agent")
    (worker,) = config.workers()
    assert (worker.log, worker.deploy) == ("/opt/agent/logs/catalina.out", "/opt/deploy.sh")
    assert next(config.apaches()).map == "/opt/agent/conf/map"


def test_pods_with_the_same_log_stay_two_tomcats(tmp_path: Path) -> None:
    pods = [pod(1), pod(2, logPath=pod(1)["logPath"])]
    config, _ = imported(put(tmp_path / "setting.json", node(1, podList=pods)))
    first, second = config.workers()
    assert first.log == second.log
    assert first.tomcat != second.tomcat


def test_an_inventory_gives_the_agents_hosts_their_ssh_names(tmp_path: Path) -> None:
    hosts = put(tmp_path / "hosts.ini", "[web]\nweb1 ansible_host=10.0.0.1 ansible_user=ops\n")
    config, draft = imported(console(tmp_path, service()), hosts)
    assert [apache.ssh for apache in config.apaches()] == ["ops@10.0.0.1", "10.0.0.2"]
    assert "the inventory's name for it" in draft.text


def test_what_takes_nobody_out_or_is_no_rule_is_left_out_and_said(tmp_path: Path) -> None:
    pods = [
        pod(1, lbMap=rules("balancer")),
        pod(2, lbMap=[{"key": "no slash", "value": "b"}, *rules("balancer_ex2")]),
        pod(3, lbMap=[{"key": "/*", "value": "balancer_ex3"}, {"key": "/*", "value": "tc-a"}]),
    ]
    config, draft = imported(put(tmp_path / "setting.json", node(1, podList=pods)))
    assert [dict(worker.drained) for worker in config.workers()] == [
        {},
        {"/*": "balancer_ex2", "/api/*": "balancer_ex2"},
        {"/*": "tc-a"},
    ]
    notes = "\n".join(draft.notes)
    for said in ("takes nobody out", "'no slash=b' is no rule", "'/*' stands there twice"):
        assert said in notes
    assert "the whole map; here the lines of other keys stay" in draft.text


def test_keys_that_nobody_knows_and_nodes_without_pods_are_said(tmp_path: Path) -> None:
    file = put(tmp_path / "shop.json", service(node=[node(1, color="red"), node(2, podList=[])]))
    config, draft = imported(file)
    assert len(config.services[0].apaches) == 1
    notes = "\n".join(draft.notes)
    assert "left out: color" in notes
    assert "Shop/Shop-Node2 is left out" in notes


def test_names_that_servers_toml_cannot_have_are_changed_and_the_old_ones_kept_beside(tmp_path: Path) -> None:
    korean = service(service="쇼핑", node=[node(1, name="운영 서버#1"), node(2, name="운영 서버#1")])
    config, draft = imported(put(tmp_path / "x.json", korean))
    assert config.services[0].name == "service"
    assert [apache.id.apache for apache in config.apaches()] == ["1", "1-2"]
    assert "# is-deploy's service '쇼핑'" in draft.text
    assert "# is-deploy's node '운영 서버#1'" in draft.text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("{", "not valid JSON: Expecting property name enclosed in double quotes (line 1, column 2)"),
        ('{"a": 1}', "neither an is-deploy console's file"),
        ('{"node": 3, "service": "s"}', "node: a list is expected, not 3"),
        ('{"node": [3], "service": "s"}', "node number 1: an object is expected, not 3"),
        ('{"node": []}', "service: a text is expected, not None"),
        ('{"node": [], "service": "s"}', "there is no service with a node and a pod in it"),
        ('{"podList": [{"name": []}], "name": "n"}', "podList number 1 › name: a text is expected, not []"),
        ('{"podList": [], "name": "n", "agent": "web1"}', 'agent: an object like { "host": "http://web1", "port": '),
        ('{"node": ' + "[" * 100_000, "nested or numbered beyond all reason"),
        ('{"node": ' + "9" * 10_000 + "}", "nested or numbered beyond all reason"),
        (WORKERS_PROPERTIES, "is mod_jk's workers.properties; give it as --workers"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    said = refusal(put(tmp_path / "x.json", content))
    assert sentence in said
    assert said.startswith(str(tmp_path / "x.json"))


def test_files_that_cannot_be_read_are_refused_with_one_sentence(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "missing.json")
    (tmp_path / "binary").write_bytes(b"\x80\x81")
    assert "not UTF-8 text (byte 0)" in refusal(tmp_path / "binary")
    (tmp_path / "empty").mkdir()
    assert "neither a config.json nor service/*.json" in refusal(tmp_path / "empty")
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(5 << 20)
    assert "more than 4 MB" in refusal(tmp_path / "huge.json")
    only = console(tmp_path, descriptions=[{"name": "Shop", "description": "x"}])
    assert "there is no service with a node" in refusal(only)
    plain = put(tmp_path / "plain.properties", "worker.a.host=b\n")
    assert "has no balancer" in refusal(put(tmp_path / "s.json", node(1)), workers_file=str(plain))


HOSTILE = st.text(max_size=30) | st.sampled_from(
    ['"]\n[[service]]', "\x1b]52;c;x\x07", "a\u2028b", "\ud800", "/../", "#"]
)


@given(texts=st.lists(HOSTILE, min_size=14, max_size=14), one_log=st.booleans())
def test_whatever_the_texts_the_draft_is_one_that_the_loader_accepts(
    texts: list[str], one_log: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pods = [
        {
            "name": texts[index],
            "lbMap": [{"key": texts[index + 1], "value": texts[index + 2]}],
            "logPath": "/var/log/x" if one_log else f"/{texts[index + 3]}",
            "shPath": texts[index + 4],
        }
        for index in (0, 5)
    ]
    data = {
        "service": texts[10],
        "comment": texts[11],
        "node": [
            {"name": texts[12], "agent": {"host": texts[13], "port": texts[0]}, "path": f"/{texts[1]}", "podList": pods}
        ],
    }
    if not all(name.strip() for name in (texts[0], texts[5], texts[10], texts[12])):
        return
    file = tmp_path_factory.getbasetemp() / "hostile.json"
    file.write_text(json.dumps(data), "ascii")
    config, draft = imported(file)
    assert len(list(config.workers())) == 2
    assert draft.text.replace("\n", "").isprintable()
