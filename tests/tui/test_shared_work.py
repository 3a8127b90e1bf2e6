"""Several operators: taking over, picking up what was left in the middle, and who did what."""

from dataclasses import replace

import pytest

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.leftover import Leftover, Outcome, Standing
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.journal import Entry, Lease
from tests.tui.fakes import BLUE, START, W1, W2, W3, Chunk, Note, Result
from tests.tui.stage import SMALL, Actor, on_stage

RUN = "20260106T115000Z-blue-9f3a"
ORPHAN = Lease("blue", "x", "kim", "bastion2", "deploy", "script", START - 300, 240.0, run=RUN)
LIVE = replace(ORPHAN, age=3.0)
RUNNING, ENDED = Outcome(Standing.RUNNING), Outcome(Standing.ENDED, 0)


def left_on(worker: WorkerId, outcome: Outcome = RUNNING, kind: str = "deploy", *others: WorkerId) -> Leftover:
    targets = (str(worker), *map(str, others))
    return Leftover(kind, "kim", "bastion2", "2026-01-06T11:50:00.000Z", RUN, outcome, targets, "release/2026.1")


async def point_at_blue(actor: Actor) -> None:
    await actor.press("end", "up")


async def test_a_tomcat_left_in_the_middle_is_taken_over_with_a_reason_and_the_operation_goes_on() -> None:
    async with on_stage(size=SMALL) as actor:
        await point_at_blue(actor)
        await actor.press("p")
        await actor.type("v2 'a b'")
        await actor.press("enter")
        operations = actor.world.operations
        await operations.all[0].refuse(InTheWay(BLUE, ORPHAN, 300, ENDED))
        await actor.until("intranet/gate/blue was left in the middle")
        for words in ("kim@bastion2", "deploy, at step 'script'", "not heard of for 4 min 00 s", "it exited 0", RUN):
            assert words in actor.screen
        await actor.press("enter")
        assert actor.dialog == "TakeOver"
        await actor.type("kim is off")
        await actor.press("enter")
        assert actor.dialog == "MainScreen"
        first, second = operations.started
        assert (first.take_over, second.take_over) == ("", "kim is off")
        assert (second.plan, second.force, second.arguments) == (first.plan, first.force, ("v2", "a b"))
        assert "refused" not in actor.screen
        await operations.all[1].step("script", StepState.STARTED, "gate:/opt/deploy/blue.sh", BLUE)
        await actor.until("script 0.0 s")
        await operations.all[1].print("copying")
        await actor.until("copying")


async def test_what_is_not_taken_over_stays_refused_and_says_why() -> None:
    async with on_stage() as actor:
        await point_at_blue(actor)
        await actor.press("d", "enter")
        await actor.world.operations.all[0].refuse(InTheWay(BLUE, ORPHAN, 300, RUNNING))
        await actor.until("The script goes on whoever holds the Tomcat")
        await actor.press("escape")
        assert actor.dialog == "MainScreen"
        assert len(actor.world.operations.started) == 1
        await actor.until("lease refused: intranet/gate/blue was left in the middle of deploy")


async def test_somebody_who_is_at_work_is_named_and_cannot_be_taken_over() -> None:
    async with on_stage() as actor:
        await point_at_blue(actor)
        await actor.press("d", "enter")
        await actor.world.operations.all[0].refuse(InTheWay(BLUE, LIVE, 40))
        await actor.until("is at work already: deploy by kim@bastion2, step 'script', for")
        await actor.until("40 s, heard of 3 s ago. Nothing was changed.")
        assert actor.dialog == "MainScreen"


async def test_an_operation_that_begins_is_not_held_up_by_the_question_that_never_comes() -> None:
    async with on_stage() as actor:
        await point_at_blue(actor)
        await actor.press("d", "enter")
        await actor.world.operations.all[0].step("write", StepState.FAILED, "the map has changed")
        await actor.world.operations.all[0].end(Result.FAILED)
        await actor.until("the map has changed")
        assert actor.dialog == "MainScreen"


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (RUNNING, "deploy by kim, script still running"),
        (ENDED, "deploy by kim, exited 0, still out"),
        (Outcome(Standing.ENDED, 7), "deploy by kim, exited 7, still out"),
        (Outcome(Standing.LOST), "deploy by kim, script lost, still out"),
    ],
)
async def test_the_tree_says_what_was_left(outcome: Outcome, said: str) -> None:
    async with on_stage(size=SMALL) as actor:
        actor.world.monitor.put(W2, rotation=Rotation.STOPPED, leftover=left_on(W2, outcome))
        short = outcome.short
        await actor.until(f"○ worker2  stopped   up     ! {short}: deploy by kim")
        await actor.press("down")
        await actor.until(f"! {said}  u follows its script or goes on")


async def test_a_script_that_goes_on_without_its_program_is_followed_from_its_start() -> None:
    async with on_stage(size=SMALL) as actor:
        await point_at_blue(actor)
        actor.world.monitor.put(BLUE, rotation=Rotation.STOPPED, leftover=left_on(BLUE), lease=ORPHAN)
        await actor.settle()
        await actor.press("u")
        await actor.until("intranet/gate/blue was left in the middle")
        assert "with    release/2026.1" in actor.screen
        await actor.press("1")
        await actor.until("the log of intranet/gate/blue begins")
        actor.world.scripts.put(BLUE, Chunk(["copying blue.war"]))
        actor.world.scripts.put(BLUE, Note("the script exited 0"))
        await actor.until("copying blue.war")
        await actor.until("— the script exited 0")
        assert "output intranet/gate/blue" in actor.screen
        assert actor.world.operations.started == []


