"""Replacing a map on a server by compare-and-swap.

What the script promises is at the top of ``scripts/mapwrite.sh``: at every moment the map is the old or the new
bytes, whole, and readable for httpd as before. This module turns its answers into sentences, and a lost connection
into what really happened.
"""

import asyncio
import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.errors import (
    ConnectionLostError,
    MapConflictError,
    MapLockedError,
    MapWriteError,
    RemoteError,
    ScriptError,
)
from isdeploy_tui.remote.host import Host, Reply
from isdeploy_tui.remote.mapread import read_file

SECONDS = 30.0
"""How long a write may take: 5 s for the lock, and disks that take their time to flush."""

LOOK_AGAIN_SECONDS = (1.0, 4.0)
"""Pauses before the second and third attempt to find out what a lost write did."""

CONFLICT, LOCKED = 47, 48


@dataclass(frozen=True, slots=True)
class Written:
    """A map that was replaced: the sha256 of the new one, its mtime (Unix seconds) and where the old one was kept.

    ``backup`` is a path for people, printable; empty when the connection was lost before the server could say it.
    """

    sha256: str
    mtime: int
    backup: str


async def swap_map(host: Host, path: str, *, expected: str, new: bytes, sudo: bool = False, note: str = "") -> Written:
    """Replace the map at ``path``, which must still have the sha256 ``expected``, by ``new``.

    A symbolic link is followed and stays. ``note`` is kept beside the backups, as the reason of this write.
    Raises MapConflictError, MapLockedError or MapWriteError: nothing was written; ConnectionLostError: the connection
    was lost and not even a second look told whether it was; ConnectError, SudoError, NoShellError: nothing was run.
    """
    if not new:
        raise MapWriteError(host.name, f"{printable(path)}: an empty map is never written. The old one is in place.")
    if b"\0" in new:
        raise MapWriteError(host.name, f"{printable(path)}: a map cannot contain a NUL byte. The old one is in place.")
    swap = _Swap(host, path, expected, hashlib.sha256(new).hexdigest(), secrets.token_hex(8), sudo)
    try:
        reply = await swap.run("write", content=new, note=note)
    except (ConnectionLostError, ScriptError) as error:
        return await swap.look_again(error.sentence)
    words = _last_line(reply).split(" ", 2)
    if reply.status == 0 and words[0] == "OK" and len(words) == 3:
        with suppress(ValueError):
            return Written(swap.digest, whole(words[1].encode()), printable(words[2]))
    if reply.status in _SENTENCES:
        raise swap.error(reply)
    # Killed, or something that the script did not foresee: it may have been after the rename.
    return await swap.look_again(f"The writing script ended with status {reply.status}.")


