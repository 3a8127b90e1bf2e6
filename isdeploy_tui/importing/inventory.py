"""An Ansible inventory: groups, their hosts, and how those are reached.

Source: Ansible's "How to build your inventory". Read are the INI and the YAML form and the output of
``ansible-inventory --list``; of the variables only those that say how a host is reached. Files beside it (group_vars,
host_vars) are not.
"""

import fnmatch
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from isdeploy_tui.config import ConfigError
from isdeploy_tui.printable import printable

MAX_HOSTS = 5000

_NAME = re.compile(r"[\w.@%:][\w.@%:-]{0,254}")
_ADDRESS = ("ansible_host", "ansible_ssh_host")
_USER = ("ansible_user", "ansible_ssh_user")
_PORT = ("ansible_port", "ansible_ssh_port")


@dataclass(slots=True)
class Group:
    """A group: its own hosts, its child groups, its variables."""

    hosts: list[str] = field(default_factory=list)
    children: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Inventory:
    """A whole inventory. ``variables`` are the hosts' own."""

    source: str
    groups: dict[str, Group] = field(default_factory=dict)
    variables: dict[str, dict[str, str]] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        """Return a group, made when it is new."""
        return self.groups.setdefault(name, Group())

    def add_host(self, group: str, host: str, variables: Mapping[str, str] | None = None) -> None:
        """Put a host into a group. Raises ConfigError beyond MAX_HOSTS, and for what can be no host's name."""
        if not _NAME.fullmatch(host):
            raise ConfigError(self.source, [f"'{printable(host, 60)}' is no host name"])
        if len(self.variables) >= MAX_HOSTS and host not in self.variables:
            raise ConfigError(self.source, [f"has more than {MAX_HOSTS} hosts"])
        if host not in self.group(group).hosts:
            self.group(group).hosts.append(host)
        self.variables.setdefault(host, {}).update(variables or {})

    def names(self) -> list[str]:
        """Return the groups that have hosts, without Ansible's own two."""
        return [name for name in self.groups if name not in {"all", "ungrouped"} and self.hosts(name)]

    def hosts(self, pattern: str) -> list[str]:
        """Return the hosts of the groups of that name (a shell glob), their children's included, each once."""
        found: dict[str, None] = {}
        for name in self.groups:
            if fnmatch.fnmatchcase(name, pattern):
                for group in self._below(name):
                    found |= dict.fromkeys(self.groups[group].hosts)
        return list(found)

    def _below(self, name: str) -> Iterator[str]:
        seen, waiting = {name}, [name]
        while waiting:
            current = waiting.pop(0)
            yield current
            for child in self.groups[current].children:
                if child in self.groups and child not in seen:
                    seen.add(child)
                    waiting.append(child)

    def ssh_names(self) -> Mapping[str, str]:
        """Return ``[user@]address[:port]`` for each host."""
        reached = {host: dict(variables) for host, variables in self.variables.items()}
        for name, group in self.groups.items():
            # What is said of a host goes before what is said of its groups.
            for host in self.hosts(name) if group.variables else ():
                reached[host] = {**group.variables, **reached[host]}
        return {host: _ssh_name(host, variables) for host, variables in reached.items()}

    def ssh_names_by_address(self) -> Mapping[str, str]:
        """Return the same by host name and by the address that the inventory gives a host itself."""
        names = self.ssh_names()
        addresses = {_get(self.variables[host], _ADDRESS): name for host, name in names.items()}
        return {**addresses, **names}


def _ssh_name(host: str, variables: Mapping[str, str]) -> str:
    address = _get(variables, _ADDRESS) or host
    user, port = _get(variables, _USER), _get(variables, _PORT)
    if ":" in address and port:
        address = f"[{address}]"
    return (f"{user}@" if user else "") + address + (f":{port}" if port else "")


def _get(variables: Mapping[str, str], keys: tuple[str, ...]) -> str:
    """Return the first of these that has a plain value: neither a template nor anything with blanks."""
    values = (variables.get(key, "") for key in keys)
    return next((value for value in values if re.fullmatch(r"[\w.:@%+-]+", value) and value[0] != "-"), "")
