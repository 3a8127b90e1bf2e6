"""The pane of live text: it follows, stands still, counts, and works only on what is on screen."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot
from textual.selection import Selection

from isdeploy_tui.tui import theme
from isdeploy_tui.tui.widgets.log_line import NoticeLine
from isdeploy_tui.tui.widgets.log_pane import LogPane
from tests.tui.screen_text import widget_text


class Stage(App[None]):
    """Nothing but a pane."""

    def __init__(self, keep: int = 20_000) -> None:
        super().__init__()
        self.pane = LogPane(keep=keep)

    def compose(self) -> ComposeResult:
        yield self.pane

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(theme.DARK.variables)


@asynccontextmanager
async def a_pane(*, keep: int = 20_000, size: tuple[int, int] = (40, 10)) -> AsyncIterator[tuple[LogPane, Pilot[None]]]:
    app = Stage(keep)
    async with app.run_test(size=size) as pilot:
        app.pane.focus()
        await pilot.pause()
        yield app.pane, pilot


def rows(pane: LogPane) -> list[str]:
    return widget_text(pane).split("\n")


def numbered(start: int, count: int) -> list[str]:
    return [f"line {number}" for number in range(start, start + count)]


async def test_the_end_is_shown_as_lines_come() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(numbered(0, 100))
        pane.flush()
        await pilot.pause()
        assert rows(pane) == numbered(90, 10)


async def test_lines_that_were_fed_are_painted_without_being_asked_for() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(numbered(0, 3))
        for _ in range(100):
            await pilot.pause(0.02)
            if "line 2" in rows(pane):
                break
        assert rows(pane)[:3] == numbered(0, 3)


async def test_scrolled_back_the_text_stands_still_while_ten_thousand_lines_come() -> None:
    async with a_pane(keep=1_000) as (pane, pilot):
        pane.feed(numbered(0, 500))
        pane.flush()
        await pilot.press("pageup")
        await pilot.pause()
        before = rows(pane)
        assert before == numbered(481, 10)
        for chunk in range(100):
            pane.feed(numbered(500 + 100 * chunk, 100))
            pane.flush()
        await pilot.pause()
        assert rows(pane) == before
        assert pane.buffer.pending == 10_000
        await pilot.press("G")
        await pilot.pause()
        assert rows(pane) == numbered(10_490, 10)
        assert pane.buffer.pending == 0


async def test_scrolling_back_shows_the_lines_that_were_on_screen_even_when_old_ones_were_dropped_meanwhile() -> None:
    async with a_pane(keep=200) as (pane, pilot):
        pane.feed(numbered(0, 300))
        pane.flush()
        await pilot.pause()
        assert rows(pane)[0] == "line 290"
        # Fed, but not painted yet: the ring has dropped 50 old lines when the key comes.
        pane.feed(numbered(300, 50))
        pane.action_line_up()
        await pilot.pause()
        assert rows(pane)[0] == "line 289"


async def test_scrolling_down_to_the_end_follows_again() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(numbered(0, 100))
        pane.flush()
        await pilot.press("k", "k", "k")
        assert not pane.follow
        await pilot.press("j", "j", "j")
        assert pane.follow


async def test_home_goes_to_the_first_line_and_s_switches_following() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(numbered(0, 100))
        pane.flush()
        await pilot.press("g")
        await pilot.pause()
        assert rows(pane)[0] == "line 0"
        await pilot.press("s")
        await pilot.pause()
        assert rows(pane)[-1] == "line 99"
        await pilot.press("s")
        pane.feed(numbered(100, 7))
        pane.flush()
        await pilot.pause()
        assert rows(pane)[-1] == "line 99"
        assert pane.buffer.pending == 7


async def test_wrapped_the_whole_of_the_last_lines_is_shown_and_scrolling_back_continues_from_there() -> None:
    async with a_pane(size=(21, 6)) as (pane, pilot):
        pane.feed([f"{letter}" * 30 for letter in "abcdef"])
        pane.flush()
        await pilot.press("w")
        await pilot.pause()
        assert rows(pane) == ["d" * 20, "d" * 10, "e" * 20, "e" * 10, "f" * 20, "f" * 10]
        await pilot.press("k")
        await pilot.pause()
        assert rows(pane) == ["c" * 20, "c" * 10, "d" * 20, "d" * 10, "e" * 20, "e" * 10]
        await pilot.press("j")
        await pilot.pause()
        assert pane.follow
        assert rows(pane)[-1] == "f" * 10


async def test_of_a_wrapped_line_longer_than_the_pane_the_end_is_shown_and_home_shows_its_start() -> None:
    async with a_pane(size=(11, 3)) as (pane, pilot):
        pane.feed(["0123456789" * 4 + "the end"])
        pane.flush()
        await pilot.press("w")
        await pilot.pause()
        assert rows(pane) == ["0123456789", "0123456789", "the end"]
        await pilot.press("g")
        await pilot.pause()
        assert rows(pane) == ["0123456789", "0123456789", "0123456789"]


async def test_long_lines_are_read_by_going_right_and_stay_there_while_lines_come() -> None:
    async with a_pane(size=(21, 4)) as (pane, pilot):
        pane.feed(["0123456789abcdefghijklmnopqrstuvwxyz"])
        pane.flush()
        await pilot.press("right")
        await pilot.pause()
        assert rows(pane)[0] == "abcdefghijklmnopqrst"
        pane.feed(["          next"])
        pane.flush()
        await pilot.pause()
        assert rows(pane)[:2] == ["abcdefghijklmnopqrst", "next"]
        await pilot.press("left")
        await pilot.pause()
        assert rows(pane)[0] == "0123456789abcdefghij"


async def test_wide_characters_keep_the_columns() -> None:
    async with a_pane(size=(12, 3)) as (pane, pilot):
        pane.feed(["한글 로그입니다", "x" * 20])
        pane.flush()
        await pilot.pause()
        strips = pane.app.screen._compositor.render_strips()
        assert {strip.cell_length for strip in strips} == {12}
        await pilot.press("w")
        await pilot.pause()
        assert rows(pane) == ["니다", "x" * 11, "x" * 9]


async def test_the_work_on_lines_depends_on_what_is_shown_and_not_on_what_is_fed() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(numbered(0, 100))
        pane.flush()
        await pilot.pause()
        before = pane.painter.rendered
        for chunk in range(50):
            pane.feed(numbered(chunk * 1_000, 1_000))
        pane.flush()
        await pilot.pause()
        assert pane.painter.rendered - before <= 3 * pane.text_size.height


async def test_feeding_costs_no_more_for_a_long_line_than_for_a_short_one() -> None:
    async with a_pane() as (pane, _):
        calls = 0
        original = pane.buffer.feed

        def counted(lines: list[str]) -> None:
            nonlocal calls
            calls += 1
            original(lines)

        pane.buffer.feed = counted  # type: ignore[method-assign,assignment]
        for _ in range(50):
            pane.feed(["x" * 8_000] * 1_000)
        # One call a chunk, and one timer however many chunks come before it is due.
        assert calls == 50
        assert pane.painter.rendered < 1_000


async def test_a_flood_is_painted_at_the_pace_and_not_for_each_chunk() -> None:
    async with a_pane() as (pane, pilot):
        paints = 0
        original = pane.flush

        def counted() -> None:
            nonlocal paints
            paints += 1
            original()

        pane.flush = counted  # type: ignore[method-assign]
        began = time.monotonic()
        for chunk in range(200):
            pane.feed(numbered(chunk * 100, 100))
            await asyncio.sleep(0)
        await pilot.pause(0.25)
        assert paints <= (time.monotonic() - began) / pane.pace.period + 1


async def test_clearing_follows_again_and_shows_nothing() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(numbered(0, 100))
        pane.flush()
        await pilot.press("g")
        pane.clear()
        await pilot.pause()
        assert pane.follow
        assert set(rows(pane)) == {""}


async def test_growing_keeps_the_end_in_view() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(numbered(0, 100))
        pane.flush()
        for height in (20, 5):
            await pilot.resize_terminal(40, height)
            for _ in range(100):
                await pilot.pause(0.02)
                if pane.text_size.height == height:
                    break
            await pilot.pause(0.02)
            assert rows(pane) == numbered(100 - height, height)
            assert pane.follow


async def test_levels_have_their_colours_and_notices_another() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed(["SEVERE: a", "WARNING: b", "INFO: c", "DEBUG: d", NoticeLine("e")])
        pane.flush()
        await pilot.pause()
        colours = [pane.render_line(row)._segments[0].style.color for row in range(5)]  # type: ignore[union-attr]
        assert len({str(colour) for colour in colours}) == 5


async def test_selecting_stands_still_and_copies_what_is_shown_of_the_selected_lines() -> None:
    async with a_pane() as (pane, pilot):
        pane.feed([f"\x1b[31mline\x1b[0m {number}" for number in range(100)])
        pane.flush()
        await pilot.pause()
        selection = Selection(Offset(2, 92), Offset(4, 94))
        pane.screen.selections = {pane: selection}
        await pilot.pause()
        assert not pane.follow
        assert pane.get_selection(selection) == ("ne 92\nline 93\nline", "\n")
        background = pane.get_component_rich_style("log--selection", partial=True).bgcolor
        marked = [
            segment.text
            for segment in pane.render_line(3)._segments
            if segment.style and segment.style.bgcolor == background
        ]
        assert "".join(marked) == "line 93"
