"""The discover command: exit status, where its output goes, and that it never writes over a file unasked."""

from pathlib import Path

import pytest

from isdeploy_tui.cli import DONE, FAILED, USAGE
from isdeploy_tui.commands import discover
from isdeploy_tui.config import load
from isdeploy_tui.engine.discovery.discover import Discovery
from isdeploy_tui.engine.discovery.looking import Problem
from tests.habits.test_commands import SERVERS, run

PROBLEM = Problem("web2", "it is down", is_unseen=True)


def finds(monkeypatch: pytest.MonkeyPatch, found: Discovery) -> None:
    async def answer(*given: object) -> Discovery:
        return found

    monkeypatch.setattr(discover, "discover", answer)


def test_what_was_found_is_output_and_what_was_not_is_said_beside_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finds(monkeypatch, Discovery(SERVERS + "# REVIEW: this\n", (Problem("web1", "no jkstatus"),), 1))
    status, out, err = run(capsys, "discover", "web1")
    assert (status, out) == (DONE, SERVERS + "# REVIEW: this\n")
    assert err == ("web1: no jkstatus\n1 worker; 1 place to look at: search for REVIEW; then: isdeploy-tui check\n")


def test_a_part_that_could_not_be_looked_at_is_status_one_with_the_rest_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    finds(monkeypatch, Discovery(SERVERS, (PROBLEM,), 1))
    status, out, err = run(capsys, "discover", "web1", "web2")
    assert (status, out) == (FAILED, SERVERS)
    assert err.startswith("web2: it is down\n")


def test_a_file_that_is_there_is_left_before_any_server_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "servers.toml"
    file.write_text("mine")
    status, out, err = run(capsys, "discover", "web1", "-o", str(file))
    assert (status, out) == (USAGE, "")
    assert err == f"{file}: exists already, and is left as it is; --overwrite replaces it\n"
    finds(monkeypatch, Discovery(SERVERS, (), 1))
    assert run(capsys, "discover", "web1", "-o", str(file), "--overwrite")[:2] == (DONE, "")
    assert len(list(load(file).workers())) == 1


def test_nothing_found_is_status_one_and_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config").write_text("Host *\n  HostName 127.0.0.1\n  Port 1\n")
    words = ("--ssh-config", str(tmp_path / "config"), "-o", str(tmp_path / "new"))
    status, out, err = run(capsys, "discover", "web1", "web2", *words)
    assert (status, out) == (FAILED, "")
    assert err.count("127.0.0.1:1 refused the connection") == 2
    assert err.endswith("nothing was found that a servers.toml could be made of\n")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [["a b"], ["web1:99999"], ["web1", "--ssh-config", "/no/such/file"], []])
def test_what_cannot_be_meant_is_status_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "discover", *words)
    assert (status, out) == (USAGE, "")
    assert err
