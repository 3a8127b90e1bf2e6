"""Parts of a log drawn in another style: what is selected, what a search has found; and what is copied of it."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Offset
from textual.selection import Selection
from textual.strip import Strip

from isdeploy_tui.tui.widgets.log_line import WHOLE, shown


def marked(strip: Strip, span: tuple[int, int], offset: int, style: Style) -> Strip:
    """Return a strip with the characters of ``span`` drawn in ``style``.

    ``span`` counts from the start of the whole line, of which the strip begins at ``offset``; its end is -1 for the
    end of the line.
    """
    text = strip.text
    first = max(0, span[0] - offset)
    last = len(text) if span[1] == -1 else max(0, span[1] - offset)
    start, end, length = cell_len(text[:first]), cell_len(text[:last]), strip.cell_length
    if start >= end:
        return strip
    before, inside, after = (strip.crop(a, b) for a, b in ((0, start), (start, end), (end, length)))
    return Strip.join([before, styled(inside, style), after])


def styled(strip: Strip, style: Style, above: Style | None = None) -> Strip:
    """Return a strip drawn in ``style``, over the styles that its segments have.

    What is on the background of ``above`` stays as it is: its words are readable on no other.
    """
    kept = above.bgcolor if above is not None else None
    # The style of a segment wins over one that is applied to it, so the segments are made anew.
    return Strip(
        [
            segment
            if kept is not None and segment.style is not None and segment.style.bgcolor == kept
            else Segment(segment.text, (segment.style or Style()) + style)
            for segment in strip
        ]
    )


def selected_text(lines: Sequence[str], selection: Selection) -> str:
    """Return the selected text of these raw lines, as it is shown; only selected lines are worked on."""
    first = selection.start.y if selection.start is not None else 0
    last = selection.end.y if selection.end is not None else len(lines) - 1
    start = None if selection.start is None else Offset(selection.start.x, 0)
    end = None if selection.end is None else Offset(selection.end.x, last - first)
    return Selection(start, end).extract("\n".join(map(shown, lines[first : last + 1])))


def whole_text(lines: Sequence[str]) -> str:
    """Return raw lines as text to copy or to keep: whole, printable."""
    return "\n".join(shown(line, WHOLE) for line in lines)
