"""workers.properties: balancers, their members and where those live (mod_jk: jk_util.c, jk_lb_worker.c).

What ``JkWorkerProperty`` lines of httpd's own configuration add, and what someone switched in jkstatus, is not seen.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from isdeploy_tui.modjk.attributes import boolean, integer
from isdeploy_tui.modjk.properties import encode
from isdeploy_tui.modjk.workersfile import read_properties
from isdeploy_tui.printable import printable

MAX_NAME = 60
"""Bytes that a worker's name may have (mod_jk: JK_MAX_NAME_LEN)."""

_METHODS = {"0": "R", "1": "T", "2": "B", "3": "S", "4": "N"}
_PORTS = {"ajp13": 8009, "ajp14": 8011, "ajp12": 8007}


class Activation(StrEnum):
    """What a member may get: everything, requests of its own sessions only, nothing."""

    ACTIVE = "active"
    DISABLED = "disabled"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker of any type; ``port`` 0 means that mod_jk never contacts it.

    ``activation`` is its own, from workers.properties, valid in every balancer unless a rule says otherwise.
    """

    name: str
    type: str = "ajp13"
    host: str = "localhost"
    port: int = 8009
    route: str = ""
    activation: Activation = Activation.ACTIVE
    domain: str = ""
    redirect: str = ""
    distance: int = 0


@dataclass(frozen=True, slots=True)
class Balancer:
    """A worker of type lb: its members in order; ``method`` is R, T, B, S or N."""

    name: str
    members: tuple[str, ...]
    method: str = "R"
    sticky_session: bool = True
    sticky_session_force: bool = False


@dataclass(frozen=True, slots=True)
class Workers:
    """A whole workers.properties. ``problems`` are sentences about what httpd would not start with or misread.

    ``workers`` holds every worker that is listed, a balancer or a member; only ``listed`` ones may stand in a rule.
    """

    listed: tuple[str, ...] = ("ajp13",)
    workers: Mapping[str, Worker] = field(default_factory=lambda: MappingProxyType({}))
    balancers: Mapping[str, Balancer] = field(default_factory=lambda: MappingProxyType({}))
    problems: tuple[str, ...] = ()

    def address(self, name: str) -> str:
        """Return ``host:port`` of a worker's AJP connector, an IPv6 address in brackets. Raises KeyError."""
        worker = self.workers[name]
        host = f"[{worker.host}]" if ":" in worker.host else worker.host
        return f"{host}:{worker.port}"

    def is_listed(self, name: str) -> bool:
        """True when a rule may name it; any other name is answered with 500."""
        return name in self.listed

    def balancer(self, name: str) -> Balancer | None:
        """Return the balancer of that name when a rule may name it, else None."""
        return self.balancers.get(name) if name in self.listed else None


def parse_workers(data: bytes) -> Workers:
    """Read a workers.properties; whatever the bytes, it returns what mod_jk would make of them."""
    properties, problems = read_properties(data)
    listed = tuple(dict.fromkeys(_split(properties.get("worker.list", "ajp13"))))
    balancers = {name: _balancer(properties, name) for name in listed if _type(properties, name) == "lb"}
    unlisted = (name for name in _with_members(properties) if name not in balancers)
    balancers |= {name: _balancer(properties, name) for name in unlisted if _type(properties, name) == "lb"}
    members = [member for balancer in balancers.values() for member in balancer.members]
    workers = {name: _worker(properties, name) for name in dict.fromkeys([*listed, *balancers, *members])}
    used = {*listed, *(member for name in listed if name in balancers for member in balancers[name].members)}
    problems += [problem for name in workers if name in used for problem in _worker_problems(workers[name])]
    problems += [
        problem for name in listed if name in balancers for problem in _balancer_problems(balancers[name], workers)
    ]
    problems += [
        f"'mount' of the worker '{printable(name, 80)}' makes rules that are not looked at here: put them into the map"
        for name in listed
        if f"worker.{name}.mount" in properties
    ]
    return Workers(listed, MappingProxyType(workers), MappingProxyType(balancers), tuple(problems))


