"""Films of the real program on its embedded world: nothing in them is made up, not even the time.

``python -m tests.cast [NAME…]`` writes screenshots/NAME.gif. The fonts are those of ``tests.screenshots``.
"""

import argparse
import asyncio
import io
import itertools
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from textual.pilot import Pilot

from isdeploy_tui.config import WorkerId
from isdeploy_tui.demo.run import run_demo
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.tui.app import IsdeployApp
from isdeploy_tui.tui.theme import DARK
from tests.drawing import drawn, missing_fonts, png

TARGET = Path(__file__).parent.parent / "screenshots"

SIZE = (110, 34)
"""Columns and lines."""

WIDTH = 900
"""Pixels."""

FRAME_SECONDS = 0.8
"""Between two frames."""

END_SECONDS = 3.0
"""How long the last frame stands before the film begins again."""

COLOURS = 40
"""Of a film; the screen has few, and their number is most of the file's size."""

AREAS = 12
"""Of these colours, those that most of the screen is filled with."""

TYPING_SECONDS = 0.12
THINKING_SECONDS = 1.6

WORKER = WorkerId("shop", "web1", "worker1")


@dataclass(frozen=True)
class Stage:
    """The program while it is filmed."""

    app: IsdeployApp
    pilot: Pilot[None]

    async def press(self, *keys: str, then: float = THINKING_SECONDS) -> None:
        """Press keys at the pace of a person, and look at what became of it for so many seconds."""
        for key in keys:
            await self.pilot.press(key)
            await asyncio.sleep(TYPING_SECONDS)
        await asyncio.sleep(then)

    async def until(self, holds: Callable[[], bool], limit: float = 180) -> None:
        """Wait until something holds. Raises TimeoutError after ``limit`` seconds."""
        async with asyncio.timeout(limit):
            while not holds():
                await asyncio.sleep(0.1)

    async def ended(self) -> None:
        """Wait until no operation runs."""
        await self.until(lambda: not self.app.main.operations.running)

    def is_in(self, worker: WorkerId, rotation: Rotation) -> bool:
        """True when the screen knows the worker in that rotation, with a Tomcat that answers."""
        seen = self.app.ports.monitor.fleet.workers.get(worker)
        return seen is not None and seen.rotation is rotation and seen.health is Health.UP


async def deploy(stage: Stage) -> None:
    """By hand: drain, deploy, restore, the log beside it, and nobody is lost."""
    await stage.press("d", "ctrl+t")
    await stage.press(*"shop", "enter")
    await stage.until(lambda: stage.is_in(WORKER, Rotation.STOPPED))
    await stage.ended()
    await stage.press("p")
    await stage.press("up", "enter", *"shop", "enter")
    await stage.ended()
    await stage.until(lambda: stage.is_in(WORKER, Rotation.STOPPED))
    await stage.press("r", "ctrl+t")
    await stage.press(*"shop", "enter")
    await stage.ended()
    await stage.until(lambda: stage.is_in(WORKER, Rotation.ACTIVE))
    await asyncio.sleep(THINKING_SECONDS)


async def roll(stage: Stage) -> None:
    """A whole site: the plan, then one Tomcat after the other."""
    await stage.press("k", "k")
    await stage.press("R")
    await stage.press("pagedown", then=1.0)
    await stage.press("up", "enter", *"shop", "enter")
    await stage.ended()
    await stage.press("escape")


FILMS: dict[str, Callable[[Stage], Awaitable[None]]] = {"deploy": deploy, "roll": roll}


async def film(play: Callable[[Stage], Awaitable[None]]) -> list[tuple[float, str]]:
    """Return what was on the screen: seconds since the beginning, and the SVG; no two neighbours are the same."""
    frames: list[tuple[float, str]] = []

    async def shoot(app: IsdeployApp) -> None:
        began = asyncio.get_running_loop().time()
        while True:
            svg = drawn(app)
            if not frames or frames[-1][1] != svg:
                frames.append((asyncio.get_running_loop().time() - began, svg))
            await asyncio.sleep(FRAME_SECONDS)

    async def run(session: Any, monitor: Any, operations: Any, **options: Any) -> int:
        app = IsdeployApp(session, monitor, operations, theme=DARK.name, **options)
        monitor.start()
        try:
            async with app.run_test(size=SIZE, notifications=True) as pilot:
                stage = Stage(app, pilot)
                await stage.until(lambda: stage.is_in(WORKER, Rotation.ACTIVE))
                camera = asyncio.create_task(shoot(app))
                await asyncio.sleep(THINKING_SECONDS)
                try:
                    await play(stage)
                finally:
                    camera.cancel()
        finally:
            await operations.aclose()
            await monitor.aclose()
        return 0

    await run_demo(run, seed=1)
    return frames


def _palette(pictures: list[Image.Image]) -> Image.Image:
    """Return the colours of the whole film: those of its areas as they are, and what comes near to all the others.

    One palette for all frames: what did not change is then the same to the last pixel.
    """
    some = pictures[:: max(1, len(pictures) // 12)]
    counts: Counter[tuple[int, int, int]] = Counter()
    sheet = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for number, picture in enumerate(some):
        sheet.paste(picture, (0, number * picture.height))
        for count, colour in picture.getcolors(picture.width * picture.height) or ():
            counts[colour] += count
    areas = [channel for colour, _ in counts.most_common(AREAS) for channel in colour]
    others = sheet.quantize(COLOURS - AREAS, method=Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = Image.new("P", (1, 1))
    palette.putpalette(areas + others[: 3 * (COLOURS - AREAS)])
    return palette


def as_gif(frames: list[tuple[float, str]]) -> bytes:
    """Return the film as a GIF that repeats itself."""
    pictures = [Image.open(io.BytesIO(png(svg, WIDTH))).convert("RGB") for _, svg in frames]
    palette = _palette(pictures)
    images = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    times = [time for time, _ in frames]
    shown = [1000 * (later - time) for time, later in itertools.pairwise(times)] + [1000 * END_SECONDS]
    out = io.BytesIO()
    # Pillow's optimizing leaves traces of one frame in the next where frames share a palette.
    images[0].save(out, "GIF", save_all=True, append_images=images[1:], duration=shown, loop=0, optimize=False)
    return out.getvalue()


def main() -> None:
    """Make the films."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(FILMS)}; default: all")
    parser.add_argument("--to", type=Path, default=TARGET, help="the directory to write to")
    options = parser.parse_args()
    os.environ.pop("NO_COLOR", None)
    for sentence in missing_fonts():
        print(sentence)
    for name in options.names or FILMS:
        target = options.to / f"{name}.gif"
        target.write_bytes(as_gif(asyncio.run(film(FILMS[name]))))
        print(target)


if __name__ == "__main__":
    main()
