"""A roll by keys on the real stack: the plan, the pause with its question, and what visitors got."""

import time

from tests.lab.load import Load
from tests.lab.screen import on_screen
from tests.lab.stack import Stack


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
