"""The servers as they are looked at: what is shared by everything that discovery asks them, and what went wrong."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from isdeploy_tui.draft import Line
from isdeploy_tui.engine.discovery.machines import Machine, machines_of
from isdeploy_tui.remote.doctor import look
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.host import Host, Hosts
from isdeploy_tui.remote.hostfacts import HostFacts

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the person says beside the names of servers.

    ``service`` is what to call the service (empty: by its ServerName), ``sudo``: read through ``sudo -n`` what the
    account itself may not. ``ssh_config`` is the file that the connections were made with, to be named in the result.
    """

    service: str = ""
    sudo: bool = False
    ssh_config: str = ""

    @property
    def settings(self) -> tuple[Line, ...]:
        """The lines at the top of the result."""
        return (Line("ssh_config", self.ssh_config),) if self.ssh_config else ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not found on ``host`` (may be empty), a printable sentence without its full stop.

    ``is_unseen``: it could not be looked at; otherwise it was, and there is nothing.
    """

    host: str
    sentence: str
    is_unseen: bool = False

    def __str__(self) -> str:
        return f"{self.host}: {self.sentence}" if self.host else self.sentence


@dataclass(slots=True)
class Looking:
    """One discovery as it goes on."""

    hosts: Hosts
    wish: Wish
    told: Callable[[str], None]
    problems: list[Problem] = field(default_factory=list)

    def host(self, name: str) -> Host:
        """Return the server of that name."""
        return self.hosts.host(name)

    async def machines(self, names: Sequence[str]) -> tuple[Machine, ...]:
        """Look at all servers at once and return those that could be, as machines."""
        looks = await asyncio.gather(*(self.tried(name, self._look(name)) for name in names))
        seen = {name: facts for name, facts in zip(names, looks, strict=True) if facts is not None}
        machines = machines_of(seen)
        for machine in machines:
            first, *others = machine.names
            self.problems += (Problem(other, f"it is the same machine as {first}") for other in others)
            if not machine.facts.sees_processes:
                self.problems.append(Problem(first, "/proc cannot be read there, so what runs is not known", True))
        return machines

    async def _look(self, name: str) -> HostFacts:
        facts = (await look(self.host(name))).host
        if self.wish.sudo and facts.uid != 0:
            root = await self.tried(name, look(self.host(name), sudo=True))
            if root is not None:
                facts = replace(root.host, user=facts.user, uid=facts.uid)
        self.told(f"{name}: {_count(len(facts.httpds), 'httpd')}, {_count(len(facts.tomcats), 'Tomcat')}")
        return facts

    async def tried(self, name: str, work: Awaitable[_Result]) -> _Result | None:
        """Return what some work on a server gives; None when it fails, which is a problem then."""
        try:
            return await work
        except RemoteError as error:
            sentence = f"{error.sentence} {error.remedy}".strip().rstrip(".")
            self.problems.append(Problem(name, sentence, True))
        return None


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
