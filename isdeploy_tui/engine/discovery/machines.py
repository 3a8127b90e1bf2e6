"""Which server is which: names that lead to the same machine, and which machine holds the address of a worker."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from isdeploy_tui.engine.tomcatview import TomcatView, understand_tomcat
from isdeploy_tui.remote.hostfacts import HostFacts
from isdeploy_tui.remote.sshnames import BadNameError, split_name


@dataclass(frozen=True, slots=True)
class Machine:
    """A server that was looked at. ``names`` are the ssh names that lead to it, each with the account there."""

    names: Mapping[str, str]
    facts: HostFacts
    tomcats: tuple[TomcatView, ...] = ()

    @property
    def name(self) -> str:
        """The first of its names."""
        return next(iter(self.names))

    def name_for(self, user: str) -> str:
        """Return the name whose account is ``user``, or else the first: a Tomcat's own account may do most with it."""
        return next((name for name, account in self.names.items() if account == user), self.name)


def machines_of(looks: Mapping[str, HostFacts]) -> tuple[Machine, ...]:
    """Return the machines behind these ssh names, in their order.

    Containers share the kernel's boot id, so a machine is also told by its name and its addresses.
    """
    groups: dict[object, dict[str, HostFacts]] = {}
    for name, facts in looks.items():
        identity = (facts.boot, facts.name, facts.addresses) if facts.boot else name
        groups.setdefault(identity, {})[name] = facts
    return tuple(
        Machine({name: facts.user for name, facts in group.items()}, best, tuple(map(understand_tomcat, best.tomcats)))
        for group in groups.values()
        # The account that may see most of the processes' files.
        for best in [max(group.values(), key=_seen)]
    )


def _seen(facts: HostFacts) -> tuple[bool, int]:
    return facts.uid == 0, sum(tomcat.server_xml is not None for tomcat in facts.tomcats)


@dataclass(frozen=True, slots=True)
class Owner:
    """Where a worker's address is: on ``machine``, or on none that was looked at, or on several (``candidates``)."""

    machine: Machine | None = None
    candidates: tuple[Machine, ...] = ()


def owner_of(
    host: str, port: int, own: Machine, machines: Sequence[Machine], resolved: Mapping[str, Sequence[str]]
) -> Owner:
    """Return the machine that holds a worker's address, as ``own``, the machine of its Apache, would reach it.

    ``resolved`` are the addresses of host names, asked there.
    """
    addresses = {address for text in (host, *resolved.get(host, ())) if (address := as_address(text))}
    if host == "localhost" or any(ipaddress.ip_address(address).is_loopback for address in addresses):
        return Owner(own)
    # Networks of containers and virtual addresses may be the same on every machine: our own goes first.
    holding = [machine for machine in (own, *machines) if addresses & machine.facts.addresses]
    holding = holding or [machine for machine in machines if not addresses and _is_called(machine, host)]
    found = {machine.name: machine for machine in holding}
    if own.name in found or len(found) == 1:
        return Owner(found.get(own.name) or next(iter(found.values())))
    running = [machine for machine in found.values() if any(view.listens(port) for view in machine.tomcats)]
    return Owner(running[0]) if len(running) == 1 else Owner(candidates=tuple(found.values()))


def _is_called(machine: Machine, host: str) -> bool:
    """By name alone, where nothing resolves it."""
    called = {machine.facts.name.lower(), *(plain_host(name).lower() for name in machine.names)}
    return host.lower() in called


def plain_host(name: str) -> str:
    """Return the host of an ssh name, without user and port."""
    try:
        return split_name(name).host
    except BadNameError:
        return name


def as_address(text: str) -> str:
    """Return an IP address in its usual form; empty when it is none."""
    try:
        return str(ipaddress.ip_address(text.strip("[]").partition("%")[0]))
    except ValueError:
        return ""
