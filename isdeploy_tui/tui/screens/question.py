"""A question with two answers."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from isdeploy_tui.tui.widgets.dialog_body import DialogBody


class Question(ModalScreen[bool], inherit_bindings=False):
    """Dismissed with True for yes. Esc, n and ctrl+c are no."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,ctrl+c", "no", "No", show=False),
        Binding("enter,y", "yes", "Yes", show=False),
        Binding("tab,right", "app.focus_next", "Next", show=False),
        Binding("shift+tab,left", "app.focus_previous", "Previous", show=False),
    ]
    AUTO_FOCUS = ""

    def __init__(self, title: str, text: Content, *, yes: str, no: str) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._yes = yes
        self._no = no

    def compose(self) -> ComposeResult:
        """Yield question, text, buttons."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="heading")
            with DialogBody(id="plan"):
                yield Static(self._text)
            with Horizontal(id="buttons"):
                yield Button(Content(f"{self._yes} (enter)"), id="yes", variant="primary", compact=True)
                yield Button(Content(f"{self._no} (esc)"), id="no", compact=True)

    def on_resize(self) -> None:
        """Keep the buttons in view."""
        self.query_one(DialogBody).fit_later()

    @on(Button.Pressed, "#yes")
    def action_yes(self) -> None:
        """Yes."""
        self.dismiss(True)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        """No."""
        self.dismiss(False)
