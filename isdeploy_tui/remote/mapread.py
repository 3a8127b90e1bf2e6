"""Reading files of a server whole: once, or again and again over one kept channel."""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import ENCODED_RATIO, decode, whole
from isdeploy_tui.remote.errors import NoShellError, RemoteError, ScriptError, SudoError
from isdeploy_tui.remote.host import Host, Stream
from isdeploy_tui.remote.ticked import ask

LIMIT = 1024 * 1024
"""Bytes that a map or a workers file may have."""

MISSING, NOT_A_FILE, DENIED, TOO_BIG, UNREADABLE, CHANGING = range(40, 46)
"""The codes of mapread.sh and watch.sh, as ``ScriptError.code``."""

LOOK_SECONDS = 8.0
"""How long a server may take to tell of its files: a host that hangs has to be known as such within 15 s, and this
comes after the pause between two polls."""

RESEND_TICKS = 30
"""Every so many polls the contents come again, whatever the files' times say."""

_SLACK = 64 * 1024


@dataclass(frozen=True, slots=True)
class ServerFile:
    """A file as it was read: its bytes and their sha256 (hexadecimal).

    ``mtime`` and ``now``, when it was read, are Unix seconds by the server's clock (0: not known).
    """

    path: str
    data: bytes
    sha256: str
    mtime: int = 0
    now: int = 0


async def read_file(host: Host, path: str, *, sudo: bool = False, limit: int = LIMIT) -> ServerFile:
    """Read a file of at most ``limit`` bytes. ``sudo`` is used only when the account itself may not read it.

    Raises ScriptError with one of the codes above, or what ``Host.run`` raises.
    """
    try:
        return await _read(host, path, limit, sudo=False)
    except ScriptError as error:
        if not sudo or error.code != DENIED:
            raise
    return await _read(host, path, limit, sudo=True)


async def _read(host: Host, path: str, limit: int, *, sudo: bool) -> ServerFile:
    reply = await run_again(host, "mapread.sh", path, str(limit), sudo=sudo, limit=ENCODED_RATIO * limit + _SLACK)
    said = reply.lines[-1] if reply.lines else b""
    if reply.status != 0:
        raise _error(host.name, path, reply.status, said.removeprefix(b"ERR "), sudo=sudo, limit=limit)
    return _file(host.name, path, said.split(b" ")[1:], limit)


def _file(host: str, path: str, words: Sequence[bytes], limit: int) -> ServerFile:
    try:
        size, mtime, now, encoding, word = words
        data = decode(encoding, word)
        complete = len(data) == whole(size)
        times = whole(mtime), whole(now)
    except ValueError:
        raise ScriptError(host, UNREADABLE, f"{printable(path)}: the server's answer is garbled.") from None
    if len(data) > limit:
        raise _error(host, path, TOO_BIG, b"%d bytes" % len(data), sudo=False, limit=limit)
    if not complete:
        raise _error(host, path, UNREADABLE, b"its end could not be read", sudo=False, limit=limit)
    return ServerFile(path, data, hashlib.sha256(data).hexdigest(), *times)


def _error(host: str, path: str, code: int, found: bytes, *, sudo: bool, limit: int) -> ScriptError:
    shown = printable(path)
    text = printable(found.decode("utf-8", "replace"), 300)
    sentence, remedy = {
        MISSING: (f"{shown} does not exist.", "Look at the path in servers.toml, or at a symbolic link on the way."),
        NOT_A_FILE: (f"{shown} is not a regular file.", "Name the file itself in servers.toml."),
        DENIED: (
            f"{shown} may not be read" + (" even through sudo." if sudo else " by this account."),
            "" if sudo else "Give the account read permission (and x on every directory above), or set sudo = true.",
        ),
        TOO_BIG: (f"{shown} is too big ({text}; at most {limit} are read).", "It is hardly the file that was meant."),
        CHANGING: (f"{shown} changes faster than it can be read.", "See who writes it in place."),
    }.get(code, (f"{shown} could not be read: {text or f'exit status {code}'}.", ""))
    return ScriptError(host, code, sentence, remedy)


@dataclass(frozen=True, slots=True)
class _Channel:
    stream: Stream
    paths: tuple[str, ...]
    sudo: bool


