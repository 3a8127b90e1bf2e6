"""Somebody else at work in the embedded world, whose line breaks in a deploy: others find what is left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from isdeploy_tui.config import WorkerId
from isdeploy_tui.demo.world import World
from isdeploy_tui.engine.operations import Operations, Result
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.session import Operator, Session
from isdeploy_tui.engine.steps import Output

COLLEAGUE = Operator("kim", "bastion2")
WORKER = WorkerId("intra", "web3", "node2")

BEGINS_SECONDS = 5.0
"""Seconds until the colleague comes, so that one has seen the world at rest."""


@asynccontextmanager
async def at_work(world: World) -> AsyncIterator[None]:
    """Let the colleague work while the context lasts."""
    operations = Operations(Session(world.config, world.hosts, COLLEAGUE))
    working = asyncio.create_task(_work(world, operations))
    try:
        yield
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await operations.aclose()


async def _work(world: World, operations: Operations) -> None:
    """Drain a worker, begin to deploy, and be gone as soon as the script says something."""
    await asyncio.sleep(world.clock.real(BEGINS_SECONDS))
    drained = operations.start(await operations.plan(OperationKind.DRAIN, [WORKER]))
    if await drained.wait() is not Result.DONE:
        return
    version = world.suggested_version(world.config.worker(WORKER).tomcat)
    deploy = operations.start(await operations.plan(OperationKind.DEPLOY, [WORKER]), arguments=[version])
    async for event in deploy.follow():
        if isinstance(event, Output):
            deploy.interrupt()
