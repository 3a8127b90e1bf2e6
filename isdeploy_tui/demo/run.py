"""The whole program on the embedded world, for as long as the screen is open."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any

from isdeploy_tui.config import Config
from isdeploy_tui.demo.world import World
from isdeploy_tui.engine.arguments import ArgumentHistory
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.session import Session

BANNER = "demo"

RunTui = Callable[..., Awaitable[int]]
"""``tui.run.run_tui(session, monitor, operations, *, banner, status_line, history, **options)``."""


async def run_demo(
    run_tui: RunTui,
    *,
    seed: int | None = None,
    speed: float = 1.0,
    read_only: bool = False,
    **options: Any,
) -> int:
    """Build a world, open the screen on it, and leave nothing behind however that ends.

    ``options`` go to the screen. SIGTERM and SIGHUP end the screen first and then the world. Returns the exit status.
    """
    ending = _EndingSignals()
    ending.listen()
    try:
        async with World(seed, speed) as world:
            session = Session(world.config, world.hosts)
            history = _history(world)
            colleague: AbstractAsyncContextManager[None] = nullcontext()
            if not read_only:
                from isdeploy_tui.demo.colleague import at_work

                colleague = at_work(world)

            def reopen(config: Config) -> tuple[Session, Monitor, Any, ArgumentHistory]:
                """Go by the demo's own servers.toml as it was edited; the world stays as it is."""
                return _opened(Session(config, world.hosts), history, read_only=read_only)

            _, monitor, operations, _ = _opened(session, history, read_only=read_only)
            try:
                async with colleague:
                    return await run_tui(
                        session,
                        monitor,
                        operations,
                        banner=BANNER,
                        status_line=lambda: str(world.status()),
                        history=history,
                        reopen=reopen,
                        **options,
                    )
            finally:
                # The screen has its own way to end by a signal, which ends with it; the world still has to be put away.
                ending.listen()
                ending.ignore()
    except asyncio.CancelledError:
        if not ending.number:
            raise
        return 128 + ending.number
    finally:
        ending.forget()


def _opened(
    session: Session, history: ArgumentHistory, *, read_only: bool
) -> tuple[Session, Monitor, Any, ArgumentHistory]:
    """Return what the screen works with; in read-only mode nothing that writes is loaded."""
    if read_only:
        return session, Monitor(session), None, history
    from isdeploy_tui.engine.operations import Operations

    return session, Monitor(session), Operations(session), history


def _history(world: World) -> ArgumentHistory:
    """The arguments that the deploy dialog offers; kept in the world, not with those of the user's own servers."""
    history = ArgumentHistory(world.directory / "arguments.json")
    for worker in world.config.workers():
        history.remember(worker.id, world.suggested_version(worker.tomcat))
    return history


class _EndingSignals:
    """Lets SIGTERM and SIGHUP cancel the task that made this, once: a second one must not interrupt the tidying up."""

    _NUMBERS = (signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.number = 0
        self._task = asyncio.current_task()
        self._ignored = False

    def listen(self) -> None:
        """Listen from now on, instead of whoever does."""
        loop = asyncio.get_running_loop()
        for number in self._NUMBERS:
            loop.add_signal_handler(number, self._end, number)

    def ignore(self) -> None:
        """Do nothing on a signal any more."""
        self._ignored = True

    def forget(self) -> None:
        """Leave the signals to their defaults."""
        loop = asyncio.get_running_loop()
        for number in self._NUMBERS:
            loop.remove_signal_handler(number)

    def _end(self, number: int) -> None:
        if not self._ignored and self._task is not None:
            self._ignored = True
            self.number = number
            self._task.cancel()
