"""Several machines on this one: namespaces with processes, addresses and a name of their own, behind a real sshd."""

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.lab.processes import environment, kill_own, wait_until
from tests.lab.programs import MODULES, program
from tests.lab.sshd import SshKeys, user

_UNSHARE = ("unshare", "--net", "--pid", "--mount", "--uts", "--fork", "--mount-proc")

_PROGRAMS = ("apache2", "sshd", "unshare", "nsenter", "ip", "hostname")


def require_machines() -> None:
    """Skip the test where this account may not make namespaces, or a program for them is missing."""
    for name in _PROGRAMS:
        try:
            program(name)
        except FileNotFoundError:
            pytest.skip(f"left out: there is no {name}")
    if os.geteuid() != 0 or subprocess.run([*_UNSHARE, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("left out: only root with all its rights makes machines of namespaces")


class Machine:
    """One of them; ``pid`` is its first process as seen from here."""

    def __init__(self, name: str, address: str, machines: "Machines") -> None:
        self.name = name
        self.folder = machines.folder / name
        self.folder.mkdir()
        self._environ = environment(machines.folder)
        setup = f"hostname {name}; ip link set lo up; ip addr add {address}/32 dev lo; exec sleep infinity"
        self._process = subprocess.Popen([*_UNSHARE, "sh", "-c", setup], env=self._environ)
        self._started: list[subprocess.Popen[bytes]] = []
        self.pid = 0
        assert wait_until(self._is_up, 30), f"{name} did not start"

    def _is_up(self) -> bool:
        self.pid, command = _first_child(self._process.pid)
        return command == "sleep"

    def inside(self, *command: str) -> list[str]:
        """Return the command line that runs a command on it."""
        return [program("nsenter"), "-t", str(self.pid), "-n", "-p", "-m", "-u", *command]

    def run(self, *command: str) -> None:
        """Run a program on it to its end."""
        subprocess.run(self.inside(*command), env=self._environ, check=True, stdin=subprocess.DEVNULL)

    def httpd(self, text: str) -> None:
        """Start an httpd with mod_jk; ``@`` in the text is this machine's folder."""
        for name in ("run", "logs"):
            (self.folder / name).mkdir()
        modules = ("mpm_event", "authz_core", "authz_host", "jk")
        head = [
            f'ServerRoot "{self.folder}"',
            f'DefaultRuntimeDir "{self.folder}/run"',
            "PidFile run/httpd.pid",
            "ErrorLog logs/error.log",
            *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in modules),
            "User www-data",
            "Group www-data",
            "ServerName localhost",
            "Listen 80",
            "JkShmFile run/jk.shm",
            "JkLogFile logs/jk.log",
        ]
        (self.folder / "httpd.conf").write_text("\n".join(head) + "\n" + text.replace("@", str(self.folder)))
        self.run(program("apache2"), "-d", str(self.folder), "-f", "httpd.conf", "-k", "start")

    def tomcat(self, name: str, port: int, route: str) -> Path:
        """Start what looks like a Tomcat: its command line, its server.xml and its catalina.out are real."""
        base = self.folder / name
        for folder in ("conf", "logs"):
            (base / folder).mkdir(parents=True)
        (base / "conf" / "server.xml").write_text(
            f'<Server><Service name="Catalina"><Connector protocol="AJP/1.3" port="{port}"/>'
            f'<Engine name="Catalina" jvmRoute="{route}"/></Service></Server>'
        )
        (base / "logs" / "catalina.out").write_text("up\n")
        command = self.inside("python3", "-c", "import time; time.sleep(600)", f"-Dcatalina.base={base}", "start")
        with (base / "logs" / "catalina.out").open("a") as out:
            process = subprocess.Popen(command, env=self._environ, stdin=subprocess.DEVNULL, stdout=out)
        self._started.append(process)
        assert wait_until(lambda: _first_child(process.pid)[1].startswith("python"), 30), f"{name} did not start"
        return base

    def stop(self) -> None:
        """End it with all that runs on it."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
        for process in (*self._started, self._process):
            process.kill()
            process.wait()


def _first_child(pid: int) -> tuple[int, str]:
    """Return the first child of a process and what it runs; 0 as long as there is none."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return (int(children[0]), Path(f"/proc/{children[0]}/comm").read_text().strip()) if children else (0, "")
    except (FileNotFoundError, ProcessLookupError):
        return 0, ""


class Machines:
    """All of a test. Their SSH needs no network: each connection is an sshd of its own, started over there."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.keys = SshKeys(folder / "keys")
        self._stack = stack
        self._blocks: list[str] = []
        (folder / "home").mkdir()
        kind, key, *_ = self.keys.host.with_suffix(".pub").read_text().split()
        (folder / "known_hosts").write_text(f"* {kind} {key}\n")
        (folder / "sshd_config").write_text(
            f"HostKey {self.keys.host}\nAuthorizedKeysFile {self.keys.authorized}\nStrictModes no\nUsePAM no\n"
            f"PermitRootLogin yes\nPidFile none\nSetEnv HOME={folder / 'home'}\nSubsystem sftp internal-sftp\n"
        )

    @property
    def ssh_config(self) -> Path:
        """The ssh_config that names them all."""
        file = self.folder / "ssh_config"
        file.write_text("\n".join(self._blocks))
        return file

    def start(self, name: str, address: str) -> Machine:
        """Start one with this address beside its loopback."""
        machine = Machine(name, address, self)
        self._stack.callback(machine.stop)
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        sshd = machine.inside(program("sshd"), "-i", "-f", str(self.folder / "sshd_config"))
        self._blocks.append(
            f"Host {name}\n  User {user()}\n  ProxyCommand {shlex.join(sshd)}\n  IdentityFile {self.keys.user}\n"
            f"  IdentityAgent none\n  UserKnownHostsFile {self.folder / 'known_hosts'}\n"
        )
        return machine


@contextmanager
def machines_in(folder: Path) -> Iterator[Machines]:
    """Yield machines that end with the context."""
    require_machines()
    folder.chmod(0o755)
    try:
        with ExitStack() as stack:
            yield Machines(folder, stack)
    finally:
        kill_own(folder)
        shutil.rmtree(folder, ignore_errors=True)
