"""What ``check`` says of the commands for the balancer in front."""

import pytest

from isdeploy_tui.config import parse
from isdeploy_tui.engine.doctor.finding import Verdict
from isdeploy_tui.engine.doctor.fronts import judge_front
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.front import Place
from isdeploy_tui.remote.hostfacts import FileFacts

(WEB1,) = parse(
    """
[[service]]
name = "shop"
[[service.apache]]
name = "web1"
ssh = "web1"
map = "/srv/map"
workers_file = "/srv/workers"
out_command = ["/o", "out"]
in_command = ["/i"]
state_command = ["/s"]
out_seconds = 3
[[service.apache.worker]]
name = "worker1"
"""
).apaches()
WELL = {path: FileFacts("ok", mode=0o755) for path in ("/o", "/i", "/s")}


def judged(place: Place, **facts: FileFacts) -> list[tuple[Verdict, str]]:
    given = WELL | {f"/{name}": fact for name, fact in facts.items()}
    return [(finding.verdict, finding.found) for finding in judge_front(WEB1, "ops", given, place)]


def test_all_is_well_when_it_is_in_and_the_commands_are_there() -> None:
    assert judged(Place(Front.IN, "")) == [
        (Verdict.OK, "its commands are executable, and it is in the balancer in front")
    ]


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (FileFacts("missing"), "out_command /o does not exist"),
        (FileFacts("ok", executable=False, mode=0o644), "out_command /o is not executable for ops (mode 644)"),
        (FileFacts("denied"), "out_command /o may not be reached by ops"),
    ],
)
def test_a_command_that_cannot_be_run_is_a_fault(facts: FileFacts, said: str) -> None:
    assert judged(Place(Front.IN, ""), o=facts) == [(Verdict.FAULT, said)]


def test_one_that_is_out_is_told_and_a_state_that_says_neither_is_a_fault() -> None:
    assert judged(Place(Front.OUT, "state_command: exit 1")) == [
        (Verdict.WARNING, "it is out of the balancer in front (state_command: exit 1)")
    ]
    ((verdict, found),) = judged(Place(Front.UNKNOWN, "state_command: exit 2"))
    assert verdict is Verdict.FAULT
    assert "is not known: state_command: exit 2" in found
