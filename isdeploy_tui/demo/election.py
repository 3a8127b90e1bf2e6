"""How a load balancer chooses a member, in mod_jk's arithmetic for ``method=Request``.

Source: mod_jk 1.2.48, ``jk_lb_worker.c`` (``find_best_byvalue``, ``find_bysession_route``, ``maintain_workers``).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

MAINTAIN_SECONDS = 60
"""Interval of the maintenance that halves all lbvalues and lets members in error try again (``worker.maintain``)."""

RECOVER_SECONDS = 60
"""How long a member in error gets nothing (``recover_time``)."""


class MemberStatus(StrEnum):
    """A member's state in jkstatus's words."""

    IDLE = "OK/IDLE"
    OK = "OK"
    ERROR = "ERR"
    RECOVER = "ERR/REC"
    FORCED = "ERR/FRC"
    PROBE = "ERR/PRB"


@dataclass(slots=True)
class Seat:
    """A member as one balancer sees it: each lb counts its own lbvalue, which is what a stampede comes from."""

    member: str
    value: int = 0
    status: MemberStatus = MemberStatus.IDLE
    error_time: float = 0.0

    @property
    def usable(self) -> bool:
        """False while it is in error or somebody tries whether it still is."""
        return self.status not in (MemberStatus.ERROR, MemberStatus.PROBE)


@dataclass(slots=True)
class Election:
    """One lb worker's shared memory: a seat for each member, in the order of ``balance_workers``."""

    seats: Sequence[Seat]
    maintained: float
    _offset: int = field(default=0)

    @classmethod
    def of(cls, members: Sequence[str], now: float) -> "Election":
        """A balancer that has just started."""
        return cls([Seat(member) for member in members], now)

    def candidates(self, preferred: Collection[str], others: Collection[str]) -> Iterator[Seat]:
        """Yield the member to try, then the next one each time the last was found in error.

        ``preferred`` are the members that the request may reach, for a session the one it belongs to; ``others`` those
        that take over when none of these answers.
        """
        tried: set[str] = set()
        while seat := self._lowest(preferred, tried) or self._lowest(others, tried):
            tried.add(seat.member)
            seat.value += 1
            if seat.status in (MemberStatus.RECOVER, MemberStatus.FORCED):
                seat.status = MemberStatus.PROBE
            yield seat

    def _lowest(self, members: Collection[str], tried: Collection[str]) -> Seat | None:
        """The lowest lbvalue; of equals the one behind the member that was chosen last."""
        turned = [*self.seats[self._offset :], *self.seats[: self._offset]]
        usable = [seat for seat in turned if seat.usable and seat.member in members and seat.member not in tried]
        best = min(usable, key=lambda seat: seat.value, default=None)
        if best is not None:
            self._offset = (self.seats.index(best) + 1) % len(self.seats)
        return best

    def answered(self, seat: Seat) -> None:
        """The member took the request: whatever it was, it is in order now."""
        seat.status = MemberStatus.OK

    def failed(self, seat: Seat, now: float) -> None:
        """The member did not take the request: leave it alone for the recover time."""
        seat.status = MemberStatus.ERROR
        seat.error_time = now

    def maintain(self, now: float) -> None:
        """Halve the lbvalues once a minute and let members in error try again.

        One that recovers gets the highest lbvalue, so nobody rushes at it. When all are in error all are forced.
        """
        passed = now - self.maintained
        if passed < MAINTAIN_SECONDS:
            return
        self.maintained = now
        for seat in self.seats:
            seat.value >>= int(passed // MAINTAIN_SECONDS)
        highest = max((seat.value for seat in self.seats), default=0)
        for seat in self.seats:
            if seat.status is MemberStatus.ERROR and now - seat.error_time > RECOVER_SECONDS:
                seat.status, seat.value = MemberStatus.RECOVER, highest
        if all(seat.status is MemberStatus.ERROR for seat in self.seats):
            for seat in self.seats:
                seat.status = MemberStatus.FORCED
