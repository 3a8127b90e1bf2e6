"""The main screen: looking around by keys."""

from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.modjk.rotation import Rotation
from tests.tui.fakes import BLUE, GREEN, START, W1, W2, W3, WEB1, WEB2, Note, Result, a_plan, a_world
from tests.tui.screen_text import widget_text
from tests.tui.stage import SMALL, WIDE, Actor, on_stage


def tree(actor: Actor) -> str:
    return widget_text(actor.world.app.main.fleet_tree)


def log(actor: Actor) -> str:
    return widget_text(actor.world.app.main.log_area.pane)


async def test_a_change_is_seen_at_every_level() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(W3, health=Health.DOWN, error="connection refused")
        await actor.until("5/6 active · 1 down")
        assert "✗ web1  2/3 active · 1 down" in tree(actor)
        assert "✗ worker3  active    down" in tree(actor)
        assert "✗ 7/8 active · 1 down" in actor.screen.split("\n")[0]


async def test_many_changes_at_once_are_one_repaint() -> None:
    async with on_stage() as actor:
        main = actor.world.app.main
        drawn: list[object] = []
        original = main.fleet_area.show
        main.fleet_area.show = lambda *args: (drawn.append(args), original(*args))  # type: ignore[method-assign,assignment]
        for number in range(500):
            actor.world.monitor.put(BLUE, busy=number)
        await actor.until("499 busy")
        assert len(drawn) <= 2


async def test_what_is_known_of_the_selected_worker_is_shown() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(
            W2, rotation=Rotation.STOPPED, since=START - 725, reason="/* → balancer_ex2 (line 2)", busy=4
        )
        await actor.press("down")
        await actor.until("stopped since 11:47 (12 min): /* →")
        assert "4 in flight · 10.0.0.12:8009 on was2" in actor.screen
        assert "the same Tomcat is shop/web2/worker2" in actor.screen


async def test_the_errors_of_a_host_and_the_age_of_what_is_shown_are_told_at_its_node_and_its_workers() -> None:
    async with on_stage() as actor:
        actor.world.clock.now += 45
        actor.world.monitor.see()
        actor.world.monitor.put(WEB1, error="web1: connection refused. Is sshd running there?", seen=START)
        await actor.until("✗ web1  connection refused. Is sshd")
        assert "✗ web1: connection refused. Is sshd running there?" in actor.screen
        assert "last read at 12:00, 45 s ago" in actor.screen
        assert "1 unreachable" in actor.screen.split("\n")[0]


async def test_what_is_old_says_so_without_an_error() -> None:
    async with on_stage() as actor:
        actor.world.clock.now += 45
        actor.world.app.main.tick()
        await actor.settle()
        assert "45s old" in tree(actor)


async def test_the_time_since_a_worker_is_out_goes_on() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(W2, rotation=Rotation.STOPPED, since=START)
        actor.world.clock.now += 59
        actor.world.monitor.see()
        actor.world.app.main.tick()
        await actor.settle()
        assert "stopped   up    59s" in tree(actor)
        actor.world.clock.now += 1
        actor.world.monitor.see()
        actor.world.app.main.tick()
        await actor.settle()
        assert "stopped   up    1m" in tree(actor)


async def test_a_tick_that_changes_nothing_repaints_no_line_of_the_tree() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(W2, rotation=Rotation.STOPPED, since=START - 3_600)
        await actor.until("1h")
        actor.world.app.main.tick()
        area = actor.world.app.main.fleet_area
        updates = [node._updates for node in area.fleet_tree._tree_nodes.values()]
        actor.world.clock.now += 1
        actor.world.monitor.see()
        actor.world.app.main.tick()
        assert [node._updates for node in area.fleet_tree._tree_nodes.values()] == updates


async def test_the_filter_narrows_the_tree_as_one_types_and_esc_takes_it_away() -> None:
    async with on_stage() as actor:
        await actor.press("slash")
        await actor.type("web2 worker3")
        assert "web1" not in tree(actor)
        assert "intranet" not in tree(actor)
        assert "worker3" in tree(actor)
        assert "filter web2 worker3" in actor.screen
        assert "1 of 8" in actor.screen
        await actor.press("enter")
        assert actor.world.app.main.fleet_tree.has_focus
        await actor.press("escape")
        assert "web1" in tree(actor)
        assert "filter" not in actor.screen.split("\n")[1]


async def test_esc_while_typing_the_filter_takes_it_away_too() -> None:
    async with on_stage() as actor:
        await actor.press("slash")
        await actor.type("green")
        await actor.press("escape")
        assert "web1" in tree(actor)
        assert actor.world.app.main.fleet_tree.has_focus


