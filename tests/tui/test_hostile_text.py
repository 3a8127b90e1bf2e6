"""Text from servers is shown as text: no markup, no control sequence, whatever it says and wherever it appears."""

from textual.app import App

from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.plans import OperationKind, Refusal
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.remote.errors import RemoteError
from tests.tui.fakes import BLUE, SITE, W1, WEB1, Note, a_plan
from tests.tui.screen_text import screen_text
from tests.tui.stage import on_stage

EVIL = "[/x][bold red]\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b[31m\x9b2J\u202eevil\u200b\x00\r[link=http://x]"
SHOWN = "[/x][bold red]"

SITE_WITH_EVIL = SITE.replace("Ask the helpdesk before lunch", "[/x][bold red] $(x) [link=a]").replace(
    "/opt/deploy/blue.sh", "/opt/[/x]/deploy.sh"
)


def assert_clean(app: App[None]) -> None:
    """No control character is in what goes to the terminal as text."""
    text = screen_text(app)
    assert all(char.isprintable() or char == "\n" for char in text), repr(text)
    assert "\u202e" not in text


async def test_logs() -> None:
    async with on_stage() as actor:
        await actor.until("worker1 begins")
        actor.world.logs.write(W1, EVIL, "한글 [/x]", "x" * 20_000)
        actor.world.logs.put(W1, Note(EVIL))
        await actor.until(SHOWN)
        assert_clean(actor.world.app)
        await actor.press("l", "w")
        assert_clean(actor.world.app)


async def test_states_reasons_errors_and_warnings() -> None:
    async with on_stage() as actor:
        put = actor.world.monitor.put
        put(W1, rotation=Rotation.UNKNOWN, health=Health.DOWN, reason=EVIL, error=EVIL)
        put(WEB1, error=EVIL, warnings=(EVIL, EVIL))
        await actor.until(SHOWN)
        assert_clean(actor.world.app)
        await actor.press("up", "i")
        assert SHOWN in actor.screen
        assert_clean(actor.world.app)


async def test_plans_refusals_and_errors_of_planning() -> None:
    async with on_stage(site=SITE_WITH_EVIL) as actor:
        operations = actor.world.operations
        operations.answer = a_plan(operations.settings, OperationKind.DRAIN, [BLUE], refusals=[Refusal(EVIL, EVIL)])
        await actor.press("end", "up", "d")
        assert SHOWN in actor.screen
        assert_clean(actor.world.app)
        await actor.press("escape")
        operations.answer = RemoteError("gate", EVIL, EVIL)
        await actor.press("r")
        assert SHOWN in actor.screen
        assert_clean(actor.world.app)


async def test_the_deploy_dialog() -> None:
    async with on_stage(site=SITE_WITH_EVIL) as actor:
        actor.world.history.remember(BLUE, "[/x] '[bold]'")
        await actor.press("end", "up", "p", "up")
        assert "[/x][bold red] $(x)" in actor.screen
        assert "/opt/[/x]/deploy.sh" in actor.screen
        assert "The script gets 1 [/x] 2 [bold]" in actor.screen
        assert_clean(actor.world.app)


async def test_steps_and_output() -> None:
    async with on_stage() as actor:
        await actor.press("end", "up", "p", "enter")
        running = actor.world.operations.all[0]
        await running.step("script", StepState.STARTED, SHOWN, BLUE)
        await running.print("[/x] " + EVIL)
        await actor.until(SHOWN)
        await actor.press("a")
        await running.fail(SHOWN)
        await actor.until("failed")
        assert_clean(actor.world.app)
        await actor.press("escape")
        assert_clean(actor.world.app)


async def test_a_filter_and_a_status_line() -> None:
    async with on_stage(status_line=lambda: EVIL, banner=EVIL) as actor:
        await actor.press("slash")
        await actor.type("[/x]")
        assert_clean(actor.world.app)


async def test_a_notification_of_an_error() -> None:
    async with on_stage() as actor:

        def start(*_: object, **__: object) -> None:
            raise RemoteError("gate", EVIL)

        actor.world.operations.start = start  # type: ignore[method-assign,assignment]
        await actor.press("end", "up", "d", "enter")
        await actor.until("Nothing was started")
        assert_clean(actor.world.app)
