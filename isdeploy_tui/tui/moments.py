"""Timers that ring once, for certain.

``set_timer`` of Textual 8.2 leaves out a moment that is past before it begins to wait for it (``timer.Timer._run``),
and one that is to ring only once then never does: of short times on a busy machine, some are lost.
"""

import asyncio
from collections.abc import Callable

from textual.message_pump import MessagePump


def after(pump: MessagePump, seconds: float, do: Callable[[], object]) -> asyncio.TimerHandle:
    """Have ``do`` called among a widget's or a screen's own messages so many seconds from now, at the earliest.

    Returns what cancels it. Nothing is called once the widget is gone.
    """
    return asyncio.get_running_loop().call_later(max(0.0, seconds), pump.call_next, do)
