"""The look at a server, on every userland that the scripts meet."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.remote.doctor import look
from isdeploy_tui.remote.runstart import start_run
from tests.remote.userlands import NOBODY, USERLANDS, as_nobody, make_host, open_path

__all__ = ["open_path"]


@contextmanager
def started(words: Sequence[str], **more: Any) -> Iterator[int]:
    """Run a Python that calls itself something else; yield its process id."""
    process = subprocess.Popen(words, executable=sys.executable, **more)
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


def folder(base: Path) -> Path:
    """A directory with a map, a log and a script."""
    place = base / "conf"
    place.mkdir()
    (place / "map").write_text("/*=balancer\n")
    (place / "log").write_text("12345")
    (place / "deploy").write_text("#!/bin/sh\n")
    (place / "deploy").chmod(0o755)
    return place


@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_sound_place_is_told_as_such(userland: str, tmp_path: Path) -> None:
    place = folder(tmp_path)
    (tmp_path / "link").symlink_to(place / "map")
    host = make_host(userland, tmp_path / "host")
    found = await look(host, maps=[str(tmp_path / "link")], logs=[str(place / "log")], deploys=[str(place / "deploy")])
    assert found.host.uid == os.getuid()
    assert abs(found.host.now - Path(place / "map").stat().st_mtime) < 3600
    assert "127.0.0.1" in found.host.addresses
    assert {"mv", "stat"} <= found.host.tools
    assert (found.host.home, found.host.state) == ("writable", str(tmp_path / "host" / "home"))
    assert found.host.room.free_kib
    map = found.maps[str(tmp_path / "link")]
    assert (map.state, map.target, map.links, map.mode) == ("ok", str(place / "map"), 1, 0o644)
    assert (map.directory, map.directory_access, map.keeps_owner, map.is_mount) == (str(place), "rwx", True, False)
    log, deploy = found.logs[str(place / "log")], found.deploys[str(place / "deploy")]
    assert (log.state, log.size, log.readable) == ("ok", 5, True)
    assert (deploy.state, deploy.mode, deploy.executable, deploy.interpreter) == ("ok", 0o755, True, "")


@pytest.mark.parametrize("userland", USERLANDS)
async def test_what_is_wrong_is_told(userland: str, tmp_path: Path) -> None:
    place = folder(tmp_path)
    os.link(place / "map", place / "other")
    (place / ".map.isdAbc123").touch()
    records = place / ".isdeploy"
    records.mkdir()
    (records / "leases").write_text('was1 5 id1 {"user": "ann", "bastion": "b", "kind": "roll", "step": "script"}\n')
    for name, text in (
        ("a", "#!/no/such/thing -x\n"),
        ("b", "#!/bin/sh\r\necho\r\n"),
        ("c", "#!/usr/bin/env no-such-x\n"),
    ):
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    (place / "d").write_text("#!/bin/sh\n")
    host = make_host(userland, tmp_path / "host")
    paths = [str(place / name) for name in "abcd"]
    absent, strange = str(place / "no 'thing'\n"), str(place)
    found = await look(host, maps=[str(place / "map"), absent, strange], logs=[absent], deploys=paths)
    map = found.maps[str(place / "map")]
    assert (map.links, map.leftovers, map.records) == (2, (".map.isdAbc123",), "ok")
    assert [(lease.holder, lease.tomcat, lease.is_orphan) for lease in map.leases] == [("ann@b", "was1", True)]
    assert [found.maps[absent].state, found.maps[strange].state, found.logs[absent].state] == [
        "missing",
        "notfile",
        "missing",
    ]
    deploys = [found.deploys[path] for path in paths]
    assert [deploy.interpreter for deploy in deploys] == ["/no/such/thing", "crlf", "no-such-x", ""]
    assert [deploy.executable for deploy in deploys] == [True, True, True, False]


@as_nobody
@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_poor_accounts_limits_are_told(userland: str, open_path: Path) -> None:
    place = folder(open_path)
    (place / "log").chmod(0o600)
    (place / ".isdeploy").mkdir(mode=0o700)
    (open_path / "shut").mkdir(mode=0o700)
    (open_path / "shut" / "map").touch()
    host = make_host(userland, open_path / "host", wrapper=NOBODY)
    maps = [str(place / "map"), str(open_path / "shut" / "map")]
    found = await look(host, maps=maps, logs=[str(place / "log")])
    assert found.host.uid == 65534
    assert found.host.home == "denied"
    map = found.maps[maps[0]]
    assert (map.directory_access, map.keeps_owner, map.records) == ("rx", False, "denied")
    assert found.maps[maps[1]].state == "denied"
    assert not found.logs[str(place / "log")].readable


@pytest.mark.parametrize("userland", USERLANDS)
async def test_tomcats_are_found_with_their_server_xml(userland: str, tmp_path: Path) -> None:
    base = tmp_path / "tom cat"
    (base / "conf").mkdir(parents=True)
    (base / "conf" / "server.xml").write_text("<Server>${port}</Server>")
    (base / "conf" / "catalina.properties").write_text("port=8009\n")
    words = ["sleep", "-c", "import time; time.sleep(60)", f"-Dcatalina.base={base}"]
    host = make_host(userland, tmp_path / "host")
    with (tmp_path / "catalina.out").open("w") as out, started(words, stdout=out) as pid:
        found = await look(host)
    (tomcat,) = [tomcat for tomcat in found.host.tomcats if tomcat.pid == pid]
    assert tomcat.arguments == tuple(words)
    assert (tomcat.base, tomcat.contained) == (str(base), False)
    assert tomcat.stdout == str(tmp_path / "catalina.out")
    assert (tomcat.server_xml, tomcat.properties) == ("<Server>${port}</Server>", "port=8009\n")


@pytest.mark.parametrize("userland", USERLANDS)
async def test_the_first_process_of_each_httpd_is_found_with_its_command_line(userland: str, tmp_path: Path) -> None:
    words = ["/usr/sbin/httpd", "-c", "import time; time.sleep(60)", "-f", "/etc/my httpd.conf"]
    with started(words) as pid:
        shown = f"echo '0 {pid} httpd'; echo '33 {os.getpid()} other'"
        found = await look(make_host(userland, tmp_path / "host", fakes={"ps": shown}))
    assert [(httpd.pid, httpd.arguments) for httpd in found.host.httpds] == [(pid, tuple(words))]


@pytest.mark.parametrize("userland", USERLANDS)
async def test_a_script_that_runs_is_told(userland: str, tmp_path: Path) -> None:
    host = make_host(userland, tmp_path / "host")
    script = tmp_path / "sleeper"
    script.write_text("#!/bin/sh\nexec sleep 60\n")
    script.chmod(0o755)
    await start_run(host, "run-1", [str(script)], label="x", tomcat="was1 a")
    try:
        found = await look(host)
        assert [(run.id, run.tomcat) for run in found.host.runs] == [("run-1", "was1 a")]
        assert abs(found.host.runs[0].started - found.host.now) < 600
    finally:
        pid = (tmp_path / "host" / "home" / ".local/state/isdeploy/runs/run-1/pid").read_text().split()[0]
        os.killpg(int(pid), signal.SIGKILL)
