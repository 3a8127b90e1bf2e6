"""All operations: each step with its time, what failed in full, and what the script printed."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style as ContentStyle
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.tui.actions import bindings_for
from isdeploy_tui.tui.ages import clock, duration
from isdeploy_tui.tui.screens.question import Question
from isdeploy_tui.tui.story import Story, output_lines
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.key_bar import key_of
from isdeploy_tui.tui.widgets.log_box import LogBox
from isdeploy_tui.tui.widgets.log_pane import LogPane
from isdeploy_tui.tui.widgets.pane_title import PaneTitle


class OperationsScreen(ModalScreen[None], inherit_bindings=False):
    """Lists operations, the newest first, beside the story of the selected one; it keeps up while they run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,a,ctrl+c", "close", "Close", show=False),
        Binding("tab", "app.focus_next", "Next", show=False),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False),
        *bindings_for("operations"),
    ]

    def __init__(self, stories: Sequence[Story], look: Look, now: Callable[[], float]) -> None:
        super().__init__()
        self._stories = list(reversed(stories))
        self._look = look
        self._now = now

    def compose(self) -> ComposeResult:
        """Yield the list, the story, the output."""
        with Vertical(id="dialog", classes="-full"):
            yield PaneTitle(id="operations-title")
            if not self._stories:
                yield Static(Content("No operation has run since the program was started."), id="nothing")
            with Vertical(id="operations-body"):
                yield OptionList(*(Option(self._entry(story)) for story in self._stories), id="operations-list")
                yield PaneTitle(id="story-title")
                with VerticalScroll(id="story"):
                    yield Static(id="story-text")
                yield PaneTitle(id="output-title")
                yield LogBox(pane_id="output", label="output")
            with Horizontal(id="operations-hint"):
                yield Static(id="hint")

    def on_mount(self) -> None:
        """Show the newest, and keep the times going."""
        self.query_one("#operations-body").display = bool(self._stories)
        self.query_one("#operations-title", PaneTitle).show(
            Content("activity"), _number(len(self._stories), "operation")
        )
        if self._stories:
            self.query_one(OptionList).highlighted = 0
        stop = key_of(self, "operations.stop")
        hint = f", {stop} stops after this step" if stop else ""
        self.query_one("#hint", Static).update(Content(f"esc closes, tab switches{hint}"))
        self.set_interval(1, self.refresh_story)

    @property
    def selected(self) -> Story | None:
        """The operation under the cursor."""
        index = self.query_one(OptionList).highlighted
        return self._stories[index] if index is not None and index < len(self._stories) else None

    @on(OptionList.OptionHighlighted)
    def _select(self) -> None:
        pane, story = self.query_one(LogPane), self.selected
        pane.clear()
        if story is not None:
            pane.label = f"output {story.title}"
            several = len(story.operation.plan.scripts) > 1
            pane.feed(output_lines(story.operation.events, several=several))
            pane.flush()
        self.refresh_story()

    def printed(self, story: Story, lines: Sequence[str]) -> None:
        """Take in what a script has just printed."""
        if story is self.selected:
            self.query_one(LogPane).feed(lines)

    def refresh_story(self) -> None:
        """Draw the selected operation anew."""
        story = self.selected
        if story is None:
            return
        options = self.query_one(OptionList)
        for index, one in enumerate(self._stories):
            if not one.is_over or one is story:
                options.replace_option_prompt_at_index(index, self._entry(one))
        self.query_one("#story-text", Static).update(story_table(story, self._look, self._now()))
        has_output = bool(story.operation.plan.scripts)
        self.query_one("#story-title", PaneTitle).show(Content(f"steps of {story.title}"), story.phase(self._now()))
        title = self.query_one("#output-title", PaneTitle)
        title.display = self.query_one(LogBox).display = has_output
        title.show(Content("output"), _number(story.lines, "line"))

    @work
    async def action_stop(self) -> None:
        """Ask whether to stop the selected operation after its step, then do so."""
        story = self.selected
        if story is None or story.is_over:
            return
        text = Content(f"It stops after {story.now(self._now())}. What was done stays done and is said.")
        if await self.app.push_screen_wait(Question(f"Stop {story.title}?", text, yes="Stop", no="Let it run")):
            story.operation.interrupt()

    def action_close(self) -> None:
        """Close it."""
        self.dismiss(None)

    def _entry(self, story: Story) -> Content:
        look = self._look
        if not story.is_over:
            return Content.assemble(
                (f"{look.glyphs.running} ", look.notice), (story.title, look.strong), f"  {story.phase(self._now())}"
            )
        glyph, style = (look.glyphs.done, look.good) if story.went_well else (look.glyphs.bad, look.bad)
        started = clock(story.operation.started)
        text = f"  {started}  {story.phase(self._now())}"
        return Content.assemble((f"{glyph} ", style), (story.title, look.strong), text)


def story_table(story: Story, look: Look, now: float) -> Table:
    """Return the steps of an operation as a table: sign, time of day, step, target, how long, what happened."""
    table = Table.grid(padding=(0, 1), expand=True)
    for width in (1, 8, 8):
        table.add_column(width=width, no_wrap=True)
    table.add_column(no_wrap=True, max_width=22)
    table.add_column(justify="right", width=9, no_wrap=True)
    table.add_column(ratio=1)
    for chapter in story.chapters:
        glyph, name = {
            StepState.STARTED: (look.glyphs.running, look.notice),
            StepState.DONE: (look.glyphs.done, look.good),
            StepState.FAILED: (look.glyphs.bad, look.bad),
            StepState.REFUSED: (look.glyphs.bad, look.warn),
        }[chapter.state]
        style = _style(name)
        trouble = chapter.state in {StepState.FAILED, StepState.REFUSED}
        table.add_row(
            Text(glyph, style),
            Text(clock(chapter.started), _style(look.muted)),
            Text(chapter.step, style),
            Text(chapter.target),
            Text(duration(chapter.lasted(now if not story.is_over else story.ended))),
            Text(chapter.detail, style if trouble else ""),
        )
    return table


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _style(name: str) -> Style:
    return ContentStyle.parse(name).rich_style
