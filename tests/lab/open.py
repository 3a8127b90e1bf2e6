"""``make lab``: the real stack on this machine, and the program on it.

``--serve`` starts the stack alone and waits, for the command line in a second terminal. Ctrl-C stops everything.
"""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.load import Load
from tests.lab.processes import StartError
from tests.lab.programs import missing_packages
from tests.lab.scenario import TWO_RULES, Scenario
from tests.lab.stack import Stack, running


def main() -> int:
    """Start the stack that the arguments describe and stay until the end of the program on it, or Ctrl-C."""
    options = _arguments()
    if missing := missing_packages():
        print(f"The lab needs the Debian packages {' '.join(missing)}", file=sys.stderr)
        return 1
    scenario = Scenario(
        tomcats=options.tomcats,
        apaches=options.apaches,
        mpm=options.mpm,
        exclusion_balancers=not options.no_exclusion,
        direct_vhosts=True,
        map_lines=TWO_RULES if options.two_rules else Scenario().map_lines,
        environment="production" if options.production else "",
    )
    print(f"Starting {scenario.tomcats} Tomcats, {scenario.apaches} httpd and their SSH servers …", flush=True)
    try:
        with _terminating(), running(scenario) as stack:
            print(_where(stack), flush=True)
            return asyncio.run(_visit(stack, options.visitors, options.serve))
    except KeyboardInterrupt:
        return 0
    except StartError as error:
        print(error, file=sys.stderr)
        return 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.open", description=__doc__)
    parser.add_argument("--serve", action="store_true", help="start the stack alone and wait")
    parser.add_argument("--tomcats", type=int, default=3, metavar="N", help="so many Tomcats (3)")
    parser.add_argument("--apaches", type=int, default=1, metavar="N", help="so many Apaches over them (1)")
    parser.add_argument("--mpm", choices=["event", "prefork"], default="event", help="httpd's processing model (event)")
    parser.add_argument("--visitors", type=int, default=4, metavar="N", help="so many quick and as many slow ones (4)")
    parser.add_argument("--two-rules", action="store_true", help="a map with a second rule")
    parser.add_argument("--no-exclusion", action="store_true", help="no exclusion balancers in workers.properties")
    parser.add_argument("--production", action="store_true", help="mark the service as production")
    return parser.parse_args()


@contextmanager
def _terminating() -> Iterator[None]:
    """End as by Ctrl-C when the terminal is closed or a supervisor asks."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    yield


def _program() -> str:
    return str(Path(sys.executable).with_name("isdeploy-tui"))


def _where(stack: Stack) -> str:
    apache = stack.apache
    lines = [
        f"  site        {', '.join(apache.url for apache in stack.apaches)}",
        f"  jkstatus    {apache.status_url}",
        f"  map         {apache.map}",
        f"  access log  {apache.access_log}",
        f"  Tomcats     {', '.join(str(tomcat.base) for tomcat in stack.tomcats)}",
        f"  shell       ssh -F {stack.ssh_config} {apache.name}",
        "  in a second terminal",
        f"              export ISDEPLOY_CONFIG={stack.config_file}",
        f"              {_program()} status",
        f"              {_program()} drain shop/{apache.name}/{stack.tomcats[0].worker}",
    ]
    return "\n".join(lines)


async def _visit(stack: Stack, visitors: int, serve: bool) -> int:
    """Let visitors come while the program runs (or until Ctrl-C), and say what became of them."""
    load = Load(stack.url, quick=visitors, slow=visitors, pause=0.2)
    status = 0
    try:
        async with load:
            if serve:
                print("Ctrl-C stops everything.", flush=True)
                await asyncio.Event().wait()
            status = await _open(stack)
    finally:
        # Ctrl-C arrives as a cancellation; what the visitors saw is worth a line all the same.
        print(f"\nVisitors: {load.report()}", flush=True)
    return status


async def _open(stack: Stack) -> int:
    with _interrupts_for_the_program():
        program = await asyncio.create_subprocess_exec(_program(), "--config", str(stack.config_file))
        return await program.wait()


@contextmanager
def _interrupts_for_the_program() -> Iterator[None]:
    """Leave Ctrl-C to the program that has the terminal; its end is ours."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: None)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):
            loop.remove_signal_handler(signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
