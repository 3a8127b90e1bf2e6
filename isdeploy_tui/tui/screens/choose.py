"""What a running operation asks: one of several answers."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from isdeploy_tui.engine.control import Question
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.widgets.detail import Line, as_content
from isdeploy_tui.tui.widgets.dialog_body import DialogBody


class Choose(ModalScreen[str | None], inherit_bindings=False):
    """Dismissed with the key of a choice; with None, where a person ``may_leave`` it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,ctrl+c", "leave", "Cancel", show=False),
        Binding("up,k", "cursor(-1)", "Up", show=False),
        Binding("down,j", "cursor(1)", "Down", show=False),
    ]

    def __init__(self, question: Question, story: Sequence[Line] = (), *, may_leave: bool = False) -> None:
        super().__init__()
        self._question = question
        self._story = story
        self._may_leave = may_leave

    def compose(self) -> ComposeResult:
        """Yield the question and its answers."""
        with Vertical(id="dialog"):
            yield Static(Content(printable(self._question.text)), id="heading")
            if self._story:
                with DialogBody(id="plan"):
                    yield Static(as_content(iter(self._story)))
            yield OptionList(
                *(
                    Option(Content(f"{number}  {choice.label}"))
                    for number, choice in enumerate(self._question.choices, 1)
                ),
                id="choices",
                markup=False,
            )
            if self._may_leave:
                yield Static(Content("enter or its number chooses, esc leaves it as it is"), id="hint")

    def on_mount(self) -> None:
        """Let the arrows choose at once."""
        self.query_one(OptionList).focus()

    def action_leave(self) -> None:
        """Leave it as it is."""
        if self._may_leave:
            self.dismiss(None)

    def action_cursor(self, rows: int) -> None:
        """Go up or down."""
        choices = self.query_one(OptionList)
        if rows > 0:
            choices.action_cursor_down()
        else:
            choices.action_cursor_up()

    def on_key(self, event: Any) -> None:
        """Take a number for its answer."""
        if event.key.isdigit() and 1 <= int(event.key) <= len(self._question.choices):
            event.stop()
            self.dismiss(self._question.choices[int(event.key) - 1].key)

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._question.choices[event.option_index].key)
