"""The same screen everywhere: one time zone, no animation, no colours of the surrounding terminal."""

import asyncio
import os
import time

import pytest

os.environ["TZ"] = "UTC"
os.environ["TEXTUAL_ANIMATIONS"] = "none"
for name in ("NO_COLOR", "COLORTERM", "TEXTUAL", "TEXTUAL_THEME"):
    os.environ.pop(name, None)
time.tzset()


@pytest.fixture(autouse=True)
def logs_open_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor need not rest on a worker before its log is opened."""
    monkeypatch.setattr("isdeploy_tui.tui.screens.live.LOG_DELAY", 0.001)


async def _give_way(*_: float) -> None:
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def waiting_means_messages_and_not_idle_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pilot waits until the process uses no time, which on a busy machine is a second a key.

    ``stage.Actor`` waits until the messages are processed instead.
    """
    monkeypatch.setattr("textual.app.wait_for_idle", _give_way)
    monkeypatch.setattr("textual.pilot.wait_for_idle", _give_way)


@pytest.fixture(autouse=True)
def dialogs_that_come_unasked_listen_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys count without a pause before them."""
    monkeypatch.setattr("isdeploy_tui.tui.screens.login.QUIET_SECONDS", 0.001)
