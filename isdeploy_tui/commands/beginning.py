"""The screen without a configuration that could be used: a first one is made, or the wrong one mended."""

import argparse
import asyncio
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from isdeploy_tui import config
from isdeploy_tui.cli import USAGE
from isdeploy_tui.commands.prompt import read_line
from isdeploy_tui.config import ConfigError
from isdeploy_tui.config.reading import ENVIRONMENT_VARIABLE
from isdeploy_tui.config.saving import FileAsRead, read_file
from isdeploy_tui.importing.drafting import Draft, Wish, draft_from_files

if TYPE_CHECKING:
    from isdeploy_tui.tui.asking import AskOnScreen

DEMO: Final = "demo"
"""What ``begin`` returns when the demo is wanted."""


async def begin(options: argparse.Namespace, error: ConfigError) -> Path | str | None:
    """Return the file to go on with, ``DEMO``, or None to leave.

    Raises ConfigError when there is nothing that a screen could do about it: the file was named and is not there, or
    cannot be read. Raises SystemExit when the person was told and does not want to mend it.
    """
    named = options.config or os.environ.get(ENVIRONMENT_VARIABLE)
    try:
        file = config.find(options.config)
    except ConfigError:
        if named:
            raise
        return await _first_run(options)
    before = read_file(file)
    _ = before.text  # a file that is no text is for another editor
    print(error, file=sys.stderr)
    if options.read_only or not await _wants_to_mend():
        raise SystemExit(USAGE)
    return await _mend(before, options)


async def _wants_to_mend() -> bool:
    try:
        answer = await read_line("Mend it here? [y/N] ")
    except EOFError:
        return False
    return answer.strip().lower() in {"y", "yes"}


async def _first_run(options: argparse.Namespace) -> Path | str | None:
    from isdeploy_tui.tui.asking import AskOnScreen
    from isdeploy_tui.tui.first_run import Beginnings, FirstRunApp
    from isdeploy_tui.tui.screens.welcome import Way

    example = resources.files("isdeploy_tui").joinpath("example.toml").read_text("utf-8")
    ask = AskOnScreen()
    beginnings = Beginnings(FileAsRead(config.user_file(), None), example, _from_files, partial(_from_hosts, ask))
    app = FirstRunApp(beginnings, theme=options.theme, ascii=options.ascii)
    with ask.on(app):
        begun = await app.run_async(mouse=not options.no_mouse)
    return begun if isinstance(begun, Path) else DEMO if begun is Way.DEMO else None


async def _mend(before: FileAsRead, options: argparse.Namespace) -> Path | None:
    from isdeploy_tui.tui.first_run import Beginnings, FirstRunApp

    beginnings = Beginnings(before, before.text, _from_files)
    app = FirstRunApp(beginnings, mend=True, theme=options.theme, ascii=options.ascii)
    begun = await app.run_async(mouse=not options.no_mouse)
    return begun if isinstance(begun, Path) else None


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found on servers, as a draft."""

    text: str
    notes: Sequence[str]


async def _from_hosts(ask: "AskOnScreen", typed: str) -> _Found:
    from isdeploy_tui.commands.opening import open_hosts
    from isdeploy_tui.engine.discovery.discover import discover
    from isdeploy_tui.engine.discovery.looking import Wish as Looking
    from isdeploy_tui.remote.sshnames import BadNameError, split_name

    names = typed.split()
    try:
        for name in names:
            split_name(name)
    except BadNameError as error:
        raise ConfigError("ssh", [str(error)]) from None
    async with open_hosts(ask=ask) as hosts:
        found = await discover(hosts, names, Looking(), lambda _: None)
    problems = [str(problem) for problem in found.problems]
    if not found.toml:
        nothing = "nothing was found that a servers.toml could be made of"
        raise ConfigError("ssh", problems or [nothing])
    return _Found(found.toml, problems)


async def _from_files(typed: str) -> Draft:
    return await asyncio.to_thread(_draft, typed)


def _draft(typed: str) -> Draft:
    try:
        words = [str(Path(word).expanduser()) for word in shlex.split(typed)]
    except (ValueError, RuntimeError) as error:
        raise ConfigError(typed, [str(error)]) from None
    return draft_from_files(words, Wish())
