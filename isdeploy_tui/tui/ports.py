"""What the screen needs of the engine, as protocols: nothing here can change a server.

The screen knows ``Operations`` by its shape only, so that a read-only run never loads the code behind it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from isdeploy_tui.config import ApacheId, Config, WorkerId
from isdeploy_tui.engine.control import Ask
from isdeploy_tui.engine.fleet import Fleet
from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.engine.session import Session
from isdeploy_tui.engine.steps import Event
from isdeploy_tui.remote.journal import Entry

Changed = frozenset[ApacheId | WorkerId]
FleetCallback = Callable[[Fleet, Changed], None]


class FleetSource(Protocol):
    """``engine.monitor.Monitor``."""

    @property
    def fleet(self) -> Fleet: ...

    def subscribe(self, callback: FleetCallback) -> Callable[[], None]: ...

    def start(self) -> None: ...

    async def refresh(self, apaches: Collection[ApacheId] | None = None) -> Fleet: ...

    async def aclose(self) -> None: ...


class Running(Protocol):
    """``engine.operations.RunningOperation``."""

    @property
    def plan(self) -> OperationPlan: ...

    @property
    def started(self) -> float: ...

    @property
    def events(self) -> Sequence[Event]: ...

    @property
    def result(self) -> StrEnum | None: ...

    @property
    def in_the_way(self) -> InTheWay | None: ...

    def follow(self) -> AsyncIterator[Event]: ...

    def interrupt(self) -> None: ...

    @property
    def pauses(self) -> bool: ...

    def pause_after_this(self, wanted: bool) -> None: ...


class Said(Protocol):
    """``engine.notifying.Notifier``."""

    say: Callable[[str], None] | None


class Runner(Protocol):
    """``engine.operations.Operations``."""

    @property
    def notifier(self) -> Said: ...

    @property
    def running(self) -> Sequence[Running]: ...

    async def plan(
        self,
        kind: OperationKind,
        targets: Sequence[WorkerId],
        *,
        soft: bool = False,
        pause: bool = False,
        hosts: bool = False,
    ) -> OperationPlan: ...

    def start(
        self,
        plan: OperationPlan,
        *,
        force: bool = False,
        wait: bool = True,
        arguments: Sequence[str] = (),
        ask: Ask | None = None,
        take_over: str = "",
    ) -> Running: ...

    async def aclose(self) -> None: ...


class History(Protocol):
    """``engine.arguments.ArgumentHistory``: what was typed before for a target, newest first."""

    def history(self, target: WorkerId) -> list[str]: ...

    def remember(self, target: WorkerId, text: str) -> None: ...


class Journals(Protocol):
    """``engine.history.History``: what was done, oldest first, and which journals could not be read."""

    @property
    def entries(self) -> Sequence[Entry]: ...

    @property
    def problems(self) -> Sequence[str]: ...


class Lines(Protocol):
    """``remote.follow.LogChunk``: raw lines of a log."""

    @property
    def lines(self) -> Sequence[str]: ...


class Notice(Protocol):
    """``remote.follow.LogNotice``: something to know about the log that is not in it."""

    @property
    def text(self) -> str: ...


FollowLog = Callable[[WorkerId, int], AsyncIterator[Lines | Notice]]
"""Follow a worker's log from its last so many lines. Raises LookupError when it has none, RemoteError."""


ReadJournals = Callable[[Sequence[WorkerId]], Awaitable[Journals]]
"""Read what the journals say about these workers. Raises nothing foreseeable."""


Reopen = Callable[[Config], tuple[Session, FleetSource, Runner | None, History]]
"""Make of another configuration what the screen works with; the connections of hosts that stay are kept."""


@dataclass(frozen=True, slots=True)
class LogSizes:
    """How many lines of a log are read before it is followed, and how many are kept."""

    lines: int = 200
    keep: int = 20_000


@dataclass(frozen=True, slots=True)
class Ports:
    """All that the screen is given. ``runner`` is None in read-only mode; ``status_line`` is asked once a second.

    ``follow_script`` follows the output of a Tomcat's current or last deploy script, in the form of a log. ``reopen``
    is None where there is no servers.toml to edit.
    """

    session: Session
    monitor: FleetSource
    runner: Runner | None
    follow_log: FollowLog
    follow_script: FollowLog
    read_journals: ReadJournals
    history: History
    banner: str = ""
    status_line: Callable[[], str] | None = None
    log: LogSizes = LogSizes()
    reopen: Reopen | None = None
