"""Timers that ring once, for certain, and one frame for all that is painted at one moment.

``set_timer`` of Textual 8.2 leaves out a moment that is past before it begins to wait for it (``timer.Timer._run``),
and one that is to ring only once then never does: of short times on a busy machine, some are lost.
"""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from weakref import WeakSet

from textual.app import App
from textual.message_pump import MessagePump

TURN_SECONDS = 0.01
"""In this time every part of the screen whose moment has come has painted itself."""

_HELD: WeakSet[App[Any]] = WeakSet()


def after(pump: MessagePump, seconds: float, do: Callable[[], object]) -> asyncio.TimerHandle:
    """Have ``do`` called among a widget's or a screen's own messages so many seconds from now, at the earliest.

    Returns what cancels it. Nothing is called once the widget is gone.
    """
    return asyncio.get_running_loop().call_later(max(0.0, seconds), pump.call_next, do)


def one_frame(app: App[Any]) -> None:
    """Send what is painted now together with all else that is painted at this moment.

    The library sends what it has as soon as the first part of the screen says that it looks different.
    """
    if app in _HELD:
        return
    _HELD.add(app)
    held = ExitStack()
    held.enter_context(app.batch_update())

    def send() -> None:
        _HELD.discard(app)
        held.close()
        if app.is_running and app.screen_stack:
            app.screen.check_idle()

    asyncio.get_running_loop().call_later(TURN_SECONDS, send)
