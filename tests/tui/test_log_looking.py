"""Looking for something in a log: search, filter, errors only, marks, a line chosen, copied, saved."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.tui.widgets.log_line import MarkLine
from isdeploy_tui.tui.widgets.log_pane import LogPane
from tests.tui.fakes import BLUE, W1, W2, W3
from tests.tui.screen_text import widget_text
from tests.tui.stage import SMALL, Actor, on_stage

LINES = [f"{'SEVERE' if number % 10 == 7 else 'INFO'} line {number}" for number in range(200)]


def pane(actor: Actor) -> LogPane:
    return actor.world.app.main.log_area.pane


def rows(actor: Actor) -> list[str]:
    return widget_text(pane(actor)).split("\n")


def title(actor: Actor) -> str:
    return next(row for row in actor.screen.split("\n") if "log shop" in row)


async def in_a_log(actor: Actor, *keys: str, lines: Sequence[str] = LINES) -> None:
    """Go to a log that ends with these lines, and press keys there."""
    await actor.until("worker1 begins")
    actor.world.logs.write(W1, *lines)
    pane(actor).now = lambda: datetime(2026, 1, 6, 12, 0, 5)
    await actor.until(lines[-1])
    await actor.press("l")
    await actor.press(*keys)


async def test_a_search_goes_to_the_newest_match_and_n_and_capital_n_on_from_there() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "slash")
        await actor.type("severe")
        assert "20 lines" in actor.screen
        assert pane(actor).follow
        await actor.press("enter")
        assert "/severe 20 of 20" in title(actor)
        assert "SEVERE line 197" in rows(actor)
        await actor.press("N", "N")
        assert "/severe 18 of 20" in title(actor)
        await actor.press("n")
        assert "/severe 19 of 20" in title(actor)
        await actor.press("n", "n")
        await actor.until("No more of severe below")


async def test_scrolled_back_a_search_goes_to_the_first_match_on_the_screen_or_below() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "g", "slash")
        await actor.type("line 1.7")
        await actor.press("enter")
        assert "/line 1.7 1 of 10" in title(actor)
        assert "SEVERE line 107" in rows(actor)


async def test_matches_are_highlighted() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "slash")
        await actor.type("vere line 19")
        background = pane(actor).get_component_rich_style("log--hit", partial=True).bgcolor
        text = "".join(
            segment.text
            for y in range(pane(actor).text_size.height)
            for segment in pane(actor).render_line(y)
            if segment.style is not None and segment.style.bgcolor == background
        )
        assert text == "VERE line 19"


async def test_what_is_not_valid_yet_says_so_while_one_types_and_changes_nothing() -> None:
    async with on_stage(size=SMALL) as actor:
        await in_a_log(actor, "ampersand")
        await actor.type("line 19(")
        assert "invalid: missing ), unterminated subpattern at character 8" in actor.screen
        assert rows(actor)[-1] == "INFO line 199"
        await actor.press("enter")
        assert "invalid" in actor.screen
        await actor.press("backspace", "enter")
        assert "invalid" not in actor.screen
        assert len(pane(actor).view) == 11


async def test_a_filter_shows_what_matches_while_lines_come_and_esc_takes_it_away() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "ampersand")
        await actor.type("7$")
        assert [row for row in rows(actor) if row][-1] == "SEVERE line 197"
        await actor.press("enter")
        assert "& 7$" in title(actor)
        actor.world.logs.write(W1, "INFO line 200", "SEVERE line 207")
        await actor.until("SEVERE line 207")
        assert "INFO line 200" not in actor.screen
        await actor.press("escape")
        assert "INFO line 200" in actor.screen
        assert pane(actor).has_focus
        await actor.press("escape")
        assert actor.world.app.main.fleet_tree.has_focus


async def test_esc_while_typing_brings_back_what_was_there() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "ampersand")
        await actor.type("severe")
        await actor.press("enter", "ampersand")
        await actor.type("x")
        assert len(pane(actor).view) == 0
        await actor.press("escape")
        assert "& severe" in title(actor)
        assert len(pane(actor).view) == 20


async def test_what_was_typed_before_comes_back_with_the_arrows() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "slash", "a", "enter", "slash", "b", "enter", "slash", "up", "up")
        await actor.press("enter")
        assert "/a " in title(actor)


async def test_errors_only() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "e")
        assert "errors only" in title(actor)
        assert {row.split()[0] for row in rows(actor) if row} == {"SEVERE"}
        await actor.press("e")
        assert rows(actor)[-1] == "INFO line 199"


async def test_taking_a_filter_away_shows_what_is_around_the_chosen_line() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "e", "enter", "k", "k")
        place = rows(actor).index("SEVERE line 177")
        await actor.press("e")
        assert rows(actor)[place - 1 : place + 2] == ["INFO line 176", "SEVERE line 177", "INFO line 178"]
        await actor.press("e", "escape", "escape")
        assert rows(actor)[place - 1 : place + 2] == ["INFO line 176", "SEVERE line 177", "INFO line 178"]


async def test_standing_still_a_filter_changes_no_line_that_comes_later() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "g", "ampersand")
        await actor.type("severe")
        await actor.press("enter")
        before = rows(actor)
        actor.world.logs.write(W1, *(f"SEVERE new {number}" for number in range(1_000)))
        await actor.until("+1,000")
        assert rows(actor) == before
        await actor.press("G")
        await actor.until("SEVERE new 999")
        assert f"{20 + 1_000:,} lines" in title(actor)


async def test_an_expression_that_is_too_slow_is_taken_away_and_said_so() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "ampersand", lines=["a" * 60 + "b", "end"])
        await actor.type("(a+)+$")
        await actor.until("takes too long")
        assert len(pane(actor).view) == 3


async def test_marks_are_jumped_to() -> None:
    async with on_stage() as actor:
        start = "INFO [main] Server startup in [4211] milliseconds"
        await in_a_log(actor, "m", lines=[*LINES[:50], start, *LINES[50:]])
        assert rows(actor)[-1] == "mark 12:00:05"
        actor.world.logs.write(W1, *(f"after {number}" for number in range(100)))
        await actor.until("after 99")
        await actor.press("left_square_bracket")
        assert "mark 12:00:05" in rows(actor)
        await actor.press("left_square_bracket")
        assert start in rows(actor)
        await actor.press("right_square_bracket")
        assert "mark 12:00:05" in rows(actor)
        await actor.press("right_square_bracket")
        await actor.until("No start, deploy or mark below")


async def test_clearing_forgets_the_lines_and_keeps_the_filter() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "e", "C")
        assert set(rows(actor)) == {""}
        actor.world.logs.write(W1, "INFO a", "SEVERE b")
        await actor.until("SEVERE b")
        assert "INFO a" not in actor.screen


async def test_a_line_is_shown_whole() -> None:
    async with on_stage(size=SMALL) as actor:
        await in_a_log(
            actor, "enter", "k", "enter", lines=["x" * 300 + " the end", "10%\r50%\r\x1b[32m100%\x1b[0m", "last"]
        )
        assert actor.dialog == "LineReader"
        assert all(word in actor.screen for word in ("10%", "50%", "100%"))
        await actor.press("escape", "k", "enter")
        assert "the end" in actor.screen
        assert "308 characters" in actor.screen
        await actor.press("y", "escape")
        assert actor.world.app.clipboard == "x" * 300 + " the end"
        assert actor.dialog == "MainScreen"


@pytest.mark.parametrize("keys", [("v", "k", "k", "y"), ("shift+up", "shift+up", "c"), ("enter", "v", "k", "k", "c")])
async def test_lines_are_copied_by_keys(keys: tuple[str, ...]) -> None:
    async with on_stage() as actor:
        await in_a_log(actor, *keys)
        assert actor.world.app.clipboard == "\n".join(LINES[197:])
        assert "3 lines sent to the terminal's clipboard" in actor.screen
        assert "standing still" in actor.screen


async def test_copying_nothing_says_how_to_choose() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "y")
        await actor.until("Choose lines first: v")


async def test_what_is_shown_is_saved_and_it_is_said_where(tmp_path: Path) -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "e", "S")
        assert actor.dialog == "SaveDialog"
        assert "Save 20 lines" in actor.screen
        assert "shop/web1/worker1: errors only" in actor.screen
        file = tmp_path / "new 로그.log"
        actor.world.app.screen.query_one("#words").value = str(file)  # type: ignore[attr-defined]
        await actor.press("enter")
        await actor.until("20 lines saved to")
        assert file.read_text("utf-8").splitlines() == LINES[7::10]
        assert file.stat().st_mode & 0o777 == 0o600
        assert [path.name for path in tmp_path.iterdir()] == [file.name]


async def test_selected_lines_are_saved_alone(tmp_path: Path) -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "v", "k", "S")
        actor.world.app.screen.query_one("#words").value = str(tmp_path / "a")  # type: ignore[attr-defined]
        await actor.press("enter")
        await actor.until("2 lines saved")
        assert (tmp_path / "a").read_text() == "INFO line 198\nSEVERE line 199\n".replace("SEVERE", "INFO")


async def test_a_file_that_exists_is_not_overwritten_without_asking(tmp_path: Path) -> None:
    async with on_stage() as actor:
        file = tmp_path / "mine"
        file.write_text("precious")
        await in_a_log(actor, "S")
        actor.world.app.screen.query_one("#words").value = str(file)  # type: ignore[attr-defined]
        await actor.press("enter")
        await actor.until("Overwrite it?")
        await actor.press("escape")
        assert file.read_text() == "precious"
        assert actor.dialog == "SaveDialog"
        await actor.press("enter")
        await actor.until("Overwrite it?")
        await actor.press("enter")
        await actor.until("201 lines saved")
        assert file.read_text().endswith("INFO line 199\n")


@pytest.mark.parametrize(
    ("name", "words"),
    [("/nonexistent/a", "No such file or directory"), ("/", "is a directory"), ("", "A file name is needed")],
)
async def test_what_cannot_be_saved_says_why(name: str, words: str) -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "S")
        actor.world.app.screen.query_one("#words").value = name  # type: ignore[attr-defined]
        await actor.press("enter")
        await actor.until(words)
        assert actor.dialog == "SaveDialog"
        await actor.press("escape")
        assert actor.dialog == "MainScreen"


async def test_how_many_lines_were_dropped_is_said() -> None:
    async with on_stage(log_keep=100) as actor:
        await in_a_log(actor)
        assert "101 lines dropped" in title(actor)


async def test_keys_that_change_servers_do_nothing_while_a_log_is_read() -> None:
    async with on_stage() as actor:
        await in_a_log(actor, "d", "u", "p", "r", "R")
        assert actor.dialog == "MainScreen"
        assert actor.world.operations.asked == []
        footer = actor.screen.split("\n")[-1]
        assert "drain" not in footer
        await actor.press("G", "escape", "d")
        assert actor.world.operations.asked


async def test_the_deploy_script_is_marked_in_the_log_of_its_tomcat() -> None:
    async with on_stage() as actor:
        await actor.press("end", "up")
        await actor.until("blue begins")
        await actor.press("p", "enter")
        running = actor.world.operations.all[0]
        await running.step("script", StepState.STARTED, "gate:/opt/deploy/blue.sh", BLUE)
        await actor.press("l")
        await actor.until("the deploy script begins, 12:00")
        assert isinstance(pane(actor).buffer.view[-1], MarkLine)


async def test_the_logs_of_marked_workers_are_shown_side_by_side() -> None:
    async with on_stage(size=(160, 40)) as actor:
        await actor.press("space", "space", "L")
        await actor.until("worker2 begins")
        for worker, name in ((W1, "one"), (W2, "two")):
            actor.world.logs.write(worker, f"SEVERE {name}", "INFO")
        await actor.until("SEVERE two")
        names = [log.title.render().plain.split()[0] for log in actor.world.app.main.log_area.logs]
        assert names == ["shop/web1/worker1", "shop/web1/worker2"]
        await actor.press("e")
        assert actor.screen.count("errors only") == 2
        await actor.press("tab")
        assert pane(actor).label == "shop/web1/worker2"
        await actor.press("tab")
        assert actor.world.app.main.fleet_tree.has_focus
        await actor.press("down", "down")
        assert [log.worker for log in actor.world.app.main.log_area.logs] == [W1, W2]
        await actor.press("l")
        await actor.until("log shop/web2/worker1")
        assert set(actor.world.logs.closed[-2:]) == {W1, W2}


async def test_a_node_shows_all_logs_below_it_and_a_tomcat_with_two_names_once() -> None:
    async with on_stage(size=(160, 40)) as actor:
        await actor.press("home", "L")
        await actor.until("worker3 begins")
        assert [log.worker for log in actor.world.app.main.log_area.logs] == [W1, W2, W3]


async def test_without_several_logs_it_is_said_how_to_get_them() -> None:
    async with on_stage() as actor:
        await actor.press("L")
        await actor.until("Mark several workers with space first")