async def test_a_filter_that_matches_nothing_shows_nothing_and_breaks_nothing() -> None:
    async with on_stage() as actor:
        await actor.press("slash")
        await actor.type("[/nope]")
        assert tree(actor).strip() == ""
        await actor.press("enter", "d", "p", "r", "l", "i", "escape", "space", "escape", "escape")
        assert "web1" in tree(actor)


async def test_actions_on_a_parent_take_only_the_workers_that_are_shown() -> None:
    async with on_stage() as actor:
        await actor.press("slash")
        await actor.type("green")
        await actor.press("enter", "up", "r")
        assert actor.world.operations.asked[0][1] == (GREEN,)


async def test_only_problems_are_shown_on_demand_and_the_tree_keeps_up() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(W2, rotation=Rotation.STOPPED)
        await actor.press("ctrl+z")
        await actor.until("only problems")
        assert "worker2" in tree(actor)
        assert "worker1" not in tree(actor)
        actor.world.monitor.put(BLUE, health=Health.DOWN)
        await actor.until("blue")
        await actor.press("escape")
        assert "worker1" in tree(actor)


async def test_the_log_of_the_selected_worker_is_followed() -> None:
    async with on_stage() as actor:
        await actor.until("the log of shop/web1/worker1 begins")
        await actor.press("down")
        await actor.until("the log of shop/web1/worker2 begins")
        assert actor.world.logs.closed == [W1]
        actor.world.logs.write(W2, "a line", "another")
        await actor.until("another")
        assert "log shop/web1/worker2" in actor.screen


async def test_a_worker_without_a_log_says_so() -> None:
    async with on_stage() as actor:
        await actor.until("worker1 begins")
        await actor.press("down")
        await actor.until("worker2 begins")
        actor.world.logs.put(W2, LookupError('no log is configured for this worker; add log = "/x" to servers.toml'))
        await actor.until('no log is configured for this worker; add log = "/x"')


async def test_what_is_to_know_about_a_log_stands_in_the_log() -> None:
    async with on_stage() as actor:
        await actor.until("worker1 begins")
        actor.world.logs.put(W1, Note("connection lost; trying again"))
        await actor.until("— connection lost; trying again")


async def test_l_and_enter_go_to_the_log_and_esc_comes_back() -> None:
    async with on_stage() as actor:
        for key in ("l", "enter"):
            await actor.press(key)
            assert actor.world.app.main.log_area.log_pane.has_focus
            await actor.press("escape")
            assert actor.world.app.main.fleet_tree.has_focus


async def test_enter_on_a_parent_closes_and_opens_it() -> None:
    async with on_stage() as actor:
        await actor.press("up", "enter")
        assert tree(actor).count("worker1") == 1
        await actor.press("enter")
        assert tree(actor).count("worker1") == 2


async def test_tab_goes_round_and_takes_the_output_in_once_there_is_one() -> None:
    async with on_stage() as actor:
        area = actor.world.app.main.log_area
        await actor.press("tab")
        assert area.log_pane.has_focus
        await actor.press("tab")
        assert actor.world.app.main.fleet_tree.has_focus
        await actor.press("end", "up", "p", "enter", "l", "tab")
        assert area.output_pane.has_focus
        await actor.press("tab")
        assert actor.world.app.main.fleet_tree.has_focus


async def test_scrolled_back_in_the_log_the_title_counts_what_came() -> None:
    async with on_stage(logs={W1: [f"old {number}" for number in range(100)]}) as actor:
        await actor.until("old 99")
        await actor.press("l", "pageup")
        before = log(actor)
        actor.world.logs.write(W1, *(f"new {number}" for number in range(1_234)))
        await actor.until("standing still  +1,234")
        assert log(actor) == before
        await actor.press("end")
        await actor.until("new 1233")
        assert "following" in actor.screen


async def test_f_gives_the_whole_screen_to_the_log_or_the_tree() -> None:
    async with on_stage(size=SMALL) as actor:
        await actor.press("l", "f")
        assert not actor.world.app.main.fleet_tree.is_on_screen
        assert actor.world.app.main.log_area.size.height == 21
        await actor.press("f")
        assert actor.world.app.main.fleet_tree.is_on_screen
        await actor.press("escape", "f")
        assert not actor.world.app.main.log_area.log_pane.is_on_screen
        await actor.press("escape")
        assert actor.world.app.main.log_area.log_pane.is_on_screen


