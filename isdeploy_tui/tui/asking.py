"""Questions that do not come from a key: whoever waits for the answer is no part of the screen's own tasks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from textual.app import App
from textual.screen import ModalScreen

from isdeploy_tui.remote.asking import LoginQuestion
from isdeploy_tui.tui.moments import after
from isdeploy_tui.tui.screens.login import LoginDialog

T = TypeVar("T")


async def answer_of(app: App[Any], dialog: ModalScreen[T]) -> T | None:
    """Show a dialog and return what it is dismissed with. When the wait is cancelled, the dialog goes away."""
    answer: asyncio.Future[T | None] = asyncio.get_running_loop().create_future()

    def answered(result: T | None) -> None:
        if not answer.done():
            answer.set_result(result)

    # The screen must do the pushing itself: what it pushes belongs to the task that runs then.
    app.call_later(app.push_screen, dialog, answered)
    app.bell()
    try:
        return await answer
    except asyncio.CancelledError:
        app.call_later(_withdraw, app, dialog)
        raise


def _withdraw(app: App[Any], dialog: ModalScreen[Any]) -> None:
    if app.screen is dialog:
        app.pop_screen()
    elif dialog in app.screen_stack:
        # Something lies over it; when that has gone, this is asked again.
        after(app, 0.2, lambda: _withdraw(app, dialog))


class AskOnScreen:
    """Puts the questions of servers at login to the person at the screen; ``remote.asking.Ask`` for a session.

    The session is there before the screen and after it: what is asked before waits for it, what is asked after it,
    or was still open then, is not answered.
    """

    def __init__(self) -> None:
        self._app: asyncio.Future[App[Any] | None] = asyncio.get_running_loop().create_future()
        self._closed = asyncio.Event()

    @contextmanager
    def on(self, app: App[Any]) -> Iterator[None]:
        """Ask on this app's screen while the context lasts."""
        self._app.set_result(app)
        try:
            yield
        finally:
            self._closed.set()

    async def ask(self, question: LoginQuestion) -> tuple[str, ...] | None:
        """Return the answers, or None when the person gives up. They are neither kept nor logged."""
        app = await asyncio.shield(self._app)
        if app is None or self._closed.is_set():
            return None
        asking = asyncio.ensure_future(answer_of(app, LoginDialog(question)))
        closing = asyncio.ensure_future(self._closed.wait())
        try:
            await asyncio.wait({asking, closing}, return_when=asyncio.FIRST_COMPLETED)
            return asking.result() if asking.done() else None
        finally:
            asking.cancel()
            closing.cancel()
            await asyncio.gather(asking, closing, return_exceptions=True)
