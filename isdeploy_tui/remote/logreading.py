"""One log on one server over one channel: the orders of ``scripts/follow.sh`` and their answers."""

from dataclasses import dataclass
from typing import Literal

from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.host import Stream
from isdeploy_tui.remote.ticked import ask, ask_raw

CHUNK = 4 * 1024 * 1024
"""Most bytes of a file in one answer."""

Trouble = Literal["missing", "denied", "odd", "gone"]
"""Why a file cannot be held: it is not there, may not be read, is no regular file, is found nowhere any more."""


@dataclass(frozen=True, slots=True)
class Held:
    """A file that the server now holds: ``id`` is device and inode, ``elsewhere`` that it has another name by now."""

    id: str
    size: int
    elsewhere: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """What a read brought. ``name`` says whom the path belongs to now: the held file (``same``), another (``moved``)
    or nobody; ``back`` is the part of ``data`` that was asked for again; ``before`` is of the file held before.
    """

    size: int
    name: Literal["same", "moved", "missing", "denied", "odd"]
    back: bytes
    data: bytes
    before: bytes


class LogReading:
    """Reads a log over one stream. Every method raises ConnectionLostError or ScriptError."""

    def __init__(self, host: str, stream: Stream) -> None:
        self._host = host
        self._stream = stream

    async def open(self) -> Held | Trouble:
        """Hold the file that the path leads to."""
        return await self._hold("open")

    async def turn(self) -> Held | Trouble:
        """Hold the file that the path leads to now, and keep the one that was held to read its last lines."""
        return await self._hold("turn")

    async def find(self, id: str) -> Held | Trouble:
        """Hold the file of that id, whatever its name is now."""
        return await self._hold(f"find {id}")

    async def read(self, offset: int, back: int, before: int | None, *, sure: bool = False) -> Piece:
        """Read on from ``offset``; when there is anything new (``sure``: always), ``back`` bytes before it come again.

        ``before`` is the offset in the file held before; None lets go of it.
        """
        old = "-" if before is None else str(before)
        order = f"read {offset} {back} {old} {'yes' if sure else 'no'}"
        words, raw, after = await ask_raw(self._host, self._stream, order.encode(), 2 * CHUNK + 1024)
        try:
            size, name, from_before, _ = words
            split = len(raw) - int(from_before)
            if int(after) < offset - back + split:
                # It became shorter while it was read: what came is no part of it any more.
                return Piece(int(after), _name(name), b"", b"", raw[split:])
            return Piece(int(size), _name(name), raw[:back], raw[back:split], raw[split:])
        except ValueError:
            raise self._garbled() from None

    async def _hold(self, order: str) -> Held | Trouble:
        lines = await ask(self._host, self._stream, order.encode(), 1024)
        words = lines[0].decode("ascii", "replace").split() if len(lines) == 1 else []
        match words:
            case ["file", id, size, where] if size.isdigit():
                return Held(id, int(size), where == "elsewhere")
            case ["!", ("missing" | "denied" | "odd" | "gone") as trouble]:
                return trouble
        raise self._garbled()

    def _garbled(self) -> ScriptError:
        return ScriptError(self._host, -1, "The server's answer about the log is garbled.")


def _name(word: bytes) -> Literal["same", "moved", "missing", "denied", "odd"]:
    match word.decode("ascii", "replace"):
        case ("same" | "moved" | "missing" | "denied" | "odd") as name:
            return name
    raise ValueError(word)
