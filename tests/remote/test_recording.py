"""The journal and the leases beside a map, on all shells."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.journal import Entry, Lease, parse_leases, read_journal
from isdeploy_tui.remote.recording import Taking, append_entries, beat_leases, release_leases, take_lease
from tests.remote.disks import fill, mount, needs_mount, unmount
from tests.remote.local_host import SHELLS, LocalHost


@pytest.fixture(params=SHELLS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    return LocalHost("web1", sh=SHELLS[request.param], home=str(tmp_path))


@pytest.fixture
def map_path(tmp_path: Path) -> Path:
    real = tmp_path / "real"
    real.mkdir()
    (real / "uriworkermap.properties").write_bytes(b"/*=balancer\n")
    link = tmp_path / "uriworkermap.properties"
    link.symlink_to(real / "uriworkermap.properties")
    return link


def entry(number: int, detail: str = "") -> Entry:
    return Entry(
        "2026-11-22T10:00:00Z",
        "ops1",
        "b1",
        "web1",
        f"op{number}",
        "drain",
        "shop/web1/worker1",
        "write",
        "done",
        detail,
    )


def lease(id: str, user: str = "ops1", tomcat: str = "was1:/opt/tomcat 1/x", step: str = "write") -> Lease:
    return Lease(tomcat, id, user, "b1", "drain", step, 1_000.5, 0)


def age_leases(folder: Path, seconds: int) -> None:
    file = folder / "real" / ".isdeploy" / "leases"
    lines = [line.split(" ", 2) for line in file.read_text().splitlines()]
    file.write_text("".join(f"{key} {int(beat) - seconds} {rest}\n" for key, beat, rest in lines))


async def test_entries_come_back_as_they_were_written_beside_the_real_map(host: LocalHost, map_path: Path) -> None:
    hostile = "\\n 'quoted' \"x\" $(id) `id` %s 한글 \\"
    await append_entries(host, str(map_path), [entry(1, hostile), entry(2)])
    await append_entries(host, str(map_path), [entry(3)])
    assert (map_path.parent / "real" / ".isdeploy" / "journal.jsonl").exists()
    entries = await read_journal(host, str(map_path))
    assert [found.operation for found in entries] == ["op1", "op2", "op3"]
    assert entries[0].detail == hostile
    assert [found.operation for found in await read_journal(host, str(map_path), lines=2)] == ["op2", "op3"]


async def test_no_journal_reads_as_nothing_and_an_unreadable_line_is_passed_over(
    host: LocalHost, map_path: Path
) -> None:
    assert await read_journal(host, str(map_path)) == ()
    await append_entries(host, str(map_path), [entry(1)])
    journal = map_path.parent / "real" / ".isdeploy" / "journal.jsonl"
    journal.write_bytes(journal.read_bytes() + b'{"cut')
    await append_entries(host, str(map_path), [entry(2)])
    assert [found.operation for found in await read_journal(host, str(map_path))] == ["op1", "op2"]


async def test_forty_writers_at_once_lose_no_entry(host: LocalHost, map_path: Path) -> None:
    await asyncio.gather(*(append_entries(host, str(map_path), [entry(number)]) for number in range(40)))
    found = {entry.operation for entry in await read_journal(host, str(map_path))}
    assert found == {f"op{number}" for number in range(40)}


async def test_a_journal_that_has_grown_large_is_turned_over_and_still_read(host: LocalHost, map_path: Path) -> None:
    await append_entries(host, str(map_path), [entry(1)])
    folder = map_path.parent / "real" / ".isdeploy"
    filler = json.dumps(entry(2, "x" * 1000).as_json()) + "\n"
    (folder / "journal.jsonl").write_text(filler * 5000)
    await append_entries(host, str(map_path), [entry(3)])
    assert (folder / "journal.1.jsonl").exists()
    assert [found.operation for found in await read_journal(host, str(map_path), lines=2)] == ["op2", "op3"]


async def test_a_lease_is_held_against_others_until_it_is_given_back(host: LocalHost, map_path: Path) -> None:
    path = str(map_path)
    assert (await take_lease(host, path, lease("one"))).result is Taking.TAKEN
    assert (await take_lease(host, path, lease("one"))).is_ours
    refused = await take_lease(host, path, lease("two", "ops2"), take_over=True)
    assert refused.result is Taking.HELD
    assert refused.other is not None
    assert (refused.other.holder, refused.other.step) == ("ops1@b1", "write")
    assert (await take_lease(host, path, lease("two", "ops2", "another"))).is_ours
    await release_leases(host, path, [lease("two")])
    assert not (await take_lease(host, path, lease("three"))).is_ours
    await release_leases(host, path, [lease("one")])
    assert (await take_lease(host, path, lease("two", "ops2"))).is_ours


async def test_a_heartbeat_keeps_a_lease_and_tells_its_step(host: LocalHost, map_path: Path, tmp_path: Path) -> None:
    path = str(map_path)
    await take_lease(host, path, lease("one"))
    age_leases(tmp_path, 50)
    assert await beat_leases(host, path, [lease("one", step="settle")]) == (True,)
    file = tmp_path / "real" / ".isdeploy" / "leases"
    found = parse_leases(file.read_bytes(), file.stat().st_mtime)["was1:/opt/tomcat 1/x"]
    assert (found.step, found.since, found.is_orphan) == ("settle", 1_000.5, False)
    assert found.age <= 1


async def test_several_leases_are_beaten_and_given_back_at_once_and_only_those_that_are_ours(
    host: LocalHost, map_path: Path
) -> None:
    path = str(map_path)
    first, second, third, foreign = (lease("one", tomcat=f"t {number}", step="idle") for number in range(4))
    for taken in (first, second, third):
        assert (await take_lease(host, path, taken)).is_ours
    await take_lease(host, path, lease("two", "ops2", "t 3", step="script"))
    later = [lease("one", tomcat=taken.tomcat, step=f"step {taken.tomcat}") for taken in (third, foreign, first)]
    assert await beat_leases(host, path, later) == (True, False, True)
    file = map_path.parent / "real" / ".isdeploy" / "leases"
    found = {key: (kept.step, kept.user) for key, kept in parse_leases(file.read_bytes(), 0).items()}
    assert found == {
        "t 0": ("step t 0", "ops1"),
        "t 1": ("idle", "ops1"),
        "t 2": ("step t 2", "ops1"),
        "t 3": ("script", "ops2"),
    }
    await release_leases(host, path, [first, foreign, third])
    assert set(parse_leases(file.read_bytes(), 0)) == {"t 1", "t 3"}
    await release_leases(host, path, [foreign])
    assert set(parse_leases(file.read_bytes(), 0)) == {"t 1", "t 3"}


async def test_an_orphan_is_taken_over_only_when_asked_and_its_holder_is_told_at_its_next_beat(
    host: LocalHost, map_path: Path, tmp_path: Path
) -> None:
    path = str(map_path)
    await take_lease(host, path, lease("one"))
    age_leases(tmp_path, 61)
    orphan = await take_lease(host, path, lease("two", "ops2"))
    assert orphan.result is Taking.ORPHAN
    assert orphan.other is not None
    assert orphan.other.is_orphan
    replaced = await take_lease(host, path, lease("two", "ops2"), take_over=True)
    assert replaced.result is Taking.REPLACED
    assert await beat_leases(host, path, [lease("one")]) == (False,)
    await release_leases(host, path, [lease("one")])
    assert await beat_leases(host, path, [lease("two", "ops2")]) == (True,)


async def test_of_twenty_who_ask_at_once_exactly_one_gets_the_lease(host: LocalHost, map_path: Path) -> None:
    answers = await asyncio.gather(*(take_lease(host, str(map_path), lease(f"id{n}")) for n in range(20)))
    assert sum(answer.is_ours for answer in answers) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
async def test_a_directory_that_may_not_be_written_is_said(map_path: Path) -> None:
    host = LocalHost("web1", wrapper=("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"))
    for folder in (map_path.parent, *map_path.parent.parents):
        if folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    with pytest.raises(ScriptError, match="may not be written by this account"):
        await take_lease(host, str(map_path), lease("one"))


@needs_mount
async def test_a_full_disk_is_told_and_costs_nobody_a_lease(host: LocalHost, map_path: Path) -> None:
    folder = map_path.parent / "real"
    content = (folder / "uriworkermap.properties").read_bytes()
    mount("-t", "tmpfs", "-o", "size=64k,mode=755", "isdeploy-test", str(folder))
    try:
        (folder / "uriworkermap.properties").write_bytes(content)
        for number in range(3):
            assert (await take_lease(host, str(map_path), lease(f"id{number}", tomcat=f"t{number}"))).is_ours
        before = (folder / ".isdeploy" / "leases").read_bytes()
        fill(folder)
        with pytest.raises(ScriptError, match=r"the disk is full .* Nothing was changed\. Make room there\."):
            await take_lease(host, str(map_path), lease("id9", tomcat="t9"))
        with pytest.raises(ScriptError, match="the disk is full"):
            await append_entries(host, str(map_path), [entry(1)])
        with pytest.raises(ScriptError, match="the disk is full"):
            await release_leases(host, str(map_path), [lease("id1", tomcat="t1")])
        assert (folder / ".isdeploy" / "leases").read_bytes() == before
        assert not [*(folder / ".isdeploy").glob(".leases*")]
    finally:
        unmount(folder)
