"""The import command: where its output goes, and that it never writes over a file unasked."""

from pathlib import Path

import pytest

from isdeploy_tui.cli import DONE, USAGE, main
from isdeploy_tui.config import load
from tests.importing.console import console, node, put, service


def test_it_prints_the_servers_toml_and_says_the_rest_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["import", str(console(tmp_path, service()))]) == DONE
    out, err = capsys.readouterr()
    load(put(tmp_path / "servers.toml", out))
    assert "12 places to look at: search for REVIEW" in err


def test_o_writes_a_new_file_and_leaves_one_that_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = put(tmp_path / "setting.json", node(1)), tmp_path / "servers.toml"
    assert main(["import", str(source), "-o", str(target)]) == DONE
    assert len(list(load(target).workers())) == 3
    assert capsys.readouterr().out == ""
    target.write_text("mine")
    assert main(["import", str(source), "-o", str(target)]) == USAGE
    assert target.read_text() == "mine"
    assert "exists already, and is left as it is; --overwrite replaces it" in capsys.readouterr().err
    assert main(["import", str(source), "-o", str(target), "--overwrite"]) == DONE
    assert len(list(load(target).workers())) == 3


def test_what_is_refused_leaves_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = put(tmp_path / "setting.json", "{"), tmp_path / "servers.toml"
    assert main(["import", str(source), "-o", str(target)]) == USAGE
    assert list(tmp_path.iterdir()) == [source]
    assert capsys.readouterr().err.count("\n") == 1


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = put(tmp_path / "setting.json", node(1))
    for more in ([], ["--overwrite"]):
        assert main(["import", str(source), "-o", str(tmp_path / "missing" / "servers.toml"), *more]) == USAGE
        assert "cannot be written: No such file or directory" in capsys.readouterr().err
