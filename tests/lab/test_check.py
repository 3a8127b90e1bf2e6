"""``check`` on the real stack: well when all is well, and each fault made for real, found and named with its fix."""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui import config
from isdeploy_tui.engine.doctor.examine import examine
from isdeploy_tui.engine.doctor.finding import Finding, Verdict
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.connections import SshHosts
from tests.lab.command_line import isdeploy, settings
from tests.lab.stack import Stack

FAULT, WARNING, UNKNOWN = Verdict.FAULT, Verdict.WARNING, Verdict.UNKNOWN


async def found(file: Path, hosts: list[str] | None = None) -> list[Finding]:
    """Examine everything in a servers.toml; ``hosts`` gets the servers' names in the order of their answers."""
    configuration = config.load(file)
    ssh = SshHosts(configuration.ssh_config, configuration.connect_seconds)
    told = []
    try:
        session = Session(configuration, ssh)
        async for host, findings in examine(session, tuple(configuration.workers())):
            told += findings
            if hosts is not None:
                hosts.append(host)
    finally:
        await ssh.aclose()
    return told


@contextmanager
def changed(file: Path, change: Callable[[str], str], mode: int | None = None) -> Iterator[None]:
    """Change a file's text (and mode) for a while."""
    text, stat = file.read_text(), file.stat()
    new = change(text)
    assert new != text or mode is not None
    file.write_text(new)
    if mode is not None:
        file.chmod(mode)
    try:
        yield
    finally:
        file.write_text(text)
        file.chmod(stat.st_mode & 0o7777)


def replacing(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new)


@dataclass(frozen=True)
class Fault:
    """What must be found: how bad, about what, with these words in what was found, and in what to do."""

    verdict: Verdict
    topic: str
    words: str
    advice: str

    def is_in(self, findings: Sequence[Finding]) -> bool:
        return any(
            (finding.verdict, finding.topic) == (self.verdict, self.topic)
            and self.words in finding.found
            and self.advice in finding.advice
            for finding in findings
        )


def assert_found(findings: Sequence[Finding], *faults: Fault) -> None:
    for fault in faults:
        assert fault.is_in(findings), "\n".join([str(fault), "is not among", *map(str, findings)])
    bad = [finding for finding in findings if finding.verdict is FAULT]
    assert len(bad) <= sum(fault.verdict is FAULT for fault in faults), bad


async def test_a_sound_site_is_well_and_nothing_is_left_on_it(checked_stack: Stack) -> None:
    said = await isdeploy(checked_stack.config_file, "check")
    assert (said.status, said.err) == (0, "")
    assert said.out.endswith("things looked at.\n")
    assert "All is well" in said.out
    for words in ("jvmRoute worker3", "deploy script executable", "JkMountFileReload 1", "answers CPING", "200"):
        assert words in said.out
    assert not (checked_stack.apache.map.parent / ".isdeploy").exists()
    assert list(checked_stack.home.iterdir()) == []


async def test_json_says_the_same_to_scripts_and_faults_give_status_1(checked_stack: Stack) -> None:
    checked_stack.apache.write_map(b"/*=balancer\n/a/*=balancr\n")
    said = await isdeploy(checked_stack.config_file, "check", "shop/web1/worker1", "--json")
    objects = json.loads(said.out)
    assert all(list(item) == ["host", "place", "topic", "verdict", "found", "advice"] for item in objects)
    assert {item["verdict"] for item in objects} == {"ok", "fault"}
    (fault,) = [item for item in objects if item["verdict"] == "fault"]
    assert (fault["host"], fault["place"], fault["topic"]) == ("web1", "shop/web1", "rules")
    assert {item["place"] for item in objects} == {"web1", "was1", "shop/web1", "shop/web1/worker1"}
    assert said.status == 1


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("/*=balancr\n", Fault(FAULT, "rules", "line 1, column 4: 'balancr' is not in worker.list", "worker.list")),
        ("# nothing\n", Fault(FAULT, "rules", "the map has no rule", "write a rule")),
        ("/*=balancer;stopped=worker1,worker2,worker3\n", Fault(FAULT, "rules", "503", "restore a member")),
        ("/*=balancer\nworker.x.y=1\n", Fault(FAULT, "rules", "line 2, column 1", "remove the line now")),
        ("/*=balancer\noops\n", Fault(WARNING, "rules", "line 2, column 1: there is no '='", "correct or remove")),
        ("/*=balancer\n/a/*=balancer_ex1\n", Fault(WARNING, "rotation", "the rules disagree", "make the rules agree")),
        ("/*=balancer_ex2\n", Fault(WARNING, "rotation", "it is stopped", "isdeploy-tui restore shop/web1/worker2")),
    ],
)
async def test_a_faulty_map_is_told_with_line_and_column(checked_stack: Stack, text: str, fault: Fault) -> None:
    # Nobody asks httpd anything meanwhile: what the crashing line does to it is mod_jk's test, not ours.
    file = settings(checked_stack, checked_stack.home, _without_http)
    checked_stack.apache.write_map(text.encode())
    assert_found(await found(file), fault)


