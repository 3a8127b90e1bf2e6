"""servers.toml as frozen dataclasses: what there is to deploy to, and where it lives."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, NoReturn

SETTLE_MARGIN = 1.5
"""Seconds after ``reload_seconds`` until every new request follows a written map.

A child checks when strictly more than ``JkMountFileReload`` whole seconds have passed, so one second is mod_jk's and
half a second is for loading (mod_jk: ``uri_worker_map_update``).
"""


class ApacheId(NamedTuple):
    """``service/apache``."""

    service: str
    apache: str

    def __str__(self) -> str:
        return "/".join(self)


class WorkerId(NamedTuple):
    """``service/apache/worker``."""

    service: str
    apache: str
    worker: str

    def __str__(self) -> str:
        return "/".join(self)

    @property
    def apache_id(self) -> ApacheId:
        """The Apache that sees this worker."""
        return ApacheId(self.service, self.apache)


@dataclass(frozen=True, slots=True)
class WorkerConfig:
    """A worker as one Apache sees it.

    ``tomcat`` is the identity of the process behind it, shared by workers that are the same Tomcat. ``check_url`` must
    answer 200 before a restore, and after a roll's deploy with ``check_text``, in which ``$1`` is the first argument.
    What runs there is told by ``version_command``, a line for a shell on its host, or by ``version_pattern``, a regular
    expression, in the answer of ``check_url``.
    """

    id: WorkerId
    ssh: str
    tomcat: str
    log: str | None = None
    deploy: str | None = None
    check_url: str | None = None
    check_text: str | None = None
    version_command: str | None = None
    version_pattern: str | None = None
    drained: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class FrontConfig:
    """How the balancer in front of an Apache is told to leave it out or to take it in, and asked where it stands.

    Each command is a program and its arguments, run on the Apache's host by the account that logs in there. ``state``
    exits with 0 for in and 1 for out. ``out_seconds`` and ``in_seconds`` go by from then on until the balancer in
    front has noticed, and every new request does as ``state`` says.
    """

    out_command: tuple[str, ...]
    in_command: tuple[str, ...]
    state_command: tuple[str, ...]
    out_seconds: float
    in_seconds: float


@dataclass(frozen=True, slots=True)
class ApacheConfig:
    """An Apache httpd with one map file. ``front`` is None where nothing in front of it can be told anything."""

    id: ApacheId
    ssh: str
    map: str
    workers_file: str
    workers: tuple[WorkerConfig, ...]
    reload_seconds: float = 60
    status_url: str | None = None
    access_log: str | None = None
    sudo: bool = False
    rules: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    balancers: tuple[str, ...] = ()
    front: FrontConfig | None = None

    @property
    def settle_seconds(self) -> float:
        """Seconds after a map write until every new request follows it."""
        return self.reload_seconds + SETTLE_MARGIN


@dataclass(frozen=True, slots=True)
class ServiceConfig:
    """A web site or application: a group of Apaches.

    ``min_active`` members of each rule stay active during a roll. Seconds: ``drain_timeout`` until requests in flight
    are given up on, ``ready_timeout`` until a deployed Tomcat must answer, ``soft_seconds`` of *disabled* before
    *stopped*, ``quiet_seconds`` to wait where nothing tells the requests in flight.
    """

    name: str
    apaches: tuple[ApacheConfig, ...]
    comment: str = ""
    environment: str = ""
    operators: tuple[str, ...] | None = None
    min_active: int = 1
    drain_timeout: float = 60
    ready_timeout: float = 180
    soft_seconds: float = 0
    quiet_seconds: float | None = None

    @property
    def is_production(self) -> bool:
        """True when changes ask for the service's name to be typed."""
        return self.environment.casefold() in {"production", "prod", "live"}


@dataclass(frozen=True, slots=True)
class Config:
    """A whole servers.toml.

    ``source`` is the file's path as given, for messages; ``secret_arguments`` are shell patterns of deploy arguments
    that are masked wherever they would be shown or kept (``*password=*``, ``--token *``). ``log_lines`` of a log are
    read when it is opened on the screen, ``log_keep`` are kept. ``mouse`` False leaves the mouse to the terminal.
    ``keys`` are the keys of the screen's actions by their ids, as they are written: the screen judges them. ``bell``:
    the terminal rings when an operation of the screen has ended; ``notify_command`` are the words of a command that is
    run then, on this machine.
    """

    source: str
    services: tuple[ServiceConfig, ...]
    poll_seconds: float = 2
    connect_seconds: float = 10
    ssh_config: str | None = None
    secret_arguments: tuple[str, ...] = ()
    log_lines: int = 200
    log_keep: int = 20_000
    mouse: bool = True
    keys: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    bell: bool = True
    notify_command: tuple[str, ...] = ()

    def apaches(self) -> Iterator[ApacheConfig]:
        """All apaches, in the file's order."""
        return (apache for service in self.services for apache in service.apaches)

    def workers(self) -> Iterator[WorkerConfig]:
        """All workers, in the file's order."""
        return (worker for apache in self.apaches() for worker in apache.workers)

    def service(self, name: str) -> ServiceConfig:
        """Return the service of that name. Raises KeyError."""
        return next((service for service in self.services if service.name == name), None) or _missing(name)

    def apache(self, id: ApacheId) -> ApacheConfig:
        """Return the apache of that id. Raises KeyError."""
        return next((apache for apache in self.apaches() if apache.id == id), None) or _missing(id)

    def worker(self, id: WorkerId) -> WorkerConfig:
        """Return the worker of that id. Raises KeyError."""
        return next((worker for worker in self.workers() if worker.id == id), None) or _missing(id)

    def same_tomcat(self, id: WorkerId) -> tuple[WorkerConfig, ...]:
        """Return every worker that is the same Tomcat as ``id``, itself included, in the file's order."""
        tomcat = self.worker(id).tomcat
        return tuple(worker for worker in self.workers() if worker.tomcat == tomcat)


def _missing(key: object) -> NoReturn:
    raise KeyError(str(key))
