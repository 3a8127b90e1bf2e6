"""Following a log on a server as ``tail -F`` would, but byte-exact over rotations and lost connections.

The server's script answers only when asked, so nothing lingers there when we are gone, a reader that stalls holds
back nobody's memory, and a log that nobody writes still shows that the connection lives.
"""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ConnectError, ConnectionLostError, RemoteError, ScriptError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.loglines import LogLines
from isdeploy_tui.remote.logreading import CHUNK, Held, LogReading, Piece

GAP = 8 * 1024 * 1024
"""Bytes that may wait to be read; of more than that only the end is shown."""

SHOWN_OF_GAP = 256 * 1024
"""Bytes that are shown of a gap's end."""

FURTHEST_BACK = 4 * 1024 * 1024
"""How far back the first lines are looked for."""

_BACK = 256  # bytes read again to see that the file is still the one that they came from
_BEFORE_SECONDS = 10.0  # how long after a rotation the old file is looked at for what its writer still adds
_QUICK, _FLOODED, _SLOW, _WAITING = 0.1, 0.2, 0.5, 1.0
_FLOOD = 64 * 1024  # bytes in one answer that nobody reads as they come: asking twice as often would only cost
_AGAIN = (1.0, 2.0, 5.0, 10.0)

_REST = "the rest of the old file follows, then the new one; one that came and went in between is missing."

