"""The smallest screen that the terminal library can show: the floor of a first paint."""

from textual.app import App, ComposeResult
from textual.widgets import Label


class Smallest(App[None]):
    """One word."""

    def compose(self) -> ComposeResult:
        """Yield it."""
        yield Label("shop")


if __name__ == "__main__":
    Smallest().run()
