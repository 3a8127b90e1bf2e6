"""Carries what the engine says to the screen, at the screen's pace: never a message for each change or line."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence

from isdeploy_tui.config import ApacheId, WorkerId
from isdeploy_tui.engine.steps import Output
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.tui.pace import Gathered
from isdeploy_tui.tui.ports import Changed, FleetSource, FollowLog, Lines, Notice, Running
from isdeploy_tui.tui.story import Inquiry, Story, output_lines

KEPT = 50
"""Operations remembered, at the least; of those that have ended the oldest are forgotten."""


class FleetBridge:
    """Gathers what changed in the fleet and tells it with the next paint of the screen."""

    def __init__(self, source: FleetSource, tell: Callable[[Changed], object]) -> None:
        self._changed = Gathered[ApacheId | WorkerId](tell)
        self._unsubscribe = source.subscribe(lambda _, changed: self._changed.add(*changed))

    def flush(self) -> None:
        """Tell now what has changed."""
        self._changed.flush()

    def close(self) -> None:
        """Hear no more."""
        self._unsubscribe()
        self._changed.close()


class OperationsBridge:
    """Watches operations and keeps their stories. Ending it ends the watching, never an operation."""

    def __init__(
        self,
        clock: Callable[[], float],
        changed: Callable[[frozenset[Story]], object],
        printed: Callable[[Story, list[str]], None],
    ) -> None:
        self.stories: list[Story] = []
        self.dismissed: set[Story] = set()
        self._clock = clock
        self._changed = Gathered(changed)
        self._printed = printed
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def shown(self) -> list[Story]:
        """Those that run, and those that have ended and are not dismissed."""
        return [story for story in self.stories if story not in self.dismissed]

    @property
    def running(self) -> list[Story]:
        """Those that run."""
        return [story for story in self.stories if not story.is_over]

    @property
    def doing(self) -> dict[WorkerId, str]:
        """What is being done to workers now: ``drain: settle``."""
        doing: dict[WorkerId, str] = {}
        for story in self.running:
            steps = {chapter.target: chapter.step for chapter in story.current}
            for target in story.operation.plan.targets:
                step = steps.get(str(target)) or steps.get(str(target.apache_id))
                doing[target] = f"{story.kind.value}: {step}" if step else story.kind.value
        return doing

    def watch(self, operation: Running, inquiry: Inquiry | None = None) -> Story:
        """Follow an operation to its end; ``inquiry`` is what it asks through."""
        story = Story(operation, inquiry)
        self.stories.append(story)
        for old in [story for story in self.stories[:-KEPT] if story.is_over]:
            self.stories.remove(old)
            self.dismissed.discard(old)
        task = asyncio.create_task(self._follow(story))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return story

    def dismiss(self) -> bool:
        """Put away all that have ended; False when there was none."""
        ended = {story for story in self.shown if story.is_over}
        self.dismissed |= ended
        return bool(ended)

    def put_away(self, story: Story) -> None:
        """Do not show it any more; another goes on in its place."""
        self.dismissed.add(story)

    def flush(self) -> None:
        """Tell now what has changed."""
        self._changed.flush()

    async def aclose(self) -> None:
        """Watch no more."""
        self._changed.close()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, story: Story) -> None:
        several = len(story.operation.plan.scripts) > 1
        async for event in story.operation.follow():
            story.hear(event)
            if isinstance(event, Output):
                self._printed(story, output_lines([event], several=several))
            else:
                self._changed.add(story)
        story.end(self._clock())
        self._changed.add(story)


class LogFeed:
    """Follows one worker's log, or the output of its script, at a time into a pane, from its last ``lines`` lines.

    ``end`` is said at the end.
    """

    def __init__(
        self,
        follow: FollowLog,
        feed: Callable[[Sequence[str]], None],
        notice: Callable[[str], None],
        *,
        end: str = "the log has ended",
        lines: int = 200,
    ) -> None:
        self.worker: WorkerId | None = None
        self._end = end
        self._follow = follow
        self._feed = feed
        self._notice = notice
        self._lines = lines
        self._task: asyncio.Task[None] | None = None
        self._old: set[asyncio.Task[None]] = set()

    def switch(self, worker: WorkerId) -> None:
        """Follow another worker's log from now on."""
        self._let_go()
        self.worker = worker
        self._task = asyncio.create_task(self._run(worker))

    def stop(self) -> None:
        """Follow nothing any more."""
        self._let_go()
        self.worker = None

    async def aclose(self) -> None:
        """Follow nothing any more, and wait for that."""
        self._let_go()
        await asyncio.gather(*self._old, return_exceptions=True)

    def _let_go(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._old.add(self._task)
            self._task.add_done_callback(self._old.discard)
            self._task = None

    async def _run(self, worker: WorkerId) -> None:
        mine = asyncio.current_task()
        items: AsyncIterator[Lines | Notice] | None = None
        try:
            items = self._follow(worker, self._lines)
            async for item in items:
                # The old follower may still hand over a chunk while it is being cancelled.
                if self._task is not mine:
                    return
                lines = getattr(item, "lines", None)
                if lines is not None:
                    self._feed(lines)
                else:
                    self._notice(str(getattr(item, "text", "")))
            if self._end:
                self._notice(self._end)
        except (RemoteError, LookupError) as error:
            self._notice(sentence(error))
        except Exception as error:
            self._notice(f"it cannot be followed: {sentence(error)}")
        finally:
            if isinstance(items, AsyncGenerator):
                await items.aclose()


def sentence(error: BaseException) -> str:
    """Return an error as a sentence to show."""
    text = str(error.args[0]) if isinstance(error, LookupError) and error.args else str(error)
    return printable(" ".join(text.split())) or type(error).__name__
