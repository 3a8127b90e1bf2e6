"""Somebody left a Tomcat in the middle: who, what, since when, what became of it, and why it is taken over."""

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.leftover import Standing
from isdeploy_tui.tui.ages import duration
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line, as_content
from isdeploy_tui.tui.widgets.dialog_body import DialogBody


class TakeOver(ModalScreen[str], inherit_bindings=False):
    """Dismissed with the reason; with nothing when it is left as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c", "leave", "Cancel", show=False, priority=True),
        Binding("up", "scroll_body(-1)", "Up", show=False),
        Binding("down", "scroll_body(1)", "Down", show=False),
        Binding("tab", "app.focus_next", "Next", show=False),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False),
    ]
    AUTO_FOCUS = "#words"

    def __init__(self, held: InTheWay, doing: str, look: Look) -> None:
        super().__init__()
        self._held = held
        self._doing = doing
        self._look = look

    def compose(self) -> ComposeResult:
        """Yield the story, the line for the reason, the buttons."""
        with Vertical(id="dialog"):
            yield Static(Content(f"{self._held.worker} was left in the middle"), id="heading")
            with DialogBody(id="plan"):
                yield Static(as_content(self._lines()))
            yield Static(Content("Why you take it over (kept in the journal):"), id="demand")
            yield Input(id="words", compact=True)
            with Horizontal(id="buttons"):
                label = f"Take over and {self._doing} (enter)"
                yield Button(Content(label), id="accept", variant="primary", compact=True, disabled=True)
                yield Button(Content("Leave it (esc)"), id="cancel", compact=True)

    def _lines(self) -> Iterator[Line]:
        look, held, lease = self._look, self._held, self._held.lease
        yield ("who     ", look.muted), (lease.holder, look.strong)
        yield ("what    ", look.muted), (f"{lease.kind or 'an operation'}, at step '{lease.step}'", look.strong)
        yield (
            ("when    ", look.muted),
            (f"begun {duration(held.seconds)} ago, not heard of for {duration(lease.age)}", ""),
        )
        if held.outcome is None:
            yield ("script  ", look.muted), ("none is known of", "")
        else:
            style = look.good if held.outcome.code == 0 else look.warn
            yield ("script  ", look.muted), (held.outcome.sentence, f"bold {style}"), (f"  run {lease.run}", look.muted)
        yield (("", ""),)
        if held.outcome is not None and held.outcome.standing is Standing.RUNNING:
            yield (
                (f"{look.glyphs.warn} The script goes on whoever holds the Tomcat: u follows its output.", look.warn),
            )
        yield (("Whoever left it is told, should the program there come to life again, and changes nothing more.", ""),)

    def on_resize(self) -> None:
        """Keep the buttons in view."""
        self.query_one(DialogBody).fit_later()

    @property
    def _reason(self) -> str:
        return self.query_one("#words", Input).value.strip()

    @on(Input.Changed)
    def _typed(self) -> None:
        self.query_one("#accept", Button).disabled = not self._reason

    @on(Input.Submitted)
    @on(Button.Pressed, "#accept")
    def _accept(self) -> None:
        if self._reason:
            self.dismiss(self._reason)

    @on(Button.Pressed, "#cancel")
    def action_leave(self) -> None:
        """Leave it as it is."""
        self.dismiss("")

    def action_scroll_body(self, rows: int) -> None:
        """Scroll the story."""
        self.query_one(DialogBody).scroll_rows(rows)
