"""All operations as stories: the plan, each step with its evidence, the script's output, the Tomcat's log beside it."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import getters, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.actions import bindings_for
from isdeploy_tui.tui.ages import clock
from isdeploy_tui.tui.looking import fit
from isdeploy_tui.tui.ports import Ports
from isdeploy_tui.tui.screens.question import Question
from isdeploy_tui.tui.story import Story, output_lines
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line, as_content
from isdeploy_tui.tui.widgets.key_bar import key_of
from isdeploy_tui.tui.widgets.log_box import LogBox
from isdeploy_tui.tui.widgets.log_pane import LogPane
from isdeploy_tui.tui.widgets.pane_title import PaneTitle
from isdeploy_tui.tui.widgets.story_view import plan_lines, story_table
from isdeploy_tui.tui.widgets.tree_label import environment
from isdeploy_tui.tui.widgets.worker_log import WorkerLog


class OperationsScreen(ModalScreen[None], inherit_bindings=False):
    """Lists operations, the newest first, beside the story of the selected one; it keeps up while they run.

    What an operation asks is answered here by its number.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,a,ctrl+c", "close", "Close", show=False),
        Binding("tab", "app.focus_next", "Next", show=False),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False),
        *bindings_for("operations"),
    ]

    output = getters.query_one("#story-output", LogPane)
    worker_log = getters.query_one(WorkerLog)

    def __init__(self, stories: Sequence[Story], look: Look, now: Callable[[], float], ports: Ports) -> None:
        super().__init__()
        self._stories = list(reversed(stories))
        self._look = look
        self._now = now
        self._ports = ports
        self._ids = {str(worker.id): worker.id for worker in ports.session.config.workers()}
        self._tail = True

    def compose(self) -> ComposeResult:
        """Yield the list, the story, the output, the log."""
        fit(self)
        sizes = self._ports.log
        with Vertical(id="dialog", classes="-full"):
            yield PaneTitle(id="operations-title")
            if not self._stories:
                yield Static(Content("No operation has run since the program was started."), id="nothing")
            with Vertical(id="operations-body"):
                with Vertical(id="story-left"):
                    yield OptionList(*(Option(self._entry(story)) for story in self._stories), id="operations-list")
                    yield PaneTitle(id="story-title")
                    with VerticalScroll(id="story"):
                        yield Static(id="story-plan")
                        yield Static(id="story-text")
                with Vertical(id="story-right"):
                    with Vertical(id="story-printed"):
                        yield PaneTitle(id="output-title")
                        yield LogBox(pane_id="story-output", label="output")
                    yield WorkerLog(
                        self._ports.follow_log, self._look, lines=sizes.lines, keep=sizes.keep, id="story-log"
                    )
            yield Static(id="story-question")
            yield Static(id="operations-hint")

    def on_mount(self) -> None:
        """Show the newest, and keep the times going."""
        self.query_one("#operations-body").display = bool(self._stories)
        self.query_one("#operations-title", PaneTitle).show(
            Content("activity"), _number(len(self._stories), "operation")
        )
        self.query_one("#story-question").display = False
        if self._stories:
            self.query_one(OptionList).highlighted = 0
        self.refresh_story()
        self.set_interval(1, self._tick)

    def _tick(self) -> None:
        # What is over stays as it is, and nothing is sent.
        if any(not story.is_over for story in self._stories):
            self.refresh_story()

    @property
    def selected(self) -> Story | None:
        """The operation under the cursor."""
        index = self.query_one(OptionList).highlighted
        return self._stories[index] if index is not None and index < len(self._stories) else None

    @on(OptionList.OptionHighlighted)
    def _select(self) -> None:
        pane, story = self.output, self.selected
        pane.clear()
        if story is not None:
            pane.label = f"output {story.title}"
            several = len(story.operation.plan.scripts) > 1
            pane.feed(output_lines(story.operation.events, several=several))
            pane.flush()
        self._tail = True
        self.refresh_story()

    def printed(self, story: Story, lines: Sequence[str]) -> None:
        """Take in what a script has just printed."""
        if story is self.selected:
            self.output.feed(lines)

    def refresh_story(self) -> None:
        """Draw the selected operation anew."""
        story = self.selected
        self._hint(story)
        if story is None:
            return
        options = self.query_one(OptionList)
        for index, one in enumerate(self._stories):
            if not one.is_over or one is story:
                options.replace_option_prompt_at_index(index, self._entry(one))
        look, now = self._look, self._now()
        scroll = self.query_one("#story", VerticalScroll)
        at_end = self._tail or scroll.scroll_offset.y >= scroll.max_scroll_y
        self._tail = False
        self.query_one("#story-plan", Static).update(as_content(plan_lines(story, look)))
        self.query_one("#story-text", Static).update(story_table(story, look, now))
        if at_end and not story.is_over:
            # The step that runs is the last one; who scrolled back reads.
            scroll.scroll_end(animate=False)
        self.query_one("#story-title", PaneTitle).show(self._title(story), story.phase(now))
        has_output = bool(story.operation.plan.scripts)
        self.query_one("#story-right").display = has_output
        self.set_class(not has_output, "-no-output")
        self.query_one("#output-title", PaneTitle).show(Content("output"), _number(story.lines, "line"))
        worker = self._at_work(story)
        if has_output and worker is not None:
            self.worker_log.follow_worker(worker)
        question = self.query_one("#story-question", Static)
        question.display = story.question is not None
        question.update(as_content(self._question(story)))

    def _title(self, story: Story) -> Content:
        production = [service for service in story.operation.plan.services if service.is_production]
        bands = [piece for service in production for piece in ("  ", environment(service, self._look))]
        return Content.assemble(f"steps of {story.title}", *bands)

    def _at_work(self, story: Story) -> WorkerId | None:
        """Return the worker whose log belongs beside the story: the one that was worked on last."""
        targets = (chapter.target for chapter in reversed(story.chapters))
        scripts = (run.worker.id for run in story.operation.plan.scripts)
        known = (self._ids[target] for target in targets if target in self._ids)
        found = next((id for id in (*known, *scripts)), None)
        if found is None:
            return None
        same = self._ports.session.config.same_tomcat(found)
        return next((worker.id for worker in same if worker.log), found)

    def _question(self, story: Story) -> Sequence[Line]:
        if story.question is None:
            return []
        look = self._look
        choices = (
            piece
            for number, choice in enumerate(story.question.choices, 1)
            for piece in ((f"{'   ' if number > 1 else ''}{number}", look.key), (f" {choice.label}", ""))
        )
        return [((printable(story.question.text), f"bold {look.warn}"),), tuple(choices)]

    def _hint(self, story: Story | None) -> None:
        words = ["esc closes", "tab switches"]
        log, pause, stop = (key_of(self, f"operations.{name}") for name in ("other_pane", "pause", "stop"))
        if log and story is not None and story.operation.plan.scripts and self.has_class("-narrow"):
            words.append(f"{log} log or output")
        if story is not None and not story.is_over:
            if pause and story.kind is OperationKind.ROLL:
                words.append(f"{pause} does not pause" if story.operation.pauses else f"{pause} pauses")
            if stop:
                words.append(f"{stop} stops after this step")
        self.query_one("#operations-hint", Static).update(Content(", ".join(words)))

    def on_key(self, event: Key) -> None:
        """Take a number for the answer to what is asked."""
        story = self.selected
        if event.key.isdigit() and story is not None and story.inquiry is not None and story.question is not None:
            event.stop()
            story.inquiry.answer(int(event.key))

    def action_pause(self) -> None:
        """Let a roll wait for a person's word after the Tomcat that it works on, or go on."""
        story = self.selected
        if story is not None and not story.is_over and story.kind is OperationKind.ROLL:
            story.operation.pause_after_this(not story.operation.pauses)
            self.refresh_story()

    def action_other_pane(self) -> None:
        """On a narrow terminal, where there is room for one only: the log instead of the output, and back."""
        self.toggle_class("-show-log")

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
            phase = "asks" if story.question is not None else story.phase(self._now())
            return Content.assemble((f"{look.glyphs.running} ", look.notice), (story.title, look.strong), f"  {phase}")
        glyph, style = (look.glyphs.done, look.good) if story.went_well else (look.glyphs.bad, look.bad)
        started = clock(story.operation.started)
        text = f"  {started}  {story.phase(self._now())}"
        return Content.assemble((f"{glyph} ", style), (story.title, look.strong), text)


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
