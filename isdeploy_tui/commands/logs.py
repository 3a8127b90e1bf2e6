"""``logs``: a worker's catalina.out on standard output."""

import argparse
import asyncio
import sys

from isdeploy_tui.cli import DONE, FAILED, USAGE
from isdeploy_tui.commands.opening import open_session
from isdeploy_tui.engine.logs import follow_log
from isdeploy_tui.engine.targets import TargetError, resolve
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.follow import LogChunk


def run_logs(options: argparse.Namespace) -> int:
    """Print the last lines of a log and, with ``--follow``, what comes."""
    return asyncio.run(_logs(options))


async def _logs(options: argparse.Namespace) -> int:
    async with open_session(options) as session:
        try:
            workers = resolve(session.config, [options.target])
        except TargetError as error:
            print(error, file=sys.stderr)
            return USAGE
        if len({worker.tomcat for worker in workers}) > 1:
            names = ", ".join(str(worker.id) for worker in workers)
            print(f"logs shows one Tomcat at a time; '{options.target}' names {names}", file=sys.stderr)
            return USAGE
        try:
            async for event in follow_log(session, workers[0].id, options.lines, once=not options.follow):
                if isinstance(event, LogChunk):
                    sys.stdout.write("".join(f"{printable(line)}\n" for line in event.lines))
                    sys.stdout.flush()
                else:
                    print(f"-- {event.text}", file=sys.stderr)
        except LookupError as error:
            print(error.args[0], file=sys.stderr)
            return USAGE
        except RemoteError as error:
            print(error, file=sys.stderr)
            return FAILED
    return DONE
