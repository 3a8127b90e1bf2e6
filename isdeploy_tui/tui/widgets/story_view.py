"""The story of an operation as text: its plan and how far it is, its steps with their evidence, and its end."""

from collections.abc import Iterator, Sequence

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.style import Style as ContentStyle

from isdeploy_tui.engine.plans import Tomcat
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.ages import clock, duration
from isdeploy_tui.tui.story import Chapter, Story
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line

_BARS = "▁▂▃▄▅▆▇█"

_CURVE = 16
"""Numbers of a curve that are drawn, the newest."""


def plan_lines(story: Story, look: Look) -> Iterator[Line]:
    """Yield what was agreed to: the order of a roll with how far each Tomcat is, the maps' changes, the scripts."""
    plan = story.operation.plan
    if plan.roll is not None:
        for number, batch in enumerate(plan.roll.batches, 1):
            yield (f"{number:>2} ", look.muted), *_progress(story, batch, look)
        least = ", ".join(f"{count} active for {rule}" for rule, count in plan.roll.fewest_active.items())
        if least:
            yield ((f"   never fewer than {printable(least)}", look.muted),)
        return
    for change in plan.changes:
        active = "; ".join(f"{rule} {', '.join(members) or 'nobody'}" for rule, members in change.active.items())
        yield (
            (f"{change.apache.id} ", look.strong),
            (printable("; ".join(change.how)), ""),
            (
                printable(f"  active then: {active}"),
                look.muted,
            ),
        )
    for run in plan.scripts:
        yield (f"{run.worker.id} ", look.strong), (printable(f"{run.worker.ssh}:{run.script}"), "")


def _progress(story: Story, batch: Sequence[Tomcat], look: Look) -> Iterator[tuple[str, str]]:
    for place, tomcat in enumerate(batch):
        names = {str(tomcat.id), str(tomcat.run.worker.id)}
        mine = [chapter for chapter in story.chapters if chapter.target in names]
        glyph, style, word = _standing(story, tomcat, mine, look)
        yield (f"{', ' if place else ''}{glyph} {tomcat.id}", style)
        yield (f" {word}" if word else "", look.muted)


def _standing(story: Story, tomcat: Tomcat, mine: Sequence[Chapter], look: Look) -> tuple[str, str, str]:
    if any(chapter.state in {StepState.FAILED, StepState.REFUSED} for chapter in mine):
        return look.glyphs.bad, look.bad, "failed"
    open_now = [chapter for chapter in story.current if chapter in mine]
    if open_now:
        return look.glyphs.running, look.notice, open_now[-1].step
    if any(chapter.step == "ready" for chapter in mine):
        return look.glyphs.done, look.good, "deployed"
    return (
        (look.glyphs.reading, look.muted, "waits" if not story.is_over else "not touched")
        if not mine
        else (
            look.glyphs.running,
            look.notice,
            "",
        )
    )


def story_table(story: Story, look: Look, now: float) -> Table:
    """Return the steps of an operation as a table: sign, time of day, step, target, how long, what happened."""
    table = Table.grid(padding=(0, 1), expand=True)
    for width in (1, 8, 8):
        table.add_column(width=width, no_wrap=True)
    table.add_column(no_wrap=True, max_width=22)
    # Where all is of one service its name tells nothing.
    one_service = len(story.operation.plan.services) == 1
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
        evidence = Text(chapter.detail, style if trouble else "")
        if len(chapter.busy) > 1:
            evidence = Text.assemble((f"{curve(chapter.busy, look)}  ", _style(look.notice)), evidence)
        table.add_row(
            Text(glyph, style),
            Text(clock(chapter.started), _style(look.muted)),
            Text(chapter.step, style),
            Text(chapter.target.partition("/")[2] or chapter.target if one_service else chapter.target),
            Text(duration(chapter.lasted(now if not story.is_over else story.ended))),
            evidence,
        )
    if story.is_over:
        glyph, name = (look.glyphs.done, look.good) if story.went_well else (look.glyphs.bad, look.bad)
        style = _style(name)
        result = story.operation.result.value if story.operation.result is not None else ""
        took = duration(story.ended - story.operation.started)
        when = Text(clock(story.ended), _style(look.muted))
        table.add_row(Text(glyph, style), when, Text("end", style), Text(""), Text(took), Text(result, style))
    return table


def curve(numbers: Sequence[int], look: Look) -> str:
    """Return numbers as a row of bars, which fall to nothing; in ASCII as the numbers themselves."""
    newest = numbers[-_CURVE:]
    if look.glyphs.line == "-":
        return " ".join(map(str, newest))
    most = max(*numbers, 1)
    return "".join(_BARS[round(number / most * (len(_BARS) - 1))] for number in newest)


def _style(name: str) -> Style:
    return ContentStyle.parse(name).rich_style
