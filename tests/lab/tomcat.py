"""A Tomcat of the lab: a CATALINA_BASE with one small application behind an AJP connector, and its deploy script."""

import shlex
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.lab.processes import StartError, environment, tail, wait_until
from tests.lab.programs import CATALINA_HOME, java_home

FILES = Path(__file__).parent / "files"
FIRST_VERSION = "1.0"

_CPING = b"\x12\x34\x00\x01\x0a"
_CPONG = b"\x41\x42\x00\x01\x09"


@dataclass(frozen=True, slots=True)
class Tomcat:
    """A Tomcat at ``base`` with its AJP connector on ``port``; ``worker`` is its jvmRoute and its name for mod_jk."""

    worker: str
    base: Path
    port: int

    @property
    def log(self) -> Path:
        """catalina.out."""
        return self.base / "logs" / "catalina.out"

    @property
    def deploy_script(self) -> Path:
        """Takes a version; see its head for the options."""
        return self.base / "deploy.sh"

    @property
    def version(self) -> str:
        """The version that is installed (what runs may be older)."""
        return (self.base / "version").read_text().strip()

    def create(self, directory: Path) -> None:
        """Write everything that it needs; ``directory`` is the lab's."""
        for folder in ("bin", "conf", "logs", "temp", "work", "webapps/ROOT/WEB-INF"):
            (self.base / folder).mkdir(parents=True)
        for source, target in (
            ("server.xml", "conf"),
            ("context.xml", "conf"),
            ("logging.properties", "conf"),
            ("default-web.xml", "conf/web.xml"),
            ("setenv.sh", "bin"),
            ("web.xml", "webapps/ROOT/WEB-INF"),
            ("application.jsp", "webapps/ROOT"),
            ("tomcat.sh", "."),
            ("deploy.sh", "."),
        ):
            shutil.copy(FILES / source, self.base / target)
        self.install(FIRST_VERSION)
        settings = {
            "CATALINA_HOME": str(CATALINA_HOME),
            "JAVA_HOME": str(java_home()),
            "worker": self.worker,
            "port": str(self.port),
            **environment(directory),
        }
        # A deploy script is started through SSH, whose environment says nothing about any of this.
        lines = [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
        lines.append(f"export {' '.join(environment(directory))}")
        (self.base / "lab.sh").write_text("\n".join(lines) + "\n")

    def install(self, version: str) -> None:
        """Install a version without starting it."""
        (self.base / "version").write_text(version + "\n")

    def start(self) -> None:
        """Start the process; see ``wait``."""
        self._control("start")

    def stop(self) -> None:
        """Stop the process and wait for its end."""
        self._control("stop")

    def _control(self, what: str) -> None:
        command = [str(self.base / "tomcat.sh"), what]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60)

    def wait(self, seconds: float = 60) -> None:
        """Return when the connector answers. Raises StartError."""
        if not wait_until(self.answers, seconds, 0.05):
            raise StartError(f"{self.worker} did not start:\n{tail(self.log)}")

    def answers(self) -> bool:
        """True when the connector answers CPING."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.sendall(_CPING)
                return connection.recv(len(_CPONG), socket.MSG_WAITALL) == _CPONG
        except OSError:
            return False
