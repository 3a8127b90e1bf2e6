"""``python -m tests.tui.first_screen OUTPUT ARGUMENT…``: the program until its first screen stands.

OUTPUT gets the names of all modules that were loaded by then, and whether Python looks for garbage again.
"""

import asyncio
import gc
import sys
from pathlib import Path

from isdeploy_tui import cli
from isdeploy_tui.tui import run
from isdeploy_tui.tui.app import IsdeployApp
from isdeploy_tui.tui.ports import FleetSource


def main(output: Path, arguments: list[str]) -> int:
    """Run it, with these arguments of the command line; return its exit status."""

    async def begin(app: IsdeployApp, monitor: FleetSource) -> None:
        await app.painted.wait()
        await asyncio.sleep(0)
        output.write_text("\n".join([*sys.modules, f"garbage {gc.isenabled()}"]))
        app.exit()

    run._begin = begin
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
