"""Completion: what is offered where, and that Tab does it in a real bash, zsh and fish."""

import subprocess
import sys
from pathlib import Path

import pytest

from isdeploy_tui.cli import DONE, USAGE, main, make_parser
from isdeploy_tui.commands.completion import FILES, SCRIPTS, answer, candidates
from tests.habits.shells import shell

SERVERS = """
[[service]]
name = "shop"
comment = "The argument is the tag"
[[service.apache]]
name = "web1"
ssh = "web1"
map = "/srv/map"
workers_file = "/srv/workers"
[[service.apache.worker]]
name = "worker1"
[[service.apache.worker]]
name = "other:1"

[[service]]
name = "intra"
[[service.apache]]
name = "web1"
ssh = "web9"
map = "/srv/map"
workers_file = "/srv/workers"
[[service.apache.worker]]
name = "worker1"
"""


@pytest.fixture
def servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be in a directory with a servers.toml."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ISDEPLOY_CONFIG", raising=False)
    file = tmp_path / "servers.toml"
    file.write_text(SERVERS)
    return file


def offered(*words: str) -> list[str]:
    """Return what is offered for the last word, without descriptions."""
    return [line.split("\t")[0] for line in answer("fish", ["isdeploy-tui", *words])]


def test_every_command_is_offered_with_its_help() -> None:
    lines = dict(line.split("\t") for line in answer("zsh", ["isdeploy-tui", ""]))
    listed = make_parser().format_help()
    assert {"status", "drain", "restore", "deploy", "roll", "logs", "history", "import", "completion"} <= lines.keys()
    assert all(name in listed and help for name, help in lines.items())
    assert offered("re") == ["restore"]


def test_servers_are_offered_by_their_names_in_the_ssh_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert offered("discover", "") == []
    folder = tmp_path / ".ssh"
    (folder / "conf.d").mkdir(parents=True)
    (folder / "config").write_text(
        'Include conf.d/*\nHost web1 "web2" *.example.com !x # all\n  HostName a\nhost=was1\n'
    )
    (folder / "conf.d" / "more").write_text("Include ~/.ssh/config\nHost web3\n")
    assert sorted(set(offered("discover", ""))) == ["was1", "web1", "web2", "web3"]
    assert sorted(offered("discover", "web1", "web")) == ["web2", "web3"]
    (tmp_path / "other").write_text("Host db1\n")
    assert offered("discover", "--ssh-config", str(tmp_path / "other"), "") == ["db1"]


def test_the_options_of_the_command_are_offered() -> None:
    assert set(offered("drain", "--")) >= {"--soft", "--no-wait", "--force", "--json", "--config", "--help"}
    assert "--batch" not in offered("drain", "--")
    assert offered("roll", "--ba") == ["--batch"]
    assert set(offered("logs", "-")) >= {"-n", "-f", "--follow"}


def test_targets_are_offered_level_by_level(servers: Path) -> None:
    assert offered("drain", "") == ["shop", "shop/web1", "intra", "intra/web1"]
    assert offered("drain", "s") == ["shop", "shop/web1"]
    assert offered("drain", "shop/web1/") == ["shop/web1/worker1", "shop/web1/other:1"]
    assert offered("drain", "--soft", "shop/web1/worker1", "shop/web1/") == ["shop/web1/other:1"]
    assert offered("logs", "shop", "") == []
    assert answer("fish", ["isdeploy-tui", "status", "sho"])[0] == "shop\tThe argument is the tag"


def test_targets_come_from_the_configuration_that_the_line_names(servers: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(SERVERS.replace('"shop"', '"bank"'))
    assert offered("--config", str(other), "drain", "b") == ["bank", "bank/web1"]
    assert offered("drain", f"--config={other}", "b") == ["bank", "bank/web1"]


@pytest.mark.parametrize("content", [None, "", "not toml", "[[service]]\nname = 3"])
def test_without_a_valid_configuration_there_are_no_targets_and_no_noise(
    servers: Path, content: str | None, capfd: pytest.CaptureFixture[str]
) -> None:
    servers.unlink()
    if content is not None:
        servers.write_text(content)
    assert main(["__complete", "bash", "isdeploy-tui", "drain", ""]) == DONE
    assert capfd.readouterr().err == ""
    assert offered("drain", "") == []


def test_files_are_left_to_the_shell_and_nothing_is_offered_for_a_scripts_arguments(servers: Path) -> None:
    assert offered("--config", "") == [FILES]
    assert offered("import", "") == [FILES]
    assert offered("import", "-o", "") == [FILES]
    assert offered("roll", "--report=x") == [FILES]
    assert offered("roll", "--batch", "") == []
    assert offered("deploy", "shop", "--", "s") == []
    assert offered("completion", "") == ["bash", "zsh", "fish"]


def test_what_bash_cuts_is_put_together_and_answered_from_where_it_cut(servers: Path) -> None:
    words = ["isdeploy-tui", "--config", "=", "servers.toml", "drain", "shop/web1/other", ":"]
    assert [line.split("\t")[0] for line in answer("bash", words)] == ["1"]
    assert answer("bash", ["isdeploy-tui", "--config", "="]) == [FILES]


@pytest.mark.parametrize(
    "words", [[], ["isdeploy-tui"], ["isdeploy-tui", "x", "y", ""], ["i", "'", '"'], ["i", "drain", "'s"]]
)
def test_odd_lines_are_no_error(servers: Path, words: list[str]) -> None:
    for name in SCRIPTS:
        answer(name, words)


def test_an_unknown_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == USAGE
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err


def test_answering_loads_none_of_the_big_libraries(servers: Path) -> None:
    program = (
        "import sys; from isdeploy_tui.cli import main; main(['__complete', 'bash', 'isdeploy-tui', 'drain', 's']);"
        "print(*{'textual', 'rich', 'asyncssh', 'asyncio', 'isdeploy_tui.engine'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["shop\tThe argument is the tag", "shop/web1\tweb1", ""]


def test_every_value_of_an_option_is_consumed() -> None:
    """What follows an option with a value is that value, not a command or a target."""
    assert list(candidates(["drain", "--take-over"], "")) == []


@pytest.mark.parametrize("name", SCRIPTS)
async def test_tab_completes_in_a_real_shell(servers: Path, name: str) -> None:
    (servers.parent / "a file.toml").write_text("")
    async with shell(name, servers.parent) as it:
        for typed, becomes in (
            ("stat", "status"),
            ("roll --max", "roll --max-failed"),
            ("drain shop/web1/w", "drain shop/web1/worker1"),
            ("drain shop/web1/other:", "drain shop/web1/other:1"),
            ("--config serv", "--config servers.toml"),
            ("--config=serv", "--config=servers.toml"),
            ("--config a", r"--config a\ file.toml"),
            ("--config=servers.toml drain in", "--config=servers.toml drain intra"),
            ("drain nothing-like", "drain nothing-like"),
        ):
            assert await it.completed(f"isdeploy-tui {typed}") == f"isdeploy-tui {becomes}"
