"""A lost connection costs a script nothing that may be run twice; a server that stays silent is not asked again."""

from pathlib import Path

import pytest

from isdeploy_tui.remote import again
from isdeploy_tui.remote.errors import ConnectionLostError
from isdeploy_tui.remote.journal import Entry, Lease, read_journal
from isdeploy_tui.remote.mapread import read_file
from isdeploy_tui.remote.recording import append_entries, beat_leases, release_leases, take_lease
from tests.remote.local_host import LocalHost

ENTRY = Entry("2026-11-22T10:00:00Z", "ops1", "b1", "web1", "op1", "drain", "shop/web1/worker1", "write", "done")
LEASE = Lease("was1", "one", "ops1", "b1", "drain", "write", 1_000.5, 0)


@pytest.fixture
def map_file(tmp_path: Path) -> Path:
    path = tmp_path / "uriworkermap.properties"
    path.write_bytes(b"/*=balancer\n")
    return path


@pytest.mark.parametrize("lost", ["script", "answer"])
async def test_what_was_lost_on_the_way_is_sent_again(map_file: Path, lost: str) -> None:
    host, path = LocalHost(), str(map_file)

    def lose() -> None:
        host.cut, host.drop_reply = (200, False) if lost == "script" else (None, True)

    lose()
    assert (await read_file(host, path)).data == b"/*=balancer\n"
    lose()
    assert (await take_lease(host, path, LEASE)).is_ours
    lose()
    assert await beat_leases(host, path, [LEASE]) == (True,)
    lose()
    await append_entries(host, path, [ENTRY])
    lose()
    assert set(await read_journal(host, path)) == {ENTRY}
    lose()
    await release_leases(host, path, [LEASE])
    assert (map_file.parent / ".isdeploy" / "leases").read_bytes() == b""
    assert len(host.ran) == 12


async def test_a_server_that_was_silent_for_long_is_not_asked_again(
    map_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "WITHIN_SECONDS", 0.0)
    host = LocalHost()
    host.drop_reply = True
    with pytest.raises(ConnectionLostError):
        await read_file(host, str(map_file))
    assert len(host.ran) == 1
