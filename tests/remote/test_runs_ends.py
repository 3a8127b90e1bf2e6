"""How detached runs end, and how their story is read: ended, cancelled, lost, over lost connections."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from isdeploy_tui.remote import runs, runstart
from isdeploy_tui.remote.errors import ConnectionLostError, ScriptError
from isdeploy_tui.remote.runs import NO_SUCH_RUN, RunEnd, RunOutput, follow_run, going_run, run_outcome
from isdeploy_tui.remote.runstart import TOMCAT_BUSY, cancel_run, start_run
from tests.remote.disks import fill, mount, needs_mount, unmount
from tests.remote.kept_runs import ID, ended, follow, home, host, run_file, script, started, until
from tests.remote.local_host import LocalHost, LocalStream
from tests.remote.userlands import USERLANDS, make_host

__all__ = ("ended", "home", "host")


async def test_a_start_whose_answer_was_lost_is_found_started(
    host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runstart, "AGAIN_SECONDS", (0.0,))
    program = script(tmp_path, f"echo x >>{tmp_path}/count")
    host.drop_reply = True
    await start_run(host, ID, [program])
    await follow(host)
    host.cut = 1000
    await start_run(host, "other", [program])
    await follow(host, "other")
    assert (tmp_path / "count").read_text() == "x\nx\n"


async def test_cancelling_ends_all_its_processes(host: LocalHost, tmp_path: Path, home: Path) -> None:
    program = script(
        tmp_path, f"sleep 300 & echo $! >{tmp_path}/child.new; mv {tmp_path}/child.new {tmp_path}/child; wait"
    )
    await start_run(host, ID, [program])
    await until(tmp_path / "child")
    assert await cancel_run(host, ID)
    assert (await follow(host))[1] == RunEnd(143, lost=False)
    child = int((tmp_path / "child").read_text())
    async with asyncio.timeout(10):
        while runs_still(child):
            await asyncio.sleep(0.01)
    assert not await cancel_run(host, ID)


def runs_still(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


async def test_a_script_that_tidies_up_when_cancelled_ends_with_its_own_code(host: LocalHost, tmp_path: Path) -> None:
    text = f"trap 'echo tidy; exit 9' TERM; : >{tmp_path}/ready; while :; do sleep 0.05; done"
    await start_run(host, ID, [script(tmp_path, text)])
    await until(tmp_path / "ready")
    await cancel_run(host, ID)
    output, end = await follow(host)
    assert (output.replace(b"Terminated\n", b""), end) == (b"tidy\n", RunEnd(9, lost=False))


async def test_a_run_whose_keeper_was_killed_is_lost(host: LocalHost, tmp_path: Path, home: Path) -> None:
    await start_run(host, ID, [script(tmp_path, "echo a; sleep 300")])
    pid = int(run_file(home, "pid").read_text().split()[0])
    os.kill(pid, signal.SIGKILL)
    output, end = await follow(host)
    assert (output, end) == (b"a\n", RunEnd(None, lost=True))
    assert (await run_outcome(host, ID)).lost
    assert not await cancel_run(host, ID)
    os.killpg(pid, signal.SIGKILL)


@pytest.mark.parametrize("what", ["start time", "boot"])
async def test_a_process_that_got_its_number_later_is_not_taken_for_it(
    host: LocalHost, tmp_path: Path, home: Path, what: str
) -> None:
    await start_run(host, ID, [script(tmp_path, "sleep 300")])
    pid, born, boot, own = run_file(home, "pid").read_text().split()
    os.killpg(int(pid), signal.SIGKILL)
    mine = os.getpid()
    if what == "boot":
        born, boot = started(mine), "0" * len(boot)
    run_file(home, "pid").write_text(f"{mine} {born} {boot} {own}\n")
    assert (await run_outcome(host, ID)).lost
    assert not await cancel_run(host, ID)


async def test_two_runs_of_one_tomcat_never_go_on_at_once(host: LocalHost, tmp_path: Path) -> None:
    program = script(tmp_path, f"until [ -e {tmp_path}/go ]; do sleep 0.05; done")
    results = await asyncio.gather(
        *(start_run(host, f"run{number}", [program], tomcat="was1-a") for number in range(5)), return_exceptions=True
    )
    refused = [error for error in results if isinstance(error, ScriptError)]
    assert len(refused) == 4
    assert {error.code for error in refused} == {TOMCAT_BUSY}
    winner = f"run{results.index(None)}"
    assert all(winner in error.sentence for error in refused)
    await start_run(host, "other", [program], tomcat="was1-b")
    (tmp_path / "go").touch()
    await follow(host, winner)
    await start_run(host, "next", [program], tomcat="was1-a")
    assert (await follow(host, "next"))[1] == RunEnd(0, lost=False)
    await follow(host, "other")


async def test_a_run_that_goes_on_is_found_by_its_tomcat_until_it_ends(host: LocalHost, tmp_path: Path) -> None:
    tomcat = "was1: /opt/tomcat $1\\n*"
    assert await going_run(host, tomcat) is None
    await start_run(host, ID, [script(tmp_path, f"until [ -e {tmp_path}/go ]; do sleep 0.05; done")], tomcat=tomcat)
    assert await going_run(host, tomcat) == ID
    assert await going_run(host, "was1:") is None
    (tmp_path / "go").touch()
    await follow(host)
    assert await going_run(host, tomcat) is None


async def test_the_newest_fifty_and_what_still_runs_are_kept(host: LocalHost, tmp_path: Path, home: Path) -> None:
    await start_run(host, "running", [script(tmp_path, "sleep 300", "long.sh")])
    os.utime(run_file(home, "", "running"), (1, 1))
    for number in range(70):
        folder = run_file(home, "", f"old{number:02}")
        folder.mkdir()
        (folder / "rc").write_text("0\n")
        os.utime(folder, (1_000_000 + number, 1_000_000 + number))
    await start_run(host, ID, [script(tmp_path, ":")])
    await follow(host)
    kept = {path.name for path in run_file(home, "").parent.iterdir()}
    assert {ID, "running", "old69"} <= kept
    assert "old20" not in kept
    assert len(kept) <= 51
    assert await cancel_run(host, "running")


async def test_a_run_that_nobody_started_is_told(host: LocalHost) -> None:
    for asking in (run_outcome(host, ID), follow(host), cancel_run(host, ID)):
        with pytest.raises(ScriptError, match="There is no run") as raised:
            await asking
        assert raised.value.code == NO_SUCH_RUN


@pytest.mark.parametrize("run_id", ["", "..", "a/b", "-x", "a b", "x\n", "a" * 200])
async def test_an_id_that_is_no_directory_name_is_refused(run_id: str) -> None:
    host = LocalHost()
    for asking in (run_outcome(host, run_id), follow(host, run_id), cancel_run(host, run_id)):
        with pytest.raises(ValueError, match="not a run id"):
            await asking
    with pytest.raises(ValueError, match="not a run id"):
        await start_run(host, run_id, ["true"])
    assert host.ran == []


@needs_mount
@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_script_that_fills_the_disk_keeps_its_exit_code(userland: str, tmp_path: Path, home: Path) -> None:
    host = make_host(userland, tmp_path / "server")
    mount("-t", "tmpfs", "-o", "size=256k,mode=700", "isdeploy-test", str(home))
    try:
        await start_run(host, ID, [script(tmp_path, "while echo more; do :; done 2>/dev/null; exit 7")])
        output, end = await follow(host)
        assert end == RunEnd(7, lost=False)
        assert set(output.split(b"\n")[:-1]) == {b"more"}
        fill(home)
        with pytest.raises(ScriptError, match=r"disk that holds the home directory is full .* Nothing was started"):
            await start_run(host, "next", [script(tmp_path, ":")])
    finally:
        unmount(home)


async def test_what_was_lost_on_the_way_is_followed_again_byte_for_byte(
    host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_SLOW", 0.05)
    losses = seen = 0
    read = LocalStream.read

    async def losing(stream: LocalStream) -> bytes:
        nonlocal losses, seen
        chunk = await read(stream)
        seen += len(chunk)
        if seen <= 1_500_000:
            return chunk
        losses, seen = losses + 1, 0
        stream.lose()
        return b""

    monkeypatch.setattr(LocalStream, "read", losing)
    program = script(tmp_path, f"head -c 10000000 /dev/urandom | tee {tmp_path}/copy")
    await start_run(host, ID, [program])
    output, end = await follow(host)
    assert end == RunEnd(0, lost=False)
    assert output == (tmp_path / "copy").read_bytes()
    assert len(output) == 10_000_000
    assert losses >= 5
    assert (await follow(host, offset=9_999_990))[0] == output[-10:]


async def test_a_server_that_stays_away_is_given_up(
    host: LocalHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "_SLOW", 0.05)
    monkeypatch.setattr(runs, "PATIENCE_SECONDS", 0.3)
    await start_run(host, ID, [script(tmp_path, "echo a; sleep 300")])
    events = follow_run(host, ID)
    first = await anext(events)
    assert isinstance(first, RunOutput)

    async def nothing(stream: LocalStream) -> bytes:
        stream.lose()
        return b""

    monkeypatch.setattr(LocalStream, "read", nothing)
    with pytest.raises(ConnectionLostError):
        await anext(events)
    await events.aclose()


async def test_a_slow_reader_holds_back_the_server_not_its_memory(host: LocalHost, tmp_path: Path) -> None:
    """No more is asked for than was taken: the output waits in its file."""
    await start_run(host, ID, [script(tmp_path, "head -c 20000000 /dev/zero")])
    received = 0
    read = LocalStream.read

    async def counted(stream: LocalStream) -> bytes:
        nonlocal received
        chunk = await read(stream)
        received += len(chunk)
        return chunk

    LocalStream.read = counted  # type: ignore[method-assign]
    try:
        events = follow_run(host, ID)
        await anext(events)
        await asyncio.sleep(0.3)
        assert received <= 2 * runs.CHUNK + 4096
        await events.aclose()
    finally:
        LocalStream.read = read  # type: ignore[method-assign]
