"""Several operators: leases refuse, orphans are taken over with a reason, journals tell the story."""

from pathlib import Path
from typing import Any

import pytest

from isdeploy_tui.engine import gates
from isdeploy_tui.engine.history import read_history
from isdeploy_tui.engine.leftover import Standing
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import Step
from isdeploy_tui.remote.journal import Lease
from isdeploy_tui.remote.recording import take_lease
from tests.engine.site import MAP, Site, open_site


def leases(site: Site, apache: str = "web1") -> Path:
    return site.map(apache).parent / ".isdeploy" / "leases"


def foreign_lease(site: Site, step: str = "script") -> Lease:
    tomcat = site.config.worker(site.id("worker1")).tomcat
    return Lease(tomcat, "other", "ops2", "bastion2", "deploy", step, 0.0, 0.0, run="20261122T100000Z-worker1-aaaa")


def make_orphan(site: Site) -> None:
    key, beat, rest = leases(site).read_text().split(" ", 2)
    leases(site).write_text(f"{key} {int(beat) - 900} {rest}")


async def test_an_operation_on_a_tomcat_that_somebody_works_on_is_refused_with_that_name(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await take_lease(site.hosts["web1"], str(site.map()), foreign_lease(site))
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        for options in ({}, {"force": True}, {"take_over": "I want it"}):
            operation = operations.start(plan, **options)
            assert await operation.wait() is Result.REFUSED
            assert isinstance(operation.events[-1], Step)
            assert "deploy by ops2@bastion2, step 'script', for " in operation.events[-1].detail
            assert operation.in_the_way is not None
            assert not operation.in_the_way.lease.is_orphan
        assert site.map().read_bytes() == MAP


async def test_an_orphan_is_refused_with_its_story_and_taken_over_with_a_reason(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        await take_lease(site.hosts["web1"], str(site.map()), foreign_lease(site))
        make_orphan(site)
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        operation = operations.start(plan)
        assert await operation.wait() is Result.REFUSED
        assert isinstance(operation.events[-1], Step)
        assert "run is 20261122T100000Z-worker1-aaaa" in operation.events[-1].detail
        assert operation.in_the_way is not None
        assert operation.in_the_way.lease.is_orphan
        assert operation.in_the_way.outcome is not None
        assert operation.in_the_way.outcome.standing is Standing.UNKNOWN
        operation = operations.start(plan, take_over="ops2 went home", wait=False)
        assert await operation.wait() is Result.DONE
        history = await read_history(site.session, [site.config.worker(site.id("worker1"))])
        assert any(entry.reason == "ops2 went home" for entry in history.entries)


async def test_leases_are_given_back_at_the_end_on_every_apache(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2")) as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        operation = operations.start(plan, wait=False)
        assert await operation.wait() is Result.DONE
        assert leases(site, "web1").read_text() == leases(site, "web2").read_text() == ""


async def test_whoever_lost_the_lease_changes_nothing_more(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.ROLL, [site.id("worker1"), site.id("worker2")])
        operation = operations.start(plan)
        async for event in operation.follow():
            if isinstance(event, Step) and event.step == "idle":
                leases(site).write_text("")
                drained = site.map().read_bytes()
        assert await operation.wait() is Result.FAILED
        assert site.map().read_bytes() == drained
        assert not any(isinstance(event, Step) and "exit" in event.detail for event in operation.events)


async def test_the_journal_tells_who_did_what_with_the_maps_before_and_after(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        assert await operations.start(plan, wait=False).wait() is Result.DONE
        history = await read_history(site.session, [site.config.worker(site.id("worker1"))])
        assert [(entry.step, entry.state) for entry in history.entries] == [
            ("begin", "started"),
            ("write", "done"),
            ("end", "done"),
        ]
        write = history.entries[1]
        assert (write.user, write.bastion, write.ssh) == ("ops1", "bastion1", "web1")
        assert write.account == site.hosts["web1"].account
        assert write.map_before == plan.changes[0].expected_sha256
        assert len(write.map_after) == 64


async def test_secret_arguments_reach_the_script_and_nobody_else(tmp_path: Path) -> None:
    async with open_site(tmp_path, top='secret_arguments = ["*password=*", "--token *"]\n') as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DEPLOY, [site.id("worker1")])
        words = ["v1", "0", "db_password=hunter22", "--token", "tok-4711"]
        operation = operations.start(plan, force=True, arguments=words)
        assert await operation.wait() is Result.DONE
        told = str(operation.events)
        journal = (site.map().parent / ".isdeploy" / "journal.jsonl").read_text()
        for text in (told, journal):
            assert "hunter22" not in text
            assert "tok-4711" not in text
        assert "deploying v1 0 db_password=**** --token ****" in told
        log = next((site.folder / "was" / ".local" / "state" / "isdeploy" / "runs").glob("*/log")).read_text()
        assert "hunter22" in log


async def test_who_is_not_an_operator_of_the_service_may_not_change_it_by_any_order(tmp_path: Path) -> None:
    async with open_site(tmp_path, service='operators = ["ops1"]\n', operator="guest") as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        operation = operations.start(plan, force=True, take_over="please")
        assert await operation.wait() is Result.REFUSED
        assert isinstance(operation.events[0], Step)
        assert "guest may not change shop; ops1 may" in operation.events[0].detail
        assert site.map().read_bytes() == MAP


async def test_a_map_that_changes_right_after_the_guards_saw_it_is_guarded_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_site(tmp_path, service="min_active = 2\nquiet_seconds = 0.1\n") as site:
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.ROLL, [site.id("worker1")])
        assert not plan.is_refused
        theirs = MAP.replace(b"balancer", b"balancer_ex3")
        ask = gates.ping_all

        async def asked(*words: Any) -> Any:
            answers = await ask(*words)
            site.map().write_bytes(theirs)
            return answers

        monkeypatch.setattr(gates, "ping_all", asked)
        operation = operations.start(plan)
        assert await operation.wait() is Result.FAILED
        assert "min_active is 2" in str(operation.events)
        assert site.map().read_bytes() == theirs


async def test_an_operation_that_cannot_be_recorded_does_not_begin(tmp_path: Path) -> None:
    async with open_site(tmp_path) as site:
        (site.map().parent / ".isdeploy").write_text("in the way")
        operations = Operations(site.session)
        plan = await operations.plan(OperationKind.DRAIN, [site.id("worker1")])
        operation = operations.start(plan)
        assert await operation.wait() is Result.FAILED
        assert isinstance(operation.events[-1], Step)
        assert "Nothing was changed" in operation.events[-1].detail
        assert site.map().read_bytes() == MAP
