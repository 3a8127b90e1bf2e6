"""Looking at servers, and making a servers.toml of what was found. Reads only."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from isdeploy_tui.config import ConfigError, parse
from isdeploy_tui.draft import REVIEW, as_toml
from isdeploy_tui.engine.discovery.apaches import read_apaches
from isdeploy_tui.engine.discovery.drafting import draft_services, no_tomcat
from isdeploy_tui.engine.discovery.found import FoundApache
from isdeploy_tui.engine.discovery.looking import Looking, Problem, Wish
from isdeploy_tui.engine.discovery.services import services_of, shared_tomcats
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.host import Hosts

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Discovery:
    """A servers.toml to review, and what was not found.

    ``toml`` is empty when nothing was found that one could be made of. ``workers`` are how many it has.
    """

    toml: str
    problems: tuple[Problem, ...] = ()
    workers: int = 0

    @property
    def reviews(self) -> int:
        """How many places a person still has to look at."""
        return self.toml.count(f"# {REVIEW}:")

    @property
    def is_whole(self) -> bool:
        """True when everything could be looked at."""
        return not any(problem.is_unseen for problem in self.problems)


async def discover(hosts: Hosts, names: Sequence[str], wish: Wish | None = None, told: Told | None = None) -> Discovery:
    """Look at these servers (ssh names) side by side and draft a servers.toml of what runs there.

    A server that cannot be looked at is a problem, and the rest goes on. ``told`` gets a sentence, printable, as each
    thing has been looked at. Raises nothing; cancelling ends it at once.
    """
    looking = Looking(hosts, wish or Wish(), told or (lambda _: None))
    machines = await looking.machines(list(dict.fromkeys(names)))
    apaches = await read_apaches(looking, machines)
    looking.problems += _about_tomcats(apaches)
    return _drafted(list(dict.fromkeys(names)), looking, apaches)


def _about_tomcats(apaches: Sequence[FoundApache]) -> list[Problem]:
    found: dict[str, Problem] = {}
    for apache in apaches:
        for member in apache.balancing.members:
            tomcat = apache.tomcats[member.name]
            address = apache.workers.address(member.name)
            if tomcat.owner.machine is None and not tomcat.owner.candidates:
                sentence = f"no server that was looked at has the address of {member.name}, {address}"
                found.setdefault(address, Problem(apache.ssh, printable(sentence)))
            elif tomcat.owner.machine is not None and tomcat.view is None:
                problem = f"{printable(member.name)}: {no_tomcat(member, tomcat)}"
                found.setdefault(address, Problem(apache.ssh, problem))
    return list(found.values())


def _drafted(names: Sequence[str], looking: Looking, apaches: Sequence[FoundApache]) -> Discovery:
    problems = tuple(dict.fromkeys(looking.problems))
    if not apaches:
        return Discovery("", problems)
    services = services_of(apaches, looking.wish.service)
    tables = draft_services(services, shared_tomcats(services), sudo=looking.wish.sudo)
    head = [
        f"Made by 'isdeploy-tui discover {' '.join(names)}'.",
        f"What was guessed or is not known has a comment with the word {REVIEW}.",
        "When all of those are looked at: isdeploy-tui check",
    ]
    for title, unseen in (("What could not be looked at, and why:", True), ("What else was seen:", False)):
        if told := [f"- {problem}" for problem in problems if problem.is_unseen is unseen]:
            head += ["", title, *told]
    text = as_toml(head, tables, looking.wish.settings)
    try:
        workers = sum(1 for _ in parse(text, "the result").workers())
    except ConfigError as error:
        said = tuple(Problem("", f"the result would not be accepted: {problem}", True) for problem in error.problems)
        return Discovery(text, (*problems, *said))
    return Discovery(text, problems, workers)
