"""A page of text to read: the help, everything about a node, a notice."""

from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class Reader(ModalScreen[None], inherit_bindings=False):
    """Shows a text; any of the keys that people leave with closes it."""

    BODY: ClassVar[type[VerticalScroll]] = VerticalScroll

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,ctrl+c,question_mark,i", "close", "Close", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("pageup,b", "page(-1)", "Page up", show=False),
        Binding("pagedown,space", "page(1)", "Page down", show=False),
        Binding("home,g", "edge(True)", "Start", show=False),
        Binding("end,G", "edge(False)", "End", show=False),
    ]

    def __init__(self, title: str, body: Content | RenderableType, *, hint: str = "esc closes, up/down scroll") -> None:
        super().__init__()
        self._hint = hint
        self._title = title
        self._body = body

    def compose(self) -> ComposeResult:
        """Yield title, text, hint."""
        with Vertical(id="dialog"):
            yield Static(Content(self._title), id="heading")
            with self.BODY(id="plan", can_focus=False):
                yield Static(self._body)
            yield Static(Content(self._hint), id="hint")

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)

    def action_scroll(self, rows: int) -> None:
        """Scroll by rows."""
        self._text.scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """Scroll by pages."""
        self._text.scroll_relative(y=pages * max(1, self._text.size.height - 1), animate=False)

    def action_edge(self, start: bool) -> None:
        """Go to the start or the end."""
        if start:
            self._text.scroll_home(animate=False)
        else:
            self._text.scroll_end(animate=False)

    @property
    def _text(self) -> VerticalScroll:
        return self.query_one("#plan", VerticalScroll)
