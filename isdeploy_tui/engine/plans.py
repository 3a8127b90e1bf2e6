"""What an operation is going to do, complete before anything is done: shown, confirmed, then executed as it stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from isdeploy_tui.config import ApacheConfig, ServiceConfig, WorkerConfig, WorkerId
from isdeploy_tui.engine.front import FrontHost


class OperationKind(StrEnum):
    """The operations; the value is the command's name."""

    DRAIN = "drain"
    RESTORE = "restore"
    DEPLOY = "deploy"
    ROLL = "roll"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A guard's word on one target: why this must not happen. ``forcible``: an explicit order overrides it."""

    target: str
    sentence: str
    forcible: bool = True


@dataclass(frozen=True, slots=True)
class MapChange:
    """One map, before and after. ``diff`` are unified diff lines; ``active`` the members left by rule, printable."""

    apache: ApacheConfig
    before: bytes
    after: bytes
    expected_sha256: str
    diff: tuple[str, ...]
    how: tuple[str, ...]
    active: Mapping[str, tuple[str, ...]]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScriptRun:
    """One Tomcat's deploy script. ``worker`` is one of the workers that are this Tomcat."""

    worker: WorkerConfig
    script: str


@dataclass(frozen=True, slots=True)
class Tomcat:
    """One Tomcat of a roll: every worker that is it, on whichever Apache, and the script that deploys to it."""

    workers: tuple[WorkerConfig, ...]
    run: ScriptRun

    @property
    def id(self) -> WorkerId:
        """The name it goes by: its first worker's."""
        return self.workers[0].id


@dataclass(frozen=True, slots=True)
class Transition:
    """One moment of a roll at which maps are written: these Tomcats come back, those go out, in the same write.

    ``changes`` are what the maps would become if nobody else touches them meanwhile.
    """

    restores: tuple[Tomcat, ...]
    drains: tuple[Tomcat, ...]
    changes: tuple[MapChange, ...]


@dataclass(frozen=True, slots=True)
class RollPlan:
    """The order of a roll: ``transitions[i]`` takes out ``transitions[i].drains``; the last one only restores.

    ``fewest_active`` is, for each ``service/apache rule``, the least number of active members at any moment.
    """

    transitions: tuple[Transition, ...]
    fewest_active: Mapping[str, int]
    pause: bool = False
    max_failed: int = 0
    soft_seconds: float = 0

    @property
    def batches(self) -> tuple[tuple[Tomcat, ...], ...]:
        """The Tomcats in the order in which they are deployed to, those of a batch together."""
        return tuple(transition.drains for transition in self.transitions if transition.drains)


@dataclass(frozen=True, slots=True)
class HostTurn:
    """One host of Apaches, which goes out of the balancer in front and in again; no map is touched.

    ``tomcats`` are those behind it that are meant, each as its workers on this host; ``runs`` their deploy scripts, in
    the same order (a roll's only). ``is_out``: it is out already.
    """

    host: FrontHost
    tomcats: tuple[tuple[WorkerConfig, ...], ...]
    runs: tuple[ScriptRun, ...] = ()
    is_out: bool = False


@dataclass(frozen=True, slots=True)
class HostsPlan:
    """Whole hosts, one after the other. ``fewest_in``: for each service, the least number of them in at any moment."""

    turns: tuple[HostTurn, ...]
    fewest_in: Mapping[str, int]
    pause: bool = False
    max_failed: int = 0


@dataclass(frozen=True, slots=True)
class OperationPlan:
    """A whole plan.

    ``changes`` are the map writes (empty for a deploy), ``scripts`` the runs (deploy only), ``unchanged`` the targets
    that already are where they should be. ``refusals`` must be empty, or forcible and overridden, before it may run.
    ``hosts`` is there when whole hosts go out of the balancer in front, instead of workers out of maps. ``also_held``
    are workers that nobody else may work on meanwhile, beside the targets.
    """

    kind: OperationKind
    targets: tuple[WorkerId, ...]
    services: tuple[ServiceConfig, ...]
    changes: tuple[MapChange, ...] = ()
    scripts: tuple[ScriptRun, ...] = ()
    unchanged: tuple[WorkerId, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    soft: bool = False
    roll: RollPlan | None = None
    hosts: HostsPlan | None = None
    also_held: tuple[WorkerId, ...] = ()

    @property
    def has_work(self) -> bool:
        """True when running it would do anything."""
        return bool(self.changes or self.scripts or (self.hosts is not None and self.hosts.turns))

    @property
    def is_refused(self) -> bool:
        """True when a guard speaks against it."""
        return bool(self.refusals)

    @property
    def can_be_forced(self) -> bool:
        """True when every refusal may be overridden by an explicit order."""
        return all(refusal.forcible for refusal in self.refusals)
