"""The question before a deploy: which script, where, with which arguments."""

import shlex
from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.engine.secrets import mask
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.ports import History, Runner
from isdeploy_tui.tui.screens.plan_dialog import Decision, PlanDialog
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line, as_content
from isdeploy_tui.tui.widgets.plan_view import comment_lines, refusal_lines


class ConfirmDeploy(PlanDialog):
    """Asks for the arguments; up and down go through those that were typed before.

    ``secret`` are patterns of arguments that are masked where it is told what the script gets.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "Older", show=False),
        Binding("down", "newer", "Newer", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        targets: Sequence[WorkerId],
        look: Look,
        history: History,
        secret: Sequence[str] = (),
    ) -> None:
        super().__init__(runner, OperationKind.DEPLOY, targets, look)
        self._secret = secret
        self._history = history.history(self._targets[0])
        self._place = -1
        self._draft = ""

    def compose_inputs(self) -> ComposeResult:
        """Yield the arguments and what the script will get."""
        yield Static("Arguments:", id="arguments-label")
        yield Input(id="arguments", compact=True, placeholder="none")
        yield Static(id="split")

    def on_mount(self) -> None:
        """Explain an empty line, too."""
        self._split_changed()

    def plan_lines(self, plan: OperationPlan) -> Iterator[Line]:
        """Yield the service's comment, what the guards say, the script and its host."""
        look = self.look
        comments = list(comment_lines(plan.services, look))
        yield from comments
        if comments:
            yield (("", ""),)
        yield from refusal_lines(plan, look)
        for warning in plan.warnings:
            yield ((f"{look.glyphs.warn} {printable(warning)}", look.warn),)
        for run in plan.scripts:
            yield ("script  ", look.muted), (printable(run.script), look.strong)
            yield ("on      ", look.muted), (run.worker.ssh, look.strong)
        if len(plan.targets) > 1:
            names = ", ".join(map(str, plan.targets))
            yield ("for     ", look.muted), (f"one Tomcat behind {names}", "")

    def hint(self) -> str:
        """Return the keys."""
        return "up/down history"

    def decide(self, plan: OperationPlan) -> Decision | None:
        """Return the decision with the words the script will get; None while they cannot be told apart."""
        text = self._arguments.value
        words = split(text)
        if isinstance(words, str):
            self._arguments.focus()
            return None
        return Decision(plan, force=plan.is_refused, arguments=words, typed=text)

    def _focus_first(self) -> None:
        self._arguments.focus()

    @property
    def may_accept(self) -> bool:
        """True when the arguments can be split and nothing else is missing."""
        return super().may_accept and not isinstance(split(self._arguments.value), str)

    @on(Input.Submitted, "#arguments")
    def _next_input(self, event: Input.Submitted) -> None:
        words = self.query_one("#words", Input)
        if words.display and not self.may_accept:
            event.stop()
            event.prevent_default()
            words.focus()

    @on(Input.Changed, "#arguments")
    def _split_changed(self) -> None:
        look, words = self.look, split(self._arguments.value)
        if isinstance(words, str):
            line: Line = ((f"{look.glyphs.bad} {words}", look.bad),)
        elif not words:
            line = (("The script gets no arguments.", look.muted),)
        else:
            gets = [
                piece
                for number, word in enumerate(mask(words, self._secret), 1)
                for piece in (
                    (f" {number} ", look.muted),
                    (f"{printable(word) or '(empty)'}", f"{look.good} underline"),
                )
            ]
            line = (("The script gets", look.muted), *gets)
        self.query_one("#split", Static).update(as_content(iter([line])))

    def action_older(self) -> None:
        """Bring back what was typed before."""
        if self._place + 1 < len(self._history):
            if self._place < 0:
                self._draft = self._arguments.value
            self._place += 1
            self._bring(self._history[self._place])

    def action_newer(self) -> None:
        """Go forward again, to what was being typed."""
        if self._place >= 0:
            self._place -= 1
            self._bring(self._draft if self._place < 0 else self._history[self._place])

    def _bring(self, text: str) -> None:
        self._arguments.value = text
        self._arguments.cursor_position = len(text)

    @property
    def _arguments(self) -> Input:
        return self.query_one("#arguments", Input)


def split(text: str) -> tuple[str, ...] | str:
    """Return the words of a line as a POSIX shell would split it, or the sentence that says why it cannot be."""
    if not text.isprintable():
        return "There is a character in it that cannot be printed."
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        closing = "a quote is not closed" if "quotation" in str(error) else "nothing follows the last backslash"
        return f"It cannot be split into words: {closing}."
