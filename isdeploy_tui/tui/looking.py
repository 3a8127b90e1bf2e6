"""What every application of ours looks like: theme, style sheet, glyphs."""

import os
from typing import Any, TypeVar

from textual.app import App
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender

from isdeploy_tui import loading
from isdeploy_tui.tui import theme as themes
from isdeploy_tui.tui.actions import ACTIONS, Action
from isdeploy_tui.tui.theme import Look

Result = TypeVar("Result")

BREAKPOINTS = [(0, "-narrow"), (110, "-wide")]
"""Columns from which the log stands beside the tree instead of below it, as classes of the screens."""


def fit(screen: Screen[Any]) -> None:
    """Give a screen that is being composed the class for its width.

    The library gives it after the first paint, which would show another arrangement for a moment.
    """
    width = screen.app.size.width
    fitting = max(least for least, _ in BREAKPOINTS if least <= width)
    screen.update_classes({name: least == fitting for least, name in BREAKPOINTS}, update=False)


class PlainScrollBarRender(ScrollBarRender):
    """A scroll bar of spaces: the block characters of the usual one are two cells wide on some terminals."""

    VERTICAL_BARS = [" "] * 8
    HORIZONTAL_BARS = [" "] * 8


class LookingApp(App[Result]):
    """``actions`` is the table of actions with the keys that they have here.

    ``theme`` is a name of ``theme.THEMES`` or of the library; None chooses by terminal.
    """

    TITLE = "isdeploy-tui"
    CSS_PATH = "isdeploy.tcss"
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS

    def __init__(self, *, theme: str | None = None, ascii: bool = False) -> None:
        self.actions: tuple[Action, ...] = ACTIONS
        choice = themes.choose(theme, os.environ)
        super().__init__(ansi_color=choice.ansi_color)
        self.register_theme(themes.DARK)
        self.register_theme(themes.LIGHT)
        self.theme = choice.name if choice.name in self.available_themes else themes.DARK.name
        # So that the first screen is made with these colours at once, not made and then made again.
        self.stylesheet.set_variables(self.get_css_variables())
        self._is_fresh = True
        self.look = Look.of(ascii=ascii, ansi=self.native_ansi_color)
        self.set_class(ascii, "-ascii")
        ScrollBar.renderer = PlainScrollBarRender if ascii else ScrollBarRender

    def on_ready(self) -> None:
        """The first screen stands: its code is loaded."""
        loading.end()

    def refresh_css(self, animate: bool = True) -> None:
        """Go by other colours. The library calls this for those that we begin with, too, by which all goes already."""
        if self._is_fresh:
            self._is_fresh = False
            return
        super().refresh_css(animate)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give our variables to themes that are not ours."""
        theme = self.current_theme
        return themes.variables(theme, theme.to_color_system().generate())
