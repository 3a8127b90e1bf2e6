"""Parts of the embedded world, small and fast."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import pytest

from isdeploy_tui.demo.applications import SHOP
from isdeploy_tui.demo.clock import Clock
from isdeploy_tui.demo.tomcat import Tomcat

SPEED = 25.0


@pytest.fixture
def clock() -> Clock:
    return Clock(SPEED)


@pytest.fixture
async def start_tomcat(tmp_path: Path, clock: Clock) -> AsyncIterator[Callable[[str], Awaitable[Tomcat]]]:
    """Start Tomcats by name; all are ended with the test."""
    async with AsyncExitStack() as stack:

        async def start(name: str) -> Tomcat:
            base = tmp_path / name
            for directory in ("logs", "temp", "webapps/ROOT"):
                (base / directory).mkdir(parents=True)
            (base / "webapps/ROOT/version.txt").write_text("v1\n")
            tomcat = Tomcat(name, SHOP, base, 8009, clock, Random(1))
            stack.push_async_callback(tomcat.aclose)
            await tomcat.boot()
            return tomcat

        yield start
