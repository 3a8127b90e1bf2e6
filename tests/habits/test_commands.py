"""What every command is, in one table; what holds for all of them, before any server is asked."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import pytest

from isdeploy_tui.cli import DONE, FAILED, USAGE, main, make_parser


@dataclass(frozen=True, slots=True)
class Command:
    """What holds for a command: whether it needs a servers.toml, takes targets, changes servers, asks before it does.

    ``json`` is what ``--json`` prints: a ``list``, ``steps`` (one object a line), or nothing when there is none.
    ``asks`` means that it asks in any case, not only a person about a production service. ``scripts_status``: its
    exit status is a deploy script's own; ``judges``: its exit status is what it thinks of the site, and all that it
    says is output.
    """

    json: str = ""
    configured: bool = True
    targets: bool = True
    changes: bool = False
    asks: bool = False
    needs_target: bool = False
    scripts_status: bool = False
    judges: bool = False


COMMANDS = {
    "demo": Command(configured=False, targets=False),
    "status": Command(json="list"),
    "check": Command(json="list", judges=True),
    "drain": Command(json="steps", changes=True, needs_target=True),
    "restore": Command(json="steps", changes=True, needs_target=True),
    "deploy": Command(json="steps", changes=True, asks=True, needs_target=True),
    "roll": Command(json="steps", changes=True, asks=True, needs_target=True),
    "history": Command(json="list"),
    "balancers": Command(json="list", needs_target=True),
    "logs": Command(needs_target=True),
    "follow": Command(needs_target=True, scripts_status=True),
    "discover": Command(configured=False, targets=False),
    "import": Command(configured=False, targets=False),
    "completion": Command(configured=False, targets=False),
    "man": Command(configured=False, targets=False),
}

ON_SERVERS = [name for name, command in COMMANDS.items() if command.configured]
WITH_TARGETS = [name for name, command in COMMANDS.items() if command.targets]
CHANGING = [name for name, command in COMMANDS.items() if command.changes]
ASKING = [name for name, command in COMMANDS.items() if command.asks]
NEED_TARGET = [name for name, command in COMMANDS.items() if command.needs_target]


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Return each command's parser."""
    actions = make_parser()._actions
    return dict(next(a for a in actions if isinstance(a, argparse._SubParsersAction)).choices)


def options(name: str) -> set[str]:
    """Return all options of a command."""
    return set(parsers()[name]._option_string_actions)


SERVERS = """
[[service]]
name = "shop"
[[service.apache]]
name = "web1"
ssh = "web1"
map = "/srv/map"
workers_file = "/srv/workers"
[[service.apache.worker]]
name = "worker1"
"""


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Run the program in this process; return its exit status, standard output and standard error."""
    try:
        status = main(words)
    except SystemExit as ended:
        assert isinstance(ended.code, int)
        status = ended.code
    return status, *capsys.readouterr()


def test_the_table_knows_every_command() -> None:
    assert COMMANDS.keys() == parsers().keys()


def test_every_command_has_the_options_that_its_kind_has() -> None:
    for name, command in COMMANDS.items():
        assert ("--json" in options(name)) == bool(command.json), name
        assert ({"--force", "--take-over", "--yes"} <= options(name)) == command.changes, name
        assert {"--config", "--read-only", "--help"} <= options(name), name


@pytest.mark.parametrize("name", COMMANDS)
def test_help_is_status_zero_and_names_the_command(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, name, "--help")
    assert (status, err) == (DONE, "")
    assert out.startswith(f"usage: isdeploy-tui {name}")


@pytest.mark.parametrize("name", ON_SERVERS)
def test_a_configuration_that_is_missing_or_broken_is_status_two(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "servers.toml"
    words = ("--config", str(file), name, "shop")
    assert run(capsys, *words) == (USAGE, "", f"{file}: no such file (named by --config)\n")
    file.write_text("[[service]]\nname = 3\n")
    status, out, err = run(capsys, *words)
    assert (status, out) == (USAGE, "")
    assert all(line.startswith(f"{file}: ") for line in err.splitlines())


@pytest.mark.parametrize("name", WITH_TARGETS)
def test_an_unknown_target_is_status_two_and_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "servers.toml"
    file.write_text(SERVERS)
    json = ["--json"] if COMMANDS[name].json else []
    status, out, err = run(capsys, "--config", str(file), name, "shop/web7", *json)
    assert (status, out) == (USAGE, "")
    assert err.startswith("no worker matches 'shop/web7' in ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", NEED_TARGET)
def test_a_target_that_is_missing_is_status_two(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, name)
    assert (status, out) == (USAGE, "")
    assert "the following arguments are required: TARGET" in err


@pytest.mark.parametrize("name", CHANGING)
def test_read_only_is_status_two_before_anything_is_looked_at(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = run(capsys, "--read-only", name, "shop")
    assert said == (USAGE, "", f"{name} changes servers; --read-only only watches\n")


@pytest.mark.parametrize("words", [[], ["demo"], ["--read-only"]])
def test_the_screen_is_refused_with_a_sentence_where_there_is_no_terminal(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *words)
    assert (status, out) == (USAGE, "")
    assert err.startswith("the screen needs a terminal; in scripts use ")


@pytest.mark.parametrize("words", [("roll", "--batch", "2"), ("roll", "--soft"), ("drain", "--soft")])
def test_what_is_said_about_maps_does_not_go_with_whole_apaches(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *words, "shop", "--hosts")
    assert (status, out) == (USAGE, "")
    assert f"{words[1]} does not go with --hosts" in err


@pytest.mark.parametrize("name", ["drain", "restore", "roll"])
def test_whole_apaches_need_their_commands_and_the_sentence_names_them(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "servers.toml"
    file.write_text(SERVERS)
    status, out, err = run(capsys, "--config", str(file), name, "shop", "--hosts", "--yes")
    assert (status, out) == (FAILED, "")
    assert err.startswith(f"{name} failed: shop/web1: servers.toml names no out_command, in_command and state_command")
