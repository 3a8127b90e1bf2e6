"""A map as it was at every moment, and deploy scripts that notice when they are not alone."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from isdeploy_tui.modjk.rotation import Presets, Rotation, rotations
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers, parse_workers
from tests.lab.apache import Apache
from tests.lab.command_line import settings
from tests.lab.stack import Stack

LOOK_SECONDS = 0.002


@dataclass(slots=True)
class Watched:
    """The maps that were seen, each with its members in rotation; ``fewest`` of them at any moment."""

    path: Path
    workers: Workers
    maps: dict[bytes, tuple[str, ...]] = field(default_factory=dict)

    def look(self) -> None:
        """Look once."""
        data = self.path.read_bytes()
        if data not in self.maps:
            states = rotations(UriMap.parse(data), self.workers, Presets())
            self.maps[data] = tuple(name for name, state in states.items() if state.rotation is Rotation.ACTIVE)

    @property
    def fewest(self) -> int:
        """The smallest number of members that were in rotation at once."""
        return min(map(len, self.maps.values()))


@asynccontextmanager
async def watched(apache: Apache) -> AsyncIterator[Watched]:
    """Watch a map while the context lasts."""
    seen = Watched(apache.map, parse_workers(apache.workers_file.read_bytes()))

    async def watch() -> None:
        while True:
            seen.look()
            await asyncio.sleep(LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()
        await asyncio.wait({watching})


# What it finds amiss goes to a file of its own: nobody reads its output when its starter is gone.
_SCRIPT = """#!/bin/sh
# deploy-WORKER.sh [TENTHS]: takes so many tenths of a second, and looks whether it is alone and its worker is out.
# While there is a file "hold" in its place it does not end.
place={place} map={map} worker=${{0##*-}} i=0
worker=${{worker%.sh}}
amiss() {{ echo "$worker $*" >>"$place/amiss"; }}
mkdir "$place/at-$worker" 2>/dev/null || amiss "two scripts at once"
echo "at work"
while [ $i -lt "${{1:-3}}" ] || [ -e "$place/hold" ]; do
  i=$((i + 1))
  grep -Eq "^/[*]=(balancer_ex${{worker#worker}}(;|\\$)|.*stopped=[^;]*$worker)" "$map" ||
    amiss "in rotation: $(tr '\n' ' ' <"$map")"
  sleep 0.1
done
rmdir "$place/at-$worker" 2>/dev/null || amiss "somebody else was here"
echo "$worker" >>"$place/deployed"
"""


@dataclass(frozen=True, slots=True)
class MarkingScripts:
    """A deploy script for each worker of an Apache; their marks are kept in ``place``."""

    place: Path

    def path(self, worker: str) -> str:
        """Return the script of a worker; its argument is how many tenths of a second it takes."""
        return str(self.place / f"deploy-{worker}.sh")

    def hold(self) -> None:
        """Let no script end until ``let_go``."""
        (self.place / "hold").touch()

    def let_go(self) -> None:
        """Let the scripts end."""
        (self.place / "hold").unlink()

    @property
    def amiss(self) -> Sequence[str]:
        """What scripts found amiss, a line each."""
        return self._lines("amiss")

    @property
    def deployed(self) -> Sequence[str]:
        """The workers that were deployed to, in order."""
        return self._lines("deployed")

    @property
    def running(self) -> Sequence[str]:
        """The workers at which a script is now."""
        return sorted(entry.name.removeprefix("at-") for entry in self.place.glob("at-*"))

    def _lines(self, name: str) -> list[str]:
        file = self.place / name
        return file.read_text().splitlines() if file.exists() else []


def marking_scripts(place: Path, stack: Stack) -> tuple[MarkingScripts, Path]:
    """Write the scripts, and a servers.toml that names them, to ``place``; return both."""
    scripts = MarkingScripts(place)
    for worker in stack.scenario.workers:
        path = Path(scripts.path(worker))
        path.write_text(_SCRIPT.format(place=place, map=stack.apache.map))
        path.chmod(0o755)

    def change(data: dict[str, Any]) -> None:
        for service in data["service"]:
            # The scripts restart nothing, so nobody has to wait for anything.
            service["quiet_seconds"] = 0.1
            for apache in service["apache"]:
                for worker in apache["worker"]:
                    worker["deploy"] = scripts.path(worker["name"])

    return scripts, settings(stack, place, change)
