"""What does not fit together is said in one sentence, at the worker where it shows."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

import isdeploy_tui
from isdeploy_tui import config
from isdeploy_tui.engine.drift import Contradiction, not_followed, overridden_by_httpd, status_disagrees
from isdeploy_tui.engine.lastchange import explanation
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.status import properties_url
from isdeploy_tui.engine.steps import Output
from isdeploy_tui.modjk.effective import effective_rules
from isdeploy_tui.modjk.jkstatus import parse_status
from isdeploy_tui.modjk.rotation import MemberState, Rotation
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.remote.journal import Entry, Lease, read_journal
from isdeploy_tui.remote.recording import take_lease
from tests.engine.site import MAP, open_site


async def test_two_apaches_that_see_one_tomcat_differently_both_say_so_until_they_agree(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        monitor = Monitor(site.session)
        site.map("web2").write_bytes(MAP.replace(b"balancer", b"balancer_ex1"))
        fleet = await monitor.refresh()
        assert "the same Tomcat is stopped on shop/web2" in fleet.workers[site.id("worker1")].remarks
        assert "the same Tomcat is active on shop/web1" in fleet.workers[site.id("worker1", "web2")].remarks
        assert not fleet.workers[site.id("worker2")].remarks
        site.map("web2").write_bytes(MAP)
        fleet = await monitor.refresh()
        assert not fleet.workers[site.id("worker1")].remarks
        await monitor.aclose()


async def test_a_worker_that_is_out_tells_by_whom_or_that_it_was_done_by_hand(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        monitor = Monitor(site.session)
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        assert await operations.start(plan, wait=False).wait() is Result.DONE
        fleet = await monitor.refresh()
        assert fleet.workers[site.id("worker1")].remarks[0].startswith("drain by ops1@bastion1 at ")
        site.map().write_bytes(MAP.replace(b"balancer", b"balancer_ex2"))
        fleet = await monitor.refresh()
        assert "changed by hand since ops1@bastion1" in fleet.workers[site.id("worker2")].remarks[0]
        await monitor.aclose()


async def test_maps_that_differ_are_each_explained_by_the_journal_beside_them(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        site.map("web2").write_bytes(b"# the other one\n" + MAP)
        monitor, operations = Monitor(site.session), Operations(site.session)
        both = [site.id("worker1"), site.id("worker1", "web2")]
        for kind in (OperationKind.DRAIN, OperationKind.ROLL):
            operation = operations.start(await operations.plan(kind, both), arguments=["v2"])
            assert await operation.wait() is Result.DONE
            fleet = await monitor.refresh()
            for id in both:
                assert all("by hand" not in remark for remark in fleet.workers[id].remarks), kind
        for apache in ("web1", "web2"):
            journal = await read_journal(site.hosts[apache], str(site.map(apache)), lines=100)
            written = {entry.map_after for entry in journal if entry.map_after}
            assert sha256(site.map(apache).read_bytes()).hexdigest() in written
            assert len(written) == 2
        await monitor.aclose()


async def test_a_lease_shows_in_everyones_fleet_and_goes_with_its_end(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        monitor = Monitor(site.session)
        tomcat = site.config.worker(site.id("worker1")).tomcat
        lease = Lease(tomcat, "x", "ops2", "b2", "deploy", "script", 5.0, 0.0)
        await take_lease(site.hosts["web1"], str(site.map()), lease)
        fleet = await monitor.refresh()
        held = fleet.workers[site.id("worker1")].lease
        assert held is not None
        assert (held.holder, held.kind, held.step, held.is_orphan) == ("ops2@b2", "deploy", "script", False)
        assert fleet.workers[site.id("worker2")].lease is None
        leases = site.map().parent / ".isdeploy" / "leases"
        leases.write_text("")
        fleet = await monitor.refresh()
        assert fleet.workers[site.id("worker1")].lease is None
        await monitor.aclose()


async def test_a_worker_that_is_out_tells_how_its_last_script_ended(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)

        async def told() -> str:
            monitor = Monitor(site.session)
            fleet = await monitor.refresh()
            await monitor.aclose()
            left = fleet.workers[site.id("worker1")].leftover
            return left.sentence if left is not None else ""

        async def ordered(kind: OperationKind, *arguments: str) -> Result:
            plan = await operations.plan(kind, [site.id("worker1")])
            return await operations.start(plan, wait=False, force=True, arguments=arguments).wait()

        assert await ordered(OperationKind.DRAIN) is Result.DONE
        assert "script" not in await told()
        assert await ordered(OperationKind.DEPLOY, "v2", "3") is Result.FAILED
        assert "deploy script of the deploy by ops1@bastion1, run " in await told()
        assert (await told()).endswith(": it exited 3")
        assert await ordered(OperationKind.DEPLOY, "v2") is Result.DONE
        assert (await told()).endswith(": it exited 0")
        # Once it has been back, what ran on it before explains nothing any more.
        assert await ordered(OperationKind.RESTORE) is Result.DONE
        assert await ordered(OperationKind.DRAIN) is Result.DONE
        assert "script" not in await told()


async def test_a_script_that_goes_on_without_its_program_is_told_by_all(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        script = site.folder / "was" / "deploy.sh"
        script.write_text(f"#!/bin/sh\necho here\nwhile [ ! -e {site.folder}/end ]; do sleep 0.05; done\nexit 4\n")
        operations = Operations(site.session)
        drain = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        assert await operations.start(drain, wait=False).wait() is Result.DONE
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        operation = operations.start(plan, force=True)
        async for event in operation.follow():
            if isinstance(event, Output):
                operation.interrupt()
        assert await operation.wait() is Result.INTERRUPTED
        monitor = Monitor(site.session)
        state = (await monitor.refresh()).workers[site.id("worker1")]
        assert state.lease is None
        assert state.leftover is not None
        assert state.leftover.outcome.short == "script still running"
        assert (state.leftover.kind, state.leftover.user, state.leftover.bastion) == ("deploy", "ops1", "bastion1")
        assert state.leftover.targets == ("shop/web1/worker1",)
        (site.folder / "end").touch()
        async with asyncio.timeout(20):
            while state.leftover is None or state.leftover.outcome.short != "exited 4":
                state = (await monitor.refresh()).workers[site.id("worker1")]
        assert not state.leftover.went_well
        await monitor.aclose()


async def test_an_unreadable_host_keeps_what_it_was_last(tmp_path: Path) -> None:
    async with open_site(tmp_path, map_text=MAP.replace(b"balancer", b"balancer_ex1")) as site:
        monitor = Monitor(site.session)
        await monitor.refresh()
        site.map().unlink()
        for _ in range(2):
            fleet = await monitor.refresh()
            state = fleet.workers[site.id("worker1")]
            assert (state.rotation, state.last) == (Rotation.UNKNOWN, Rotation.STOPPED)
        await monitor.aclose()


def test_jkmount_rules_of_httpd_are_told_but_for_hosts_that_lead_to_one_worker_alone() -> None:
    rules = (
        ("balancer", "site:80", "/*", "uriworkermap"),
        ("balancer", "other:80", "/old/*", "JkMount"),
        ("worker1", "direct1:80", "/*", "JkMount"),
        ("worker2", "site:80", "/two/*", "JkMount"),
    )
    lines = ["worker.balancer.balance_workers=worker1"]
    for number, (target, server, uri, source) in enumerate(rules, 1):
        rule = f"worker.{target}.map.{number}"
        lines += [f"{rule}.server={server}", f"{rule}.uri={uri}", f"{rule}.source={source}"]
    text = (Path(isdeploy_tui.__file__).parent / "example.toml").read_text()
    apache = next(config.parse(text).apaches())
    ends = "/home/conf/uriworkermap.properties does not rule these"
    assert [*overridden_by_httpd(apache, parse_status("\n".join(lines)))] == [
        Contradiction(f"httpd's configuration has JkMount /old/* to balancer: {ends}", frozenset({"worker1"})),
        Contradiction(f"httpd's configuration has JkMount /two/* to worker2: {ends}", frozenset({"worker2"})),
    ]


def test_a_member_that_mod_jk_itself_has_out_or_in_error_is_told_only_while_the_map_has_it_in() -> None:
    text = "worker.w1.type=ajp13\nworker.w1.activation={}\nworker.w1.state={}\n"
    active, stopped = MemberState(Rotation.ACTIVE, ""), MemberState(Rotation.STOPPED, "")
    assert "stopped" in status_disagrees(parse_status(text.format("STP", "OK")), "w1", active)
    assert "ERR" in status_disagrees(parse_status(text.format("ACT", "ERR/FRC")), "w1", active)
    assert not status_disagrees(parse_status(text.format("ACT", "OK")), "w1", active)
    assert not status_disagrees(parse_status(text.format("STP", "ERR")), "w1", stopped)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (("balancer", "", ""), ""),
        (("balancer", "w1", ""), "jkstatus has /*=balancer;disabled=w1 where the map has /*=balancer"),
        (("balancer", "", "w2"), "jkstatus has /*=balancer;stopped=w2 where the map has /*=balancer"),
        (("ex1", "", ""), "jkstatus has /*=ex1 where the map has /*=balancer"),
    ],
)
def test_a_rule_that_httpd_has_otherwise_than_the_map_is_told_of_its_members(
    held: tuple[str, str, str], told: str
) -> None:
    target, disabled, stopped = held
    rule = f"worker.{target}.map.1"
    text = "\n".join(
        (
            *("worker.balancer.balance_workers=w1", "worker.balancer.balance_workers=w2"),
            *("worker.ex1.balance_workers=w2", f"{rule}.uri=/*", f"{rule}.source=uriworkermap"),
            *(f"{rule}.disabled={disabled}", f"{rule}.stopped={stopped}"),
        )
    )
    apache = next(config.parse((Path(__file__).parents[2] / "servers.toml").read_text()).apaches())
    rules = effective_rules(UriMap.parse(b"/*=balancer\n/new/*=balancer\n!/no/*=balancer\n"))
    found = [*not_followed(apache, rules, parse_status(text))]
    assert [one.sentence.partition(": ")[2].partition(" (")[0] for one in found] == ([told] if told else [])
    assert all(one.members == {"w1", "w2"} for one in found)


def test_a_rule_that_another_virtual_host_has_from_its_own_map_is_no_contradiction() -> None:
    lines = []
    for number, target in enumerate(("ex1", "balancer"), 1):
        rule = f"worker.{target}.map.{number}"
        lines += [f"worker.{target}.balance_workers=w2", f"{rule}.uri=/*", f"{rule}.source=uriworkermap"]
    apache = next(config.parse((Path(__file__).parents[2] / "servers.toml").read_text()).apaches())
    rules = effective_rules(UriMap.parse(b"/*=balancer\n"))
    assert [*not_followed(apache, rules, parse_status("\n".join(lines)))] == []


def test_no_journal_at_all_is_said_as_such() -> None:
    assert "before there was a journal" in explanation((), "aa")
    entry = Entry("t", "ops1", "b1", "web1", "op", "drain", "shop/web1/w1", "begin", "started")
    assert "before there was a journal" in explanation((entry,), "aa")


def test_the_status_worker_is_asked_for_properties_whatever_the_url_says() -> None:
    assert properties_url("http://h/jkstatus") == "http://h/jkstatus?cmd=list&mime=prop"
    assert properties_url("http://h/jkstatus?x=1") == "http://h/jkstatus?x=1&cmd=list&mime=prop"
    assert properties_url("http://h/jkstatus?mime=prop") == "http://h/jkstatus?mime=prop"