async def test_marks_are_shown_counted_and_taken_away() -> None:
    async with on_stage() as actor:
        await actor.press("space", "space")
        assert tree(actor).count("◆") == 2
        assert "2 marked" in actor.screen
        await actor.press("up", "space")
        assert "1 marked" in actor.screen
        await actor.press("ctrl+backslash")
        assert "marked" not in actor.screen
        await actor.press("home", "space")
        assert "6 marked" in actor.screen
        await actor.press("escape")
        assert "marked" not in actor.screen


async def test_i_tells_all_about_a_node() -> None:
    async with on_stage(size=SMALL) as actor:
        actor.world.monitor.put(WEB2, warnings=("line 9: worker9 is not in worker.list",))
        await actor.press("i")
        assert "deploy /opt/deploy/tomcat1.sh" in actor.screen
        await actor.press("escape", "down", "down", "down", "i")
        await actor.until("! line 9: worker9 is not in worker.list")


async def test_the_help_has_every_key() -> None:
    async with on_stage(size=(120, 80)) as actor:
        await actor.press("question_mark")
        for text in ("Take the selected workers out of rotation", "Wrap long lines", "while a log has the focus", "^z"):
            assert text in actor.screen, text
        await actor.press("q")
        assert actor.dialog == "MainScreen"


async def test_refresh_reads_the_servers_now() -> None:
    async with on_stage() as actor:
        await actor.press("ctrl+r")
        assert actor.world.monitor.refreshed == [frozenset()]


async def test_the_activity_line_says_which_step_runs_and_for_how_long_and_then_how_it_ended() -> None:
    async with on_stage() as actor:
        assert "No operation runs." in actor.screen
        await actor.press("end", "up", "d", "enter")
        running = actor.world.operations.all[0]
        await running.step("settle", StepState.STARTED, "61.5 s, until every new request follows the map")
        await actor.until("» drain intranet/gate/blue  settle 0.0 s")
        actor.world.clock.now += 12
        actor.world.app.main.tick()
        await actor.until("settle 12 s  61.5 s, until")
        assert "» drain: settle" in tree(actor)
        await running.end(Result.DONE)
        await actor.until("✓ drain intranet/gate/blue  done in 12 s")
        assert actor.world.monitor.refreshed == [frozenset({BLUE.apache_id})]
        assert "» drain" not in tree(actor)
        await actor.press("escape")
        assert "No operation runs." in actor.screen


async def test_all_operations_are_told_step_by_step_and_one_can_be_asked_to_stop() -> None:
    async with on_stage(size=WIDE) as actor:
        await actor.press("end", "up", "p", "enter")
        running = actor.world.operations.all[0]
        await running.step("script", StepState.STARTED, "gate:/opt/deploy/blue.sh", BLUE)
        await running.print("copying", "done")
        await actor.press("a")
        await actor.until("» 12:00:00 script   gate/blue")
        await actor.until("copying")
        await running.print("more")
        await actor.until("more")
        await actor.press("x")
        assert "Stop deploy intranet/gate/blue?" in actor.screen
        await actor.press("n")
        assert not running.interrupted
        await actor.press("x", "y")
        assert running.interrupted
        await running.fail("interrupted; the script goes on without us")
        await actor.until("✗ deploy intranet/gate/blue")
        await actor.press("escape")
        assert actor.dialog == "MainScreen"


async def test_operations_that_run_already_are_watched_from_the_start() -> None:
    world = a_world()
    world.operations.start(a_plan(world.operations.settings, OperationKind.DRAIN, [BLUE]))
    async with world.app.run_test(size=WIDE, notifications=True) as pilot:
        await Actor(world, pilot).until("» drain intranet/gate/blue")


async def test_a_click_on_the_bar_of_keys_does_what_the_key_does() -> None:
    async with on_stage() as actor:
        column = actor.screen.split("\n")[-1].index("help")
        await actor.pilot.click("KeyBar", offset=(column, 0))
        await actor.until("Take the selected workers out of rotation")


async def test_what_changed_off_the_screen_is_drawn_when_it_comes_there() -> None:
    async with on_stage(size=SMALL) as actor:
        shown = actor.world.app.main.fleet_tree
        await actor.press("end")
        shown.scroll_home(animate=False)
        await actor.settle()
        assert "worker1  active    up" in tree(actor)
        shown.scroll_end(animate=False)
        await actor.settle()
        assert shown.scroll_offset.y > 2
        actor.world.monitor.put(W1, health=Health.DOWN, error="connection refused")
        await actor.until("1 down")
        shown.scroll_home(animate=False)
        await actor.settle()
        assert "✗ worker1  active    down" in tree(actor)
