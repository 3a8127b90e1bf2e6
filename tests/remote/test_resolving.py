"""Which addresses names have on a server, on every userland."""

from pathlib import Path

import pytest

from isdeploy_tui.remote.resolving import resolve
from tests.remote.userlands import USERLANDS, make_host

GETENT = """case "$1 $2" in "ahosts was1") printf '10.0.0.5 STREAM was1\\n10.0.0.5 DGRAM\\nfe80::1 STREAM\\n';;
  *) exit 2;; esac"""

NSLOOKUP = """case $1 in
  far) printf 'Server:\\t\\t10.0.0.53\\nAddress:\\t10.0.0.53:53\\n\\nName:\\tfar\\nAddress: 10.0.0.7\\n';;
  *) echo "Server: 10.0.0.53"; echo "Address: 10.0.0.53"; echo "** server can't find $1" >&2; exit 1;; esac"""


@pytest.mark.parametrize("userland", USERLANDS)
async def test_names_are_resolved_as_the_server_does(userland: str, tmp_path: Path) -> None:
    host = make_host(userland, tmp_path, fakes={"getent": GETENT, "nslookup": "exit 1"})
    found = await resolve(host, ["nobody", "was1", "-x", "a b; touch /tmp/no", "localhost"])
    assert found["was1"] == ("10.0.0.5", "fe80::1")
    # Where getent knows nothing of it, /etc/hosts of this machine does.
    assert "127.0.0.1" in found["localhost"]
    assert found.keys() == {"was1", "localhost"}
    assert await resolve(host, []) == {}


@pytest.mark.parametrize("userland", USERLANDS)
async def test_without_getent_the_name_server_is_asked_and_its_own_address_is_no_answer(
    userland: str, tmp_path: Path
) -> None:
    host = make_host(userland, tmp_path, fakes={"getent": "exit 2", "nslookup": NSLOOKUP})
    assert await resolve(host, ["near", "far"]) == {"far": ("10.0.0.7",)}
