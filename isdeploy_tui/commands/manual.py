"""``man``: the manual page, made from what ``--help`` says."""

import argparse
import re
from collections.abc import Iterator

from isdeploy_tui import __version__
from isdeploy_tui.cli import DONE, NOTES, make_parser


def run_man(options: argparse.Namespace) -> int:
    """Print the page, for ``man -l -``."""
    print(manual_page(), end="")
    return DONE


def manual_page() -> str:
    """Return the page as troff with the man macros, ASCII only, the same at every terminal width."""
    return "\n".join(_page(make_parser())) + "\n"


def _page(parser: argparse.ArgumentParser) -> Iterator[str]:
    what, *more = (parser.description or "").split("\n")
    yield f'.TH ISDEPLOY\\-TUI 1 "" "isdeploy\\-tui {_plain(__version__)}" "User Commands"'
    yield ".SH NAME"
    yield f"isdeploy\\-tui \\- {_plain(what.rstrip('.'))}"
    yield ".SH SYNOPSIS"
    yield from _usage(parser)
    yield ".SH DESCRIPTION"
    yield _text(what)
    for paragraph in more:
        yield ".PP"
        yield _text(paragraph)
    yield ".SH OPTIONS"
    yield from _arguments(parser)
    yield ".SH COMMANDS"
    commands = next(a for a in parser._get_positional_actions() if isinstance(a, argparse._SubParsersAction))
    for name, command in commands.choices.items():
        yield f".SS {_plain(name)}"
        yield from _usage(command)
        yield ".PP"
        yield _text(command.description or "")
        yield from _arguments(command, without=parser)
        if command.epilog:
            yield ".PP"
            yield _text(command.epilog)
    for title, note in NOTES.items():
        yield f'.SH "{title}"'
        yield _text(note)
    yield '.SH "SEE ALSO"'
    yield ".BR ssh (1),"
    yield ".BR ssh_config (5)"


def _usage(parser: argparse.ArgumentParser) -> Iterator[str]:
    line = " ".join(parser.format_usage().split()).removeprefix("usage: ")
    words = _plain(line).split(" ", 1)
    yield f".B {words[0]}"
    yield from words[1:]


def _arguments(parser: argparse.ArgumentParser, without: argparse.ArgumentParser | None = None) -> Iterator[str]:
    """Yield an entry for each argument that has a help text; not those that every command shares with ``without``."""
    shared = without._actions if without else []
    for action in parser._actions:
        if not action.help or action.help == argparse.SUPPRESS or isinstance(action, argparse._SubParsersAction):
            continue
        if action in shared or (without and isinstance(action, argparse._HelpAction)):
            continue
        metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
        value = f" {metavar}" if action.nargs != 0 else ""
        yield ".TP"
        yield f".B {_plain(', '.join(action.option_strings) + value if action.option_strings else metavar)}"
        yield _text(action.help)


def _text(text: str) -> str:
    lines = [_plain(" ".join(line.split())) for line in text.split("\n")]
    # A line that begins with one of these would be a command to troff.
    return "\n".join(rf"\&{line}" if line.startswith((".", "'")) else line for line in lines if line)


def _plain(text: str) -> str:
    text = text.replace("…", "...").replace("\\", "\\e").replace("-", r"\-").replace("`", r"\(ga").replace("'", r"\(aq")
    return re.sub(r"[^\x20-\x7e]", lambda match: f"\\[u{ord(match[0]):04X}]", text)
