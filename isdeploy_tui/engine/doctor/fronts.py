"""Judging how an Apache goes out of the balancer in front of it: its three commands, and where it stands."""

from collections.abc import Mapping

from isdeploy_tui.config import ApacheConfig, FrontConfig
from isdeploy_tui.engine.doctor.finding import At, Finding, Findings
from isdeploy_tui.engine.doctor.tomcats import judge_program
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.front import Place
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.hostfacts import FileFacts


def programs(front: FrontConfig | None) -> Mapping[str, str]:
    """Return the program of each command, by its key."""
    if front is None:
        return {}
    return {
        "out_command": front.out_command[0],
        "in_command": front.in_command[0],
        "state_command": front.state_command[0],
    }


def judge_front(apache: ApacheConfig, user: str, facts: Mapping[str, FileFacts], place: Place | None) -> Findings:
    """Yield findings. ``facts`` are of the programs, by path; ``place`` is what its state_command said."""
    at = At(str(apache.id))
    wrong: list[Finding] = []
    for key, path in programs(apache.front).items():
        wrong += judge_program(at, "front", key, f"{key} {printable(path)}", user, facts[path])
    yield from wrong
    if apache.front is None or place is None:
        return
    if place.front is Front.UNKNOWN:
        yield at.fault(
            "front",
            f"where it stands in the balancer in front is not known: {place.evidence}",
            "let state_command exit with 0 while it is in and 1 while it is out",
        )
    elif place.front is Front.OUT:
        yield at.warning(
            "front",
            f"it is out of the balancer in front ({place.evidence})",
            f"put it back: isdeploy-tui restore {apache.id} --hosts",
        )
    elif not wrong:
        yield at.ok("front", "its commands are executable, and it is in the balancer in front")
