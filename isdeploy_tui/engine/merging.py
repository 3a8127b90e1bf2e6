"""Several stories told at once, as one."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from isdeploy_tui.engine.steps import Event


async def merge(stories: Iterable[AsyncIterator[Event]]) -> AsyncIterator[Event]:
    """Yield the events of all stories as they come; raises the first error once every story has been ended.

    No story goes on before its event has been dealt with, as without a merge: what is recorded of a step is recorded
    before the step is done.
    """
    queue: asyncio.Queue[tuple[Event, asyncio.Event] | None] = asyncio.Queue()

    async def tell(story: AsyncIterator[Event]) -> None:
        try:
            async for event in story:
                told = asyncio.Event()
                await queue.put((event, told))
                await told.wait()
        finally:
            await queue.put(None)

    tasks = [asyncio.create_task(tell(story)) for story in stories]
    try:
        unfinished = len(tasks)
        while unfinished:
            news = await queue.get()
            if news is None:
                unfinished -= 1
                continue
            event, told = news
            yield event
            told.set()
        for task in tasks:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
