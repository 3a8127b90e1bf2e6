"""What is right and what is wrong, summed up."""

from dataclasses import replace

import pytest

from isdeploy_tui import config
from isdeploy_tui.config import WorkerConfig, WorkerId
from isdeploy_tui.engine.fleet import Fleet, Health
from isdeploy_tui.engine.plans import OperationKind, OperationPlan, RollPlan, ScriptRun, Tomcat, Transition
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.tui.overview import (
    Severity,
    common_name,
    count_all,
    count_apache,
    count_service,
    is_stale,
    matching,
    phrases,
    subject,
    workers_of,
)
from tests.tui.fakes import BLUE, GREEN, SITE, START, W1, W2, W3, WEB1, WEB2, Clock, FakeMonitor

SETTINGS = config.parse(SITE)


@pytest.fixture
def monitor() -> FakeMonitor:
    return FakeMonitor(SETTINGS, Clock())


def said(fleet: Fleet, service: str = "shop") -> list[str]:
    return [phrase for phrase, _ in phrases(count_service(SETTINGS.service(service), fleet))]


def test_all_is_well(monitor: FakeMonitor) -> None:
    counts = count_all(SETTINGS, monitor.fleet)
    assert counts.severity is Severity.GOOD
    assert said(monitor.fleet) == ["6/6 active"]


def test_each_worker_is_counted_once_and_the_worst_are_told_first(monitor: FakeMonitor) -> None:
    monitor.put(W1, rotation=Rotation.STOPPED)
    monitor.put(W2, rotation=Rotation.UNKNOWN)
    monitor.put(W3, health=Health.DOWN)
    assert said(monitor.fleet) == ["3/6 active", "1 down", "1 unknown", "1 stopped"]
    assert count_all(SETTINGS, monitor.fleet).severity is Severity.BAD


def test_a_worker_that_is_out_and_down_is_being_worked_on_and_not_a_problem(monitor: FakeMonitor) -> None:
    monitor.put(W1, rotation=Rotation.STOPPED, health=Health.DOWN)
    assert said(monitor.fleet) == ["5/6 active", "1 stopped"]
    assert count_all(SETTINGS, monitor.fleet).severity is Severity.OUT


def test_an_apache_without_an_active_worker_is_bad(monitor: FakeMonitor) -> None:
    for id in (BLUE, GREEN):
        monitor.put(id, rotation=Rotation.STOPPED)
    assert count_service(SETTINGS.service("intranet"), monitor.fleet).severity is Severity.BAD


def test_an_apache_that_cannot_be_read_is_bad_at_every_level_above_it(monitor: FakeMonitor) -> None:
    monitor.put(WEB2, error="connection refused")
    assert count_apache(SETTINGS.apache(WEB2), monitor.fleet).severity is Severity.BAD
    assert count_apache(SETTINGS.apache(WEB1), monitor.fleet).severity is Severity.GOOD
    assert count_all(SETTINGS, monitor.fleet).severity is Severity.BAD
    assert said(monitor.fleet) == ["6/6 active", "1 unreachable"]


def test_what_was_not_read_yet_is_neither_good_nor_bad(monitor: FakeMonitor) -> None:
    for id in (WEB1, WEB2):
        monitor.put(id, seen=0.0)
    for worker in SETTINGS.workers():
        if worker.id.service == "shop":
            monitor.put(worker.id, rotation=Rotation.UNKNOWN, health=Health.UNKNOWN)
    assert said(monitor.fleet) == ["6 workers, reading"]
    assert count_service(SETTINGS.service("shop"), monitor.fleet).severity is Severity.READING


def test_what_is_shown_is_stale_after_some_polls_and_never_before_ten_seconds(monitor: FakeMonitor) -> None:
    state = monitor.fleet.apaches[WEB1]
    assert not is_stale(state, SETTINGS, START + 9)
    assert is_stale(state, SETTINGS, START + 11)
    assert not is_stale(state, replace(SETTINGS, poll_seconds=30), START + 80)
    assert is_stale(state, replace(SETTINGS, poll_seconds=30), START + 91)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", 8),
        ("web1", 3),
        ("WEB1 worker2", 1),
        ("staging", 2),
        ("stopped", 1),
        ("10.0.0.11", 1),
        ("was1", 2),
        ("nothing like it", 0),
    ],
)
def test_the_filter_looks_at_names_states_addresses_and_environments(
    monitor: FakeMonitor, text: str, found: int
) -> None:
    monitor.put(W2, rotation=Rotation.STOPPED)
    assert len(matching(SETTINGS, monitor.fleet, text)) == found


def test_only_problems_lets_through_what_is_not_active_and_up_and_what_cannot_be_read(monitor: FakeMonitor) -> None:
    monitor.put(W2, rotation=Rotation.STOPPED)
    assert matching(SETTINGS, monitor.fleet, "", only_problems=True) == {W2}
    monitor.put(WEB2, error="timeout")
    assert {id.apache for id in matching(SETTINGS, monitor.fleet, "", only_problems=True)} == {"web1", "web2"}


def test_a_node_stands_for_the_workers_under_it() -> None:
    assert workers_of("intranet", SETTINGS) == (BLUE, GREEN)
    assert workers_of(WEB1, SETTINGS) == (W1, W2, W3)
    assert workers_of(W2, SETTINGS) == (W2,)
    assert workers_of(None, SETTINGS) == ()


def test_targets_have_a_short_name() -> None:
    assert common_name([W1]) == "shop/web1/worker1"
    assert common_name([W1, W2]) == "shop/web1: worker1, worker2"
    assert common_name([W1, BLUE]) == "shop, intranet: 2 workers"
    assert common_name([WorkerId("a", "b", str(number)) for number in range(9)]) == "a/b: 0, 1, 2 and 6 more"


def rolled(*ids: WorkerId) -> str:
    """What a roll of the Tomcats that go by these names is called."""
    workers = [WorkerConfig(id, ssh="was", tomcat=str(id)) for id in ids]
    tomcats = [Tomcat((worker,), ScriptRun(worker, "/deploy.sh")) for worker in workers]
    transitions = tuple(Transition((), (tomcat,), ()) for tomcat in tomcats)
    plan = OperationPlan(OperationKind.ROLL, (W1, W2, W3), (), roll=RollPlan(transitions, {}))
    return subject(plan)


def test_a_roll_is_called_by_its_service_and_its_tomcats() -> None:
    assert rolled(W1) == "shop/web1/worker1"
    assert rolled(W1, W2) == "shop: worker1, worker2"
    assert rolled(W1, W1._replace(apache="web2")) == "shop: web1/worker1, web2/worker1"
    assert rolled(*(W1._replace(worker=f"w{number}") for number in range(5))) == "shop: w0, w1, w2 and 2 more"
    assert rolled(W1, BLUE) == "shop, intranet: 2 workers"
