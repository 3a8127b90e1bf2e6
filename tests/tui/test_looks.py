"""Pictures of the whole screen, colours included, for what text cannot tell: themes."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from textual.pilot import Pilot

from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.modjk.rotation import Rotation
from tests.tui.fakes import START, W1, W2, W3, a_world

pytestmark = pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the pictures are compared on Python 3.11 only")

LOG = ["06-Jan-2026 12:00:01 INFO a", "06-Jan-2026 12:00:02 WARNING b", "심각 오류", "\tat a.b.C(C.java:1)", "DEBUG d"]


@pytest.mark.parametrize(
    ("theme", "keys", "size"),
    [("dark", [], (120, 36)), ("light", ["d"], (80, 24)), ("ansi-dark", [], (80, 24))],
    ids=["dark", "light-drain", "ansi"],
)
def test_the_screen_looks_as_it_did(
    snap_compare: Callable[..., bool], theme: str, keys: list[str], size: tuple[int, int]
) -> None:
    world = a_world(theme=theme, logs={W1: LOG})

    async def play(pilot: Pilot[Any]) -> None:
        world.monitor.put(W2, rotation=Rotation.STOPPED, since=START - 725, reason="/* → balancer_ex2")
        world.monitor.put(W3, health=Health.DOWN, error="connection refused")
        for _ in range(20):
            await pilot.pause(0.02)
        await pilot.press(*keys)
        for _ in range(5):
            await pilot.pause(0.02)

    assert snap_compare(world.app, terminal_size=size, run_before=play)
