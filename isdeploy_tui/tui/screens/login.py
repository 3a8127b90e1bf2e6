"""What a server wants to know before it lets us in: a passphrase, a password, a one-time code."""

import asyncio
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from isdeploy_tui.remote.asking import LoginQuestion
from isdeploy_tui.tui.moments import after
from isdeploy_tui.tui.widgets.dialog_body import DialogBody

QUIET_SECONDS = 0.7
"""How long no key must have been pressed before the first one counts: who is typing elsewhere types no answer."""


class Answer(Input):
    """A line for one answer. One that must not be seen cannot be copied either."""

    def action_copy(self) -> None:
        """Copy what may be seen."""
        if not self.password:
            super().action_copy()

    def action_cut(self) -> None:
        """Cut what may be seen."""
        if not self.password:
            super().action_cut()


class LoginDialog(ModalScreen[tuple[str, ...] | None], inherit_bindings=False):
    """Dismissed with one answer for each prompt, or with None. It comes unasked, so it does not take keys at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "give_up", "Cancel", show=False, priority=True),
        Binding("tab,down", "app.focus_next", "Next", show=False),
        Binding("shift+tab,up", "app.focus_previous", "Previous", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, question: LoginQuestion) -> None:
        super().__init__()
        self._question = question
        self._quiet: asyncio.TimerHandle | None = None
        self._ready = False

    def compose(self) -> ComposeResult:
        """Yield who asks, what, and a line for each answer."""
        question = self._question
        with Vertical(id="dialog"):
            yield Static(Content(f"Log in to {question.host}"), id="heading")
            with DialogBody(id="plan"):
                if question.title:
                    said = f"{question.host} says: {question.title}" if question.from_server else question.title
                    yield Static(Content(said))
                for number, (text, echo) in enumerate(question.prompts):
                    yield Static(Content(text), classes="prompt")
                    yield Answer(password=not echo, compact=True, id=f"answer-{number}", classes="answer")
            if question.from_server:
                warning = "The server chose these words. No server needs the passphrase of a key."
                yield Static(Content(warning), id="demand")
            with Horizontal(id="buttons"):
                yield Button(Content("Answer (enter)"), id="accept", variant="primary", compact=True)
                yield Button(Content("Leave this server out (esc)"), id="cancel", compact=True)
                yield Static(Content("nothing is kept"), id="hint")

    def on_mount(self) -> None:
        """Wait for a pause in the typing."""
        self._wait_for_a_pause()

    def on_key(self, event: Key) -> None:
        """Keys that were meant for something else start the pause anew."""
        if not self._ready:
            event.stop()
            event.prevent_default()
            self._wait_for_a_pause()

    def on_resize(self) -> None:
        """Keep the buttons in view."""
        self.query_one(DialogBody).fit_later()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key does anything before the pause."""
        return self._ready

    def _wait_for_a_pause(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = after(self, QUIET_SECONDS, self._listen)

    def _listen(self) -> None:
        self._ready = True
        self._inputs[0].focus()

    @property
    def _inputs(self) -> list[Answer]:
        return list(self.query(Answer))

    @on(Input.Submitted)
    def _next_or_done(self, event: Input.Submitted) -> None:
        event.stop()
        following = self._inputs[self._inputs.index(event.input) + 1 :] if isinstance(event.input, Answer) else []
        if following:
            following[0].focus()
        else:
            self._answer()

    @on(Button.Pressed, "#accept")
    def _answer(self) -> None:
        answers = tuple(line.value for line in self._inputs)
        self._forget()
        self.dismiss(answers)

    @on(Button.Pressed, "#cancel")
    def action_give_up(self) -> None:
        """Leave this server out."""
        self._forget()
        self.dismiss(None)

    def _forget(self) -> None:
        for line in self._inputs:
            line.value = ""