def _without_http(data: dict[str, Any]) -> None:
    for apache in data["service"][0]["apache"]:
        del apache["status_url"]
        for worker in apache["worker"]:
            del worker["check_url"]


async def test_the_maps_file_is_looked_at_as_a_write_will(checked_stack: Stack, tmp_path: Path) -> None:
    map = checked_stack.apache.map
    os.link(map, map.parent / "other")
    (map.parent / f".{map.name}.isdAbCdEf").touch()
    (map.parent / ".isdeploy").mkdir()
    lease = '{"user": "ann", "bastion": "b1", "kind": "roll", "step": "script"}'
    (map.parent / ".isdeploy" / "leases").write_text(f"was1 {int(time.time()) - 300} id {lease}\n")
    faults = [
        Fault(FAULT, "map", "2 hard links", "symbolic links"),
        Fault(WARNING, "map", ".isdAbCdEf", "the next write removes it"),
        Fault(WARNING, "lease", "roll of was1 by ann@b1, step 'script', not heard of for 30", "--take-over"),
    ]
    if os.geteuid() == 0:
        map.chmod(0o600)
        faults.append(Fault(FAULT, "map", "httpd runs as www-data, who cannot read it", "read permission"))
    assert_found(await found(checked_stack.config_file), *faults)


async def test_httpds_configuration_is_compared_with_servers_toml(checked_stack: Stack, tmp_path: Path) -> None:
    conf = checked_stack.apache.directory / "httpd.conf"
    map = checked_stack.apache.map
    vhost = f"<VirtualHost 127.0.0.1:{checked_stack.apache.port}>"

    def change(text: str) -> str:
        text = text.replace("JkMountFileReload 1", "JkMountFileReload 30")
        text = text.replace(vhost, f"{vhost}\nJkMount /admin/* balancer", 1)
        text = text.replace("<Location /jkstatus>\nRequire local\n", "<Location /elsewhere>\n")
        text = text.replace(f"127.0.0.1:{checked_stack.apache.port}", f"*:{checked_stack.apache.port}")
        return text + f"<VirtualHost *:8443>\nServerName tls\nJkMountFile {map}.tls\n</VirtualHost>\nUse Site x\n"

    with changed(conf, change):
        assert_found(
            await found(checked_stack.config_file),
            Fault(FAULT, "reload", "is 30", "set reload_seconds = 30 in servers.toml"),
            Fault(WARNING, "mounts", "JkMount /admin/* balancer", "/admin/*=balancer"),
            Fault(WARNING, "jkstatus", "open to everyone who reaches the site, though read-only", "Require local"),
            Fault(WARNING, "mounts", f"tls reads another map, {map}.tls", "an apache of its own"),
            Fault(UNKNOWN, "httpd", "mod_macro is not followed", ""),
        )
    with changed(conf, replacing("JkMountFileReload 1", "JkMountFileReload 0")):
        fault = Fault(FAULT, "reload", "httpd never reads a changed map", "set it to 1")
        assert_found(await found(checked_stack.config_file), fault)


async def test_a_workers_file_that_httpd_has_not_read_is_told_from_jkstatus(checked_stack: Stack) -> None:
    def change(text: str) -> str:
        return (
            text.replace("worker.list=", "worker.list=late,")
            + "worker.late.type=lb\nworker.late.balance_workers=worker1\n"
        )

    with changed(checked_stack.apache.workers_file, change):
        fault = Fault(FAULT, "balancers", "httpd does not know late", "apachectl graceful")
        assert_found(await found(checked_stack.config_file), fault)

    def without_ex3(text: str) -> str:
        return text.replace(",balancer_ex3", "").replace(
            "balance_workers=worker1,worker2\n", "balance_workers=worker1\n"
        )

    with changed(checked_stack.apache.workers_file, without_ex3):
        fault = Fault(WARNING, "balancers", "no exclusion balancer for worker3", "'isdeploy-tui balancers shop/web1'")
        assert_found(await found(checked_stack.config_file), fault)


async def test_a_tomcat_and_its_files_are_looked_at_where_it_lives(checked_stack: Stack) -> None:
    first, second, third = checked_stack.tomcats
    second.stop()
    first.log.rename(first.log.with_name("catalina.old"))
    try:
        with (
            changed(first.base / "conf" / "server.xml", replacing("${lab.worker}", "worker2")),
            changed(third.base / "conf" / "server.xml", replacing('jvmRoute="${lab.worker}"', "")),
            changed(first.deploy_script, lambda text: text, mode=0o644),
            changed(third.deploy_script, replacing("#!/bin/sh", "#!/opt/none/sh")),
        ):
            assert_found(
                await found(checked_stack.config_file),
                Fault(FAULT, "jvmRoute", "has jvmRoute worker2, but mod_jk's route", 'jvmRoute="worker1"'),
                Fault(WARNING, "jvmRoute", "gives no jvmRoute", 'jvmRoute="worker3"'),
                Fault(UNKNOWN, "jvmRoute", f"port {second.port} was found on was2", "correct 'ssh'"),
                Fault(FAULT, "cping", "refused", "start it"),
                Fault(FAULT, "deploy", "not executable for root (mode 644)", "chmod +x"),
                Fault(FAULT, "deploy", "wants /opt/none/sh", "install it"),
                Fault(WARNING, "log", "does not exist", "correct 'log'"),
            )
    finally:
        first.log.with_name("catalina.old").rename(first.log)


