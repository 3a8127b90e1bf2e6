"""What every command begins with: the configuration, the session, its end."""

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from isdeploy_tui import config
from isdeploy_tui.commands.login import terminal_ask
from isdeploy_tui.commands.warnings import spoken
from isdeploy_tui.config import Config
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.asking import Ask
from isdeploy_tui.remote.latehosts import LateHosts


@asynccontextmanager
async def open_session(
    options: argparse.Namespace, ask: Ask | None = None, configuration: Config | None = None
) -> AsyncIterator[Session]:
    """Yield a session on the configuration that the options name. Raises ConfigError.

    ``ask`` puts the questions of servers to the person; without it they are asked on the terminal, if there is one.
    ``configuration`` is the one that the options name, where it was read before.
    """
    configuration = configuration or config.load(config.find(options.config))
    async with open_hosts(configuration.ssh_config, configuration.connect_seconds, ask) as hosts:
        yield Session(configuration, hosts)


@asynccontextmanager
async def open_hosts(
    ssh_config: str | None = None, connect_seconds: float = 10, ask: Ask | None = None
) -> AsyncIterator[LateHosts]:
    """Yield the servers that an SSH configuration leads to; see ``open_session``."""
    with nullcontext(ask) if ask is not None else terminal_ask() as asking:
        hosts = LateHosts(ssh_config, connect_seconds, asking)
        try:
            with spoken():
                yield hosts
        finally:
            await hosts.aclose()
