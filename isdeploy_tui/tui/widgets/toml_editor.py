"""A text area for TOML: colours by line, nothing that could steer the terminal, what is wrong underlined."""

from collections.abc import Collection
from functools import cache, lru_cache
from typing import Any, ClassVar

from rich.text import Text
from textual.widgets import TextArea

_NAMES = {
    "Token.Comment": "comment",
    "Token.Keyword.Constant": "value",
    "Token.Keyword": "header",
    "Token.Literal.Number": "value",
    "Token.Literal.Date": "value",
    "Token.Literal.String": "text",
    "Token.Name": "key",
}
"""Kinds of Pygments' tokens and the component classes that colour them; what it calls an error we judge ourselves."""


class TomlEditor(TextArea):
    """Edits a servers.toml. ``wrong`` are the lines (from 0) that are underlined."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"toml--{name}" for name in (*_NAMES.values(), "wrong")),
    }
    DEFAULT_CSS = """
    TomlEditor {
        border: none;
        padding: 0;
        background: $background;
        color: $foreground;
        scrollbar-size-vertical: 1;
        scrollbar-size-horizontal: 0;
        &:focus { border: none; background-tint: $foreground 0%; }
        & .text-area--gutter { color: $muted; background: $background; }
        & .text-area--cursor-line { background: $cursor-blur; }
        & .text-area--cursor-gutter { color: $foreground; background: $cursor-blur; text-style: bold; }
        & > .toml--comment { color: $muted; }
        & > .toml--header { color: $notice; text-style: bold; }
        & > .toml--key { color: $foreground; }
        & > .toml--text { color: $good; }
        & > .toml--value { color: $unsure; }
        & > .toml--wrong { text-style: underline; }
        &:ansi { background: ansi_default; color: ansi_default; }
        &:ansi .text-area--gutter { background: ansi_default; text-style: dim; }
        &:ansi .text-area--cursor-line { background: ansi_default; }
        &:ansi .text-area--cursor-gutter { background: ansi_default; text-style: bold; }
        &:ansi > .toml--comment { text-style: dim; }
    }
    """

    def __init__(self, text: str, *, read_only: bool, id: str | None = None) -> None:
        self.wrong: Collection[int] = ()
        # With the tab key for indenting, the library would take esc to leave the area.
        super().__init__(text, soft_wrap=False, show_line_numbers=True, read_only=read_only, id=id)
        self.indent_width = 2
        # A blinking cursor would send something over the line twice a second, all day.
        self.cursor_blink = False
        self.match_cursor_bracket = False

    def mark(self, wrong: Collection[int]) -> None:
        """Underline these lines (from 0) and no others."""
        if wrong != self.wrong:
            self.wrong = wrong
            self.notify_style_update()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """Return a line with its colours. Control characters are shown, not sent."""
        plain = self.document.get_line(line_index)
        text = Text(_shown(plain), end="", no_wrap=True)
        for start, end, name in _spans(plain):
            text.stylize(self.get_component_rich_style(f"toml--{name}", partial=True), start, end)
        if line_index in self.wrong:
            indent = len(plain) - len(plain.lstrip())
            text.stylize(self.get_component_rich_style("toml--wrong", partial=True), indent)
        return text


def _shown(line: str) -> str:
    """Return a line of the same length without what a terminal would take for a command."""
    return "".join(char if char.isprintable() or char == "\t" else "\N{REPLACEMENT CHARACTER}" for char in line)


@lru_cache(4096)
def _spans(line: str) -> tuple[tuple[int, int, str], ...]:
    """Return from where to where in a line there is what. Each line by itself: texts of several lines are rare."""
    spans: list[tuple[int, int, str]] = []
    start = 0
    for kind, value in _lexer().get_tokens(line):
        if name := _name(str(kind)):
            spans.append((start, start + len(value), name))
        start += len(value)
    return tuple(spans)


@cache
def _lexer() -> Any:
    # Loaded when the settings are opened for the first time: the start of the program should not wait for it.
    from pygments.lexers import TOMLLexer  # type: ignore[import-untyped]

    return TOMLLexer(stripnl=False, ensurenl=False)


def _name(kind: str) -> str:
    return next((name for known, name in _NAMES.items() if kind.startswith(known)), "")