async def test_what_servers_toml_has_wrong_is_told(checked_stack: Stack, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["connect_seconds"] = 30
        (apache,) = data["service"][0]["apache"]
        workers = apache["worker"]
        workers[0]["name"] = "worker9"
        workers[1]["check_url"] += "WEB-INF/nothing"
        workers[2]["deploy"] = "/opt/none.sh"
        apache["status_url"] += "x"
        apache["reload_seconds"] = 5

    assert_found(
        await found(settings(checked_stack, tmp_path, change)),
        Fault(FAULT, "workers", "has a member of that name (it has worker1, worker2, worker3)", "must be mod_jk's"),
        Fault(WARNING, "workers", "worker1 of balancer is not in servers.toml", "add them"),
        Fault(FAULT, "check_url", "404", "correct check_url"),
        Fault(FAULT, "deploy", "/opt/none.sh does not exist", "correct 'deploy'"),
        Fault(WARNING, "jkstatus", "no answer of a status worker", "correct status_url"),
        Fault(WARNING, "reload", "longer than it needs to", "set reload_seconds = 1"),
    )

    def wrong_files(data: dict[str, Any]) -> None:
        (apache,) = data["service"][0]["apache"]
        for key in ("map", "workers_file"):
            copy = tmp_path / Path(apache[key]).name
            copy.write_bytes(Path(apache[key]).read_bytes())
            apache[key] = str(copy)
        apache["sudo"] = True

    file = settings(checked_stack, tmp_path, wrong_files)
    findings = await found(file)
    for _ in range(10):
        # Another httpd of this machine that begins or ends right now cannot be read: then it is not known.
        if not any(finding.topic == "httpd" and finding.verdict is UNKNOWN for finding in findings):
            break
        findings = await found(file)
    assert_found(
        findings,
        Fault(FAULT, "httpd", "does not read", "correct 'map'"),
        Fault(FAULT, "httpd", str(checked_stack.apache.map), "correct 'map'"),
        *[Fault(FAULT, "sudo", "no sudo", "install sudo")] * (not _has_sudo()),
    )


def _has_sudo() -> bool:
    return any(os.access(f"{folder}/sudo", os.X_OK) for folder in os.environ["PATH"].split(":"))


async def test_links_that_lead_to_the_same_files_are_no_fault(checked_stack: Stack, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        (apache,) = data["service"][0]["apache"]
        for key in ("map", "workers_file"):
            link = checked_stack.home / Path(apache[key]).name
            link.symlink_to(apache[key])
            apache[key] = str(link)

    findings = await found(settings(checked_stack, tmp_path, change))
    assert_found(findings)
    assert any("a symbolic link to" in finding.found for finding in findings)


async def test_silent_and_absent_hosts_cost_one_connect_timeout_together(checked_stack: Stack, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["connect_seconds"] = 6

    checked_stack.machines["was1"].freeze()
    checked_stack.machines["was2"].freeze()
    checked_stack.machines["was3"].stop()
    order: list[str] = []
    findings = await found(settings(checked_stack, tmp_path, change), order)
    assert order == ["web1", "was1", "was2", "was3"]
    silent = [finding for finding in findings if "did not answer within 6 s" in finding.found]
    assert [(finding.place, finding.topic) for finding in silent] == [("was1", "ssh"), ("was2", "ssh")]
    assert_found(findings, Fault(FAULT, "ssh", "refused", ""), *[Fault(FAULT, "ssh", "did not answer", "Try 'ssh")] * 2)


async def test_an_sshd_that_does_not_forward_is_told(checked_stack: Stack) -> None:
    machine = checked_stack.machines["web1"]
    file = checked_stack.directory / "ssh" / "web1" / "sshd_config"
    with changed(file, lambda text: f"AllowTcpForwarding no\n{text}"):
        machine.stop()
        machine.start()
        try:
            findings = await found(checked_stack.config_file)
        finally:
            machine.stop()
    machine.start()
    assert Fault(FAULT, "forwarding", "does not forward TCP", "AllowTcpForwarding yes").is_in(findings)
    # The Tomcats are asked all the same, by a script.
    assert sum(finding.found.startswith("answers CPING") for finding in findings) == 3
