"""An HTTP request that a server makes for us: one GET over a TCP connection from there, for check URLs and jkstatus."""

import asyncio
import base64
import http.client
import io
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeVar
from urllib.parse import quote, unquote, urlsplit

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.host import ByteReader, ByteWriter, Host

_CHUNK = 64 * 1024
_HEAD_LIMIT = 64 * 1024

# What may stand in a path or a query as it is; everything else is encoded, so that no line end gets through.
_SAFE = "/%:@!$&'()*+,;=~?"

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came: redirects are not followed. ``complete`` is False when the body was cut at the limit."""

    status: int
    body: bytes
    reason: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Url:
    shown: str
    secure: bool
    address: str
    port: int
    request: bytes


async def http_get(host: Host, url: str, *, timeout: float = 10.0, limit: int = 1024 * 1024) -> HttpAnswer:
    """GET a URL as seen from ``host``: its name is resolved there, and the connection is made from there.

    The certificate of an https URL is verified here, against this machine's authorities. ``timeout`` is in seconds,
    ``limit`` in bytes of the body. Raises RemoteError.
    """
    target = _parse(host.name, url)
    try:
        async with asyncio.timeout(timeout), host.open_tcp(target.address, target.port) as (reader, writer):
            if target.secure:
                tls = _Tls(target.address, reader, writer)
                await tls.handshake()
                await tls.send(target.request)
                return await _answer(tls.read, limit)
            writer.write(target.request)
            return await _answer(lambda: reader.read(_CHUNK), limit)
    except TimeoutError:
        raise RemoteError(host.name, f"{target.shown} did not answer within {timeout:g} s.") from None
    except ssl.SSLCertVerificationError as error:
        sentence = f"{target.shown}: its certificate is not trusted here ({printable(error.verify_message)})."
        raise RemoteError(host.name, sentence, "SSL_CERT_FILE can name the authority that signed it.") from None
    except ssl.SSLError as error:
        sentence = f"{target.shown}: no TLS connection ({printable(error.reason or str(error))})."
        raise RemoteError(host.name, sentence) from None
    except (OSError, EOFError, http.client.HTTPException, ValueError) as error:
        what = printable(str(error), 200) or type(error).__name__
        raise RemoteError(host.name, f"{target.shown}: the answer is no valid HTTP ({what}).") from None


def _parse(name: str, url: str) -> _Url:
    try:
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        address = parts.hostname or ""
        if not address.isascii():
            address = address.encode("idna").decode()
    except ValueError:
        raise RemoteError(name, f"{printable(url, 200)} is not a URL.") from None
    if parts.scheme not in ("http", "https") or not address:
        raise RemoteError(name, f"{printable(url, 200)} is not an http:// or https:// URL.")
    bracketed = f"[{address}]" if ":" in address else address
    authority = bracketed if parts.port is None else f"{bracketed}:{port}"
    path = quote(parts.path or "/", safe=_SAFE)
    if parts.query:
        path += f"?{quote(parts.query, safe=_SAFE)}"
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {authority}",
        "User-Agent: isdeploy-tui",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Connection: close",
    ]
    if parts.username is not None:
        login = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
        lines.append(f"Authorization: Basic {base64.b64encode(login).decode()}")
    shown = printable(f"{parts.scheme}://{authority}{path}", 200)
    return _Url(shown, secure, address, port, "\r\n".join((*lines, "", "")).encode())


class _Bytes:
    """What http.client reads an answer from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def _begin(data: bytes) -> http.client.HTTPResponse:
    """Parse the head of an answer. Raises HTTPException."""
    response = http.client.HTTPResponse(_Bytes(data), method="GET")  # type: ignore[arg-type]
    response.begin()
    return response


async def _answer(read: Callable[[], Awaitable[bytes]], limit: int) -> HttpAnswer:
    """Read one answer to its end, which is its length, its last chunk, or the end of the connection."""
    data = bytearray()
    head: http.client.HTTPResponse | None = None
    while head is None:
        chunk = await read()
        data += chunk
        if chunk and b"\r\n\r\n" not in data and b"\n\n" not in data:
            if len(data) > _HEAD_LIMIT:
                raise http.client.LineTooLong("head")
            continue
        try:
            head = _begin(bytes(data))
        except http.client.RemoteDisconnected:  # only a "100 Continue" so far
            if not chunk:
                raise
    raw = data[head.fp.tell() :]
    # Chunks add a few bytes each to what the limit is meant for.
    most = 2 * limit + _CHUNK
    body, whole = _body(head, raw)
    while not whole and len(raw) < most:
        chunk = await read()
        if not chunk:
            if head.chunked or head.length is not None:
                raise http.client.IncompleteRead(bytes(body))
            whole = True
            break
        raw += chunk
        if not head.chunked or raw.endswith(b"\r\n\r\n") or len(raw) >= most:
            body, whole = _body(head, raw)
    return HttpAnswer(head.status, bytes(body[:limit]), head.reason, whole and len(body) <= limit)


def _body(head: http.client.HTTPResponse, raw: bytearray) -> tuple[bytearray, bool]:
    """Return the body so far, and whether it is known to be all of it. Raises ValueError."""
    if head.chunked:
        return _dechunk(raw)
    if head.length is None:
        return raw, False
    return raw[: head.length], len(raw) >= head.length


def _dechunk(raw: bytearray) -> tuple[bytearray, bool]:
    body = bytearray()
    at = 0
    while (end := raw.find(b"\r\n", at)) >= 0:
        size = int(raw[at:end].partition(b";")[0], 16)
        if size == 0:
            return body, raw.find(b"\r\n\r\n", end) >= 0
        if size < 0:
            raise ValueError("negative chunk size")
        at = end + 2
        body += raw[at : at + size]
        at += size + 2
        if at > len(raw):
            break
    return body, False


class _Tls:
    """TLS inside a channel."""

    def __init__(self, name: str, reader: ByteReader, writer: ByteWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._name = name
        self._tls: ssl.SSLObject | None = None

    async def handshake(self) -> None:
        """Shake hands and verify the certificate. Raises ssl.SSLError."""
        context = await asyncio.to_thread(_context)
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=self._name)
        await self._do(self._tls.do_handshake)

    async def send(self, data: bytes) -> None:
        """Encrypt and send."""
        assert self._tls is not None
        tls = self._tls
        await self._do(lambda: tls.write(data))

    async def read(self) -> bytes:
        """Return the next decrypted bytes, ``b""`` at the end."""
        assert self._tls is not None
        tls = self._tls
        try:
            return await self._do(lambda: tls.read(_CHUNK))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""  # HTTP itself tells a whole answer from a cut one

    async def _do(self, step: Callable[[], _Result]) -> _Result:
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                self._flush()
                data = await self._reader.read(_CHUNK)
                if data:
                    self._incoming.write(data)
                else:
                    self._incoming.write_eof()
            else:
                self._flush()
                return result

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._writer.write(self._outgoing.read())


@cache
def _context() -> ssl.SSLContext:
    """This machine's authorities; reading them takes a while, once."""
    return ssl.create_default_context()
