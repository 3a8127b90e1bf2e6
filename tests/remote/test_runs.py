"""Programs started as detached runs, on every kind of server: once, as they are, and they go on without us."""

import asyncio
import os
import signal
import stat
from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.runs import RunEnd, latest_run, run_outcome
from isdeploy_tui.remote.runstart import cancel_run, start_run
from tests.remote.kept_runs import ID, ended, follow, home, host, run_file, script
from tests.remote.local_host import LocalHost
from tests.remote.test_shell import NASTY
from tests.remote.userlands import USERLANDS, make_host

__all__ = ("ended", "home", "host")


async def test_output_and_exit_code_are_kept(host: LocalHost, tmp_path: Path) -> None:
    program = script(tmp_path, "echo out; echo err >&2; exit 7")
    await start_run(host, ID, [program], label="by ops1", tomcat="was1-a", veiled=("0a", "0b"))
    assert await follow(host) == (b"out\nerr\n", RunEnd(7, lost=False))
    outcome = await run_outcome(host, ID)
    assert (outcome.running, outcome.code, outcome.lost, outcome.size) == (False, 7, False, 8)
    assert (outcome.label, outcome.tomcat, outcome.veiled) == ("by ops1", "was1-a", ("0a", "0b"))
    assert outcome.started > 1_700_000_000


async def test_its_words_arrive_byte_for_byte(host: LocalHost, tmp_path: Path) -> None:
    program = script(tmp_path, """for a in "$@"; do printf %s "$a" | od -An -v -tx1 | tr -d ' \\n'; echo; done""")
    await start_run(host, ID, [program, *NASTY])
    output, end = await follow(host)
    assert end == RunEnd(0, lost=False)
    assert [bytes.fromhex(line.decode()) for line in output.split(b"\n")[:-1]] == [
        word.encode("utf-8", "surrogateescape") for word in NASTY
    ]


async def test_an_argument_is_kept_nowhere_but_in_the_process(host: LocalHost, tmp_path: Path, home: Path) -> None:
    await start_run(host, ID, [script(tmp_path, ":"), "s3cret-token"])
    await follow(host)
    for path in run_file(home, "").iterdir():
        assert path.is_dir() or b"s3cret" not in path.read_bytes()


async def test_it_has_the_accounts_surroundings_and_nothing_of_ours(tmp_path: Path) -> None:
    for userland in USERLANDS:
        host = make_host(userland, tmp_path / "server")
        host._environ["LC_ALL"] = "C.UTF-8"
        text = """umask; echo "$LC_ALL" "$HOME"; env | grep ISDEPLOY_OWN; read -r x && echo input; ls /proc/self/fd
        cut -d' ' -f5,6 /proc/$$/stat; grep SigIgn /proc/$$/status"""
        run_id = f"run-{userland}"
        mask = os.umask(0o027)
        try:
            await start_run(host, run_id, [script(tmp_path, text)])
        finally:
            os.umask(mask)
        output, _ = await follow(host, run_id)
        mask_line, surroundings, *descriptors, group, ignored = output.decode().splitlines()
        assert int(mask_line, 8) == 0o027
        assert surroundings == f"C.UTF-8 {tmp_path}/server/home"
        assert descriptors == ["0", "1", "2", "3"]  # the last is ls's own
        leader = run_file(tmp_path / "server" / "home", "pid", run_id).read_text().split()[0]
        assert group == f"{leader} {leader}"
        assert int(ignored.split()[1], 16) & 1 << signal.SIGHUP - 1


async def test_its_files_are_for_its_user_alone(host: LocalHost, tmp_path: Path, home: Path) -> None:
    await start_run(host, ID, [script(tmp_path, "echo password")])
    await follow(host)
    for path in (run_file(home, ""), run_file(home, "log"), run_file(home, "").parent):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV])
async def test_death_by_a_signal_is_told(host: LocalHost, tmp_path: Path, number: signal.Signals) -> None:
    await start_run(host, ID, [script(tmp_path, f"ulimit -c 0; echo a; kill -{number.value} $$")])
    assert await follow(host) == (b"a\n", RunEnd(128 + number, lost=False))


