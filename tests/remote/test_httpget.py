"""HTTP through a host: every way in which an answer can end, and what is no answer."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from isdeploy_tui.remote import httpget
from isdeploy_tui.remote.errors import ForwardError, RemoteError
from isdeploy_tui.remote.httpget import HttpAnswer, http_get
from tests.lab.programs import free_ports
from tests.remote.conftest import MakeHosts
from tests.remote.local_host import LocalHost
from tests.remote.real_sshd import Servers


@dataclass
class Web:
    """What one fake web server was asked."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def web(*answer: bytes, close: bool = True, tls: ssl.SSLContext | None = None) -> AsyncIterator[Web]:
    """A server that sends the parts of one answer, one packet each."""
    site = Web(next(free_ports()))
    ended = asyncio.Event()

    tasks: set[asyncio.Task[None] | None] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            site.requests.append(await reader.readuntil(b"\r\n\r\n"))
            for part in answer:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.002)
            if not close:
                await ended.wait()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", site.port, ssl=tls):
        yield site
        ended.set()
        await asyncio.gather(*filter(None, tasks))


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize("close", [True, False])
@pytest.mark.parametrize(
    "answer",
    [
        (OK + b"Content-Length: 5\r\n\r\nhello",),
        (b"HTTP/1.1 2", b"00 OK\r\nContent-Le", b"ngth: 5\r\n\r", b"\nhel", b"lo"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\nhe\r\n", b"3;x=y\r\nllo\r\n", b"0\r\n\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",),
        (b"HTTP/1.1 100 Continue\r\n\r\n", OK + b"Content-Length: 5\r\n\r\nhello"),
    ],
    ids=["length", "in pieces", "chunked", "trailer", "continue"],
)
async def test_an_answer_ends_where_it_says(answer: tuple[bytes, ...], close: bool) -> None:
    async with web(*answer, close=close) as site:
        assert await http_get(LocalHost(), f"{site.url}/", timeout=5) == HttpAnswer(200, b"hello", "OK")


async def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    async with web(OK + b"\r\nhel", b"lo") as site:
        assert await http_get(LocalHost(), f"{site.url}/") == HttpAnswer(200, b"hello", "OK")


async def test_no_content_is_whole() -> None:
    async with web(b"HTTP/1.1 204 No Content\r\n\r\n", close=False) as site:
        assert await http_get(LocalHost(), f"{site.url}/", timeout=5) == HttpAnswer(204, b"", "No Content")


async def test_redirects_and_errors_are_answers() -> None:
    async with web(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n") as site:
        assert (await http_get(LocalHost(), f"{site.url}/")).status == 302
    async with web(b"HTTP/1.0 503 Out\r\n\r\n") as site:
        assert await http_get(LocalHost(), f"{site.url}/") == HttpAnswer(503, b"", "Out")


async def test_the_request_is_one_get_with_nothing_smuggled_in() -> None:
    async with web(OK + b"Content-Length: 0\r\n\r\n") as site:
        await http_get(LocalHost(), f"http://127.0.0.1:{site.port}/a b/%41?mime=prop&x=ü y#part")
        head, *fields = site.requests[0].decode().split("\r\n")
    assert head == "GET /a%20b/%41?mime=prop&x=%C3%BC%20y HTTP/1.1"
    assert f"Host: 127.0.0.1:{site.port}" in fields
    assert "Connection: close" in fields


async def test_a_login_in_the_url_is_sent_and_never_shown() -> None:
    async with web(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n") as site:
        await http_get(LocalHost(), f"http://ops:p%40ss@127.0.0.1:{site.port}/")
        assert b"Authorization: Basic b3BzOnBAc3M=\r\n" in site.requests[0]
        assert b"p%40ss@" not in site.requests[0]
    async with web(b"garbage\r\n\r\n") as site:
        with pytest.raises(RemoteError) as caught:
            await http_get(LocalHost(), f"http://ops:p%40ss@127.0.0.1:{site.port}/")
        assert "p%40ss" not in str(caught.value)


@pytest.mark.parametrize(
    "head", [b"\r\n", b"Content-Length: 3000000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n"]
)
async def test_a_body_beyond_the_limit_is_cut_and_says_so(head: bytes) -> None:
    async with web(OK + head, *[b"x" * 100_000] * 30) as site:
        answer = await http_get(LocalHost(), f"{site.url}/", limit=150_000)
    assert (answer.status, len(answer.body), answer.complete) == (200, 150_000, False)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        OK + b"Content-Length: 50\r\n\r\nhello",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n\r\n",
        OK + b"X: " + b"x" * 200_000,
    ],
    ids=["nothing", "garbage", "ssh", "short", "cut", "bad chunk", "endless head"],
)
async def test_what_is_no_whole_answer_is_an_error(answer: bytes) -> None:
    async with web(answer) as site:
        with pytest.raises(RemoteError, match=f"127.0.0.1:{site.port}/"):
            await http_get(LocalHost(), f"{site.url}/")


async def test_silence_is_told_with_its_time() -> None:
    async with web(close=False) as site:
        with pytest.raises(RemoteError, match=r"did not answer within 0\.1 s"):
            await http_get(LocalHost(), f"{site.url}/", timeout=0.1)


async def test_nobody_there_is_told() -> None:
    with pytest.raises(ForwardError, match="refused"):
        await http_get(LocalHost(), f"http://127.0.0.1:{next(free_ports())}/")


@pytest.mark.parametrize("url", ["ftp://x/", "/path", "http://", "http://[::1/", "http://x:99999/"])
async def test_what_is_no_web_address_is_told(url: str) -> None:
    with pytest.raises(RemoteError, match="URL"):
        await http_get(LocalHost(), url)


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A self-signed certificate for ``localhost``, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path = tmp_path / "certificate.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    httpget._context.cache_clear()
    yield path
    httpget._context.cache_clear()


async def test_https_is_verified(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    body = b"x" * 200_000
    async with web(OK + b"Content-Length: 200000\r\n\r\n", body, tls=tls) as site:
        with pytest.raises(RemoteError, match="certificate is not trusted here"):
            await http_get(LocalHost(), f"https://localhost:{site.port}/")
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        httpget._context.cache_clear()
        assert await http_get(LocalHost(), f"https://localhost:{site.port}/") == HttpAnswer(200, body, "OK")
        with pytest.raises(RemoteError, match="certificate is not trusted here"):
            await http_get(LocalHost(), f"https://127.0.0.1:{site.port}/")
        assert len(site.requests) == 1


async def test_https_where_there_is_none_is_told() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    port = next(free_ports())
    async with await asyncio.start_server(plain, "127.0.0.1", port):
        with pytest.raises(RemoteError, match="no TLS connection"):
            await http_get(LocalHost(), f"https://localhost:{port}/")


async def test_over_ssh_the_answer_is_the_same(servers: Servers, make_hosts: MakeHosts) -> None:
    servers.start("web1")
    async with web(OK + b"Content-Length: 300000\r\n\r\n", b"x" * 300_000, close=False) as site:
        host = make_hosts(servers.config).host("web1")
        assert await http_get(host, f"{site.url}/") == HttpAnswer(200, b"x" * 300_000, "OK")
