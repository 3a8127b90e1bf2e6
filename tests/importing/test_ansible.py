"""Import of an Ansible inventory: the three forms say the same, and become a skeleton that our loader accepts."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.config import Config, ConfigError, parse
from isdeploy_tui.importing.drafting import Draft, Wish, draft_from_files
from isdeploy_tui.importing.given import classify
from isdeploy_tui.importing.inventoryini import expanded, parse_ini
from isdeploy_tui.importing.inventorytree import parse_yaml
from tests.importing.console import put

INI = """\
# production
bastion.example.com

[web]
web[01:02].example.com ansible_user=ops   ; not a comment of ours
web3 ansible_host=10.0.0.3 ansible_port=2222  # the new one

[was]
was-[a:c] http_port=8080

[was:vars]
ansible_user="deploy"

[site:children]
web
was
"""
INI = INI.replace("   ; not a comment of ours", "")

YAML = """\
---
all:
  hosts:
    bastion.example.com:
  children:
    site:
      children:
        web:
          hosts:
            web[01:02].example.com:
              ansible_user: ops
            web3:
              ansible_host: 10.0.0.3
              ansible_port: 2222
              secret: !vault |
                $ANSIBLE_VAULT;1.1;AES256
        was:
          hosts:
            was-[a:c]: {http_port: 8080}
          vars:
            ansible_user: deploy
"""

LIST = json.dumps(
    {
        "_meta": {
            "hostvars": {
                "web01.example.com": {"ansible_user": "ops"},
                "web02.example.com": {"ansible_user": "ops"},
                "web3": {"ansible_host": "10.0.0.3", "ansible_port": 2222},
                **{f"was-{letter}": {"ansible_user": "deploy"} for letter in "abc"},
            }
        },
        "all": {"children": ["ungrouped", "site"]},
        "site": {"children": ["web", "was"]},
        "web": {"hosts": ["web01.example.com", "web02.example.com", "web3"]},
        "was": {"hosts": ["was-a", "was-b", "was-c"]},
        "ungrouped": {"hosts": ["bastion.example.com"]},
    }
)

FORMS = {"hosts.ini": INI, "hosts.yml": YAML, "hosts.json": LIST}


def imported(path: Path, **wish: Any) -> tuple[Config, Draft]:
    draft = draft_from_files([str(path)], Wish(**wish))
    return parse(draft.text), draft


def refusal(path: Path, **wish: Any) -> str:
    with pytest.raises(ConfigError) as raised:
        draft_from_files([str(path)], Wish(**wish))
    assert len(str(raised.value).splitlines()) == 1
    return str(raised.value)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_becomes_apaches_that_balance_over_the_tomcats(tmp_path: Path, form: str) -> None:
    config, draft = imported(put(tmp_path / form, FORMS[form]), service="shop")
    assert [(apache.id.apache, apache.ssh) for apache in config.apaches()] == [
        ("web01.example.com", "ops@web01.example.com"),
        ("web02.example.com", "ops@web02.example.com"),
        ("web3", "10.0.0.3:2222"),
    ]
    for apache in config.apaches():
        assert [(worker.id.worker, worker.ssh, worker.tomcat) for worker in apache.workers] == [
            (f"was-{letter}", f"deploy@was-{letter}", f"was-{letter}") for letter in "abc"
        ]
    assert "isdeploy-tui discover ops@web01.example.com" in "\n".join(draft.notes)
    assert draft.reviews >= 3 * 3


def test_groups_can_be_named_and_are_asked_for_when_no_name_tells(tmp_path: Path) -> None:
    file = put(tmp_path / "hosts", "[front]\na\n[back]\nb\n[mail]\nc\n")
    assert "which hosts are the Apaches? Say --apaches GROUP; the groups are: front, back, mail" in refusal(file)
    assert "which hosts are the Tomcats? Say --tomcats GROUP" in refusal(file, apaches=("front",))
    assert "no group 'fornt' with hosts; the groups are: front, back" in refusal(file, apaches=("fornt",))
    config, _ = imported(file, apaches=("front",), tomcats=("back", "mail"))
    assert [str(worker.id) for worker in config.workers()] == ["imported/a/b", "imported/a/c"]


def test_without_the_yaml_library_it_says_how_to_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    said = refusal(put(tmp_path / "hosts.yml", YAML))
    assert "pipx inject isdeploy-tui pyyaml" in said
    assert "ansible-inventory -i INVENTORY --list > hosts.json" in said


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("hosts", "[web]\nweb1 web2\n", "line 2: a host with key=value behind it is expected, not 'web1 web2'"),
        ("hosts", '[web]\nweb1 a="b\n', "line 2: no closing quotation"),
        ("hosts", "[web]\n-oProxyCommand=x\n", "line 2: a host with key=value behind it is expected"),
        ("hosts", "[web]\nweb[1:999999999]\n", "line 2: stands for more than 5000 hosts"),
        ("hosts", "[web]\n", "has no host"),
        ("hosts", "<html>\n", "line 1: a host with key=value behind it is expected, not '<html>'"),
        ("hosts.yml", "a: [", "not valid YAML"),
        ("hosts.yml", "- a\n- b\n", "names with what belongs to them are expected, not a list"),
        (
            "hosts.yml",
            "web:\n  hosts: [web1]\n",
            "web › hosts: names with what belongs to them are expected, not a list",
        ),
        ("hosts.yml", "web:\n  hosts: {'a b': }\n", "'a b' is no host name"),
        ("hosts.yml", "web:\n  hosts:\n", "has no host"),
        ("hosts.json", '{"_meta": {}, "web": {"hosts": 3}}', "web › hosts: a list of names is expected"),
        ("hosts.json", '{"_meta": []}', "_meta: names with what belongs to them are expected, not a list"),
    ],
)
def test_an_inventory_that_cannot_be_read_is_refused_with_one_sentence(
    tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    assert sentence in refusal(put(tmp_path / name, content))


def test_aliases_that_multiply_are_refused_before_they_fill_the_memory(tmp_path: Path) -> None:
    levels = ["a0: &a0 {hosts: {h: }}"]
    for level in range(1, 30):
        inner = ", ".join(f"c{number}: *a{level - 1}" for number in range(10))
        levels.append(f"a{level}: &a{level} {{children: {{{inner}}}}}")
    assert "mentions groups more than" in refusal(put(tmp_path / "hosts.yml", "\n".join(levels) + "\n"))


def test_ranges_count_as_ansible_counts() -> None:
    assert list(expanded("web[01:10:3]-[a:b]")) == [f"web{n}-{c}" for n in ("01", "04", "07", "10") for c in "ab"]
    assert list(expanded("plain")) == ["plain"]


def test_a_host_knows_the_variables_of_its_groups_and_of_their_parents() -> None:
    text = "[web]\nw1\nw2 ansible_user=own\n[site:children]\nweb\n[site:vars]\nansible_user=ops\nansible_port={{ p }}\n"
    assert parse_ini(text, "x").ssh_names() == {"w1": "ops@w1", "w2": "own@w2"}


def test_groups_that_contain_each_other_end() -> None:
    inventory = parse_ini("[a]\nh\n[a:children]\nb\n[b:children]\na\n", "x")
    assert inventory.hosts("b") == ["h"]


@given(st.text(max_size=300) | st.text("ab[]:{}*&!|- \n\"'=01", max_size=300))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    for read in (parse_ini, parse_yaml, classify):
        try:
            read(text, "x")
        except ConfigError as error:
            assert str(error).startswith("x: ")
