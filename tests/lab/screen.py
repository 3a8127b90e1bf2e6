"""The real screen over a lab: keys go in, and what stands on it is read back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from isdeploy_tui import config
from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.operations import Operations
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.connections import SshHosts
from isdeploy_tui.tui.app import IsdeployApp
from isdeploy_tui.tui.asking import AskOnScreen
from tests.lab.command_line import PATIENCE
from tests.tui.screen_text import screen_text


class Person:
    """Somebody who presses keys and waits for what the screen shows."""

    def __init__(self, app: IsdeployApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    @property
    def sees(self) -> str:
        """What stands on the screen."""
        return screen_text(self.app)

    async def press(self, *keys: str) -> None:
        """Press keys."""
        await self._pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*("space" if char == " " else char for char in text))

    async def until(self, *words: str) -> None:
        """Return as soon as all of these stand on the screen. Raises AssertionError with what stands there."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not all(word in self.sees for word in words):
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{words} never came on the screen:\n{self.sees}") from None

    async def point_at(self, worker: WorkerId) -> None:
        """Move the cursor down to a worker."""
        tree = self.app.main.fleet_tree
        await self.press("home")
        for _ in range(100):
            if tree.selected == worker:
                return
            await self.press("down")
        raise AssertionError(f"{worker} is not in the tree:\n{self.sees}")


@asynccontextmanager
async def on_screen(file: Path, *, read_only: bool = False) -> AsyncIterator[Person]:
    """Run the screen on a servers.toml as the program does, 120 columns wide."""
    configuration = config.load(file)
    ask = AskOnScreen()
    hosts = SshHosts(configuration.ssh_config, configuration.connect_seconds, ask)
    session = Session(configuration, hosts)
    monitor = Monitor(session)
    operations = None if read_only else Operations(session)
    app = IsdeployApp(session, monitor, operations)
    monitor.start()
    try:
        async with app.run_test(size=(120, 40)) as pilot:
            with ask.on(app):
                yield Person(app, pilot)
    finally:
        if operations is not None:
            await operations.aclose()
        await monitor.aclose()
        await hosts.aclose()
