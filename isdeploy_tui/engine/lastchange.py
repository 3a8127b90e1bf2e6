"""Who changed a map last, as the journal beside it tells."""

from isdeploy_tui.config import ApacheConfig, ApacheId
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.journal import Entry, read_journal

_LINES = 100
"""Entries that are looked through; an explanation that is older explains nothing."""


AGAIN_SECONDS = 20.0
"""After this time the journal is read again in any case, while something is out."""


class Journal:
    """What a map's journal says, read again only when there can be something new in it."""

    def __init__(self, host: Host, apache: ApacheConfig) -> None:
        self._host = host
        self._apache = apache
        self._known: tuple[str, float] | None = None
        self._when = 0.0
        self._entries: tuple[Entry, ...] | None = None

    async def read(self, sha256: str, leased: float, now: float) -> tuple[Entry, ...] | None:
        """Return the newest entries, oldest first; None when they cannot be read. Raises nothing.

        ``sha256`` is the map's, ``leased`` when the leases changed last: whoever writes here has taken one. What was
        over between two looks is found AGAIN_SECONDS later; ``now`` and ``leased`` are seconds of one clock.
        """
        if (sha256, leased) != self._known or now - self._when > AGAIN_SECONDS:
            try:
                self._entries = await read_journal(self._host, self._apache.map, lines=_LINES, sudo=self._apache.sudo)
            except RemoteError:
                # Not allowed to read it, or gone: the next change is soon enough to ask again.
                self._entries = None
            self._known, self._when = (sha256, leased), now
        return self._entries


def explanation(entries: tuple[Entry, ...] | None, sha256: str) -> str:
    """Return who wrote the map of this sha256, or that somebody changed it by hand; empty when nothing is known."""
    if entries is None:
        return ""
    writes = [entry for entry in entries if entry.map_after]
    if writes and writes[-1].map_after == sha256:
        last = writes[-1]
        why = f" ({last.reason})" if last.reason else ""
        return f"{last.kind} by {last.user}@{last.bastion} at {last.time}{why}"
    if not writes:
        return "nobody's work by the journal: the map was changed by hand, or before there was a journal"
    return f"the map was changed by hand since {writes[-1].user}@{writes[-1].bastion} wrote it at {writes[-1].time}"


def taken_out(entries: tuple[Entry, ...] | None, apache: ApacheId) -> str:
    """Return who took an Apache out of the balancer in front of it; empty when the journal does not tell."""
    switches = [entry for entry in entries or () if entry.step in {"out", "in"} and entry.target == str(apache)]
    if not switches or switches[-1].step != "out":
        return ""
    last = switches[-1]
    why = f" ({last.reason})" if last.reason else ""
    return f"{last.kind} by {last.user}@{last.bastion} at {last.time}{why}"
