"""``discover``: from the names of servers to a servers.toml of what runs on them."""

import argparse
import asyncio
import sys
from pathlib import Path

from isdeploy_tui.cli import DONE, FAILED, USAGE
from isdeploy_tui.commands.newfile import refuse_existing, write_new
from isdeploy_tui.commands.opening import open_hosts
from isdeploy_tui.config import ConfigError
from isdeploy_tui.engine.discovery.discover import Discovery, discover
from isdeploy_tui.engine.discovery.looking import Wish
from isdeploy_tui.remote.sshnames import BadNameError, split_name


def run_discover(options: argparse.Namespace) -> int:
    """Print the servers.toml, or write it where ``-o`` says; what was not found goes to standard error."""
    try:
        for name in options.hosts:
            split_name(name)
    except BadNameError as error:
        print(error, file=sys.stderr)
        return USAGE
    ssh_config = str(Path(options.ssh_config).expanduser().resolve()) if options.ssh_config else ""
    if ssh_config and not Path(ssh_config).is_file():
        raise ConfigError(options.ssh_config, ["no such file (named by --ssh-config)"])
    refuse_existing(options.output, overwrite=options.overwrite)
    found = asyncio.run(_discover(options, Wish(options.service, options.sudo, ssh_config)))
    for problem in found.problems:
        print(problem, file=sys.stderr)
    if not found.toml:
        print("nothing was found that a servers.toml could be made of", file=sys.stderr)
        return FAILED
    if options.output:
        write_new(options.output, found.toml, overwrite=options.overwrite)
    else:
        print(found.toml, end="", flush=True)
    _tell(found, options.output)
    return DONE if found.is_whole else FAILED


async def _discover(options: argparse.Namespace, wish: Wish) -> Discovery:
    def told(sentence: str) -> None:
        # For the person who waits; a script wants to hear of what is wrong only.
        if sys.stderr.isatty():
            print(sentence, file=sys.stderr, flush=True)

    async with open_hosts(wish.ssh_config or None) as hosts:
        return await discover(hosts, options.hosts, wish, told)


def _tell(found: Discovery, output: str) -> None:
    where = f" in {output}" if output else ""
    places = f"{_count(found.reviews, 'place')} to look at{where}: search for REVIEW"
    after = f"isdeploy-tui {f'--config {output} ' if output else ''}check"
    print(f"{_count(found.workers, 'worker')}; {places}; then: {after}", file=sys.stderr)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
