"""The embedded world as other processes reach it: with a servers.toml and an ssh_config."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from isdeploy_tui.demo.world import World
from tests.lab.command_line import Ended, isdeploy


@dataclass(frozen=True, slots=True)
class Served:
    """A world that is open; ``config`` is the servers.toml to give to the program."""

    world: World
    config: Path

    async def run(self, *words: str, **environ: str) -> Ended:
        """Run the program on it, with nothing on standard input and no terminal."""
        return await isdeploy(self.config, *words, **environ)


@asynccontextmanager
async def served(directory: Path) -> AsyncIterator[Served]:
    """Open a world; what is needed to reach it is written to ``directory``."""
    async with World(1, speed=10, visitors_per_second=5) as world:
        blocks = [_host(name, world.sshd.client_options(name), directory) for name in world.sshd.accounts]
        ssh_config = directory / "ssh_config"
        ssh_config.write_text("\n".join(blocks))
        config = directory / "servers.toml"
        config.write_text(f'ssh_config = "{ssh_config}"\n' + (world.directory / "servers.toml").read_text("utf-8"))
        yield Served(world, config)


def _host(name: str, options: dict[str, Any], directory: Path) -> str:
    key, known = directory / "key", directory / "known_hosts"
    if not key.exists():
        options["client_keys"][0].write_private_key(str(key))
        key.chmod(0o600)
    host_key, *_ = options["known_hosts"].match("127.0.0.1", "127.0.0.1", options["port"])[0]
    known.write_text(f"[127.0.0.1]:{options['port']} {host_key.export_public_key().decode()}")
    return (
        f"Host {name}\n  HostName 127.0.0.1\n  Port {options['port']}\n  User {options['username']}\n"
        f"  IdentityFile {key}\n  IdentitiesOnly yes\n  UserKnownHostsFile {known}\n"
    )
