"""Fixtures for the tests of connections: real servers, and SshHosts that end with the test."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from isdeploy_tui.remote import connections
from isdeploy_tui.remote.connections import SshHosts
from tests.remote.real_sshd import Servers, running

SCRIPTS = {
    "hello.sh": """printf '@%s %s\\n' "$1" "$2" """,
    "environ.sh": """eval "printf '@%s %s\\n' '$1' \\"\\${$2-}\\"" """,
    "sha.sh": """printf '@%s %s\\n' "$1" "$(isd_content | sha256sum)" """,
    "status.sh": """echo '@other line'; printf '@%s said\\n' "$1"; echo problem >&2; exit 7""",
    "sleep.sh": """printf '@%s started\\n' "$1"; sleep "$2"; printf '@%s ended\\n' "$1" """,
    "long.sh": """: >"$2"; printf '@%s started\\n' "$1"; sleep 60""",
    "much.sh": """head -c "$2" /dev/zero | tr '\\0' x""",
    "echo.sh": """printf '@%s ready\\n' "$1"; while read -r x; do printf 'got %s\\n' "$x"; done; : >"$2" """,
    "fails.sh": """printf '@%s ERR 20 no such file\\n' "$1"; exit 20""",
    "ends.sh": """printf '@%s ready\\n' "$1"; echo bye; exit 4""",
}


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    """Real OpenSSH servers, started by the test."""
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the scripts above in the place of those in remote/scripts."""
    monkeypatch.setattr(connections, "script_text", SCRIPTS.__getitem__)


MakeHosts = Callable[..., SshHosts]


@pytest_asyncio.fixture
async def make_hosts(scripts: None) -> AsyncIterator[MakeHosts]:
    """A function that makes SshHosts, which end with the test."""
    made: list[SshHosts] = []

    def make(*args: Any, **more: Any) -> SshHosts:
        made.append(SshHosts(*args, **more))
        return made[-1]

    yield make
    for hosts in made:
        await hosts.aclose()
