"""servers.toml as frozen dataclasses: what there is to deploy to, and where it lives."""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, NoReturn

from isdeploy_tui.config_table import ConfigError, Table

__all__ = [
    "ApacheConfig",
    "ApacheId",
    "Config",
    "ConfigError",
    "ServiceConfig",
    "WorkerConfig",
    "WorkerId",
    "find",
    "load",
    "parse",
]

SETTLE_MARGIN = 1.5
"""Seconds after ``reload_seconds`` until every new request follows a written map.

A child checks when strictly more than ``JkMountFileReload`` whole seconds have passed, so one second is mod_jk's and
half a second is for loading (mod_jk: ``uri_worker_map_update``).
"""

MOST_LOG_LINES = 1_000_000
"""Lines of a log that can be kept; they take about 300 MB."""

ENVIRONMENT_VARIABLE = "ISDEPLOY_CONFIG"

_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


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
    """

    id: WorkerId
    ssh: str
    tomcat: str
    log: str | None = None
    deploy: str | None = None
    check_url: str | None = None
    check_text: str | None = None
    drained: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class ApacheConfig:
    """An Apache httpd with one map file."""

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
    read when it is opened on the screen, ``log_keep`` are kept.
    """

    source: str
    services: tuple[ServiceConfig, ...]
    poll_seconds: float = 2
    connect_seconds: float = 10
    ssh_config: str | None = None
    secret_arguments: tuple[str, ...] = ()
    log_lines: int = 200
    log_keep: int = 20_000

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


def find(given: str | None = None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the configuration file to use.

    In order: ``given`` (``--config``), ``$ISDEPLOY_CONFIG``, ``./servers.toml``, the user's and the machine's.
    Raises ConfigError when the one that was named, or every one of the usual places, does not exist.
    """
    for named, how in ((given, "--config"), (environ.get(ENVIRONMENT_VARIABLE), f"${ENVIRONMENT_VARIABLE}")):
        if named:
            if not Path(named).is_file():
                raise ConfigError(named, [f"no such file (named by {how})"])
            return Path(named)
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "/")) / ".config")
    places = [Path("servers.toml"), Path(home) / "isdeploy" / "servers.toml", Path("/etc/isdeploy/servers.toml")]
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(str(place) for place in places)
    raise ConfigError("servers.toml", [f"no configuration found; looked for {looked}; try 'isdeploy-tui demo' first"])


def load(path: Path) -> Config:
    """Read and check a servers.toml. Raises ConfigError, which names every place that is wrong."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [f"not UTF-8 text (byte {error.start})"]) from None
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from None
    return parse(text, str(path))


def parse(text: str, source: str = "servers.toml") -> Config:
    """Check the text of a servers.toml and return it as a Config. Raises ConfigError with all problems at once."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(source, [f"not valid TOML: {error}"]) from None
    problems: list[str] = []
    top = Table(data, "", problems)
    poll = top.number("poll_seconds", 2, minimum=0.2)
    connect = top.number("connect_seconds", 10, minimum=0.5)
    secret_arguments = top.texts("secret_arguments", None) or ()
    log_lines = top.whole_number("log_lines", 200, minimum=1, maximum=MOST_LOG_LINES)
    log_keep = top.whole_number("log_keep", 20_000, minimum=100, maximum=MOST_LOG_LINES)
    ssh_config = top.text("ssh_config", None)
    if ssh_config and not ssh_config.startswith(("/", "~")):
        # A relative path means beside the servers.toml that names it, wherever the program was started.
        ssh_config = str(Path(source).resolve().parent / ssh_config)
    services = tuple(_service(table) for table in top.tables("service", named=_NAME))
    if not services and not problems:
        top.problem("service", "at least one [[service]] is expected")
    top.finish()
    if problems:
        raise ConfigError(source, problems)
    config = Config(source, services, poll, connect, ssh_config, secret_arguments, log_lines, log_keep)
    _check_shared_tomcats(config, problems)
    if problems:
        raise ConfigError(source, problems)
    return config


def _service(table: Table) -> ServiceConfig:
    name = table.name
    service = ServiceConfig(
        name=name,
        comment=table.text("comment", ""),
        environment=table.text("environment", ""),
        operators=table.texts("operators", None),
        min_active=table.whole_number("min_active", 1, minimum=1),
        drain_timeout=table.number("drain_timeout", 60, minimum=1),
        ready_timeout=table.number("ready_timeout", 180, minimum=1),
        soft_seconds=table.number("soft_seconds", 0, minimum=0),
        quiet_seconds=table.number("quiet_seconds", None, minimum=0),
        apaches=tuple(_apache(name, apache) for apache in table.tables("apache", named=_NAME, required=True)),
    )
    table.finish()
    return service


def _apache(service: str, table: Table) -> ApacheConfig:
    id = ApacheId(service, table.name)
    ssh = table.ssh("ssh")
    apache = ApacheConfig(
        id=id,
        ssh=ssh,
        map=table.absolute_path("map", required=True),
        workers_file=table.absolute_path("workers_file", required=True),
        reload_seconds=table.number("reload_seconds", 60, minimum=1),
        status_url=table.url("status_url"),
        access_log=table.absolute_path("access_log") or None,
        sudo=table.boolean("sudo", False),
        rules=table.rules("rules"),
        balancers=table.texts("balancers", None) or (),
        workers=tuple(_worker(id, ssh, worker) for worker in table.tables("worker", named=_NAME, required=True)),
    )
    table.finish()
    return apache


def _worker(apache: ApacheId, apache_ssh: str, table: Table) -> WorkerConfig:
    id = WorkerId(*apache, table.name)
    ssh = table.ssh("ssh", apache_ssh)
    log = table.absolute_path("log")
    # Two workers that write the same log on the same host are one Tomcat, said or not.
    identity = f"{ssh}:{log}" if log else str(id)
    worker = WorkerConfig(
        id=id,
        ssh=ssh,
        tomcat=table.text("tomcat", "") or identity,
        log=log or None,
        deploy=table.absolute_path("deploy") or None,
        check_url=table.url("check_url"),
        check_text=table.text("check_text", None),
        drained=table.rules("drained"),
    )
    table.finish()
    return worker


def _check_shared_tomcats(config: Config, problems: list[str]) -> None:
    """One Tomcat has one host and one deploy script, whichever worker names it."""
    first: dict[str, WorkerConfig] = {}
    for worker in config.workers():
        other = first.setdefault(worker.tomcat, worker)
        for key in ("ssh", "deploy", "log"):
            mine, theirs = getattr(worker, key), getattr(other, key)
            if mine != theirs and mine is not None and theirs is not None:
                problems.append(
                    f"worker '{worker.id}': {key} is '{mine}', but '{other.id}', "
                    f"the same tomcat '{worker.tomcat}', has '{theirs}'"
                )
