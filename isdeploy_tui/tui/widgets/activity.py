"""What runs, in which step and for how long; and what has ended, until it is dismissed."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widgets import Static

from isdeploy_tui.tui.story import Chapter, Story
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line, as_content, show_text
from isdeploy_tui.tui.widgets.key_bar import key_of

SHOWN = 3
"""Operations told of; the view of all operations has the rest."""


class Activity(Static):
    """At least one line, so that nothing moves when an operation starts; a failure is told in full."""

    DEFAULT_CSS = """
    Activity {
        height: auto;
        min-height: 1;
        max-height: 8;
        padding: 0 1;
        background: $surface;
        &:ansi { background: ansi_default; }
    }
    """

    def __init__(self, look: Look, idle: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._look = look
        self._idle = idle
        self._last: Content | None = None

    def show(self, stories: Sequence[Story], now: float) -> None:
        """Tell of these operations, the newest last."""
        width, all_key = self.scrollable_content_region.width, key_of(self.screen, "fleet.show_operations")
        content = as_content(iter(told(stories, now, self._look, self._idle, width, all_key)))
        # Once a second this is called; on a slow line nothing is sent when nothing has changed.
        if self._last is None or not content.is_same(self._last):
            show_text(self, content, self._last)
            self._last = content


def told(stories: Sequence[Story], now: float, look: Look, idle: str, width: int = 0, all_key: str = "a") -> list[Line]:
    """Return the lines about these operations: failures first, then what runs, then what went well.

    Failures may take several rows of the screen; what runs is cut to ``width`` cells (0: not cut). ``all_key`` shows
    the operations that these lines do not tell of.
    """
    if not stories:
        return [((idle, look.muted),)]
    order = sorted(stories, key=lambda story: (story.is_over and story.went_well, not story.is_over))
    lines: list[Line] = []
    hint = f"  {look.glyphs.dot} esc dismisses"
    for story in order[:SHOWN]:
        if story.question is not None:
            asks: Line = (
                (f"{look.glyphs.running} {story.title}  waits for your word", f"bold {look.warn}"),
                (
                    f"  {look.glyphs.dot} a answers",
                    look.muted,
                ),
            )
            lines.append(asks)
            continue
        if not story.is_over:
            lines.append(_running(story, now, look, width))
            continue
        lines.extend(_ended(story, look, hint))
        hint = ""
    if len(order) > SHOWN:
        hint = f"; {all_key} shows all" if all_key else ""
        lines.append(((f"and {len(order) - SHOWN} more{hint}", look.muted),))
    return lines


def _running(story: Story, now: float, look: Look, width: int) -> Line:
    detail = story.current[-1].detail if story.current else ""
    title, step = f"{look.glyphs.running} {story.title}", f"  {story.now(now)}"
    room = width - cell_len(title + step) - 2
    if width and cell_len(detail) > room:
        detail = set_cell_size(detail, max(0, room - 1)) + look.glyphs.ellipsis
    return (title, f"bold {look.notice}"), (step, look.strong), (f"  {detail}", look.muted)


def _ended(story: Story, look: Look, hint: str) -> list[Line]:
    if story.went_well:
        done = f"{look.glyphs.done} {story.title}"
        return [((done, look.good), (f"  {story.outcome()}", ""), (hint, look.muted))]
    style = look.warn if story.operation.result in {"refused", "interrupted"} else look.bad
    head: Line = ((f"{look.glyphs.bad} {story.title}  {story.outcome()}", f"bold {style}"), (hint, look.muted))
    return [head, *(((trouble_sentence(chapter), style),) for chapter in story.troubles)]


def trouble_sentence(chapter: Chapter) -> str:
    """Return a step that failed as one sentence: where, which step, what happened and what is still true."""
    return f"  {chapter.target} {chapter.step} {chapter.state.value}: {chapter.detail}"
