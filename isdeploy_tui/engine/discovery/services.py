"""Which Apaches are one service, and what services, Apaches and Tomcats are called."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from isdeploy_tui.draft import usable_name
from isdeploy_tui.engine.discovery.found import FoundApache
from isdeploy_tui.engine.discovery.machines import as_address, plain_host


@dataclass(frozen=True, slots=True)
class FoundService:
    """A service: its Apaches by their names in it. ``why`` says why several are taken for one."""

    name: str
    apaches: Mapping[str, FoundApache]
    why: str = ""


def services_of(apaches: Sequence[FoundApache], name: str = "") -> tuple[FoundService, ...]:
    """Put Apaches together and name everything; ``name`` is what a person calls the (first) service."""
    groups: list[tuple[list[FoundApache], list[str]]] = []
    for apache in apaches:
        together = [(group, why) for group in groups for why in [_why(group[0], apache)] if why]
        merged: list[FoundApache] = []
        reasons: list[str] = []
        for group, why in together:
            groups.remove(group)
            merged += group[0]
            reasons += [*group[1], why]
        groups.append(([*merged, apache], reasons))
    taken: list[str] = []
    found = []
    for members, reasons in sorted(groups, key=lambda group: apaches.index(group[0][0])):
        called = usable_name(name or _site_name(members), "service", taken)
        taken.append(called)
        why = f"taken for one service because {' and '.join(dict.fromkeys(reasons))}" if reasons else ""
        found.append(FoundService(called, dict(_named(members)), why))
    return tuple(found)


def _why(group: Sequence[FoundApache], apache: FoundApache) -> str:
    """Say why an Apache belongs to a group; empty when nothing speaks for it."""
    for other in group:
        if _addresses(other) & _addresses(apache):
            return "they balance over the same Tomcats"
    for other in group:
        if shared := [name for name in other.site.names if name in apache.site.names]:
            return f"they have the same ServerName {shared[0]}"
    for other in group:
        # Twins: the same configuration on two machines, each with Tomcats of its own.
        same_files = (other.site.map, other.workers_file) == (apache.site.map, apache.workers_file)
        if other.machine is not apache.machine and same_files and _members(other) == _members(apache):
            unlike = other.site.names and apache.site.names
            return "" if unlike else "they have the same files and the same members"
    return ""


def _addresses(apache: FoundApache) -> set[str]:
    return {apache.tomcat_key(member) for member in apache.balancing.members}


def _members(apache: FoundApache) -> list[str]:
    return [member.name for member in apache.balancing.members]


def _site_name(group: Sequence[FoundApache]) -> str:
    """The shortest ServerName's first label, as people call a site: shop of www.shop.example.com."""
    names = [name.removeprefix("www.") for apache in group for name in apache.site.names]
    return min(names, key=len).partition(".")[0] if names else ""


def _named(group: Sequence[FoundApache]) -> Iterator[tuple[str, FoundApache]]:
    taken: list[str] = []
    machines = [apache.ssh for apache in group]
    for apache in group:
        name = short_host(apache.ssh)
        if machines.count(apache.ssh) > 1:
            first = apache.site.names[0].removeprefix("www.").partition(".")[0] if apache.site.names else ""
            name = f"{name}-{first}" if first and f"{name}-{first}" not in taken else name
        name = usable_name(name, "apache", taken)
        taken.append(name)
        yield name, apache


def short_host(name: str) -> str:
    """Return what a server is called for short: the host of its ssh name, the first label of a domain name."""
    host = plain_host(name)
    return host if as_address(host) else host.partition(".")[0] or host


def shared_tomcats(services: Sequence[FoundService]) -> Mapping[str, str]:
    """Return a ``tomcat`` name for each address that several workers have, by that address."""
    seen: dict[str, list[tuple[FoundApache, str]]] = {}
    for service in services:
        for apache in service.apaches.values():
            for member in apache.balancing.members:
                seen.setdefault(apache.tomcat_key(member), []).append((apache, member.name))
    taken: list[str] = []
    names: dict[str, str] = {}
    for address, workers in seen.items():
        if len(workers) > 1:
            names[address] = usable_name(_tomcat_name(*workers[0]), "tomcat", taken)
            taken.append(names[address])
    return names


def _tomcat_name(apache: FoundApache, member: str) -> str:
    """Its machine and its directory, as was1-tomcat10."""
    tomcat = apache.tomcats[member]
    machine = tomcat.owner.machine
    place = short_host(machine.name) if machine else apache.workers.workers[member].host
    base = tomcat.view.process.base.rstrip("/").rpartition("/")[2] if tomcat.view else member
    return f"{place}-{base or member}"
