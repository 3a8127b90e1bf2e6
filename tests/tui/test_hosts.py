"""Whole Apaches and the balancer in front of them, on the screen."""

import pytest

from isdeploy_tui.config import ApacheId
from isdeploy_tui.engine.fleet import Front
from isdeploy_tui.engine.plans import OperationKind
from tests.tui.stage import Actor, on_stage

SITE = "".join(
    f"""
[[service.apache]]
name = "{apache}"
ssh = "{apache}"
map = "/home/conf/uriworkermap.properties"
workers_file = "/etc/apache2/workers.properties"
out_command = ["/usr/local/sbin/front", "out"]
in_command = ["/usr/local/sbin/front", "in"]
state_command = ["/usr/bin/test", "-e", "/srv/health/up"]
out_seconds = 10
[[service.apache.worker]]
name = "worker1"
deploy = "/opt/deploy/tomcat1.sh"
[[service.apache.worker]]
name = "worker2"
deploy = "/opt/deploy/tomcat2.sh"
"""
    if apache != "shop"
    else '[[service]]\nname = "shop"\n'
    for apache in ("shop", "web1", "web2")
)
WEB1 = ApacheId("shop", "web1")


async def at_web1(actor: Actor, front: Front = Front.IN) -> None:
    for id in (WEB1, ApacheId("shop", "web2")):
        actor.world.monitor.put(id, front=front if id == WEB1 else Front.IN)
    await actor.settle()
    await actor.press("up")


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_the_tree_says_by_glyph_and_word_where_an_apache_stands(size: tuple[int, int]) -> None:
    async with on_stage(site=SITE, size=size) as actor:
        await at_web1(actor, Front.OUT)
        assert "○ front out" in actor.screen
        assert "● front in" in actor.screen
        actor.world.monitor.put(WEB1, front=Front.UNKNOWN, front_reason="state_command: exit 2: [31mno pool")
        await actor.until("? front unknown")
        await actor.until("state_command: exit 2: [31mno pool")


async def test_a_roll_changes_to_whole_apaches_with_a_key_and_back() -> None:
    async with on_stage(site=SITE) as actor:
        await at_web1(actor)
        await actor.press("R")
        assert "^o: by the balancer in front" in actor.screen
        assert "never fewer than 2 active" in actor.screen
        await actor.press("ctrl+o")
        await actor.until("By the balancer in front; no map changes.")
        assert "out     /usr/local/sbin/front out" in actor.screen
        assert "never fewer than 1 Apache of shop in the balancer in front" in actor.screen
        await actor.press("ctrl+o")
        await actor.until("never fewer than 2 active")
        await actor.press("ctrl+o")
        await actor.type("v2")
        await actor.press("enter")
        started = actor.world.operations.started[0]
        assert started.plan.kind is OperationKind.ROLL
        assert started.plan.hosts is not None
        assert started.arguments == ("v2",)


async def test_an_apache_that_is_out_is_put_back_that_way_unless_told_otherwise() -> None:
    async with on_stage(site=SITE) as actor:
        await at_web1(actor, Front.OUT)
        await actor.press("r")
        await actor.until("By the balancer in front")
        await actor.press("enter")
        started = actor.world.operations.started[0]
        assert started.plan.kind is OperationKind.RESTORE
        assert started.plan.hosts is not None


async def test_a_drain_is_one_of_the_map_unless_told_otherwise_and_a_worker_alone_has_no_other_way() -> None:
    async with on_stage(site=SITE) as actor:
        await at_web1(actor)
        await actor.press("d")
        assert "By the balancer in front;" not in actor.screen
        await actor.press("ctrl+o")
        await actor.until("By the balancer in front")
        await actor.press("escape", "down", "d")
        assert "^o: by the balancer in front" not in actor.screen
        await actor.press("ctrl+o")
        assert "By the balancer in front;" not in actor.screen


async def test_without_commands_nothing_of_it_is_shown() -> None:
    async with on_stage() as actor:
        assert "front" not in actor.screen
        await actor.press("R")
        assert "^o" not in actor.screen
