"""``history``: who did what, from the journals on the servers."""

import argparse
import asyncio
import json
import sys

from isdeploy_tui.cli import DONE, FAILED, USAGE
from isdeploy_tui.commands.opening import open_session
from isdeploy_tui.engine.history import read_history
from isdeploy_tui.engine.targets import TargetError, resolve
from isdeploy_tui.remote.journal import Entry


def run_history(options: argparse.Namespace) -> int:
    """Print the newest entries of the journals, oldest first."""
    return asyncio.run(_history(options))


async def _history(options: argparse.Namespace) -> int:
    async with open_session(options) as session:
        try:
            workers = resolve(session.config, options.targets)
        except TargetError as error:
            print(error, file=sys.stderr)
            return USAGE
        history = await read_history(session, workers, options.lines)
    if options.json:
        print(json.dumps([entry.as_json() for entry in history.entries], ensure_ascii=False, indent=2))
    else:
        for entry in history.entries:
            print(_line(entry))
    for problem in history.problems:
        print(problem, file=sys.stderr)
    return FAILED if history.problems else DONE


def _line(entry: Entry) -> str:
    time = entry.time.removesuffix("Z")[:19].replace("T", " ")
    who = f"{entry.user}@{entry.bastion}"
    extra = " ".join(filter(None, (entry.arguments and f"-- {entry.arguments}", entry.reason and f"({entry.reason})")))
    return (
        f"{time}Z  {who:20} {entry.kind:8} {entry.target}  {entry.step} {entry.state}  {entry.detail} {extra}".rstrip()
    )
