"""Who works on what, through which connections: what every part of the engine is given."""

import getpass
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from isdeploy_tui.config import Config
from isdeploy_tui.remote.host import Host, Hosts


@dataclass(frozen=True, slots=True)
class Operator:
    """The person at the terminal: local user name and the machine the program runs on."""

    user: str
    bastion: str

    def __str__(self) -> str:
        return f"{self.user}@{self.bastion}"

    @classmethod
    def current(cls) -> "Operator":
        """Return the local user; with sudo, the one who called it."""
        try:
            user = os.environ.get("SUDO_USER") or getpass.getuser()
        except (KeyError, OSError):
            user = str(os.getuid())
        return cls(user, socket.gethostname().split(".")[0] or "localhost")


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the program. ``clock`` returns Unix seconds; tests steer it."""

    config: Config
    hosts: Hosts
    operator: Operator = field(default_factory=Operator.current)
    clock: Callable[[], float] = time.time

    def host(self, name: str) -> Host:
        """Return the server of that ``ssh`` name."""
        return self.hosts.host(name)
