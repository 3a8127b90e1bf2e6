"""The screen, on real servers or on the embedded world."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from isdeploy_tui import config
from isdeploy_tui.cli import DONE, USAGE
from isdeploy_tui.commands.warnings import spoken
from isdeploy_tui.config import Config, ConfigError
from isdeploy_tui.engine.session import Session
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.actions.keymap import judge

if TYPE_CHECKING:
    from isdeploy_tui.engine.arguments import ArgumentHistory
    from isdeploy_tui.engine.monitor import Monitor
    from isdeploy_tui.engine.operations import Operations
    from isdeploy_tui.tui.asking import AskOnScreen

    Opened = tuple[Session, Monitor, Operations | None, ArgumentHistory]

FRAMES = "30"
"""Frames a second at most; Textual reads ``TEXTUAL_FPS`` when it is imported."""


def run_screen(options: argparse.Namespace) -> int:
    """Open the screen on the configured servers."""
    return _run(_on_servers, options)


def run_demo(options: argparse.Namespace) -> int:
    """Open the screen on the embedded world."""
    return _run(_on_demo, options)


async def _on_servers(options: argparse.Namespace) -> int:
    from isdeploy_tui.commands.opening import open_session
    from isdeploy_tui.tui.asking import AskOnScreen

    try:
        configuration = config.load(config.find(options.config), judge)
    except ConfigError as error:
        return await _begin(options, error)
    ask = AskOnScreen()
    async with open_session(options, ask, configuration) as session:
        return await open_screen(session, options, ask)


async def _begin(options: argparse.Namespace, error: ConfigError) -> int:
    from isdeploy_tui.commands.beginning import DEMO, begin

    begun = await begin(options, error)
    if begun is None:
        return DONE
    if begun == DEMO:
        return await _on_demo(options)
    options.config = str(begun)
    return await _on_servers(options)


async def _on_demo(options: argparse.Namespace) -> int:
    from isdeploy_tui.demo.run import run_demo as run
    from isdeploy_tui.tui.run import run_tui

    with spoken():
        return await run(run_tui, read_only=options.read_only, mouse=not options.no_mouse, **_looks(options))


async def open_screen(
    session: Session,
    options: argparse.Namespace,
    ask: "AskOnScreen | None" = None,
) -> int:
    """Show the screen on a session until its person leaves; return the exit status."""
    from isdeploy_tui.remote.latehosts import LateHosts
    from isdeploy_tui.tui.run import run_tui

    now = session
    async with AsyncExitStack() as stack:

        def reopen(other: Config) -> "Opened":
            """Keep the connections, unless they would be made in another way now."""
            nonlocal now
            hosts, how = now.hosts, (other.ssh_config, other.connect_seconds)
            if how != (now.config.ssh_config, now.config.connect_seconds):
                hosts = LateHosts(*how, ask)
                stack.push_async_callback(hosts.aclose)
            now = replace(now, config=other, hosts=hosts)
            return _opened(now, read_only=options.read_only)

        _, monitor, operations, history = _opened(session, read_only=options.read_only)
        return await run_tui(
            session,
            monitor,
            operations,
            ask=ask,
            mouse=session.config.mouse and not options.no_mouse,
            **_looks(options),
            history=history,
            reopen=reopen,
        )


def _opened(session: Session, *, read_only: bool) -> "Opened":
    from isdeploy_tui.engine.arguments import ArgumentHistory
    from isdeploy_tui.engine.monitor import Monitor

    operations = None
    if not read_only:
        # Read-only has no writing code to call: not even loaded.
        from isdeploy_tui.engine.operations import Operations

        operations = Operations(session)
    return session, Monitor(session), operations, ArgumentHistory.of_user(session.config.secret_arguments)


def _looks(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "theme": options.theme,
        "ascii": options.ascii,
        "log_lines": options.lines,
        "log_keep": options.keep,
    }


def _run(screen: Callable[[argparse.Namespace], Coroutine[Any, Any, int]], options: argparse.Namespace) -> int:
    if problem := _unknown_theme(options.theme) or _unfit_terminal():
        print(problem, file=sys.stderr)
        return USAGE
    os.environ.setdefault("TEXTUAL_FPS", FRAMES)
    return asyncio.run(screen(options))


def _unknown_theme(name: str | None) -> str:
    """Return that there is no such theme, and which there are; an empty text when there is."""
    from isdeploy_tui.tui.theme import available

    if name is None or name in available():
        return ""
    return f"there is no theme '{printable(name, 80)}'; choose one of: {', '.join(available())}"


def _unfit_terminal() -> str:
    """Return why no screen can be drawn here, or an empty text."""
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        return "the screen needs a terminal; in scripts use 'isdeploy-tui status --json' and the other commands"
    if os.environ.get("TERM", "dumb") in {"dumb", ""}:
        return "this terminal (TERM=dumb) cannot draw a screen; use 'isdeploy-tui status' and the other commands"
    return ""
