"""Real OpenSSH servers for the tests of connections: as many as a test wants, and one ssh_config that names them."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.lab.programs import free_ports, program
from tests.lab.sshd import Sshd, SshKeys, user


def require_sshd() -> None:
    """Skip the test where OpenSSH is not installed; under CI that is a failure."""
    try:
        for name in ("sshd", "ssh", "ssh-keygen"):
            program(name)
    except FileNotFoundError as error:
        sentence = f"the tests on a real sshd need the Debian package openssh-server: no {error}"
        if os.environ.get("CI"):
            pytest.fail(sentence, pytrace=False)
        pytest.skip(f"left out: {sentence}")


class Servers:
    """Servers and the ssh_config of one test. Use ``running`` to make one."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self.keys = SshKeys(directory / "keys")
        self._ports = free_ports()
        self._stack = stack
        self._blocks: list[str] = []

    @property
    def config(self) -> str:
        """The ssh_config that names every server and alias added so far."""
        path = self.directory / "ssh_config"
        path.write_text("\n".join(self._blocks))
        return str(path)

    def start(self, name: str, *options: str, keys: SshKeys | None = None, trusted: bool = True) -> Sshd:
        """Start a server that ssh_config knows under its name; ``options`` are lines of its sshd_config."""
        server = Sshd(name, self.directory / name, self.port(), keys or self.keys, self.directory / "home", options)
        server.start()
        self._stack.callback(server.stop)
        if trusted:
            server.trust()
        self._blocks.append(server.alias(name))
        return server

    def alias(self, name: str, server: Sshd, *lines: str) -> None:
        """Give a server one more name; ``lines`` of ssh_config go before its own, so that they win."""
        head, _, rest = server.alias(name).partition("\n")
        self._blocks.append("\n".join((head, *(f"  {line}" for line in lines), rest)))

    def block(self, name: str, *lines: str) -> None:
        """Name something that is no server of ours."""
        self._blocks.append("\n".join((f"Host {name}", *(f"  {line}" for line in lines), "")))

    def more_keys(self, name: str) -> SshKeys:
        """Make another pair of host and user key."""
        return SshKeys(self.directory / name)

    def port(self) -> int:
        """Return a port that nobody listens on."""
        return next(self._ports)


@contextmanager
def running(directory: Path) -> Iterator[Servers]:
    """Yield servers that end with the context."""
    require_sshd()
    with ExitStack() as stack:
        yield Servers(directory, stack)


__all__ = ["Servers", "SshKeys", "Sshd", "require_sshd", "running", "user"]
