"""``follow``: the output of a Tomcat's current or last deploy script, whoever started it."""

import argparse
import asyncio
import sys
from contextlib import aclosing

from isdeploy_tui.cli import FAILED, USAGE
from isdeploy_tui.commands.opening import open_session
from isdeploy_tui.engine.following import ScriptEnd, ScriptFound, follow_script
from isdeploy_tui.engine.steps import Output
from isdeploy_tui.engine.targets import TargetError, resolve
from isdeploy_tui.remote.errors import RemoteError

_INTERRUPTED = 130
"""As a shell says it: ended by Ctrl-C."""


def run_follow(options: argparse.Namespace) -> int:
    """Print the output from its start on; return the script's exit code."""
    try:
        return asyncio.run(_follow(options))
    except KeyboardInterrupt:
        print("-- not followed any more; the script is not touched by that", file=sys.stderr)
        return _INTERRUPTED


async def _follow(options: argparse.Namespace) -> int:
    async with open_session(options) as session:
        try:
            workers = resolve(session.config, [options.target])
        except TargetError as error:
            print(error, file=sys.stderr)
            return USAGE
        if len({worker.tomcat for worker in workers}) > 1:
            names = ", ".join(str(worker.id) for worker in workers)
            print(f"follow shows one Tomcat's script at a time; '{options.target}' names {names}", file=sys.stderr)
            return USAGE
        try:
            async with aclosing(follow_script(session, workers[0].id)) as events:
                async for event in events:
                    if isinstance(event, Output):
                        print("\n".join(event.lines), flush=True)
                    elif isinstance(event, ScriptFound):
                        print(f"-- {event.text}", file=sys.stderr, flush=True)
                    elif isinstance(event, ScriptEnd):
                        print(f"-- {event.text}", file=sys.stderr)
                        return FAILED if event.code is None else event.code
        except LookupError as error:
            print(error.args[0], file=sys.stderr)
        except RemoteError as error:
            print(error, file=sys.stderr)
    return FAILED