# What keeps us from connecting now and may not in a moment; the rest a person has to mend.
_PASSING = frozenset({"refused", "timeout", "name", "lost", "other"})


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Lines of the log in order, without line ends; raw text, not yet ``printable()``."""

    lines: list[str]


@dataclass(frozen=True, slots=True)
class LogNotice:
    """What happened to the log or on the way to it; a printable sentence."""

    text: str


Event = LogChunk | LogNotice


async def follow(
    host: Host, path: str, *, lines: int = 200, once: bool = False
) -> AsyncGenerator[LogChunk | LogNotice, None]:
    """Yield the last ``lines`` lines of a log and then what is added, for ever; with ``once`` only the former.

    Rotation (by rename and by copy and truncate), a log that is missing or may not be read and a lost connection are
    told as notices and got over; no line is lost or repeated unless a notice says so. Closing the generator ends
    what runs on the server. Raises ConnectError for what does not pass by itself, NoShellError, ScriptError; with
    ``once`` every RemoteError.
    """
    log = _Log(path, lines)
    failures = 0
    while True:
        try:
            async with host.stream("follow.sh", path) as stream:
                reading = LogReading(host.name, stream)
                failed, failures = failures, 0
                for event in await log.begin(reading, failed > 0):
                    yield event
                while True:
                    events, pause = await log.step(reading)
                    if once and log.trouble:
                        raise ScriptError(host.name, 44, *log.trouble)
                    for event in events:
                        yield event
                    if once and log.is_open:
                        break
                    await asyncio.sleep(pause)
            break
        except (ConnectionLostError, ConnectError, ScriptError) as error:
            if once or not _passes(error, log):
                raise
            if failures == 0:
                yield LogNotice(f"{error} The log is opened again as soon as it can be.")
            failures += 1
        await asyncio.sleep(_AGAIN[min(failures, len(_AGAIN)) - 1])
    if rest := log.rest():
        yield LogChunk(rest)


def _passes(error: RemoteError, log: "_Log") -> bool:
    if isinstance(error, ConnectError):
        return error.kind in _PASSING
    # A script that answered before and then ended was killed: by a restart of the server, say.
    return isinstance(error, ConnectionLostError) or log.has_looked


class _Log:
    """Where we are in a log: which file, which byte, and what the line there begins with."""

    def __init__(self, path: str, lines: int) -> None:
        self._shown = printable(path)
        self._lines = lines
        self._first = True
        self._id = ""
        self._offset = 0
        self._back = b""
        self._text = LogLines()
        self._before: _Before | None = None
        self._said = ""
        self._pause = _QUICK
        self.trouble: tuple[str, str] | None = None
        self.has_looked = False

    @property
    def is_open(self) -> bool:
        return bool(self._id)

    def rest(self) -> list[str]:
        return self._text.flush()

    async def begin(self, reading: LogReading, again: bool) -> list[Event]:
        """Find the file again on a new channel."""
        events: list[Event] = self._let_go_of_before()
        if not self._id:
            return events
        found = await reading.find(self._id)
        if isinstance(found, Held):
            piece = await reading.read(self._offset, len(self._back), None, sure=True)
            if piece.size >= self._offset and piece.back == self._back:
                if found.elsewhere:
                    # Of a file between this one and the one that the path leads to now we know nothing.
                    events.append(LogNotice(f"The connection is back. {self._shown} was rotated meanwhile: {_REST}"))
                elif again:
                    events.append(LogNotice("The connection is back; no line was missed."))
                return events
        how = "truncated" if isinstance(found, Held) and not found.elsewhere else "rotated"
        events += self._forget()
        events.append(
            LogNotice(
                f"{self._shown} was {how} while the connection was lost: "
                "what was written before that and not shown yet is missing here."
            )
        )
        return events

    async def step(self, reading: LogReading) -> tuple[list[Event], float]:
        """Return what is new and how many seconds to wait before the next look."""
        if not self._id:
            opened = await self._open(reading)
            self.has_looked = True
            return opened
        piece = await reading.read(self._offset, len(self._back), self._before.offset if self._before else None)
        if piece.size < self._offset or piece.back != self._back[: len(piece.back)]:
            return self._truncated(), 0
        events = self._take_before(piece) + self._take(piece)
        if piece.name == "moved" and not piece.data:
            turned = await reading.turn()
            if isinstance(turned, Held):
                events += self._let_go_of_before()
                self._before = _Before(self._offset, self._text)
                self._text = LogLines()
                self._hold(turned)
                events.append(LogNotice(f"{self._shown} was rotated; this is the new file."))
                return events, 0
        elif piece.name in ("missing", "denied", "odd"):
            events += self._say(piece.name, moved=True)
        else:
            self._said = ""
        if piece.data:
            self._pause = _FLOODED if len(piece.data) > _FLOOD else _QUICK
        else:
            self._pause = min(self._pause * 1.5, _SLOW)
        return events, 0 if len(piece.data) + _BACK >= CHUNK else self._pause

    async def _open(self, reading: LogReading) -> tuple[list[Event], float]:
        held = await reading.open()
        if not isinstance(held, Held):
            return self._say(held), _WAITING
        self.trouble = None
        events: list[Event] = []
        if self._first:
            start, data = await self._last(reading, held.size)
            self._text = LogLines(mid_line=start > 0)
            lines = self._text.feed(data)
            if lines := lines[max(0, len(lines) - self._lines) :]:
                events.append(LogChunk(lines))
            self._hold(held, start + len(data), data[-_BACK:])
        else:
            if self._said:
                events.append(LogNotice(f"{self._shown} is there now."))
            self._hold(held)
        self._first = False
        return events, 0

    async def _last(self, reading: LogReading, size: int) -> tuple[int, bytes]:
        """Return where the last lines begin, or a little before, and the bytes from there to the end."""
        width = max(64 * 1024, 100 * self._lines)
        while True:
            start = max(0, size - width)
            parts = []
            offset = start
            while offset < size and (piece := await reading.read(offset, 0, None)).data:
                parts.append(piece.data)
                offset += len(piece.data)
            data = b"".join(parts)
            # One more line end than lines: the first line may be cut.
            if start == 0 or width >= FURTHEST_BACK or data.count(b"\n") > self._lines:
                return start, data
            width *= 4

    def _hold(self, held: Held, offset: int = 0, back: bytes = b"") -> None:
        self._id, self._offset, self._back = held.id, offset, back
        self._said = ""
        self._pause = _QUICK
        self._first = False

    def _forget(self) -> list[Event]:
        lines = self._text.flush()
        self._id, self._offset, self._back, self._said = "", 0, b"", ""
        return [LogChunk(lines)] if lines else []

    def _take(self, piece: Piece) -> list[Event]:
        events: list[Event] = []
        if piece.data:
            self._offset += len(piece.data)
            self._back = (self._back + piece.data[-_BACK:])[-_BACK:]
            if lines := self._text.feed(piece.data):
                events.append(LogChunk(lines))
        waiting = piece.size - self._offset
        if waiting > GAP:
            skipped = waiting - SHOWN_OF_GAP
            self._offset += skipped
            self._back = b""
            self._text = LogLines(mid_line=True)
            events.append(
                LogNotice(f"{skipped / 1e6:.1f} MB of {self._shown} were skipped: it grows too fast to show.")
            )
        return events

    def _take_before(self, piece: Piece) -> list[Event]:
        if self._before is None:
            return []
        now = asyncio.get_running_loop().time()
        if piece.before:
            self._before.offset += len(piece.before)
            self._before.seen = now
            lines = self._before.text.feed(piece.before)
            return [LogChunk(lines)] if lines else []
        if now - self._before.seen > _BEFORE_SECONDS:
            return self._let_go_of_before()
        return []

    def _let_go_of_before(self) -> list[Event]:
        before, self._before = self._before, None
        lines = before.text.flush() if before else []
        return [LogChunk(lines)] if lines else []

    def _truncated(self) -> list[Event]:
        lines = self._text.flush()
        self._offset, self._back = 0, b""
        events: list[Event] = [LogChunk(lines)] if lines else []
        notice = f"{self._shown} was truncated (rotated by copying): what was written right before may be missing here."
        return [*events, LogNotice(notice)]

    def _say(self, what: str, *, moved: bool = False) -> list[Event]:
        sentence, remedy = {
            "denied": (
                f"{self._shown} may not be read by this account.",
                "Give it read permission: a group that may read the log, and x on every directory above.",
            ),
            "odd": (f"{self._shown} is not a regular file.", "Name the log itself in servers.toml."),
        }.get(what, (f"waiting for {self._shown}: it " + ("was moved away." if moved else "does not exist."), ""))
        self.trouble = None if moved else (sentence, remedy)
        if self._said == what:
            return []
        self._said = what
        self._first = self._first and what == "denied"
        return [LogNotice(f"{sentence} {remedy}".strip())]


class _Before:
    """The file that was the log before its rotation: what is still written into it is the log's, too."""

    def __init__(self, offset: int, text: LogLines) -> None:
        self.offset = offset
        self.text = text
        self.seen = asyncio.get_running_loop().time()
