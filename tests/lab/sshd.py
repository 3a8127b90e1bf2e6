"""Real OpenSSH servers on loopback: keys, known_hosts and an ssh_config with an alias for each."""

import os
import pwd
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tests.lab.processes import MARK, Daemon, accepts, environment
from tests.lab.programs import program

_PRIVILEGE_SEPARATION = Path("/run/sshd")


class SshKeys:
    """One host key and one user key in ``directory``, made once and shared by all servers of a lab."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.host = directory / "host_ed25519"
        self.user = directory / "user_ed25519"
        for key in (self.host, self.user):
            if not key.exists():
                command = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", key.name, "-f", str(key)]
                subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        self.authorized = directory / "authorized_keys"
        self.authorized.write_bytes(self.user.with_suffix(".pub").read_bytes())

    def known_host(self, port: int) -> str:
        """Return the known_hosts line of a server on that port."""
        kind, key, *_ = self.host.with_suffix(".pub").read_text().split()
        return f"[127.0.0.1]:{port} {kind} {key}\n"


class Sshd:
    """One sshd for the current user, whose sessions have ``home`` as their home and carry the lab's mark.

    ``options`` are lines of sshd_config that go before ours, so that they win.
    """

    def __init__(
        self, name: str, directory: Path, port: int, keys: SshKeys, home: Path, options: Sequence[str] = ()
    ) -> None:
        self.name = name
        self.port = port
        self.keys = keys
        self.home = home
        self._directory = directory
        home.mkdir(parents=True, exist_ok=True)
        directory.mkdir(parents=True, exist_ok=True)
        self._config = directory / "sshd_config"
        self.log = directory / "sshd.log"
        lines = (
            *options,
            f"Port {port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {keys.host}",
            f"AuthorizedKeysFile {keys.authorized}",
            f"PidFile {directory / 'sshd.pid'}",
            "StrictModes no",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin yes",
            # A locked account may log in with a key only when PAM is asked instead of the shadow file.
            f"UsePAM {'yes' if _locked(user()) else 'no'}",
            "PrintMotd no",
            "MaxStartups 500",
            f"SetEnv HOME={home} {MARK}={home.parent}",
            "Subsystem sftp internal-sftp",
        )
        self._config.write_text("\n".join(lines) + "\n")
        argv = [program("sshd"), "-D", "-E", str(self.log), "-f", str(self._config)]
        self._daemon = Daemon(f"sshd {name}", argv, self.log, environment(home.parent))

    @property
    def runs(self) -> bool:
        """True while the server is there."""
        return self._daemon.runs

    def start(self) -> None:
        """Start it. Raises StartError."""
        if os.geteuid() == 0:
            _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        self._daemon.start(lambda: accepts(self.port))

    def connections(self) -> tuple[int, ...]:
        """Return the processes that serve its connections (not what runs inside the sessions)."""
        children = Path(f"/proc/{self._daemon.pid}/task/{self._daemon.pid}/children")
        return tuple(int(pid) for pid in children.read_text().split())

    def drop_connections(self) -> None:
        """Cut every connection, as a failing network does; what runs in the sessions is left to itself."""
        for pid in self.connections():
            _kill(pid, signal.SIGKILL)

    def freeze(self) -> None:
        """Stop answering without closing anything, as a hanging machine does."""
        for pid in (*self.connections(), self._daemon.pid):
            _kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Answer again."""
        for pid in (self._daemon.pid, *self.connections()):
            _kill(pid, signal.SIGCONT)

    def stop(self) -> None:
        """End the server and its connections."""
        if self.runs:
            self.thaw()
            self.drop_connections()
        self._daemon.stop()

    def alias(self, name: str) -> str:
        """Return the ssh_config block under which this server is ``name``."""
        return (
            f"Host {name}\n"
            "  HostName 127.0.0.1\n"
            f"  Port {self.port}\n"
            f"  User {user()}\n"
            f"  IdentityFile {self.keys.user}\n"
            "  IdentitiesOnly yes\n"
            "  IdentityAgent none\n"
            f"  UserKnownHostsFile {self._directory / 'known_hosts'}\n"
            "  GlobalKnownHostsFile /dev/null\n"
            "  StrictHostKeyChecking yes\n"
        )

    def trust(self) -> None:
        """Write the server's host key to the known_hosts file that its alias names."""
        (self._directory / "known_hosts").write_text(self.keys.known_host(self.port))


def user() -> str:
    """Return the name of the user that runs this, who is also the one to log in."""
    return pwd.getpwuid(os.geteuid()).pw_name


def _locked(name: str) -> bool:
    try:
        lines = Path("/etc/shadow").read_text("utf-8", "replace").splitlines()
    except OSError:  # not root: then sshd cannot read it either
        return False
    return any(line.startswith(f"{name}:!") for line in lines)


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
