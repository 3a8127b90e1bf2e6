"""A real sshd with the real scripts, for the tests of what must outlive or end with a connection."""

from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.remote.host import Host
from tests.lab.processes import kill_own
from tests.remote.real_sshd import Servers, Sshd, running

__all__ = ("Servers", "Sshd", "host", "processes", "server", "servers")


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[Servers]:
    with running(tmp_path) as started:
        try:
            yield started
        finally:
            kill_own(tmp_path)


@pytest.fixture
def server(servers: Servers) -> Sshd:
    return servers.start("was1")


@pytest_asyncio.fixture
async def host(servers: Servers, server: Sshd) -> AsyncIterator[Host]:
    hosts = SshHosts(servers.config)
    yield hosts.host("was1")
    await hosts.aclose()


def processes(server: Sshd) -> int:
    """Return how many processes the server's sessions have."""
    found = list(server.connections())
    for pid in found:
        with suppress(FileNotFoundError):
            found.extend(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
    return len(found) - len(server.connections())
