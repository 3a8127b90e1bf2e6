"""The screen without a configuration that could be used: a first one is made, or the wrong one mended."""

import argparse
import asyncio
import os
import shlex
import sys
from importlib import resources
from pathlib import Path
from typing import Final

from isdeploy_tui import config
from isdeploy_tui.cli import USAGE
from isdeploy_tui.commands.prompt import read_line
from isdeploy_tui.config import ConfigError
from isdeploy_tui.config.reading import ENVIRONMENT_VARIABLE
from isdeploy_tui.config.saving import FileAsRead, read_file
from isdeploy_tui.importing.drafting import Draft, Wish, draft_from_files

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
    from isdeploy_tui.tui.first_run import Beginnings, FirstRunApp
    from isdeploy_tui.tui.screens.welcome import Way

    example = resources.files("isdeploy_tui").joinpath("example.toml").read_text("utf-8")
    beginnings = Beginnings(FileAsRead(config.user_file(), None), example, _from_files)
    app = FirstRunApp(beginnings, theme=options.theme, ascii=options.ascii)
    begun = await app.run_async(mouse=not options.no_mouse)
    return begun if isinstance(begun, Path) else DEMO if begun is Way.DEMO else None


async def _mend(before: FileAsRead, options: argparse.Namespace) -> Path | None:
    from isdeploy_tui.tui.first_run import Beginnings, FirstRunApp

    beginnings = Beginnings(before, before.text, _from_files)
    app = FirstRunApp(beginnings, mend=True, theme=options.theme, ascii=options.ascii)
    begun = await app.run_async(mouse=not options.no_mouse)
    return begun if isinstance(begun, Path) else None


async def _from_files(typed: str) -> Draft:
    return await asyncio.to_thread(_draft, typed)


def _draft(typed: str) -> Draft:
    try:
        words = [str(Path(word).expanduser()) for word in shlex.split(typed)]
    except (ValueError, RuntimeError) as error:
        raise ConfigError(typed, [str(error)]) from None
    return draft_from_files(words, Wish())
