"""Raw lines of a log as strips of the screen: a line costs something only when it is shown."""

from collections.abc import Callable, Iterable, Sequence

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.cache import LRUCache
from textual.strip import Strip

from isdeploy_tui.tui.widgets.log_colours import coloured, has_colours
from isdeploy_tui.tui.widgets.log_line import level_of, shown
from isdeploy_tui.tui.widgets.log_pattern import PATIENCE, Pattern, TooSlowError, within
from isdeploy_tui.tui.widgets.log_selection import marked

CACHED_STRIPS = 512
"""Rendered lines kept; some screens full."""

Draw = Callable[[Strip, int, int], Strip]
"""Draw what a person has chosen into the strip of a row, which begins at that many characters of its line."""


class LogPainter:
    """Renders lines in the style of their level, what one of ``patterns`` finds in them in another.

    ``style_of`` gives the style of a level or of a ``hit``; ``rendered`` counts the lines on which work was done.
    """

    def __init__(self, style_of: Callable[[str], Style]) -> None:
        self.rendered = 0
        self.patterns: tuple[Pattern, ...] = ()
        self._style_of = style_of
        self._styles: dict[str, Style] = {}
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
            strip = self._strips[number] = self._rendered(line)
        return strip

    def wrapped(
        self, view: Sequence[str], rows: Iterable[int], width: int, number_of: Callable[[int], int], draw: Draw
    ) -> list[Strip]:
        """Return these rows of a view, each cut into pieces of at most ``width`` cells."""
        strips: list[Strip] = []
        for row in rows:
            whole, offset = self.line(number_of(row), view[row]), 0
            pieces = _pieces(whole.text, width)
            cuts: list[int] = []
            for piece in pieces:
                cuts.append((cuts[-1] if cuts else 0) + cell_len(piece))
            for piece, strip in zip(pieces, whole.divide(cuts) if whole.cell_length else [whole], strict=True):
                strips.append(draw(strip, row, offset).apply_offsets(offset, row))
                offset += len(piece)
        return strips

    def first_fitting(self, view: Sequence[str], end: int, width: int, height: int) -> int:
        """Return the row of the view from which on everything before row ``end``, wrapped, just fits on a screen."""
        used, start = 0, end
        while start > 0 and used < height:
            used += self._height(view[start - 1], width)
            if used > height and start < end:
                break
            start -= 1
        return start

    def end_fitting(self, view: Sequence[str], start: int, width: int, height: int) -> int:
        """Return the row after the last one that, wrapped, is on a screen that begins at row ``start``, as a whole."""
        used, end = 0, start
        while end < len(view) and used < height:
            used += self._height(view[end], width)
            if used > height and end > start:
                break
            end += 1
        return end

    def _height(self, line: str, width: int) -> int:
        self.rendered += 1
        text = shown(line)
        return 1 if text.isascii() and len(text) <= width else len(_pieces(text, width))

    def _rendered(self, line: str) -> Strip:
        self.rendered += 1
        style = self._style(level_of(line))
        if has_colours(line):
            strip = Strip([Segment(text, style + own) for text, own in coloured(line)])
        else:
            strip = Strip([Segment(shown(line), style)])
        for pattern in self.patterns:
            for span in _spans(pattern, strip.text):
                strip = marked(strip, span, 0, self._style("hit"))
        return strip

    def _style(self, name: str) -> Style:
        if name not in self._styles:
            self._styles[name] = self._style_of(name)
        return self._styles[name]


def _pieces(text: str, width: int) -> list[str]:
    return chop_cells(text, max(1, width)) or [""]


def _spans(pattern: Pattern, text: str) -> list[tuple[int, int]]:
    try:
        with within(PATIENCE):
            return pattern.spans(text)
    except TooSlowError:
        return []
