"""What discovery has found, before it is put into words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from isdeploy_tui.engine.discovery.machines import Machine, Owner
from isdeploy_tui.engine.discovery.sites import Site
from isdeploy_tui.engine.tomcatview import TomcatView
from isdeploy_tui.modjk.exclusions import homes_in_use
from isdeploy_tui.modjk.homes import find_homes
from isdeploy_tui.modjk.memberstate import MapView
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Worker, Workers
from isdeploy_tui.remote.hostfacts import FileFacts, MapFacts


@dataclass(frozen=True, slots=True)
class Balancing:
    """What a map and workers.properties say together: which balancers, and who is a member of them.

    ``homes`` are those that the map's rules belong to; ``exclusions`` the cut-down copies of those, with who is left
    out. ``is_guess``: no rule of the map leads to a balancer, so all of the file are taken.
    """

    homes: tuple[str, ...]
    members: tuple[Worker, ...]
    exclusions: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    status_patterns: tuple[str, ...] = ()
    single: tuple[str, ...] = ()
    is_guess: bool = False


def balancing_of(urimap: UriMap, workers: Workers) -> Balancing:
    """Return what the two files say together."""
    homes = find_homes(workers)
    view = MapView.of(urimap, workers, homes)
    used = homes_in_use(view, homes.everyone)
    taken = used or homes.names
    names = dict.fromkeys(name for home in taken for name in workers.balancers[home].members)
    exclusions: dict[str, tuple[str, ...]] = {}
    for name, balancer in workers.balancers.items():
        if name not in homes.names and workers.is_listed(name):
            home = next((home for home in taken if set(balancer.members) < homes.members(home)), None)
            if home is not None:
                left = workers.balancers[home].members
                exclusions[name] = tuple(member for member in left if member not in balancer.members)
    types = {rule: workers.workers[rule.worker].type for rule in view.forwarding() if rule.worker in workers.workers}
    return Balancing(
        taken,
        tuple(workers.workers[name] for name in names),
        MappingProxyType(exclusions),
        tuple(rule.pattern for rule, type in types.items() if type == "status"),
        tuple(rule.key for rule, type in types.items() if type not in {"lb", "status"} and rule.worker not in names),
        is_guess=not used,
    )


@dataclass(frozen=True, slots=True)
class FoundTomcat:
    """The Tomcat behind a worker, as far as it was found.

    ``owner`` is the machine of its address, ``view`` the process that listens there. ``log`` is where its catalina.out
    is, with what is known of that file; ``looked`` are the places that were looked at.
    """

    owner: Owner
    view: TomcatView | None = None
    log: str = ""
    log_facts: FileFacts | None = None
    looked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundApache:
    """A map of an httpd, and all that an apache of servers.toml needs beside it.

    ``status_url`` has answered; ``status_tried`` did not, for the reason ``status_problem``.
    """

    machine: Machine
    ssh: str
    site: Site
    workers_file: str
    workers: Workers
    balancing: Balancing
    tomcats: Mapping[str, FoundTomcat]
    map_facts: MapFacts | None = None
    status_url: str = ""
    status_tried: tuple[str, ...] = ()
    status_problem: str = ""
    access_log: FileFacts | None = None
    problems: tuple[str, ...] = ()

    def tomcat_key(self, member: Worker) -> str:
        """Return what tells the Tomcats of all workers apart: machine and process, or else where its connector is."""
        tomcat = self.tomcats[member.name]
        machine = tomcat.owner.machine
        if machine is not None and tomcat.view is not None:
            return f"{machine.name} process {tomcat.view.process.pid}"
        return f"{machine.name if machine else member.host} port {member.port}"


def log_places(view: TomcatView) -> tuple[str, ...]:
    """Return the paths at which a Tomcat's catalina.out may be, the likeliest first."""
    base, out = view.process.base, view.process.stdout.removesuffix(" (deleted)")
    places: list[str] = []
    if out.startswith("/") and not out.startswith(("/dev/", "/proc/")):
        places.append(out)
    if base.startswith("/"):
        places += [f"{base}/logs/catalina.out", f"/var/log/{base.rstrip('/').rpartition('/')[2]}/catalina.out"]
    return tuple(dict.fromkeys(places))


def with_only_tomcats(found: Mapping[str, FoundTomcat]) -> dict[str, FoundTomcat]:
    """Where nothing tells a Tomcat's ports, take it for the one worker on a machine on which no other runs."""
    on = [tomcat.owner.machine.name for tomcat in found.values() if tomcat.owner.machine]

    def completed(tomcat: FoundTomcat) -> FoundTomcat:
        machine = tomcat.owner.machine
        if tomcat.view is not None or machine is None or on.count(machine.name) != 1 or len(machine.tomcats) != 1:
            return tomcat
        view = machine.tomcats[0]
        is_silent = not view.connectors and not view.process.ports and not view.process.contained
        return replace(tomcat, view=view) if is_silent else tomcat

    return {name: completed(tomcat) for name, tomcat in found.items()}


def tomcat_at(machine: Machine, port: int, addresses: Sequence[str]) -> TomcatView | None:
    """Return the Tomcat that listens on a port of a machine.

    Of several whose server.xml says that port, the one that is known to listen there, or has one of these addresses.
    """
    views = [view for view in machine.tomcats if view.listens(port)]

    def fit(view: TomcatView) -> tuple[bool, bool]:
        said = {connector.address for connector in view.connectors if connector.port == port}
        return port in view.process.ports, bool(said & {*addresses})

    return max(views, key=fit, default=None)
