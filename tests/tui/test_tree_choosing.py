"""Choosing in the tree: marks over a range, what is wrong first, and what a line and the lines below it tell."""

from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.journal import Entry
from tests.tui.fakes import BLUE, GREEN, START, W1, W2, W3, WEB2
from tests.tui.stage import SMALL, Actor, on_stage


def row(actor: Actor, word: str) -> int:
    return next(number for number, line in enumerate(actor.screen.split("\n")) if word in line)


async def test_a_range_is_marked_from_the_last_mark_to_the_cursor() -> None:
    async with on_stage() as actor:
        await actor.press("space", "down", "ctrl+@")
        assert actor.world.app.main.fleet_tree.scene.marked == {W1, W2, W3}
        assert "3 marked" in actor.screen
        await actor.press("escape", "ctrl+@")
        assert actor.world.app.main.fleet_tree.scene.marked == {W3}


async def test_one_question_about_several_marked_workers_names_them_all() -> None:
    async with on_stage(read_only=False) as actor:
        await actor.press("space", "end", "ctrl+@", "r")
        await actor.until("Type  shop  to confirm")
        assert all(str(worker) in actor.screen for worker in (W1, W3, BLUE, GREEN))


async def test_what_is_wrong_goes_first_and_back_again_and_the_cursor_stays_on_its_worker() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(GREEN, health=Health.DOWN)
        await actor.press("O")
        await actor.until("problems first")
        assert row(actor, "intranet") < row(actor, "shop  PRODUCTION")
        assert row(actor, "green") < row(actor, "blue")
        assert actor.world.app.main.fleet_tree.selected == W1
        actor.world.monitor.put(GREEN, health=Health.UP)
        actor.world.monitor.put(W3, health=Health.DOWN)
        await actor.until("✗ worker3")
        assert row(actor, "shop  PRODUCTION") < row(actor, "intranet")
        assert row(actor, "✗ worker3") < row(actor, "● worker1")
        await actor.press("O")
        assert row(actor, "● worker1") < row(actor, "✗ worker3")


async def test_a_worker_that_is_out_says_that_nothing_is_in_flight_and_since_when() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(W2, rotation=Rotation.STOPPED, busy=0, since=START - 125)
        actor.world.monitor.put(W1, busy=0)
        await actor.until("○ worker2  stopped   up    0 busy 2m")
        assert "● worker1  active    up\n" in "\n".join(line[:58].rstrip() for line in actor.screen.split("\n"))


async def test_workers_of_an_apache_that_cannot_be_read_say_how_old_it_is_what_they_were() -> None:
    async with on_stage() as actor:
        actor.world.clock.now += 45
        actor.world.monitor.put(WEB2, error="web2: connection refused", seen=START)
        for id in actor.world.monitor.fleet.workers:
            if id.apache_id == WEB2:
                actor.world.monitor.put(id, rotation=Rotation.UNKNOWN, last=Rotation.ACTIVE, health=Health.UNKNOWN)
        await actor.until("? worker2  unknown   up?   was active, 45s old")


async def test_versions_stand_in_a_column_and_a_server_cannot_widen_it() -> None:
    async with on_stage() as actor:
        actor.world.monitor.put(W1, version="2.4.1")
        actor.world.monitor.put(W2, version="release/9.9.1234", busy=3)
        await actor.until("worker2  active    up    …se/9.9.1234 3 busy")
        assert "worker1  active    up    2.4.1" in actor.screen
        assert "Tomcat up · version 2.4.1 · 10.0.0.11:8009 on was1" in actor.screen


async def test_who_deployed_last_is_told_of_the_worker_under_the_cursor() -> None:
    async with on_stage() as actor:
        await actor.until("the log of shop/web1/worker1 begins")
        words = {"operation": "1", "kind": "deploy", "step": "script", "ssh": "web1", "run": "r1"}
        actor.world.journals.entries = [
            Entry("2026-01-06T10:00:00Z", "kim", "b2", target=str(W2), state="done", arguments="v1", **words),
            Entry("2026-01-06T11:58:00Z", "lee", "b1", target=str(W2), state="failed", arguments="v2", **words),
        ]
        await actor.press("down")
        await actor.until("deploy failed v2 by lee@b1 at 2026-01-06 11:58:00")
        assert "(2 min ago)" in actor.screen


async def test_at_80_columns_the_three_lines_about_a_worker_hold_what_matters() -> None:
    async with on_stage(size=SMALL) as actor:
        actor.world.monitor.put(W1, version="2.4.1", busy=2)
        await actor.until("Tomcat up · version 2.4.1 · 2 in flight · 10.0.0.11:8009 on was1")
