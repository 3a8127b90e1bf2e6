"""Colours that a log brings along (ANSI escape sequences), kept where they cannot hide anything."""

import re

from rich.ansi import AnsiDecoder
from rich.color import Color, ColorSystem
from rich.style import Style

from isdeploy_tui.printable import MAX_LINE, printable
from isdeploy_tui.tui.widgets.log_line import last_state, left_out

_SGR = re.compile(r"(\x1b\[[0-9;]*m)")
_TAB = 8

# Black and white are left to the theme: one of them is the colour of the background. So are backgrounds.
_HUES = frozenset((*range(1, 7), *range(9, 15)))


def has_colours(line: str) -> bool:
    """True when a raw line sets colours."""
    return "\x1b[" in line and _SGR.search(line) is not None


def coloured(line: str) -> list[tuple[str, Style]]:
    """Return a raw line in pieces, each printable and with the style that its line gives it.

    The pieces make the same text as ``log_line.shown``, but for what a cut may do to an escape sequence.
    """
    decoder = AnsiDecoder()
    text = last_state(line)
    pieces: list[tuple[str, Style]] = []
    column = 0
    for part in _SGR.split(text[:MAX_LINE]):
        if part.startswith("\x1b[") and part.endswith("m"):
            decoder.decode_line(part)
        elif part:
            # Tabs go to columns of the whole line, not of this piece.
            indent = column % _TAB
            piece = printable(" " * indent + part, MAX_LINE + _TAB)[indent:]
            pieces.append((piece, _harmless(decoder.style)))
            column += len(piece)
    if len(text) > MAX_LINE:
        pieces.append((f" {left_out(len(text) - MAX_LINE)}", Style()))
    return pieces


def _harmless(style: Style) -> Style:
    return Style(
        color=_hue(style.color), bold=style.bold, dim=style.dim, italic=style.italic, underline=style.underline
    )


def _hue(color: Color | None) -> Color | None:
    if color is None or color.is_default:
        return None
    number = color.downgrade(ColorSystem.STANDARD).number
    return Color.from_ansi(number) if number is not None and number in _HUES else None
