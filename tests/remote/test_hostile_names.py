"""Whatever files, Tomcats and arguments are called: every script takes it as a name, and no shell as a command."""

import asyncio
import json
import os
import tempfile
from contextlib import aclosing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui.remote.accesslog import count_since, log_end
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.follow import LogChunk, follow
from isdeploy_tui.remote.inflight import count_in_flight
from isdeploy_tui.remote.journal import Entry, Lease, read_journal
from isdeploy_tui.remote.mapread import leases_of, read_file, watch_files
from isdeploy_tui.remote.mapwrite import swap_map
from isdeploy_tui.remote.recording import append_entries, beat_leases, release_leases, take_lease
from isdeploy_tui.remote.runs import going_run, run_outcome
from isdeploy_tui.remote.runstart import start_run
from isdeploy_tui.remote.startup import mark_log, startup_since
from tests.remote.kept_runs import follow as follow_to_its_end
from tests.remote.local_host import SHELLS, LocalHost
from tests.remote.maps import NEW, OLD, sha

COMMANDS = (
    "$(>$CANARY)",
    "`>$CANARY`",
    "';>$CANARY;'",
    '";>$CANARY;"',
    "\n>$CANARY\n",
    "$((>$CANARY))",
    "${X:-`>$CANARY`}",
    "|>$CANARY",
    "&>$CANARY&",
    "\\';>$CANARY #",
    "-n",
    "*",
    "~",
    "\x1b[2J",
    "\udcff",
    "%s%n",
    "ISD_",
    "leases:",
)
TEXTS = st.lists(
    st.one_of(st.sampled_from(COMMANDS), st.text(st.characters(exclude_characters="\0"), max_size=4)),
    min_size=1,
    max_size=3,
).map("".join)
NAMES = TEXTS.map(lambda text: text.replace("/", "_").encode("utf-8", "surrogateescape")[:120]).filter(
    lambda name: name not in (b"", b".", b"..")
)


def can_be_encoded(text: str) -> bool:
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


async def everything(host: LocalHost, folder: Path, name: str, text: str) -> None:
    """Do all that can be done to a map, a log and a program of that name; what a tool cannot handle is a sentence."""
    map_file, log = folder / name, folder / f"log{name}"
    map_file.write_bytes(OLD)
    log.write_bytes(b"one\nServer startup in [1] milliseconds\n")
    path = str(map_file)
    assert (await read_file(host, path)).data == OLD
    await swap_map(host, path, expected=sha(OLD), new=NEW, note=text)
    assert map_file.read_bytes() == NEW
    async with watch_files(host, [path, leases_of(path)]) as watch:
        assert path in await watch.poll()
    lease = Lease(text or "no name at all cannot be configured", "id", text, "b1", "drain", text, 1.0, 0)
    entry = Entry("2026-11-22T10:00:00Z", text, "b1", "web1", "op", "drain", text, "write", "done", text)
    with suppress(RemoteError):  # a line end at the end of a name is lost to readlink in a shell
        assert (await take_lease(host, path, lease)).is_ours
        assert await beat_leases(host, path, [lease]) == (True,)
        await release_leases(host, path, [lease])
        await append_entries(host, path, [entry])
        assert len(await read_journal(host, path)) == 1
    async with aclosing(follow(host, str(log), once=True)) as events:
        assert [event.lines[0] async for event in events if isinstance(event, LogChunk)] == ["one"]
    await startup_since(host, str(log), await mark_log(host, str(log)))
    await count_since(host, str(log), await log_end(host, str(log)))
    await count_in_flight(host, str(log))
    program = folder / f"program{name}"
    program.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
    program.chmod(0o755)
    await start_run(host, "id", [str(program), text, name], label=text, tomcat=text)
    output, end = await follow_to_its_end(host, "id")
    assert output.split(b"\0")[:-1] == [word.encode("utf-8", "surrogateescape") for word in (text, name)]
    assert end.code == 0
    assert (await run_outcome(host, "id")).label.isprintable()
    await going_run(host, text)


@pytest.mark.parametrize("sh", SHELLS)
@settings(max_examples=8)
@given(name=NAMES, text=TEXTS.filter(can_be_encoded))
def test_a_name_is_a_name_and_never_a_command(sh: str, name: bytes, text: str) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, canary = Path(place), Path(place) / "canary"
        # Whichever httpd runs on this machine reads no such map.
        (folder / ".bin").mkdir()
        (folder / ".bin" / "ps").write_text("#!/bin/sh\n")
        (folder / ".bin" / "ps").chmod(0o755)
        path = f"{folder}/.bin:{os.environ['PATH']}"
        host = LocalHost(sh=SHELLS[sh], home=place, path=path, environ={"CANARY": str(canary)})
        asyncio.run(everything(host, folder, os.fsdecode(name), text))
        assert not canary.exists()
        # Beside the files there is only what belongs there.
        assert {entry.name for entry in folder.iterdir()} <= {
            *(f"{prefix}{os.fsdecode(name)}" for prefix in ("", "log", "program")),
            ".bin",
            ".isdeploy",
            ".local",
        }
        journal = folder / ".isdeploy" / "journal.jsonl"
        assert not journal.exists() or all(json.loads(line) for line in journal.read_text().splitlines())
