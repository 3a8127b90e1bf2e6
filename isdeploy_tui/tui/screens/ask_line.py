"""One line from a person, tried at once: what does not work is said below it, and the line is there to be mended."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, Generic, TypeVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from isdeploy_tui.config import ConfigError
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError

T = TypeVar("T")


class AskLine(ModalScreen[T | None], Generic[T], inherit_bindings=False):
    """Dismissed with what ``attempt`` makes of the line, or with None. Of ``attempt`` ConfigError and RemoteError are
    told and the question stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "close", "Close", show=False),
        Binding("tab,down", "app.focus_next", "Next", show=False),
        Binding("shift+tab,up", "app.focus_previous", "Previous", show=False),
    ]
    AUTO_FOCUS = "#words"

    def __init__(
        self, title: str, about: str, *, yes: str, working: str, attempt: Callable[[str], Awaitable[T]]
    ) -> None:
        super().__init__()
        self._title = title
        self._about = about
        self._yes = yes
        self._working = working
        self._attempt = attempt

    def compose(self) -> ComposeResult:
        """Yield what is wanted, the line, the buttons."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="heading")
            yield Static(Content(self._about))
            yield Input(compact=True, id="words")
            yield Static(id="trouble")
            with Horizontal(id="buttons"):
                yield Button(Content(f"{self._yes} (enter)"), id="yes", variant="primary", compact=True)
                yield Button(Content("Back (esc)"), id="no", compact=True)

    @on(Button.Pressed, "#no")
    def action_close(self) -> None:
        """Step back."""
        self.dismiss(None)

    @on(Input.Changed)
    def _typed(self) -> None:
        self._say("")

    @on(Input.Submitted)
    @on(Button.Pressed, "#yes")
    @work(exclusive=True, group="attempt")
    async def _try(self) -> None:
        typed = self.query_one(Input).value.strip()
        if not typed:
            return
        self._say(self._working)
        try:
            result = await self._attempt(typed)
        except (ConfigError, RemoteError) as error:
            self._say(printable(str(error)))
            return
        self.dismiss(result)

    def _say(self, text: str) -> None:
        self.query_one("#trouble", Static).update(Content(text))
