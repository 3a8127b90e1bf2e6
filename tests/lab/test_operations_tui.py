"""The same by keys: the real screen on real servers, judged by what httpd and the Tomcats really do."""

import json
import sys
import time
from pathlib import Path

from isdeploy_tui.config import WorkerId
from tests.lab.command_line import on_terminal, until
from tests.lab.load import Load
from tests.lab.screen import on_screen
from tests.lab.stack import Stack
from tests.lab.visits import say

W1 = WorkerId("shop", "web1", "worker1")


async def test_a_whole_round_by_keys_under_load_loses_no_request_and_leaves_the_same_map(stack: Stack) -> None:
    before = stack.apache.map.read_bytes()
    async with (
        Load(stack.url, quick=45, slow=5, slow_ms=(200, 800), pause=0.2) as load,
        on_screen(stack.config_file) as person,
    ):
        await load.answered(50)
        await person.until("3 active")
        await person.point_at(W1)

        await person.press("d")
        await person.until("-/*=balancer", "+/*=balancer_ex1", "worker2, worker3")
        assert stack.apache.map.read_bytes() == before
        await person.press("y")
        await person.until("drain shop/web1/worker1", "settle")
        await person.until("drain shop/web1/worker1  done")
        drained = time.time()
        await person.until("stopped")
        await load.answered(200)

        await person.press("p")
        await person.until("Arguments:", "The argument is the version, for example 2.0")
        await person.type("2.0")
        await person.until("The script gets 1 2.0")
        await person.press("enter")
        await person.until("Deployed 2.0")
        await person.until("deploy shop/web1/worker1  done")
        undrained = time.time()

        await person.press("r")
        await person.until("-/*=balancer_ex1", "+/*=balancer", "worker1, worker2, worker3")
        await person.press("y")
        await person.until("restore shop/web1/worker1  done")
        restored = time.time()
        await person.until("3 active")
        await load.answered(300)

    report = load.report()
    assert report.failures == ()
    assert set(report.between(drained, undrained).workers) == {"worker2", "worker3"}
    after = report.between(restored)
    assert {answer.version for answer in after.answers if answer.worker == "worker1"} == {"2.0"}
    assert 0.2 < after.workers["worker1"] / after.requests < 0.5
    members = {
        request.member
        for request in stack.apache.requests()
        if drained < request.began < undrained and request.path != "/jkstatus"
    }
    assert members == {"worker2", "worker3"}
    assert stack.apache.map.read_bytes() == before


async def test_saying_no_changes_nothing(stack: Stack) -> None:
    known = stack.apache.map.stat().st_ino
    async with on_screen(stack.config_file) as person:
        await person.until("3 active")
        await person.point_at(W1)
        await person.press("d")
        await person.until("+/*=balancer_ex1")
        await person.press("escape")
        await person.until("No operation runs.")
    assert stack.apache.map.stat().st_ino == known


async def test_a_deploy_on_an_active_worker_is_refused_until_its_name_is_typed(stack: Stack) -> None:
    async with on_screen(stack.config_file) as person:
        await person.until("3 active")
        await person.point_at(W1)
        await person.press("p")
        await person.until("it is active, so requests reach it; drain it first.", "Type  worker1  to override")
        await person.type("--no-restart 2.0")
        await person.press("enter", "enter")
        assert stack.tomcat("worker1").version == "1.0"
        await person.type("worker1")
        await person.press("enter")
        await person.until("deploy shop/web1/worker1  done")
    assert stack.tomcat("worker1").version == "2.0"


async def test_the_log_of_the_selected_worker_shows_what_it_writes(stack: Stack) -> None:
    async with on_screen(stack.config_file) as person:
        await person.until("3 active")
        await person.point_at(W1)
        await person.until("log shop/web1/worker1", "org.apache.catalina")
        say(stack.url, "worker1", "word-1", "word-2")
        await person.until("word-1", "word-2")


async def test_what_others_do_to_the_servers_shows_by_itself(stack: Stack) -> None:
    async with on_screen(stack.config_file) as person:
        await person.until("3 active")
        stack.apache.write_map(b"/*=balancer_ex1\n")
        await person.until("2/3 active", "stopped")
        stack.tomcat("worker2").stop()
        await person.until("down")
        stack.machines["web1"].stop()
        await person.until("3 unknown")
        stack.machines["web1"].start()
        stack.tomcat("worker2").start()
        await person.until("2/3 active", "stopped")
        assert "down" not in person.sees


async def test_read_only_has_no_keys_that_change_anything(stack: Stack) -> None:
    known = stack.apache.map.stat().st_ino
    async with on_screen(stack.config_file, read_only=True) as person:
        await person.until("READ-ONLY", "3 active")
        keys = person.sees.splitlines()[-1]
        assert "log" in keys
        assert not any(word in keys for word in ("drain", "deploy", "restore"))
        await person.point_at(W1)
        await person.press("d", "p", "r")
        assert person.app.screen is person.app.main
    assert stack.apache.map.stat().st_ino == known


async def test_a_read_only_run_never_loads_the_code_that_changes_servers(stack: Stack, tmp_path: Path) -> None:
    loaded = tmp_path / "loaded.json"
    driver = (
        "import json, pathlib, sys\n"
        "from isdeploy_tui.cli import main\n"
        f"status = main(['--config', {str(stack.config_file)!r}, '--read-only'])\n"
        f"pathlib.Path({str(loaded)!r}).write_text(json.dumps(sorted(sys.modules)))\n"
        "sys.exit(status)\n"
    )
    async with on_terminal([sys.executable, "-c", driver], {"HOME": str(tmp_path)}) as terminal:
        await terminal.until("READ-ONLY")
        await terminal.until("3 active")
        terminal.type("dpr")
        terminal.type("q")
        assert await terminal.end() == 0
    await until(loaded.exists)
    modules = set(json.loads(loaded.read_text()))
    assert "isdeploy_tui.tui.app" in modules
    writing = {"engine.operations", "engine.rotate", "engine.deploying", "remote.mapwrite", "remote.runstart"}
    assert modules & {f"isdeploy_tui.{name}" for name in writing} == set()
