"""The line in which the filter of the tree is typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class FilterBar(Input):
    """Hidden until it is opened. Enter keeps the filter and goes to the tree; esc takes the filter away."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "drop", "Drop", show=False),
        Binding("down", "keep", "Keep", show=False),
    ]

    class Kept(Message):
        """The person is done typing."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, compact=True, placeholder="words in a name or a state, such as: web1 stopped")
        self.display = False

    def open(self) -> None:
        """Let the person type."""
        self.display = True
        self.focus()

    def close(self) -> None:
        """Forget the filter."""
        self.value = ""
        self.display = False

    def action_drop(self) -> None:
        """Take the filter away and go back to the tree."""
        self.close()
        self.post_message(self.Kept())

    def action_keep(self) -> None:
        """Go to the tree."""
        self.display = bool(self.value)
        self.post_message(self.Kept())

    async def action_submit(self) -> None:
        """Go to the tree."""
        self.action_keep()