@dataclass(frozen=True, slots=True)
class _Swap:
    host: Host
    path: str
    expected: str
    digest: str
    ticket: str
    sudo: bool

    async def run(self, mode: str, content: bytes | None = None, note: str = "") -> Reply:
        words = (mode, self.path, self.expected, self.digest, self.ticket, note)
        return await self.host.run("mapwrite.sh", *words, content=content, sudo=self.sudo, timeout=SECONDS)

    async def look_again(self, what: str) -> Written:
        """Say what a write that gave no answer did.

        Asked under the writer's own lock, with its ticket made void: a copy of the script that still waits on the
        server (for the lock, for a slow disk, in a buffer) can no longer write after we said that it did not.
        """
        name, shown = self.host.name, printable(self.path)
        nothing = f"{what} Nothing was written: the old {shown} is in place."
        for pause in (*LOOK_AGAIN_SECONDS, None):
            try:
                reply = await self.run("void")
                words = _last_line(reply).split(" ")
                if reply.status == 0 and words[0] == "NEW":
                    return Written(self.digest, whole(words[-1].encode()), "")
                if reply.status == 0 and words[0] == "OLD":
                    raise MapWriteError(name, nothing, "Try again.")
                if reply.status == CONFLICT:
                    raise self.error(reply)
                if reply.status != LOCKED:
                    # Where no ticket can be made void (directory not writable, disk full), no map can be written.
                    now = await read_file(self.host, self.path, sudo=self.sudo)
                    if now.sha256 == self.digest:
                        return Written(self.digest, now.mtime, "")
                    if now.sha256 == self.expected:
                        raise MapWriteError(name, nothing, "Try again.")
                    raise MapConflictError(name, *_conflict(shown))
                why = "somebody else is writing it now"
            except (MapWriteError, MapConflictError):
                raise
            except RemoteError as error:
                why = error.sentence
            except ValueError:
                why = "the server's answer is garbled"
            if pause is not None:
                await asyncio.sleep(pause)
        sentence = f"{what} It is not known whether {shown} is the old or the new map ({why.rstrip('.')})."
        raise ConnectionLostError(name, sentence, "Look at the map before doing anything else.")

    def error(self, reply: Reply) -> RemoteError:
        shown = printable(self.path)
        found = printable(_last_line(reply).removeprefix("ERR "), 300)
        if reply.status == CONFLICT:
            return MapConflictError(self.host.name, *_conflict(shown))
        if reply.status == LOCKED:
            sentence = f"Somebody else is writing {shown} ({found}). Nothing was written, the old map is in place."
            return MapLockedError(self.host.name, sentence, "Try again in a moment.")
        sentence, remedy = _SENTENCES[reply.status]
        if self.sudo:
            remedy = remedy.replace(_SUDO_REMEDY, "").strip()
        sentence = sentence.format(path=shown, found=found)
        return MapWriteError(self.host.name, f"{sentence} Nothing was written, the old map is in place.", remedy)


def _last_line(reply: Reply) -> str:
    return reply.lines[-1].decode("utf-8", "replace") if reply.lines else ""


def _conflict(shown: str) -> tuple[str, str]:
    return (
        f"{shown} was changed by somebody else since this was planned. Nothing was written.",
        "Look at the map again and plan anew.",
    )


_SUDO_REMEDY = "Set sudo = true for this apache."

_SENTENCES: dict[int, tuple[str, str]] = {
    40: ("{path} does not exist ({found}).", "Look at the path in servers.toml."),
    41: ("{path} is not a regular file.", "Name the file itself in servers.toml."),
    42: ("{path} may not be read by this account.", _SUDO_REMEDY),
    43: ("The server has no tool to compute a sha256 ({found}).", "Install coreutils, busybox, perl or openssl there."),
    44: ("Writing {path} was interrupted on the server.", "Try again."),
    45: (
        "{path} has {found} hard links: replacing it would part them.",
        "Make the other names symbolic links to this one.",
    ),
    46: (
        "The directory of {path} may not be written by this account ({found}), so the map cannot be replaced safely.",
        f"Make the directory writable for it. {_SUDO_REMEDY}",
    ),
    CONFLICT: ("", ""),
    LOCKED: ("", ""),
    49: ("This write of {path} was given up before.", "Try again."),
    50: ("The disk that holds {path} is full ({found}).", "Make room there."),
    51: ("The disk quota for {path} is used up ({found}).", "Make room there, or raise the quota."),
    52: ("{path} is on a read-only file system ({found}).", "See why it is mounted read-only: often a failing disk."),
    53: (
        "{path} is a mount point of its own ({found}), so it cannot be replaced.",
        "Mount its directory instead of the file.",
    ),
    54: (
        "Owner, group, mode or security context of {path} cannot be kept by this account ({found}).",
        f"Write as the owner of the file. {_SUDO_REMEDY}",
    ),
    55: ("The new {path} did not arrive whole ({found}).", "Try again."),
    56: (
        "httpd runs as {found} there, who cannot read {path}: mod_jk would fall back on old rules or none.",
        "Give that user read permission on the file and x on every directory above it.",
    ),
    57: ("The new {path} would be empty.", ""),
    58: (
        "The old map could not be kept in .isdeploy/backups beside {path} ({found}).",
        f"Make that directory writable for this account. {_SUDO_REMEDY}",
    ),
    59: ("{path} could not be replaced ({found}).", ""),
}