def _split(value: str) -> list[str]:
    return [name for name in re.split("[ \t,]+", value) if name]


def _with_members(properties: Mapping[str, str]) -> list[str]:
    found = (re.fullmatch(r"worker\.(.+)\.balanced?_workers", key, re.DOTALL) for key in properties)
    return list(dict.fromkeys(match[1] for match in found if match))


def _type(properties: Mapping[str, str], name: str) -> str:
    return properties.get(f"worker.{name}.type", "ajp13")


def _balancer(properties: Mapping[str, str], name: str) -> Balancer:
    def get(attribute: str) -> str | None:
        return properties.get(f"worker.{name}.{attribute}")

    code = (get("method") or "R")[0].upper()
    method = _METHODS.get(code, code)
    return Balancer(
        name,
        tuple(_split(get("balance_workers") or "") or _split(get("balanced_workers") or "")),
        method if method in _METHODS.values() else "R",
        boolean(get("sticky_session"), True),
        boolean(get("sticky_session_force"), False),
    )


def _worker(properties: Mapping[str, str], name: str) -> Worker:
    def get(attribute: str) -> str | None:
        return properties.get(f"worker.{name}.{attribute}")

    type_ = _type(properties, name)
    route = get("route") or get("jvm_route") or name
    port = integer(get("port"), _PORTS.get(type_, 8009))
    return Worker(
        name,
        type_,
        get("host") or "localhost",
        port,
        route,
        # An AJP member without a port is stopped, whatever its activation says (mod_jk: lb validate).
        Activation.STOPPED if port == 0 and type_ in ("ajp13", "ajp14") else _activation(properties, name),
        get("domain") or (route.partition(".")[0] if "." in route else ""),
        get("redirect") or "",
        integer(get("distance"), 0),
    )


def _activation(properties: Mapping[str, str], name: str) -> Activation:
    """mod_jk: jk_get_worker_activation, jk_lb_get_activation_code."""
    code = properties.get(f"worker.{name}.activation")
    if code is not None:
        return {
            "d": Activation.DISABLED,
            "1": Activation.DISABLED,
            "s": Activation.STOPPED,
            "2": Activation.STOPPED,
        }.get(code[:1].lower(), Activation.ACTIVE)
    if boolean(properties.get(f"worker.{name}.stopped"), False):
        return Activation.STOPPED
    if boolean(properties.get(f"worker.{name}.disabled"), False):
        return Activation.DISABLED
    return Activation.ACTIVE


def _worker_problems(worker: Worker) -> list[str]:
    problems = []
    name = printable(worker.name, 80)
    if worker.type not in {*_PORTS, "lb", "status"}:
        problems.append(
            f"the worker '{name}' has the unknown type '{printable(worker.type, 40)}': httpd will not start"
        )
    if len(encode(worker.name)) > MAX_NAME:
        problems.append(f"the worker name '{name}' is longer than {MAX_NAME} bytes: httpd will not start")
    return problems


def _balancer_problems(balancer: Balancer, workers: Mapping[str, Worker]) -> list[str]:
    name = printable(balancer.name, 80)
    problems = []
    if not balancer.members:
        problems.append(f"the balancer '{name}' has no balance_workers: httpd will not start")
    routes: dict[str, str] = {}
    for member in balancer.members:
        if workers[member].type == "lb":
            problems.append(f"the balancer '{name}' has the balancer '{printable(member, 80)}' as a member")
        route = workers[member].route
        if route in routes:
            problems.append(
                f"two members of the balancer '{name}' have the route '{printable(route, 80)}' "
                f"({printable(routes[route], 80)}, {printable(member, 80)}): httpd will not start"
            )
        routes[route] = member
    return problems