async def test_a_child_that_keeps_its_output_open_does_not_delay_the_end(host: LocalHost, tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    text = f"(until [ -e {stop} ]; do echo later; sleep 0.05; done; echo stopped) & echo started"
    try:
        await start_run(host, ID, [script(tmp_path, text)])
        output, end = await follow(host)
    finally:
        stop.touch()
    assert end == RunEnd(0, lost=False)
    assert b"started\n" in output
    assert b"stopped\n" not in output


async def test_what_cannot_be_started_is_told_before(host: LocalHost, tmp_path: Path, home: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    for program, code in (
        (tmp_path / "none", 40),
        (tmp_path, 41),
        (plain, 42),
        ("no-such-program-anywhere", 40),
    ):
        with pytest.raises(ScriptError, match="Nothing was started") as raised:
            await start_run(host, ID, [str(program)])
        assert raised.value.code == code
        assert str(program) in raised.value.sentence
    assert not run_file(home, "").exists()


async def test_a_program_that_cannot_be_executed_after_all_ends_with_its_code(host: LocalHost, tmp_path: Path) -> None:
    path = tmp_path / "broken"
    path.write_text("#!/no/such/interpreter\n")
    path.chmod(0o755)
    await start_run(host, ID, [str(path)])
    output, end = await follow(host)
    assert end.code in (126, 127)
    assert b"broken" in output


async def test_the_same_id_is_started_once(host: LocalHost, tmp_path: Path) -> None:
    program = script(tmp_path, f"echo x >>{tmp_path}/count; sleep 0.2")
    await asyncio.gather(*(start_run(host, ID, [program]) for _ in range(6)))
    await follow(host)
    await start_run(host, ID, [program])
    assert (tmp_path / "count").read_text() == "x\n"


async def test_a_starter_that_was_killed_half_way_is_gone_on_with(host: LocalHost, tmp_path: Path, home: Path) -> None:
    run_file(home, "").mkdir(parents=True)
    run_file(home, "meta").write_text("started 1\n")
    run_file(home, "log").touch()
    assert (await run_outcome(host, ID)).lost
    await start_run(host, ID, [script(tmp_path, "exit 3")])
    assert (await follow(host))[1] == RunEnd(3, lost=False)


async def test_it_outlives_its_starter_and_hangups(host: LocalHost, tmp_path: Path, home: Path) -> None:
    program = script(tmp_path, f"until [ -e {tmp_path}/go ]; do sleep 0.05; done; echo done; exit 5")
    await start_run(host, ID, [program])  # LocalHost kills the starter's whole process group
    pid = int(run_file(home, "pid").read_text().split()[0])
    os.killpg(pid, signal.SIGHUP)
    assert (await run_outcome(host, ID)).running
    (tmp_path / "go").touch()
    assert await follow(host) == (b"done\n", RunEnd(5, lost=False))


@pytest.mark.parametrize("without", [["setsid"], ["setsid", "busybox"], ["setsid", "busybox", "perl"]], ids=len)
@pytest.mark.parametrize("userland", ["dash", "bash"])
async def test_without_setsid_it_still_outlives_us(
    userland: str, without: list[str], tmp_path: Path, home: Path
) -> None:
    # In a session of its own: a server leaves the process group of a script alone that has ended, LocalHost does not.
    host = make_host(userland, tmp_path / "server", without=without, wrapper=["setsid", "-w"])
    program = script(tmp_path, f"until [ -e {tmp_path}/go ]; do sleep 0.05; done; echo done; exit 5")
    await start_run(host, ID, [program])
    assert run_file(home, "pid").read_text().split()[3] == ("yes" if len(without) < 3 else "no")
    (tmp_path / "go").touch()
    assert await follow(host) == (b"done\n", RunEnd(5, lost=False))
    await start_run(host, "next", [script(tmp_path, "echo a; exec sleep 300")])
    assert await cancel_run(host, "next")
    output, end = await follow(host, "next")
    assert (output.splitlines()[0], end) == (b"a", RunEnd(143, lost=False))


@pytest.mark.parametrize("userland", USERLANDS)
async def test_the_latest_run_of_a_tomcat_is_found_whether_it_goes_on_or_not(userland: str, tmp_path: Path) -> None:
    host = make_host(userland, tmp_path / "server")
    assert await latest_run(host, "was1-a") is None
    for number, tomcat in enumerate(("was1-a", "was1-a", "was1 b", "")):
        await start_run(host, f"run-{number}", [script(tmp_path, ":")], tomcat=tomcat)
        await follow(host, f"run-{number}")
    assert await latest_run(host, "was1-a") == "run-1"
    assert await latest_run(host, "was1 b") == "run-2"
    assert await latest_run(host, "was1") is None
    await start_run(host, "run-4", [script(tmp_path, "sleep 60")], tomcat="was1-a")
    assert await latest_run(host, "was1-a") == "run-4"
    await cancel_run(host, "run-4")
