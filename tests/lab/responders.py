"""Workers that only say who they are: AJP13 connectors in this process, for tests that need many answers at once."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from isdeploy_tui.modjk.ajp import CPING, CPONG

HEADER = "x-worker"
"""The response header, in lower case, that names who answered."""

_FORWARD_REQUEST, _SEND_HEADERS, _END_RESPONSE = 2, 4, 5


class _Connector(asyncio.Protocol):
    """One connection from mod_jk. Requests with a body are not understood: a GET has none."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._waiting = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        assert self._transport
        self._waiting += data
        while len(self._waiting) >= 4:
            length = 4 + int.from_bytes(self._waiting[2:4], "big")
            if len(self._waiting) < length:
                return
            packet, self._waiting = self._waiting[:length], self._waiting[length:]
            if packet[4] == _FORWARD_REQUEST:
                self._transport.write(self._answer)
            elif packet == CPING:
                self._transport.write(CPONG)


def _answer(name: str) -> bytes:
    fields = [(HEADER, name), ("Content-Length", "0")]
    headers = b"".join(_string(key) + _string(value) for key, value in fields)
    head = bytes([_SEND_HEADERS]) + (200).to_bytes(2, "big") + _string("OK") + len(fields).to_bytes(2, "big") + headers
    return _packet(head) + _packet(bytes([_END_RESPONSE, 1]))


def _string(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data + b"\0"


def _packet(body: bytes) -> bytes:
    return b"AB" + len(body).to_bytes(2, "big") + body


@asynccontextmanager
async def responders(names: Sequence[str]) -> AsyncIterator[dict[str, int]]:
    """Answer for all these workers while the context lasts; yields the port of each."""
    loop = asyncio.get_running_loop()
    async with contextlib.AsyncExitStack() as servers:
        ports = {}
        for name in names:
            answer = _answer(name)
            server = await loop.create_server(lambda answer=answer: _Connector(answer), "127.0.0.1", 0)
            servers.push_async_callback(server.wait_closed)
            servers.callback(server.close)
            ports[name] = server.sockets[0].getsockname()[1]
        yield ports