async def test_the_output_of_an_own_script_takes_the_place_of_a_followed_one() -> None:
    async with on_stage(size=SMALL) as actor:
        await point_at_blue(actor)
        actor.world.monitor.put(BLUE, rotation=Rotation.STOPPED, leftover=left_on(BLUE))
        await actor.settle()
        await actor.press("u", "1")
        await actor.until("the log of intranet/gate/blue begins")
        await actor.press("escape", "p", "enter")
        assert "begins" not in actor.screen
        assert actor.world.scripts.closed == [BLUE]


async def test_going_on_repeats_what_was_being_done_and_putting_back_restores() -> None:
    async with on_stage() as actor:
        await actor.press("home", "down")
        asked = actor.world.operations.asked
        actor.world.monitor.put(W1, rotation=Rotation.STOPPED, leftover=left_on(W1, ENDED, "roll", W2, W3))
        await actor.settle()
        await actor.press("down", "u")
        await actor.until("Go on: roll shop/web1/worker1")
        await actor.press("2")
        assert asked[-1][:2] == (OperationKind.RESTORE, (W1,))
        await actor.press("escape", "u", "3")
        assert asked[-1][:2] == (OperationKind.ROLL, (W1,))
        await actor.press("escape", "u", "4")
        assert asked[-1][:2] == (OperationKind.ROLL, (W1, W2, W3))
        await actor.press("escape", "u", "escape")
        assert actor.dialog == "MainScreen"


async def test_a_drain_that_was_left_without_a_script_can_be_gone_on_with() -> None:
    async with on_stage() as actor:
        await point_at_blue(actor)
        lease = replace(ORPHAN, kind="drain", step="settle", run="")
        actor.world.monitor.put(BLUE, rotation=Rotation.STOPPED, lease=lease)
        await actor.until("left by kim@bastion2 in drain: settle")
        await actor.press("u")
        assert "output" not in actor.screen.split("was left in the middle")[1].split("╰")[0]
        await actor.press("enter")
        assert actor.world.operations.asked[-1][:2] == (OperationKind.DRAIN, (BLUE,))


@pytest.mark.parametrize("options", [{"read_only": True}, {}])
async def test_who_may_not_or_must_not_change_anything_can_look(options: dict[str, bool]) -> None:
    async with on_stage(**options) as actor:
        await point_at_blue(actor)
        lease = ORPHAN if options else LIVE
        actor.world.monitor.put(
            BLUE, rotation=Rotation.STOPPED, leftover=left_on(BLUE) if options else None, lease=lease
        )
        await actor.settle()
        await actor.press("u")
        await actor.until("1  Follow its script's output")
        assert "2  Its history" in actor.screen
        assert "3  " not in actor.screen.split("1  Follow")[1].split("╰")[0]
        await actor.press("2")
        await actor.until("history intranet/gate/blue")


async def test_where_nothing_was_left_it_says_so() -> None:
    async with on_stage() as actor:
        await actor.press("u")
        await actor.until("Nothing was left in the middle on shop/web1/worker1")
        await actor.press("home", "u")
        await actor.until("Nothing was left in the middle here; choose a worker")


def entries() -> list[Entry]:
    def entry(minute: int, target: WorkerId, kind: str, step: str, state: str, detail: str = "", **more: str) -> Entry:
        time = f"2026-01-06T11:{minute:02}:00.000Z"
        return Entry(time, "kim", "bastion2", "web1", "4711", kind, str(target), step, state, detail, **more)

    return [
        entry(1, W1, "drain", "begin", "started", reason="kernel update"),
        entry(2, W1, "drain", "write", "done", "swap", map_before="aa" * 32, map_after="bb" * 32),
        entry(3, W2, "deploy", "script", "failed", "exit 7", run=RUN, arguments="v2"),
        entry(4, BLUE, "drain", "end", "done"),
    ]


async def test_the_history_is_read_on_demand_newest_first_and_tells_all_of_an_entry() -> None:
    async with on_stage(size=SMALL) as actor:
        actor.world.journals.entries = entries()
        await actor.until("the log of shop/web1/worker1 begins")
        before = len(actor.world.journals.asked)
        await actor.press("H")
        await actor.until("history shop/web1/worker1")
        assert actor.world.journals.asked[before:] == [(W1,)]
        rows = [row for row in actor.screen.split("\n") if "2026-01-06 11:0" in row]
        assert "11:02:00  kim      drain   write done" in rows[0]
        assert "11:01:00  kim      drain   begin started" in rows[1]
        for words in ("kim@bastion2", "map was  " + "aa" * 32, "map is   " + "bb" * 32, "result   swap"):
            assert words in actor.screen
        await actor.press("down")
        await actor.until("reason   kernel update")


async def test_the_history_can_be_of_more_or_less() -> None:
    async with on_stage(size=SMALL) as actor:
        actor.world.journals.entries = entries()
        await actor.press("H")
        await actor.until("2 entries")
        await actor.press("left")
        await actor.until("history shop/web1 ")
        await actor.until("3 entries")
        await actor.press("left", "left")
        await actor.until("history everything")
        await actor.until("4 entries")
        await actor.press("left")
        await actor.until("history shop/web1/worker1")
        await actor.press("right")
        await actor.until("history everything")
        await actor.press("escape")
        assert actor.dialog == "MainScreen"


async def test_journals_that_cannot_be_read_are_named_and_an_empty_one_is_said() -> None:
    async with on_stage(size=SMALL) as actor:
        actor.world.journals.problems = ("shop/web1: The journal beside /x cannot be read: \x1b[2Jno.",)
        await actor.press("H")
        await actor.until("cannot be read")
        assert "No journal tells of anything done here." in actor.screen
        assert "\x1b" not in actor.screen
        actor.world.journals.problems = ()
        actor.world.journals.entries = entries()
        await actor.press("ctrl+r")
        await actor.until("2 entries")
        assert "cannot be read" not in actor.screen
