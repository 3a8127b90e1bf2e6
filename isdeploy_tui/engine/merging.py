"""Several stories told at once, as one."""

import asyncio
from collections.abc import AsyncIterator, Iterable

from isdeploy_tui.engine.steps import Event


async def merge(stories: Iterable[AsyncIterator[Event]]) -> AsyncIterator[Event]:
    """Yield the events of all stories as they come; raises the first error once every story has been ended."""
    queue: asyncio.Queue[Event | None] = asyncio.Queue(maxsize=64)

    async def tell(story: AsyncIterator[Event]) -> None:
        try:
            async for event in story:
                await queue.put(event)
        finally:
            await queue.put(None)

    tasks = [asyncio.create_task(tell(story)) for story in stories]
    try:
        unfinished = len(tasks)
        while unfinished:
            event = await queue.get()
            if event is None:
                unfinished -= 1
            else:
                yield event
        for task in tasks:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        while not queue.empty():
            queue.get_nowait()
        await asyncio.gather(*tasks, return_exceptions=True)
