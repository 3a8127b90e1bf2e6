"""A roll by keys on the real stack: the plan, its questions, and what visitors got."""

import time
from contextlib import AsyncExitStack
from pathlib import Path

from isdeploy_tui.config import WorkerId
from tests.lab.command_line import until
from tests.lab.load import Load
from tests.lab.screen import on_screen
from tests.lab.site_settings import configured
from tests.lab.stack import Stack

W1 = WorkerId("shop", "web1", "worker1")


async def test_a_roll_by_keys_pauses_after_each_and_loses_no_request(checked_stack: Stack) -> None:
    stack, home = checked_stack, checked_stack.apache.map.read_bytes()
    async with (
        Load(stack.url, quick=8, slow=4, slow_ms=(1000, 3000), pause=0.05) as load,
        on_screen(stack.config_file) as person,
    ):
        await load.answered(20)
        await person.until("3 active")
        await person.press("home")
        await person.press("R")
        await person.until(
            "Roll shop: worker1, worker2, worker3",
            "never fewer than 2 active for shop/web1 /*",
            "1. out shop/web1/worker1",
        )
        await person.press("ctrl+t")
        await person.until("Waits for your word after each")
        await person.type("2.0")
        await person.until("The script gets 1 2.0")
        await person.press("enter")
        await person.until("shop/web1/worker1 is deployed, ready and still out of rotation", "go on: put it back")
        assert stack.apache.map.read_bytes() == home.replace(b"balancer", b"balancer_ex1", 2).replace(
            b"which balancer_ex1", b"which balancer"
        )
        assert stack.tomcat("worker1").version == "2.0"
        await person.press("1")
        await person.until("shop/web1/worker2 is deployed, ready and still out of rotation")
        await person.press("1")
        await person.until("shop/web1/worker3 is deployed, ready and still out of rotation")
        await person.press("2")
        await person.until("roll shop: worker1, worker2, worker3", "done in")
        await person.press("escape")
        await person.until("3 active")
        ended = time.time()
        await load.answered(60)
    assert load.report().failures == (), str(load.report())
    assert set(load.report().between(ended).versions) == {"2.0"}
    assert stack.apache.map.read_bytes() == home


async def test_requests_that_do_not_end_are_asked_about_until_an_answer_ends_it(
    checked_stack: Stack, tmp_path: Path
) -> None:
    stack, home = checked_stack, checked_stack.apache.map.read_bytes()
    config = configured(stack, tmp_path, {"drain_timeout": 1})
    # Through the virtual host that mounts it alone, requests reach a drained worker, too: in flight as long as we want.
    alone = f"http://127.0.0.1:{stack.apache.direct_ports['worker1']}"
    async with AsyncExitStack() as visitors, on_screen(config) as person:
        load = await visitors.enter_async_context(Load(alone, quick=0, slow=3, slow_ms=(700, 900)))

        async def roll() -> None:
            await person.point_at(W1)
            await person.press("R")
            await person.until("Roll shop/web1/worker1", "1. out shop/web1/worker1")
            await person.type("--no-restart 1.0")
            await person.press("enter")
            await person.until("in flight after", "1 wait on", "2 go on: these requests will be lost", "3 put it back")

        await person.until("3 active")
        await roll()
        assert stack.apache.map.read_bytes() != home
        await person.press("3")
        await until(lambda: not person.app.main.operations.running)
        # Its story stays on the screen until the person closes it.
        await person.until("✗ roll shop/web1/worker1", "failed after")
        assert stack.apache.map.read_bytes() == home
        assert "Deploying" not in person.sees
        await person.press("escape")

        await roll()
        await person.press("2")
        await until(lambda: not person.app.main.operations.running)
        await person.until("✓ roll shop/web1/worker1", "done in")
        assert stack.apache.map.read_bytes() == home
        await person.press("escape")

        await roll()
        await person.press("1")
        # Asked again after as long as before, unless they end.
        await person.until("in flight after 2 s")
        await visitors.aclose()
        await person.press("1")
        await until(lambda: not person.app.main.operations.running)
        await person.until("✓ roll shop/web1/worker1", "done in")
    assert stack.apache.map.read_bytes() == home
    assert load.report().failures == (), str(load.report())