class Watch:
    """Some files of one server over one kept channel (a second one through sudo, where the account may not read)."""

    def __init__(self, host: Host, paths: Sequence[str], sudo: bool, stack: AsyncExitStack) -> None:
        self._host = host
        self._paths = tuple(dict.fromkeys(paths))
        self._sudo = sudo
        self._stack = stack
        self._plain: _Channel | None = None
        self._root: list[_Channel] = []
        self._refused: dict[str, RemoteError] = {}
        self._last: dict[str, str] = {}
        self._polls = 0

    async def poll(self) -> Mapping[str, ServerFile | RemoteError]:
        """Look at all files and return those that changed since the last poll; the first time all of them.

        What is wrong with a single file stands in its place. Raises ConnectionLostError when the connection ended or
        the server did not answer in LOOK_SECONDS, ConnectError and the like when no channel can be had: after any of
        these, leave the context and open another.
        """
        every = self._polls % RESEND_TICKS == 0
        self._polls += 1
        if self._plain is None:
            self._plain = await self._open(self._paths, sudo=False)
        found = await self._ask(self._plain, every)
        for channel in self._root:
            for path in channel.paths:
                found.pop(path, None)
            found.update(await self._ask(channel, every))
        if self._sudo:
            await self._ask_as_root(found, every)
        changed: dict[str, ServerFile | RemoteError] = {}
        for path, news in found.items():
            mark = news.sha256 if isinstance(news, ServerFile) else str(news)
            if self._last.get(path) != mark:
                self._last[path] = mark
                changed[path] = news
        return changed

    async def _ask_as_root(self, found: dict[str, ServerFile | RemoteError], every: bool) -> None:
        taken = {path for channel in self._root for path in channel.paths}
        denied = tuple(
            path
            for path, news in found.items()
            if path not in taken and isinstance(news, ScriptError) and news.code == DENIED
        )
        if not denied:
            return
        # A refusal is logged on the server, perhaps mailed to somebody: not once for every look.
        if every or not set(denied) <= self._refused.keys():
            try:
                channel = await self._open(denied, sudo=True)
            except (SudoError, NoShellError) as error:
                self._refused = dict.fromkeys(denied, error)
            else:
                self._refused = {}
                self._root.append(channel)
                found.update(await self._ask(channel, True))
        found.update(self._refused)

    async def _open(self, paths: Sequence[str], *, sudo: bool) -> _Channel:
        stream = self._host.stream("watch.sh", str(LIMIT), *paths, sudo=sudo)
        return _Channel(await self._stack.enter_async_context(stream), tuple(paths), sudo)

    async def _ask(self, channel: _Channel, every: bool) -> dict[str, ServerFile | RemoteError]:
        name = self._host.name
        limit = len(channel.paths) * (ENCODED_RATIO * LIMIT + _SLACK)
        lines = await ask(name, channel.stream, b"all" if every else b"", limit, LOOK_SECONDS)
        if len(lines) != len(channel.paths):
            raise ScriptError(name, UNREADABLE, "The server's answer about the watched files is garbled.")
        found: dict[str, ServerFile | RemoteError] = {}
        for path, line in zip(channel.paths, lines, strict=True):
            kind, *words = line.split(b" ")
            if kind == b"=":
                continue
            try:
                if kind != b"!":
                    found[path] = _file(name, path, words, LIMIT)
                    continue
                code = int(words[0]) if words and re.fullmatch(rb"4[0-5]", words[0]) else UNREADABLE
                found[path] = _error(name, path, code, b" ".join(words[1:]), sudo=channel.sudo, limit=LIMIT)
            except ScriptError as error:
                found[path] = error
        return found


def leases_of(map_path: str) -> str:
    """Return what to give ``watch_files`` for the leases that are kept beside a map."""
    return f"leases:{map_path}"


@asynccontextmanager
async def watch_files(host: Host, paths: Sequence[str], sudo: bool = False) -> AsyncIterator[Watch]:
    """Give a Watch over some files of a server; the channel opens at the first ``poll()`` and closes with the context.

    ``leases_of(map)`` among the paths is the leases file beside a map, wherever a symbolic link leads.

    Where a server refuses long channels, ``read_file`` for each poll does the same.
    """
    async with AsyncExitStack() as stack:
        yield Watch(host, paths, sudo, stack)
