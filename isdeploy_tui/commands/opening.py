"""What every command begins with: the configuration, the session, its end."""

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from isdeploy_tui import config
from isdeploy_tui.commands.prompt import read_line
from isdeploy_tui.engine.session import Session
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.connections import SshHosts


@asynccontextmanager
async def open_session(options: argparse.Namespace) -> AsyncIterator[Session]:
    """Yield a session on the configuration that the options name. Raises ConfigError."""
    configuration = config.load(config.find(options.config))
    ask = TerminalAsk() if sys.stdin.isatty() and sys.stderr.isatty() else None
    hosts = SshHosts(configuration.ssh_config, configuration.connect_seconds, ask)
    try:
        yield Session(configuration, hosts)
    finally:
        await hosts.aclose()


class TerminalAsk:
    """Asks a server's questions (passphrase, password, one-time code) on the terminal."""

    async def ask(self, host: str, title: str, prompts: tuple[tuple[str, bool], ...]) -> tuple[str, ...] | None:
        """Return the answers, or None when the person gives up. They are neither kept nor logged."""
        print(f"{host}: {printable(title)}", file=sys.stderr)
        answers = []
        for text, echo in prompts:
            try:
                answers.append(await read_line(f"{printable(text)} ", echo=echo))
            except EOFError:
                return None
        return tuple(answers)
