"""The whole lab: Tomcats behind Apaches, an SSH server for each machine, and the servers.toml for it."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.lab.apache import Apache
from tests.lab.processes import kill_own
from tests.lab.programs import free_ports
from tests.lab.scenario import Scenario
from tests.lab.servers import servers_toml
from tests.lab.sshd import Sshd, SshKeys
from tests.lab.tomcat import FIRST_VERSION, Tomcat


@dataclass(frozen=True, slots=True)
class Stack:
    """A lab that runs. The Apaches are ``web1``…, the machines of the Tomcats ``was1``…, each an alias of ssh_config.

    ``machines`` are their SSH servers by alias. ``home`` is the home directory of every SSH session.
    """

    scenario: Scenario
    directory: Path
    apaches: tuple[Apache, ...]
    tomcats: tuple[Tomcat, ...]
    machines: dict[str, Sshd]
    _map_states: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def config_file(self) -> Path:
        """The servers.toml: service ``shop``, apaches ``web1``…, workers ``worker1``…."""
        return self.directory / "servers.toml"

    @property
    def ssh_config(self) -> Path:
        """The ssh_config with an alias for each machine."""
        return self.directory / "ssh_config"

    @property
    def home(self) -> Path:
        """The home directory of every SSH session."""
        return self.directory / "home"

    @property
    def apache(self) -> Apache:
        """The first Apache."""
        return self.apaches[0]

    @property
    def url(self) -> str:
        """The first Apache's address."""
        return self.apache.url

    def tomcat(self, worker: str) -> Tomcat:
        """Return the Tomcat of a worker. Raises KeyError."""
        for tomcat in self.tomcats:
            if tomcat.worker == worker:
                return tomcat
        raise KeyError(worker)

    def start(self) -> None:
        """Start everything, the Tomcats side by side. Raises StartError."""
        for tomcat in self.tomcats:
            tomcat.start()
        for machine in self.machines.values():
            machine.start()
        for tomcat in self.tomcats:
            tomcat.wait()
        for apache in self.apaches:
            apache.start()
            self._map_states[apache.name] = _map_state(apache)

    def reset(self) -> None:
        """Make it as it was at the start, as far as a test has changed it; a lab that nobody touched costs nothing."""
        for machine in self.machines.values():
            if not machine.runs:
                machine.start()
            else:
                machine.thaw()
        # A script that a test left behind would restart a Tomcat in the middle of the next one.
        kill_own(self.directory, "deploy.sh")
        stale = [tomcat for tomcat in self.tomcats if tomcat.version != FIRST_VERSION or not tomcat.answers()]
        with ThreadPoolExecutor() as pool:
            list(pool.map(Tomcat.stop, stale))
        for tomcat in stale:
            tomcat.install(FIRST_VERSION)
            tomcat.start()
        for tomcat in stale:
            tomcat.wait()
        for apache in self.apaches:
            touched = self._map_states.get(apache.name) != _map_state(apache)
            if touched:
                apache.lay_out_map()
            # A restart takes effect at once, a new map only after the settle time, a forgotten error after a minute.
            if touched or stale or not apache.runs or apache.has_members_in_error():
                apache.restart()
            self._map_states[apache.name] = _map_state(apache)
            # Journal, leases and backups of maps are kept there.
            shutil.rmtree(apache.map.resolve().parent / ".isdeploy", ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)
        self.home.mkdir(exist_ok=True)

    def stop(self) -> None:
        """Stop everything that belongs to the lab and remove its directory."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(Apache.stop, self.apaches))
        for machine in self.machines.values():
            machine.stop()
        kill_own(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)


def _map_state(apache: Apache) -> tuple[int, int]:
    with contextlib.suppress(FileNotFoundError):
        status = apache.map.stat()
        return status.st_mtime_ns, status.st_ctime_ns
    return 0, 0


def build(scenario: Scenario) -> Stack:
    """Write a lab to a new temporary directory without starting it."""
    # httpd's children run as another user when root starts them: they must be able to come here.
    directory = Path(tempfile.mkdtemp(prefix="isdeploy-lab-")).resolve()
    directory.chmod(0o755)
    (directory / "home").mkdir()
    ports = free_ports()
    tomcats = tuple(
        Tomcat(worker, directory / f"tomcat{number}", next(ports)) for number, worker in enumerate(scenario.workers, 1)
    )
    for tomcat in tomcats:
        tomcat.create(directory)
    share = scenario.tomcats // scenario.apaches
    apaches = tuple(
        Apache(
            f"web{number}",
            directory / f"web{number}",
            directory,
            scenario,
            tomcats[share * (number - 1) : share * number] if scenario.own_tomcats else tomcats,
            ports,
        )
        for number in range(1, scenario.apaches + 1)
    )
    keys = SshKeys(directory / "ssh")
    names = [apache.name for apache in apaches] + [f"was{number}" for number in range(1, scenario.tomcats + 1)]
    machines = {name: Sshd(name, directory / "ssh" / name, next(ports), keys, directory / "home") for name in names}
    for machine in machines.values():
        machine.trust()
    stack = Stack(scenario, directory, apaches, tomcats, machines)
    stack.ssh_config.write_text("\n".join(machine.alias(name) for name, machine in machines.items()))
    stack.config_file.write_text(servers_toml(scenario, stack.ssh_config, apaches, tomcats))
    return stack


@contextmanager
def running(scenario: Scenario) -> Iterator[Stack]:
    """Build and start a lab, and stop it at the end whatever happens. Raises StartError."""
    stack = build(scenario)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
