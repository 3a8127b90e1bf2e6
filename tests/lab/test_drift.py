"""What does not fit together on the servers: told in one sentence at the worker, by ``status`` and on the screen."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from isdeploy_tui.config import WorkerId
from tests.lab.command_line import isdeploy
from tests.lab.conftest import StartStack
from tests.lab.scenario import Scenario
from tests.lab.screen import on_screen
from tests.lab.stack import Stack
from tests.lab.test_check import changed, replacing

W1, W2 = WorkerId("shop", "web1", "worker1"), WorkerId("shop", "web1", "worker2")


def out(worker: str) -> bytes:
    """The map while a worker is out."""
    return b"# Which requests go to which balancer.\n/*=balancer_ex%s\n" % worker[-1:].encode()


async def told(stack: Stack) -> list[str]:
    """What ``status`` says beside its table."""
    return (await isdeploy(stack.config_file, "status")).err.splitlines()


@contextmanager
def httpd_with(
    stack: Stack, change: Callable[[str], str], workers: Callable[[str], str] | None = None
) -> Iterator[None]:
    """Have httpd run for a while on another configuration, and another workers.properties."""
    conf, listed = stack.apache.directory / "httpd.conf", stack.apache.workers_file
    # The mode is as it was: it says that a file may stay as it is.
    with changed(conf, change, 0o644), changed(listed, workers or str, 0o644):
        stack.apache.restart()
        yield
    stack.apache.restart()


async def test_a_worker_that_nobodys_lease_explains_is_told_as_out_by_hand(stack: Stack) -> None:
    stack.apache.write_map(out("worker1"))
    assert await told(stack) == [
        f"{W1}: nobody's work by the journal: the map was changed by hand, or before there was a journal"
    ]


async def test_a_map_changed_by_hand_after_us_is_told_at_whom_it_took_out(stack: Stack) -> None:
    assert (await isdeploy(stack.config_file, "drain", str(W1), "--no-wait")).status == 0
    (by_us,) = await told(stack)
    assert by_us.startswith(f"{W1}: drain by ")
    stack.apache.write_map(out("worker2"))
    (by_hand,) = await told(stack)
    assert by_hand.startswith(f"{W2}: the map was changed by hand since ")
    async with on_screen(stack.config_file) as person:
        await person.until("stopped")
        await person.point_at(W2)
        await person.until("the map was changed by hand since")


async def test_apaches_that_share_a_tomcat_and_disagree_are_both_told(start_stack: StartStack) -> None:
    stack = start_stack(Scenario(apaches=2, tomcats=2))
    stack.apaches[1].write_map(out("worker1"))
    lines = await told(stack)
    assert "shop/web1/worker1: the same Tomcat is stopped on shop/web2" in lines
    assert "shop/web2/worker1: the same Tomcat is active on shop/web1" in lines
    async with on_screen(stack.config_file) as person:
        await person.until("stopped")
        for worker, words in (
            (W1, "stopped on shop/web2"),
            (WorkerId("shop", "web2", "worker1"), "active on shop/web1"),
        ):
            await person.point_at(worker)
            await person.until(f"the same Tomcat is {words}")


async def test_a_jkmount_that_goes_past_the_map_is_told_at_each_worker_that_it_reaches(stack: Stack) -> None:
    vhost = f"<VirtualHost 127.0.0.1:{stack.apache.port}>"
    with httpd_with(stack, replacing(vhost, f"{vhost}\nJkMount /admin/* balancer_ex3")):
        assert await told(stack) == [
            "shop/web1: httpd's configuration has JkMount /admin/* to balancer_ex3: "
            f"{stack.apache.map} does not rule these"
        ]
        async with on_screen(stack.config_file) as person:
            await person.until("active")
            await person.point_at(W1)
            await person.until("JkMount /admin/*")
            await person.point_at(WorkerId("shop", "web1", "worker3"))
            await person.until("shop/web1/worker3")
            assert "JkMount /admin/*" not in person.sees
    assert await told(stack) == []


async def test_a_map_that_httpd_does_not_read_is_told_from_jkstatus(stack: Stack) -> None:
    other = stack.apache.directory / "other.properties"
    other.write_bytes(stack.apache.map_bytes)
    with httpd_with(stack, replacing(f"JkMountFile {stack.apache.map}", f"JkMountFile {other}")):
        assert await told(stack) == []
        stack.apache.write_map(out("worker1"), mtime=int(time.time()) - 60)
        lines = await told(stack)
        wrong = (
            f"shop/web1: httpd has not read {stack.apache.map} as it is: jkstatus has /*=balancer where the map has "
        )
        assert any(line.startswith(wrong) for line in lines), lines
        async with on_screen(stack.config_file) as person:
            await person.until("stopped")
            await person.point_at(W1)
            await person.until("httpd has not read")
    stack.apache.lay_out_map()
    assert await told(stack) == []


@pytest.mark.parametrize(("number", "word"), [(1, "disabled"), (2, "stopped")])
async def test_a_worker_that_somebody_took_out_in_jkstatus_is_told_though_the_map_has_it_in(
    stack: Stack, number: int, word: str
) -> None:
    with httpd_with(stack, str, replacing("read_only=true", "read_only=false")):
        by_hand = f"{stack.apache.status_url}?cmd=update&w=balancer&sw=worker2&vwa={number}"
        (await asyncio.to_thread(urlopen, by_hand, timeout=30)).close()
        why = f"jkstatus has it {word} (set there or in workers.properties), though the map has it active"
        assert await told(stack) == [f"{W2}: {why}"]
        async with on_screen(stack.config_file) as person:
            await person.until("active")
            await person.point_at(W2)
            await person.until(f"jkstatus has it {word}")
