"""Finds, reads and checks a servers.toml: all that is wrong in it is named at once, each with its place."""

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from isdeploy_tui.config.model import (
    ApacheConfig,
    ApacheId,
    Config,
    FrontConfig,
    ServiceConfig,
    WorkerConfig,
    WorkerId,
)
from isdeploy_tui.config.table import ConfigError, KeyPath, Problem, Table
from isdeploy_tui.printable import printable

MOST_LOG_LINES = 1_000_000
"""Lines of a log that can be kept; they take about 300 MB."""

ENVIRONMENT_VARIABLE = "ISDEPLOY_CONFIG"

JudgeKeys = Callable[[Mapping[str, str]], Iterable[tuple[str, str]]]
"""Says what is wrong in ``[keys]``: the id as it was written, and a sentence."""

_NAME = re.compile(r"[A-Za-z0-9_.:-]+")


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
    places = [Path("servers.toml"), user_file(environ), Path("/etc/isdeploy/servers.toml")]
    for place in places:
        if place.is_file():
            return place
    looked = ", ".join(str(place) for place in places)
    make = "or make one: isdeploy-tui discover HOST"
    sentence = f"no configuration found; looked for {looked}; try 'isdeploy-tui demo' first, {make}"
    raise ConfigError("servers.toml", [sentence])


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return where a person's own configuration is looked for."""
    home = environ.get("XDG_CONFIG_HOME") or str(Path(environ.get("HOME", "/")) / ".config")
    return Path(home) / "isdeploy" / "servers.toml"


def load(path: Path, judge_keys: JudgeKeys | None = None) -> Config:
    """Read and check a servers.toml. Raises ConfigError, which names every place that is wrong."""
    return parse(read_text(path), str(path), judge_keys)


def read_text(path: Path) -> str:
    """Return the text of a servers.toml. Raises ConfigError."""
    try:
        return decoded(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from None


def decoded(data: bytes, source: str) -> str:
    """Return bytes as text. Raises ConfigError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(source, [f"not UTF-8 text (byte {error.start})"]) from None


def parse(text: str, source: str = "servers.toml", judge_keys: JudgeKeys | None = None) -> Config:
    """Check the text of a servers.toml and return it as a Config. Raises ConfigError with all problems at once.

    ``judge_keys`` is what knows the actions of ``[keys]``; without it any are accepted.
    """
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
    mouse = top.boolean("mouse", True)
    keys = top.named_texts("keys")
    problems += (
        Problem(f"keys › {printable(id, 60)}: {sentence}", ("keys", id))
        for id, sentence in (judge_keys(keys) if judge_keys is not None else ())
    )
    bell = top.boolean("bell", True)
    notify_command = top.texts("notify_command", None) or ()
    if notify_command and not notify_command[0].startswith("/"):
        top.problem("notify_command", "its first word must be the absolute path of a program on this machine")
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
    config = Config(
        source=source,
        services=services,
        poll_seconds=poll,
        connect_seconds=connect,
        ssh_config=ssh_config,
        secret_arguments=secret_arguments,
        log_lines=log_lines,
        log_keep=log_keep,
        mouse=mouse,
        keys=keys,
        bell=bell,
        notify_command=notify_command,
    )
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
        front=_front(
            table,
            table.command("out_command"),
            table.command("in_command"),
            table.command("state_command"),
            table.number("out_seconds", None, minimum=0),
            table.number("in_seconds", None, minimum=0),
        ),
        workers=tuple(_worker(id, ssh, worker) for worker in table.tables("worker", named=_NAME, required=True)),
    )
    table.finish()
    return apache


def _front(
    table: Table,
    out: tuple[str, ...],
    into: tuple[str, ...],
    state: tuple[str, ...],
    out_seconds: float | None,
    in_seconds: float | None,
) -> FrontConfig | None:
    """Whoever takes an Apache out must be able to put it back, and to know where it stands and how soon that holds."""
    given = {"out_command": out, "in_command": into, "state_command": state, "out_seconds": out_seconds}
    if not any((out, into, state)) and out_seconds is None and in_seconds is None:
        return None
    missing = [key for key, value in given.items() if value is None or value == ()]
    if missing:
        table.problem(missing[0], f"is missing; {', '.join(given)} belong together")
        return None
    seconds = out_seconds or 0
    return FrontConfig(out, into, state, seconds, seconds if in_seconds is None else in_seconds)


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
        version_command=table.text("version_command", None) or None,
        version_pattern=table.pattern("version_pattern"),
        drained=table.rules("drained"),
    )
    if worker.version_pattern and worker.version_command:
        table.problem("version_pattern", "version_command tells the version already; one of the two is expected")
    elif worker.version_pattern and not worker.check_url:
        table.problem("version_pattern", "is looked for in the answer of check_url, which is missing")
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
                sentence = (
                    f"worker '{worker.id}': {key} is '{mine}', but '{other.id}', "
                    f"the same tomcat '{worker.tomcat}', has '{theirs}'"
                )
                problems.append(Problem(sentence, (*_path_of(config, worker), key)))


def _path_of(config: Config, worker: WorkerConfig) -> KeyPath:
    service = config.service(worker.id.service)
    apache = config.apache(worker.id.apache_id)
    numbers = config.services.index(service), service.apaches.index(apache), apache.workers.index(worker)
    return ("service", numbers[0], "apache", numbers[1], "worker", numbers[2])
