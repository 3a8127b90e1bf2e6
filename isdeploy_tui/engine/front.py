"""Where an Apache stands in the balancer in front of it, an L4 switch or another proxy. Reads only."""

from dataclasses import dataclass, field

from isdeploy_tui.config import ApacheConfig, ApacheId, Config, FrontConfig
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.frontstate import ask_state

_MEANING = {0: Front.IN, 1: Front.OUT}
"""What the exit code of a state_command says; every other one says nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an Apache stands, and the evidence for it."""

    front: Front
    evidence: str


@dataclass(frozen=True, slots=True)
class FrontHost:
    """What the balancer in front sees as one: every Apache of servers.toml on one host with the same commands.

    Several are the virtual hosts of one httpd, each with its own map.
    """

    ssh: str
    front: FrontConfig
    apaches: tuple[ApacheConfig, ...] = field(compare=False)

    @property
    def id(self) -> ApacheId:
        """The name it goes by: its first Apache's."""
        return self.apaches[0].id

    @property
    def ids(self) -> frozenset[ApacheId]:
        """All its Apaches."""
        return frozenset(apache.id for apache in self.apaches)


def front_host(config: Config, id: ApacheId) -> FrontHost | None:
    """Return the host that goes in and out with this Apache; None when nothing is configured for it."""
    apache = config.apache(id)
    if apache.front is None:
        return None
    same = (other for other in config.apaches() if (other.ssh, other.front) == (apache.ssh, apache.front))
    return FrontHost(apache.ssh, apache.front, tuple(same))


def front_hosts(config: Config, service: str) -> tuple[FrontHost, ...]:
    """Return the hosts of a service that go in and out, in the file's order."""
    found = (front_host(config, apache.id) for apache in config.service(service).apaches)
    return tuple(dict.fromkeys(host for host in found if host is not None))


async def read_place(session: Session, ssh: str, front: FrontConfig) -> Place:
    """Ask the state_command on that host. Raises nothing."""
    try:
        end = await ask_state(session.host(ssh), front.state_command)
    except RemoteError as error:
        return Place(Front.UNKNOWN, str(error))
    return Place(_MEANING.get(-1 if end.code is None else end.code, Front.UNKNOWN), f"state_command: {end.sentence}")
