"""Writes the journal and the leases beside a map.

Everything here may be done twice when the connection is lost over it: a lease is ours or not by its id, and an entry
that stands in a journal twice is read as one.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.errors import MapLockedError, ScriptError
from isdeploy_tui.remote.host import Host, Reply
from isdeploy_tui.remote.journal import Entry, Lease, lease_key, lease_text, parse_lease


class Taking(StrEnum):
    """What came of asking for a lease."""

    TAKEN = "TAKEN"
    REPLACED = "REPLACED"
    HELD = "HELD"
    ORPHAN = "ORPHAN"


@dataclass(frozen=True, slots=True)
class Taken:
    """``other`` is whose lease it is, or was, where there was one."""

    result: Taking
    other: Lease | None = None

    @property
    def is_ours(self) -> bool:
        """True when the lease is ours now."""
        return self.result in {Taking.TAKEN, Taking.REPLACED}


async def append_entries(host: Host, map_path: str, entries: Sequence[Entry], *, sudo: bool = False) -> None:
    """Add entries to the journal beside a map. Raises RemoteError; the journal is then as it was."""
    text = "".join(json.dumps(entry.as_json()) + "\n" for entry in entries)
    await _record(host, map_path, sudo, "append", content=text.encode())


async def take_lease(host: Host, map_path: str, lease: Lease, *, take_over: bool = False, sudo: bool = False) -> Taken:
    """Ask for a lease. One that somebody else holds is never taken; an orphan only with ``take_over``."""
    words = ("take", lease_key(lease.tomcat), lease.id, "yes" if take_over else "no")
    answer = await _record(host, map_path, sudo, *words, content=lease_text(lease))
    word, _, rest = answer.partition(" ")
    if word == Taking.TAKEN:
        return Taken(Taking.TAKEN)
    age, _, text = rest.partition(" ")
    try:
        return Taken(Taking(word), parse_lease(lease_key(lease.tomcat), "", float(whole(age.encode())), text))
    except ValueError:
        raise _garbled(host.name, map_path) from None


async def beat_leases(host: Host, map_path: str, leases: Sequence[Lease], *, sudo: bool = False) -> tuple[bool, ...]:
    """Say that the holder of these leases of one operation lives, and its step; all at once.

    Returns for each of them False when it is not ours any more. Raises RemoteError.
    """
    content = b"".join(map(lease_text, leases))
    answer = await _record(host, map_path, sudo, "beat", *_id_and_keys(leases), content=content)
    words = answer.split(" ")
    return tuple(word == "OK" for word in words) if len(words) == len(leases) else (False,) * len(leases)


async def release_leases(host: Host, map_path: str, leases: Sequence[Lease], *, sudo: bool = False) -> None:
    """Give leases of one operation back; those that are not ours any more are left alone. Raises RemoteError."""
    await _record(host, map_path, sudo, "release", *_id_and_keys(leases))


def _id_and_keys(leases: Sequence[Lease]) -> tuple[str, ...]:
    (id,) = {lease.id for lease in leases}
    return id, *(lease_key(lease.tomcat) for lease in leases)


async def _record(host: Host, map_path: str, sudo: bool, *words: str, content: bytes | None = None) -> str:
    reply = await run_again(host, "record.sh", map_path, *words, content=content, sudo=sudo)
    if reply.status == 0 and reply.lines:
        return reply.lines[-1].decode("utf-8", "replace")
    raise _error(host.name, map_path, reply, sudo=sudo)


_SUDO_REMEDY = ", or set sudo = true for this apache"

_SENTENCES = {
    40: ("the map does not exist", "Look at the path in servers.toml."),
    46: (
        "its directory may not be written by this account",
        f"Make the directory writable for it{_SUDO_REMEDY}.",
    ),
    50: ("the disk is full", "Make room there."),
    52: ("the file system is read-only", "See why it is mounted read-only: often a failing disk."),
}


def _garbled(host: str, map_path: str) -> ScriptError:
    return ScriptError(host, -1, f"The host's answer about the leases beside {printable(map_path)} is garbled.")


def _error(host: str, map_path: str, reply: Reply, *, sudo: bool) -> ScriptError | MapLockedError:
    found = reply.lines[-1].decode("utf-8", "replace").removeprefix("ERR ") if reply.lines else ""
    shown = printable(map_path)
    if reply.status == 48:
        return MapLockedError(
            host, f"The records beside {shown} are locked by somebody else.", "Try again in a moment."
        )
    why, remedy = _SENTENCES.get(reply.status, (f"exit status {reply.status}", ""))
    if sudo:
        why, remedy = why.replace("by this account", "even through sudo"), remedy.replace(_SUDO_REMEDY, "")
    detail = f" ({printable(found, 200)})" if found else ""
    sentence = (
        f"The journal and leases in .isdeploy beside {shown} cannot be written: {why}{detail}. Nothing was changed."
    )
    return ScriptError(
        host, reply.status, sentence, f"{remedy} Without them nobody would see who works on what.".lstrip()
    )
