"""The fleet as it was last seen: frozen snapshots that anyone may keep."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from isdeploy_tui.config import ApacheId, Config, WorkerId
from isdeploy_tui.engine.leftover import Leftover
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.journal import Lease


class Health(StrEnum):
    """Does the worker's AJP connector answer CPING, asked from its Apache's side."""

    UP = "up"
    DOWN = "down"
    UNKNOWN = "unknown"


class Front(StrEnum):
    """Does the balancer in front send requests to this Apache, as its own state_command says."""

    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker as last seen.

    ``busy`` is requests in flight (None: not known). ``error`` says why something could not be read; ``reason`` why
    the rotation is what it is (the rule that causes it, or why it is unknown); ``remarks`` what does not fit together;
    ``address`` is the AJP connector as ``host:port``. ``lease`` is who works on it, or has left it in the middle;
    ``leftover`` the deploy script that ran on it last, when it is out or was left and nobody works on it. ``since`` is
    the Unix time from which on this rotation is known: when its map was written last, or when it was first seen by this
    program. When the rotation is unknown because its Apache cannot be read, ``last`` is what it was when that was last
    possible. ``version`` is what runs there, where the configuration tells how to find out, and ``version_error`` why
    that is not known.
    """

    id: WorkerId
    rotation: Rotation = Rotation.UNKNOWN
    health: Health = Health.UNKNOWN
    busy: int | None = None
    error: str = ""
    reason: str = ""
    address: str = ""
    since: float = 0.0
    remarks: tuple[str, ...] = ()
    lease: Lease | None = None
    last: Rotation | None = None
    leftover: Leftover | None = None
    version: str = ""
    version_error: str = ""

    @property
    def in_rotation(self) -> bool:
        """True when new requests reach it."""
        return self.rotation is Rotation.ACTIVE


@dataclass(frozen=True, slots=True)
class ApacheState:
    """An Apache as last seen: ``error`` when it could not be read, ``warnings`` about its map and workers file.

    ``seen`` is the Unix time of the last good read (0: never). ``front`` is its place in the balancer in front of it,
    None where none is configured; ``front_reason`` why that is unknown, or who took it out.
    """

    id: ApacheId
    error: str = ""
    warnings: tuple[str, ...] = ()
    map_sha256: str = ""
    seen: float = 0.0
    front: Front | None = None
    front_reason: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """All apaches and workers at one moment."""

    apaches: Mapping[ApacheId, ApacheState] = field(default_factory=lambda: MappingProxyType({}))
    workers: Mapping[WorkerId, WorkerState] = field(default_factory=lambda: MappingProxyType({}))


def skeleton(config: Config) -> Fleet:
    """Return the fleet of a configuration before anything was read: everything unknown."""
    apaches = {apache.id: ApacheState(apache.id) for apache in config.apaches()}
    workers = {worker.id: WorkerState(worker.id) for worker in config.workers()}
    return Fleet(MappingProxyType(apaches), MappingProxyType(workers))
