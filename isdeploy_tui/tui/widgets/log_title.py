"""How a log stands, in the words that its title has room for."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content

from isdeploy_tui.tui.theme import Glyphs, Look
from isdeploy_tui.tui.widgets.log_pane import LogPane


def titled(what: str, hint: str, pane: LogPane, look: Look, width: int) -> tuple[Content, Content]:
    """Return both sides of a title: what is shown, with a hint where there is room for it, and how it stands."""
    right = standing(pane, look.glyphs, width - cell_len(what) - 2)
    room = width - cell_len(what) - right.cell_length - 5
    return Content.assemble((what, "bold"), (f"   {hint}" if cell_len(hint) <= room else "", "not bold")), right


def standing(pane: LogPane, glyphs: Glyphs, width: int) -> Content:
    """Return how a pane stands in at most ``width`` cells; what is needed least is left out first."""
    words = list(_words(pane))
    ends = [(7, Content("following"))] if pane.follow else [(0, _still(pane))]
    while True:
        before = f" {glyphs.dot} ".join(text for _, text in words)
        content = Content("  ").join([*([Content(before)] if before else []), *(end for _, end in ends)])
        if content.cell_length <= width or not words:
            return content
        least = max(words)
        if ends and ends[0][0] > least[0]:
            ends = []
        else:
            words.remove(least)


def _still(pane: LogPane) -> Content:
    pending = f" +{pane.buffer.pending:,} " if pane.buffer.pending else ""
    return Content.assemble("standing still ", (pending, "reverse"))


def _words(pane: LogPane) -> Sequence[tuple[int, str]]:
    """Return what there is to say in the order of the line, each with a number: the higher, the sooner it goes."""
    view, buffer, words = pane.view, pane.buffer, list[tuple[int, str]]()
    if view.errors_only:
        words.append((1, "errors only"))
    if view.filter is not None:
        words.append((2, f"& {view.filter.text}"))
    if view.is_filtered:
        words.append((4, f"{len(view):,} {'line' if len(view) == 1 else 'lines'}"))
    if view.search is not None:
        words.append((3, f"/{view.search.text} {_place(pane)}"))
    if pane.cursor is not None and pane.origin is not None:
        words.append((0, f"{pane.selected:,} selected"))
    if pane.column:
        words.append((8, f"column {pane.column + 1}"))
    if pane.wrap:
        words.append((9, "wrap"))
    if view.passed_unseen:
        words.append((5, f"{view.passed_unseen:,} came too fast to filter"))
    if buffer.dropped:
        words.append((6, f"{buffer.dropped:,} lines dropped"))
    return words


def _place(pane: LogPane) -> str:
    hits = pane.view.hits
    if not hits:
        return "not found" if pane.is_done else "searching"
    place = pane.view.place_of_hit(pane.cursor)
    return f"{place:,} of {len(hits):,}" if place else f"{len(hits):,}"
