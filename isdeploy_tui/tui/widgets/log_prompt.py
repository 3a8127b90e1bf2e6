"""The line below a log in which a search or a filter is typed."""

from typing import ClassVar, Literal

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

Kind = Literal["search", "filter"]

KEPT = 50
"""What was typed before and can be had again with the arrows."""

_SIGNS: dict[Kind, str] = {"search": "/", "filter": "&"}


class _Words(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Drop", show=False),
        Binding("up", "older", "Older", show=False),
        Binding("down", "newer", "Newer", show=False),
    ]

    class Dropped(Message):
        """Esc was pressed."""

    class Again(Message):
        """Something that was typed before is wanted."""

        def __init__(self, step: int) -> None:
            super().__init__()
            self.step = step

    def action_drop(self) -> None:
        """Let what was typed go."""
        self.post_message(self.Dropped())

    def action_older(self) -> None:
        """What was typed before."""
        self.post_message(self.Again(1))

    def action_newer(self) -> None:
        """What was typed after that."""
        self.post_message(self.Again(-1))


class LogPrompt(Horizontal):
    """Hidden until it is opened. Tells of every letter; enter keeps what was typed, esc drops it."""

    DEFAULT_CSS = """
    LogPrompt {
        height: 1;
        display: none;
        background: $surface;
        & > #sign { width: 2; padding: 0 0 0 1; color: $notice; text-style: bold; }
        & > _Words { width: 1fr; min-width: 12; background: $surface; color: $foreground; }
        & > #remark { width: auto; max-width: 80%; padding: 0 1; color: $muted; &:ansi { text-style: dim; } }
        & > #remark.-bad { color: $bad; &:ansi { text-style: bold; } }
    }
    """

    sign = getters.query_one("#sign", Static)
    words = getters.query_one(_Words)
    remark = getters.query_one("#remark", Static)

    class Typed(Message):
        """``text`` stands in the line now."""

        def __init__(self, kind: Kind, text: str) -> None:
            super().__init__()
            self.kind = kind
            self.text = text

    class Kept(Message):
        """The person is done typing."""

        def __init__(self, kind: Kind, text: str) -> None:
            super().__init__()
            self.kind = kind
            self.text = text

    class Dropped(Message):
        """What was there before is to hold again."""

    def __init__(self) -> None:
        super().__init__()
        self.kind: Kind = "search"
        self._typed: dict[Kind, list[str]] = {"search": [], "filter": []}
        self._place = -1
        self._said = ("", False)

    def compose(self) -> ComposeResult:
        """Yield sign, words, remark."""
        yield Static(id="sign")
        yield _Words(compact=True, select_on_focus=True)
        yield Static(id="remark")

    def open(self, kind: Kind, text: str) -> None:
        """Let the person type."""
        self.kind, self._place = kind, -1
        self.sign.update(Content(_SIGNS[kind]))
        with self.prevent(Input.Changed):
            self.words.value = text
        self.say("")
        self.display = True
        self.words.focus()

    @property
    def is_bad(self) -> bool:
        """True while what stands in the line is said to be wrong."""
        return self._said[1]

    def say(self, text: str, *, bad: bool = False) -> None:
        """Say something about what is being typed."""
        if self._said != (text, bad):
            self._said = text, bad
            self.remark.update(Content(text))
            self.remark.set_class(bad, "-bad")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Typed(self.kind, event.value))

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        typed = self._typed[self.kind]
        if event.value:
            typed[:] = [event.value, *(text for text in typed if text != event.value)][:KEPT]
        self.post_message(self.Kept(self.kind, event.value))

    @on(_Words.Dropped)
    def _dropped(self, event: _Words.Dropped) -> None:
        event.stop()
        self.post_message(self.Dropped())

    @on(_Words.Again)
    def _again(self, event: _Words.Again) -> None:
        event.stop()
        typed = self._typed[self.kind]
        self._place = max(-1, min(self._place + event.step, len(typed) - 1))
        self.words.value = typed[self._place] if self._place >= 0 else ""
        self.words.cursor_position = len(self.words.value)
