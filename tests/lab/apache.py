"""An Apache httpd of the lab: mod_jk with its workers.properties and its map, and an access log that names workers."""

import os
import shutil
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from tests.lab.processes import Daemon, accepts, environment, wait_until
from tests.lab.programs import MODULES, program
from tests.lab.scenario import Scenario
from tests.lab.tomcat import Tomcat

RUN_USER = "www-data"
"""The user of httpd's children when the lab is started by root; it must be able to read the map."""

_LIMITS = {
    # Two children at least: each checks and reloads the map for itself. None ends while a test counts.
    "event": "ServerLimit 4\nStartServers 2\nThreadsPerChild 64\nMaxRequestWorkers 256\nMinSpareThreads 64\n"
    "MaxSpareThreads 256\nThreadLimit 64\nAsyncRequestWorkerFactor 4",
    "prefork": "ServerLimit 150\nStartServers 8\nMaxRequestWorkers 150\nMinSpareServers 4\nMaxSpareServers 150",
}


@dataclass(frozen=True, slots=True)
class Request:
    """A line of the access log: when the request began (Unix seconds) and which member of the lb answered it."""

    began: float
    seconds: float
    status: int
    path: str
    balancer: str
    member: str


class Apache:
    """An httpd at ``directory``, serving ``scenario`` for the given Tomcats, with a port for each virtual host."""

    def __init__(
        self,
        name: str,
        directory: Path,
        lab: Path,
        scenario: Scenario,
        tomcats: Sequence[Tomcat],
        ports: Iterator[int],
    ) -> None:
        self.name = name
        self.directory = directory
        self.port = next(ports)
        self.second_port = next(ports) if scenario.second_vhost else None
        self.direct_ports = {tomcat.worker: next(ports) for tomcat in tomcats} if scenario.direct_vhosts else {}
        self.workers_file = directory / "workers.properties"
        self.map = directory / "conf" / "uriworkermap.properties"
        self.access_log = directory / "access.log"
        self.combined_log = directory / "access_combined.log"
        self.jk_log = directory / "mod_jk.log"
        self.error_log = directory / "error.log"
        self._scenario = scenario
        self.tomcats = tuple(tomcats)
        config = directory / "httpd.conf"
        argv = [program("apache2"), "-f", str(config), "-D", "FOREGROUND"]
        self._daemon = Daemon(f"httpd {name}", argv, self.error_log, environment(lab))
        self._create(config)

    @property
    def url(self) -> str:
        """The site's address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def status_url(self) -> str | None:
        """The address of jkstatus, which only loopback may read and nobody may change through."""
        return f"{self.url}/jkstatus" if self._scenario.jkstatus else None

    @property
    def map_bytes(self) -> bytes:
        """The map as the scenario has it."""
        return "".join(f"{line}\n" for line in self._scenario.map_lines).encode()

    def _create(self, config: Path) -> None:
        for folder in ("run", "htdocs"):
            (self.directory / folder).mkdir(parents=True)
        self.workers_file.write_text(_workers_properties(self._scenario, self.tomcats, list(self.direct_ports)))
        self.lay_out_map()
        config.write_text(self._httpd_conf())

    def lay_out_map(self) -> None:
        """Put the scenario's map in place as a new file, and take away everything else that lies beside it."""
        conf, shared = self.map.parent, self.directory / "shared"
        for folder in (conf, shared):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            folder.chmod(0o755)
        if self._scenario.map_is_symlink:
            self.map.symlink_to(shared / self.map.name)
        self.map.write_bytes(self.map_bytes)
        self.map.chmod(0o644)
        # Old enough that the next write, even one in this very second, is one that httpd can see.
        os.utime(self.map, (time.time() - 3600, time.time() - 3600))

    def _httpd_conf(self) -> str:
        here, mpm = self.directory, self._scenario.mpm
        modules = (f"mpm_{mpm}", "authz_core", "authz_host", "jk")
        mounted = f"JkMountFile {self.map}\nJkMountFileReload {self._scenario.reload_seconds}"
        status = "JkMount /jkstatus jkstatus\n<Location /jkstatus>\nRequire local\n</Location>"
        hosts = [(self.port, f"{mounted}\n{status}" if self._scenario.jkstatus else mounted)]
        if self.second_port is not None:
            hosts.append((self.second_port, mounted))
        hosts += [(port, f"JkMount /* {worker}") for worker, port in self.direct_ports.items()]
        parts = [
            f'ServerRoot "{here}"',
            "ServerName localhost",
            f'DefaultRuntimeDir "{here}/run"',
            f'PidFile "{here}/run/httpd.pid"',
            *(f"LoadModule {module}_module {MODULES}/mod_{module}.so" for module in modules),
            *([f"User {RUN_USER}", f"Group {RUN_USER}"] if os.geteuid() == 0 else []),
            _LIMITS[mpm],
            "KeepAlive On\nMaxKeepAliveRequests 0\nKeepAliveTimeout 60\nListenBacklog 511",
            f'DocumentRoot "{here}/htdocs"',
            f'ErrorLog "{self.error_log}"',
            f'JkWorkersFile "{self.workers_file}"',
            f'JkShmFile "{here}/run/jk.shm"',
            f'JkLogFile "{self.jk_log}"',
            "JkLogLevel info",
            r'LogFormat "%{begin:usec}t %D %>s %{JK_WORKER_NAME}n %{JK_LB_LAST_NAME}n %U" lab',
            # A virtual host without a log of its own uses this one.
            f'CustomLog "{self.access_log}" lab',
            r'LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined',
            f'CustomLog "{self.combined_log}" combined',
        ]
        for port, body in hosts:
            parts += [f"Listen 127.0.0.1:{port}", f"<VirtualHost 127.0.0.1:{port}>\n{body}\n</VirtualHost>"]
        return "\n".join(parts) + "\n"

    @property
    def runs(self) -> bool:
        """True while its parent process is there."""
        return self._daemon.runs

    def start(self) -> None:
        """Start it. Raises StartError."""
        self._daemon.start(lambda: accepts(self.port))

    def stop(self) -> None:
        """Stop it and all its children."""
        self._daemon.stop()

    def restart(self) -> None:
        """Stop and start: every child and mod_jk's shared memory begin anew."""
        self.stop()
        self.start()

    def has_members_in_error(self) -> bool:
        """True when mod_jk leaves a member alone because it did not answer; it would for a minute more."""
        if not self._scenario.jkstatus or not self.runs:
            return False
        return any(key.endswith(".state") and not state.startswith("OK") for key, state in self.jkstatus().items())

    def graceful(self) -> None:
        """Read the configuration again without dropping a request (SIGUSR1), and wait for that."""
        resumed = self.error_log.read_bytes().count(b"resuming normal operations")
        self._daemon.signal(signal.SIGUSR1)
        wait_until(lambda: self.error_log.read_bytes().count(b"resuming normal operations") > resumed, 60)

    def write_map(self, data: bytes, mtime: int | None = None) -> None:
        """Replace the map by rename, as a careful hand does: owner and mode stay, and the time is a new second.

        ``mtime`` sets the new file's time instead (whole seconds).
        """
        target = self.map.resolve()
        old = target.stat()
        new = target.with_name(f".{target.name}.new")
        new.write_bytes(data)
        new.chmod(old.st_mode & 0o7777)
        os.chown(new, old.st_uid, old.st_gid)
        if mtime is None:
            mtime = max(int(time.time()), int(old.st_mtime) + 1)
        os.utime(new, (mtime, mtime))
        new.replace(target)

    def requests(self) -> list[Request]:
        """Return the access log, oldest first by the end of the request; ``-`` where mod_jk was not asked."""
        found = []
        for line in self.access_log.read_text("utf-8", "replace").splitlines():
            began, micros, status, balancer, member, path = line.split(" ", 5)
            seconds = int(micros) / 1e6
            found.append(Request(int(began) / 1e6, seconds, int(status), path, balancer, member))
        return found

    def jkstatus(self) -> Mapping[str, str]:
        """Return jkstatus as its properties (``worker.worker1.busy`` …); the child that answers checks the map."""
        with urlopen(f"{self.status_url}?mime=prop", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line)


def _workers_properties(scenario: Scenario, tomcats: Sequence[Tomcat], mounted_alone: Sequence[str]) -> str:
    names = [tomcat.worker for tomcat in tomcats]
    balancers = {"balancer": names}
    if scenario.exclusion_balancers:
        balancers |= {
            f"balancer_ex{number}": [other for other in names if other != name] for number, name in enumerate(names, 1)
        }
    listed = [*balancers, *mounted_alone, *(["jkstatus"] if scenario.jkstatus else [])]
    lines = [f"worker.list={','.join(listed)}", "", "worker.template.type=ajp13", "worker.template.host=127.0.0.1"]
    for tomcat in tomcats:
        lines += [f"worker.{tomcat.worker}.reference=worker.template", f"worker.{tomcat.worker}.port={tomcat.port}"]
    for balancer, members in balancers.items():
        lines += [
            "",
            f"worker.{balancer}.type=lb",
            f"worker.{balancer}.balance_workers={','.join(members)}",
            f"worker.{balancer}.method={scenario.method}",
        ]
    if scenario.jkstatus:
        lines += ["", "worker.jkstatus.type=status", "worker.jkstatus.read_only=true"]
    return "\n".join(lines) + "\n"
