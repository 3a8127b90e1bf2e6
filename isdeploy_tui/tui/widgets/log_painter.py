"""Raw lines of a log as strips of the screen: a line costs something only when it is shown."""

from collections.abc import Callable, Iterable, Sequence

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from isdeploy_tui.tui.widgets.log_line import Level, level_of, shown

CACHED_STRIPS = 512
"""Rendered lines kept; some screens full."""

Mark = Callable[[Strip, int, int], Strip]
"""Draw the selection into the strip of a row of the view, which begins at that many characters of its line."""


class LogPainter:
    """Renders lines in the style of their level. ``rendered`` counts the lines on which work was done."""

    def __init__(self, style_of: Callable[[Level], Style]) -> None:
        self.rendered = 0
        self._style_of = style_of
        self._styles: dict[Level, Style] = {}
        self._strips: LRUCache[int, Strip] = LRUCache(CACHED_STRIPS)

    def forget(self) -> None:
        """Forget what was rendered: other colours or other lines are to come."""
        self._styles.clear()
        self._strips.clear()

    def line(self, number: int, line: str) -> Strip:
        """Return a whole line.

        ``number`` counts from the first line that was ever fed, so that it survives the dropping of old ones.
        """
        strip = self._strips.get(number)
        if strip is None:
            self.rendered += 1
            strip = self._strips[number] = Strip([Segment(shown(line), self._style(line))])
        return strip

    def wrapped(self, view: Sequence[str], rows: Iterable[int], width: int, mark: Mark) -> list[Strip]:
        """Return these lines of the view, each cut into pieces of at most ``width`` cells."""
        strips: list[Strip] = []
        for row in rows:
            style, offset = self._style(view[row]), 0
            for piece in self._pieces(view[row], width):
                strip = mark(Strip([Segment(piece, style)]), row, offset)
                strips.append(strip.crop_extend(0, width, style).apply_offsets(offset, row))
                offset += len(piece)
        return strips

    def last_screen(self, view: Sequence[str], width: int, height: int) -> int:
        """Return the line of the view from which on everything, wrapped, just fits on a screen."""
        rows, start = 0, len(view)
        while start > 0 and rows < height:
            rows += len(self._pieces(view[start - 1], width))
            if rows > height and start < len(view):
                break
            start -= 1
        return start

    def _pieces(self, line: str, width: int) -> list[str]:
        self.rendered += 1
        return chop_cells(shown(line), max(1, width)) or [""]

    def _style(self, line: str) -> Style:
        level = level_of(line)
        if level not in self._styles:
            self._styles[level] = self._style_of(level)
        return self._styles[level]
