"""A server's questions at login, asked on the terminal."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from isdeploy_tui.commands.prompt import read_line, say
from isdeploy_tui.remote.asking import Ask, LoginQuestion


@contextmanager
def terminal_ask() -> Iterator[Ask | None]:
    """Yield what asks on the controlling terminal, as ssh does whatever the streams are; None where there is none."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield TerminalAsk(terminal)
    finally:
        os.close(terminal)


class TerminalAsk:
    """Asks for passphrases, passwords and one-time codes on a terminal, given as a file descriptor."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal

    async def ask(self, question: LoginQuestion) -> tuple[str, ...] | None:
        """Return the answers, or None when the person gives up. They are neither kept nor logged."""
        if question.title:
            words = f"says: {question.title}" if question.from_server else f"- {question.title}"
            say(f"{question.host} {words}\n", self._terminal)
        answers = []
        for text, echo in question.prompts:
            # As ssh does: a server that asks for our passphrase shows by this that it is the server that asks.
            prompt = f"({question.host}) {text} " if question.from_server else f"{text} "
            try:
                answers.append(await read_line(prompt, echo=echo, terminal=self._terminal))
            except EOFError:
                return None
        return tuple(answers)
