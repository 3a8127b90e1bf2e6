"""Workers and maps that the tests share: the classic site of three Tomcats, each with its exclusion balancer."""

from collections.abc import Mapping, Sequence

from isdeploy_tui.modjk.rotation import MemberState, Plan, Presets, Rotation, plan, rotations
from isdeploy_tui.modjk.routing import Routing, route
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers, parse_workers

NO_PRESETS = Presets()


def make_workers(balancers: Mapping[str, Sequence[str]], *more: str, listed: str = "") -> Workers:
    """Return workers with these balancers, all in worker.list beside ``listed``; ``more`` are further lines."""
    lines = [f"worker.list={','.join(balancers)},{listed}"]
    for name, members in balancers.items():
        lines += [f"worker.{name}.type=lb", f"worker.{name}.balance_workers={','.join(members)}"]
    return parse_workers("\n".join([*lines, *more]).encode())


CLASSIC = make_workers(
    {
        "balancer": ["w1", "w2", "w3"],
        "ex1": ["w2", "w3"],
        "ex2": ["w1", "w3"],
        "ex3": ["w1", "w2"],
    },
    listed="w1,w2,w3",
)
PLAIN = make_workers({"balancer": ["w1", "w2", "w3"]}, listed="w1,w2,w3")
"""The same without exclusion balancers."""


def states(data: bytes, workers: Workers = CLASSIC, presets: Presets = NO_PRESETS) -> dict[str, tuple[Rotation, str]]:
    """Return rotation and reason of each member."""
    return {name: (state.rotation, state.reason) for name, state in members(data, workers, presets).items()}


def members(data: bytes, workers: Workers = CLASSIC, presets: Presets = NO_PRESETS) -> Mapping[str, MemberState]:
    """Return the state of each member."""
    return rotations(UriMap.parse(data), workers, presets)


def rotation(data: bytes, name: str, workers: Workers = CLASSIC, presets: Presets = NO_PRESETS) -> Rotation:
    """Return one member's rotation."""
    return members(data, workers, presets)[name].rotation


def planned(
    data: bytes,
    *,
    drain: Sequence[str] = (),
    restore: Sequence[str] = (),
    soft: bool = False,
    workers: Workers = CLASSIC,
    presets: Presets = NO_PRESETS,
) -> Plan:
    """Plan on bytes."""
    return plan(UriMap.parse(data), workers, drain=drain, restore=restore, soft=soft, presets=presets)


def drained(data: bytes, *names: str, workers: Workers = CLASSIC, soft: bool = False) -> bytes:
    """Return the map with these out."""
    return planned(data, drain=names, workers=workers, soft=soft).after


def restored(data: bytes, *names: str, workers: Workers = CLASSIC) -> bytes:
    """Return the map with these back."""
    return planned(data, restore=names, workers=workers).after


def routed(data: bytes, uri: str | bytes, workers: Workers = CLASSIC, session_route: str = "") -> Routing:
    """Route on bytes."""
    return route(UriMap.parse(data), workers, uri, session_route)


def status(data: bytes, uri: str | bytes, workers: Workers = CLASSIC) -> int:
    """Return the status that httpd gives, 200 when the request is forwarded."""
    return routed(data, uri, workers).status
