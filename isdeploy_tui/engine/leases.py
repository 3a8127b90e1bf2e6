"""Holding the Tomcats of an operation against everybody else, on every Apache that sees them, while it runs."""

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace

from isdeploy_tui.config import ApacheConfig, WorkerConfig, WorkerId
from isdeploy_tui.engine.held import InTheWay
from isdeploy_tui.engine.leftover import outcome
from isdeploy_tui.engine.session import Session
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.journal import ORPHAN_SECONDS, Lease
from isdeploy_tui.remote.recording import Taking, beat_leases, release_leases, take_lease

_LOG = logging.getLogger(__name__)

BEAT_SECONDS = 15.0
"""Between two heartbeats: three may be lost before anybody takes the holder for dead."""

TELL_SECONDS = 0.1
"""How long a new step waits to be told: what is confirmed meanwhile tells it already."""


class LeaseRefusedError(Exception):
    """Somebody else works, or worked, on a Tomcat of this operation. Nothing was changed."""

    def __init__(self, held: InTheWay) -> None:
        self.held = held
        super().__init__(held.sentence)


class LeaseLostError(Exception):
    """A lease was taken over by somebody else while we worked; the text says whose it was."""


@dataclass(frozen=True, slots=True)
class _Place:
    """One lease on one Apache's host."""

    apache: ApacheConfig
    worker: WorkerId
    lease: Lease

    @property
    def file(self) -> tuple[str, str]:
        """Host and directory of the records. Two rules files in one directory share them."""
        return self.apache.ssh, self.apache.map.rpartition("/")[0]


class Held:
    """The leases of one operation. ``replaced`` is whom it took over from, and what became of their scripts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._places: list[_Place] = []
        self._lock = asyncio.Lock()
        self._news = asyncio.Event()
        self.replaced: list[InTheWay] = []

    async def take(self, places: Iterable[_Place], take_over: bool) -> None:
        """Take the leases one after the other. Raises LeaseRefusedError, RemoteError; none is kept then."""
        for place in places:
            apache = place.apache
            host = self._session.host(apache.ssh)
            try:
                taken = await take_lease(host, apache.map, place.lease, take_over=take_over, sudo=apache.sudo)
            except RemoteError:
                # It may be ours all the same; giving back what is not ours does nothing.
                self._places.append(place)
                raise
            if not taken.is_ours and taken.other is not None:
                raise LeaseRefusedError(await self._in_the_way(place, taken.other))
            self._places.append(place)
            if taken.result is Taking.REPLACED and taken.other is not None:
                self.replaced.append(await self._in_the_way(place, taken.other))

    async def _in_the_way(self, place: _Place, lease: Lease) -> InTheWay:
        """Look up what became of the script of somebody who is gone."""
        gone = bool(lease.run) and lease.is_orphan
        script = await outcome(self._session, place.worker, lease.run) if gone else None
        return InTheWay(place.worker, lease, self._session.clock() - lease.since, script)

    def tell(self, step: str, run: str = "") -> None:
        """Say what the operation is at; others read it in a moment, as nobody waits for that."""
        self._places = [
            replace(place, lease=replace(place.lease, step=step, run=run or place.lease.run)) for place in self._places
        ]
        self._news.set()

    async def confirm(self) -> None:
        """Make sure that every lease is still ours, right before something is changed.

        Raises LeaseLostError when one was taken over, RemoteError when that cannot be told.
        """
        async with self._lock:
            self._news.clear()
            answers = await asyncio.gather(*(self._beat(places) for places in self._by_file()))
        for lost in (place for answer in answers for place in answer):
            raise LeaseLostError(
                f"{lost.worker}: the lease was taken over by somebody else (we were silent for more than "
                f"{ORPHAN_SECONDS} s); nothing more was changed."
            )

    async def beat_for_ever(self) -> None:
        """Send the heartbeats; the operation itself notices a lost lease before its next change."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await self._news.wait()
                await asyncio.sleep(TELL_SECONDS)
                if not self._news.is_set():
                    continue
            try:
                await self.confirm()
            except (RemoteError, LeaseLostError) as error:
                _LOG.warning("the lease could not be renewed: %s", error)

    async def release(self) -> None:
        """Give back what we hold; a host that cannot be reached keeps an orphan that ages by itself."""
        await asyncio.gather(*(self._release(places) for places in self._by_file()))
        self._places = []

    def _by_file(self) -> list[list[_Place]]:
        """Those that stand in one file are written at once: each by itself would wait for the other's lock."""
        files: dict[tuple[str, str, bool], list[_Place]] = {}
        for place in self._places:
            files.setdefault((*place.file, place.apache.sudo), []).append(place)
        return list(files.values())

    async def _beat(self, places: Sequence[_Place]) -> list[_Place]:
        """Beat the leases of one file; return those that are lost."""
        apache = places[0].apache
        host, leases = self._session.host(apache.ssh), [place.lease for place in places]
        answers = await beat_leases(host, apache.map, leases, sudo=apache.sudo)
        return [place for place, ours in zip(places, answers, strict=True) if not ours]

    async def _release(self, places: Sequence[_Place]) -> None:
        apache = places[0].apache
        try:
            host, leases = self._session.host(apache.ssh), [place.lease for place in places]
            await release_leases(host, apache.map, leases, sudo=apache.sudo)
        except RemoteError as error:
            whose = ", ".join(str(place.worker) for place in places)
            _LOG.warning("the lease of %s is free only %d s from now: %s", whose, ORPHAN_SECONDS, error)


def new_operation_id() -> str:
    """Return a name for an operation that nobody else gives."""
    return secrets.token_hex(6)


@asynccontextmanager
async def hold(
    session: Session, operation: str, kind: str, targets: Sequence[WorkerId], *, take_over: bool = False
) -> AsyncIterator[Held]:
    """Hold the Tomcats behind the targets while the context lasts.

    Taken in one order everywhere (host, map, Tomcat), so that two who want the same ones cannot block each other.
    Raises LeaseRefusedError or RemoteError before anything of the context runs.
    """
    held = Held(session)
    try:
        await held.take(_places(session, operation, kind, targets), take_over)
    except BaseException:
        await held.release()
        raise
    beating = asyncio.create_task(held.beat_for_ever())
    try:
        yield held
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        await held.release()


def _places(session: Session, operation: str, kind: str, targets: Sequence[WorkerId]) -> list[_Place]:
    workers: dict[WorkerId, WorkerConfig] = {
        worker.id: worker for target in targets for worker in session.config.same_tomcat(target)
    }
    operator = session.operator
    places: dict[tuple[str, str, str], _Place] = {}
    for worker in workers.values():
        apache = session.config.apache(worker.id.apache_id)
        lease = Lease(
            worker.tomcat, operation, operator.user, operator.bastion, kind, "begin", session.clock(), age=0.0
        )
        place = _Place(apache, worker.id, lease)
        places.setdefault((*place.file, worker.tomcat), place)
    return [places[key] for key in sorted(places)]
