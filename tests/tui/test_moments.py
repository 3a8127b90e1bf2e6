"""A timer rings once, for certain, however short its time was and whatever held the loop up meanwhile."""

import asyncio
import time

from textual.app import App

from isdeploy_tui.tui.moments import after


async def test_a_moment_that_is_past_before_anybody_waits_for_it_comes_all_the_same() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        rang: list[float] = []
        for seconds in (-1.0, 0.0, 1e-9, 0.001):
            after(app, seconds, lambda seconds=seconds: rang.append(seconds))
        time.sleep(0.02)  # noqa: ASYNC251 (the loop is held up: that is the case)
        async with asyncio.timeout(30):
            while len(rang) < 4:
                await pilot.pause(0.001)
        assert sorted(rang) == [-1.0, 0.0, 1e-9, 0.001]


async def test_one_that_was_cancelled_does_not_ring() -> None:
    app: App[None] = App()
    async with app.run_test() as pilot:
        rang: list[str] = []
        after(app, 0.0, lambda: rang.append("cancelled")).cancel()
        after(app, 0.0, lambda: rang.append("kept"))
        async with asyncio.timeout(30):
            while not rang:
                await pilot.pause(0.001)
        assert rang == ["kept"]
