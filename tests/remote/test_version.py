"""The operator's own command that tells a version, on all shells: one line, limited, printable, its failure told."""

from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.version import LONGEST, ask_version
from tests.remote.local_host import LocalHost
from tests.remote.userlands import USERLANDS, make_host


@pytest.fixture(params=USERLANDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    return make_host(request.param, tmp_path)


@pytest.mark.parametrize(
    ("command", "version"),
    [
        ("echo 2.4.1", "2.4.1"),
        ("printf '\\n  \\n  release/2026.1  \\nmore\\n'", "release/2026.1"),
        ("printf 'no line end'", "no line end"),
        ("printf '\\033[31m2.4\\033[0m\\r\\n'", "2.4"),
        ("printf '@x status 9\\n'", "@x status 9"),
        ("""set -- 'a b'; echo "$1; $(echo c)" """, "a b; c"),
        ("i=0; while [ $i -lt 3000 ]; do echo 'line'; i=$((i + 1)); done", "line"),
    ],
)
async def test_the_first_line_that_is_not_blank_is_the_version(host: LocalHost, command: str, version: str) -> None:
    assert await ask_version(host, command) == version


async def test_a_line_without_end_is_cut(host: LocalHost) -> None:
    assert len(await ask_version(host, "i=0; while [ $i -lt 900 ]; do printf x; i=$((i + 1)); done")) == LONGEST


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("exit 3", "version_command ended with status 3."),
        ("echo what is wrong >&2; exit 1", "version_command ended with status 1: what is wrong."),
        ("true", "version_command prints nothing."),
        ("if then", "version_command ended with status 2"),
    ],
)
async def test_a_command_that_fails_is_no_version(host: LocalHost, command: str, sentence: str) -> None:
    with pytest.raises(ScriptError, match=sentence):
        await ask_version(host, command)


async def test_a_command_that_reads_its_input_gets_none(host: LocalHost) -> None:
    assert await ask_version(host, "cat; echo end") == "end"
