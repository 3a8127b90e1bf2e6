"""A bastion of one's own: connections to the machines of a lab that nobody else shares."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from isdeploy_tui import config
from isdeploy_tui.engine.session import Operator, Session
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.host import Host
from tests.lab.sshd import Sshd
from tests.lab.stack import Stack


@asynccontextmanager
async def connected(stack: Stack) -> AsyncIterator[Host]:
    """Yield the machine of the first Apache, over a connection of its own."""
    hosts = SshHosts(str(stack.ssh_config))
    try:
        yield hosts.host(stack.apache.name)
    finally:
        await hosts.aclose()


@asynccontextmanager
async def bastion(stack: Stack, name: str = "bastion1", user: str = "ops1") -> AsyncIterator[Session]:
    """Yield a session on the lab's servers.toml as somebody on some machine has it."""
    configuration = config.load(stack.config_file)
    hosts = SshHosts(str(stack.ssh_config), configuration.connect_seconds)
    try:
        yield Session(configuration, hosts, Operator(user, name))
    finally:
        await hosts.aclose()


def scripts_on(machine: Sshd, but: frozenset[int] = frozenset()) -> tuple[int, ...]:
    """Return the shells that a machine's SSH sessions run, each the leader of its process group."""
    return tuple(
        child for connection in machine.connections() for child in _children(connection, _is_shell) if child not in but
    )


def _children(pid: int, wanted: Callable[[int], bool]) -> list[int]:
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
    # For a plain user, or one that is not root, sshd puts one more process in between.
    return [found for child in children for found in ([child] if wanted(child) else _children(child, wanted))]


def _is_shell(pid: int) -> bool:
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sshd")
    except FileNotFoundError:
        return False
