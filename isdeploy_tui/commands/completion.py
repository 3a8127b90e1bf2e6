"""``completion``: scripts for bash, zsh and fish, and the answers to what these scripts ask at every Tab.

The scripts hold no list of their own: they call ``isdeploy-tui __complete SHELL WORD…`` with the words up to the
cursor and get a candidate a line, a tab and its description; ``:files`` asks the shell to add file names. So they are
right for the program that is installed, and for the servers.toml that its ``--config`` names.
"""

import argparse
import pkgutil
import shlex
from collections.abc import Iterator, Sequence

from isdeploy_tui.cli import DONE, make_parser
from isdeploy_tui.printable import printable

SCRIPTS = {"bash": "isdeploy-tui.bash", "zsh": "_isdeploy-tui", "fish": "isdeploy-tui.fish"}

FILES = ":files"
"""The answer that asks for file names; no candidate begins with a colon."""

Candidate = tuple[str, str]


def run_completion(options: argparse.Namespace) -> int:
    """Print the script for a shell."""
    print(script(options.shell), end="")
    return DONE


def script(shell: str) -> str:
    """Return the completion script for ``bash``, ``zsh`` or ``fish``."""
    data = pkgutil.get_data("isdeploy_tui", f"completions/{SCRIPTS[shell]}")
    assert data is not None
    return data.decode()


def answer(shell: str, words: Sequence[str]) -> list[str]:
    """Return the lines for a shell: ``words`` are the command line up to the cursor, the program's name first."""
    if shell == "bash":
        words = _joined(words)
    before = [_plain(word) for word in words[1:-1]]
    current = words[-1].lstrip("'\"") if len(words) > 1 else ""
    lines = [
        text if text == FILES else f"{text}\t{printable(help, 200)}"
        for text, help in candidates(before, current)
        if text == FILES or text.startswith(current)
    ]
    if shell == "bash":
        # Readline replaces only what follows the last character at which bash cuts words.
        cut = max(current.rfind(":"), current.rfind("=")) + 1
        lines = [line if line == FILES else line[cut:] for line in lines]
    return lines


def _joined(words: Sequence[str]) -> list[str]:
    """Put together what bash cuts at ``:`` and ``=``: ``--config``, ``=``, ``FILE`` is one word."""
    joined: list[str] = []
    glue = False
    for word in words:
        if joined[1:] and (glue or (word and not word.strip(":="))):
            joined[-1] += word
        else:
            joined.append(word)
        glue = bool(word) and not word.strip(":=")
    return joined


def _plain(word: str) -> str:
    try:
        return "".join(shlex.split(word))
    except ValueError:
        return word.lstrip("'\"")


def candidates(before: Sequence[str], current: str) -> Iterator[Candidate]:
    """Yield what may stand at the cursor after these words, with descriptions, not yet matched with ``current``."""
    if "--" in before:
        return
    place = _Place(before)
    if place.value_of is not None:
        yield from _values(place.value_of, before, current)
    elif current.startswith("-") and "=" in current:
        action = place.options.get(current.split("=")[0])
        if action is not None and action.nargs is None:
            for text, help in _values(action, before, current.partition("=")[2]):
                yield (text, help) if text == FILES else (f"{current.split('=')[0]}={text}", help)
    elif current.startswith("-"):
        for action in dict.fromkeys(place.options.values()):
            if action.help != argparse.SUPPRESS:
                long = [name for name in action.option_strings if name.startswith("--")]
                for name in action.option_strings if current == "-" else long:
                    yield name, action.help or ""
    elif place.commands is not None:
        for choice in place.commands._choices_actions:
            yield choice.dest, choice.help or ""
    elif place.positional is not None:
        yield from _values(place.positional, before, current)


class _Place:
    """Where in the command line the cursor is, by what argparse knows of it.

    ``value_of`` is the option whose value is due; ``commands`` the commands when one is due; ``positional`` what a
    word without dashes would be.
    """

    def __init__(self, before: Sequence[str]) -> None:
        self.value_of: argparse.Action | None = None
        self._enter(make_parser())
        for word in before:
            if self.value_of is not None:
                self.value_of = None
            elif word.startswith("-") and word != "-":
                action = self.options.get(word)
                if action is not None and action.nargs is None:
                    self.value_of = action
            elif self.commands is not None:
                if (chosen := self.commands.choices.get(word)) is not None:
                    self._enter(chosen)
            elif self.positional is not None and self.positional.nargs not in {"*", "+"}:
                self._positionals.pop(0)

    def _enter(self, parser: argparse.ArgumentParser) -> None:
        self.options = dict(parser._option_string_actions)
        positionals = parser._get_positional_actions()
        self.commands = next((a for a in positionals if isinstance(a, argparse._SubParsersAction)), None)
        self._positionals = [action for action in positionals if action is not self.commands]

    @property
    def positional(self) -> argparse.Action | None:
        return self._positionals[0] if self._positionals else None


def _values(action: argparse.Action, before: Sequence[str], current: str) -> Iterator[Candidate]:
    if action.choices is not None:
        yield from ((str(choice), "") for choice in action.choices)
    elif action.metavar == "TARGET":
        # As with directories: what is one level deeper than what was typed, not all workers of all services at once.
        deepest = current.count("/") + 1
        for name, help in _targets(before):
            if name.count("/") <= deepest and name not in before:
                yield name, help
    elif action.metavar == "HOST":
        yield from ((name, "") for name in _hosts(before) if name not in before)
    elif action.metavar in {"FILE", "DIR"}:
        yield FILES, ""


def _hosts(before: Sequence[str]) -> Iterator[str]:
    """Yield the servers that the SSH configuration has names for."""
    from pathlib import Path

    from isdeploy_tui.commands.sshhosts import ssh_names

    try:
        given = _value_of("--ssh-config", before)
        yield from dict.fromkeys(ssh_names(Path(given or "~/.ssh/config").expanduser()))
    except RuntimeError:  # no home directory
        return


def _value_of(option: str, before: Sequence[str]) -> str | None:
    """Return what was given to an option, at last."""
    named = None
    for word, following in zip(before, [*before[1:], ""], strict=True):
        if word == option:
            named = following
        elif word.startswith(f"{option}="):
            named = word.removeprefix(f"{option}=")
    return named


def _targets(before: Sequence[str]) -> Iterator[Candidate]:
    """Yield the configuration's services, Apaches and workers; none when there is no valid configuration."""
    from pathlib import Path

    from isdeploy_tui import config

    named = _value_of("--config", before)
    try:
        configuration = config.load(config.find(str(Path(named).expanduser()) if named else None))
    except (config.ConfigError, RuntimeError):
        return
    for service in configuration.services:
        yield service.name, service.comment
        for apache in service.apaches:
            yield str(apache.id), apache.ssh
            for worker in apache.workers:
                yield str(worker.id), worker.ssh
