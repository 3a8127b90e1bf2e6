"""The whole program over the fake engine, on a screen that no terminal shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from textual.pilot import Pilot

from tests.tui.fakes import World, a_world
from tests.tui.screen_text import screen_text

SMALL = (80, 24)
WIDE = (120, 40)

ROUNDS = 3
"""How often all widgets must have processed what was waiting for them before the screen is looked at."""


class Actor:
    """Presses keys and reads the screen."""

    def __init__(self, world: World, pilot: Pilot[None]) -> None:
        self.world = world
        self.pilot = pilot
        self.background: list[asyncio.Task[Any]] = []

    async def press(self, *keys: str) -> None:
        """Press keys and let everything settle."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*("space" if char == " " else char for char in text))

    async def settle(self) -> None:
        """Let everything settle: messages lead to messages, and layout follows them."""
        for _ in range(ROUNDS):
            await self.pilot.pause(0)
            self.world.app.main.catch_up()

    async def until(self, text: str) -> None:
        """Wait until the screen shows a text."""
        for _ in range(500):
            await self.settle()
            if text in self.screen:
                return
            await self.pilot.pause(0.02)
        raise AssertionError(f"{text!r} never came on the screen:\n{self.screen}")

    @property
    def screen(self) -> str:
        """What stands on the screen."""
        return screen_text(self.world.app)

    @property
    def dialog(self) -> str:
        """The class of the screen on top."""
        return type(self.world.app.screen).__name__


@asynccontextmanager
async def on_stage(*, size: tuple[int, int] = WIDE, **options: Any) -> AsyncIterator[Actor]:
    """Run the program."""
    world = a_world(**options)
    async with world.app.run_test(size=size, notifications=True) as pilot:
        actor = Actor(world, pilot)
        await actor.settle()
        yield actor
    for task in actor.background:
        task.cancel()
