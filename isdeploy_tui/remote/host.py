"""What the rest of the program needs of a server: run a script, stream from one, open a TCP connection from it.

``connections.SshHost`` is the real one; tests run the same scripts on local shells through the same three calls.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

DEFAULT_TIMEOUT = 15.0
"""Seconds a script may take before its channel is closed."""

REPLY_LIMIT = 4 * 1024 * 1024
"""Bytes of output a script may send; one that sends more is cut off with an error."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a script answered: its exit status and the lines that carried our nonce (tag and line end removed)."""

    status: int
    lines: tuple[bytes, ...]
    stderr: bytes = b""


class Stream(Protocol):
    """A script that goes on talking. It must end by itself when its standard input ends."""

    async def read(self) -> bytes:
        """Return the next chunk of output as it came; ``b""`` once the script has ended."""

    def write(self, data: bytes) -> None:
        """Send bytes to the script's standard input."""

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs, and for ever when the connection was lost."""


class Host(Protocol):
    """One server. Every method may raise a RemoteError and nothing else that is foreseeable."""

    @property
    def name(self) -> str:
        """The name people know it by: the ``ssh`` value of servers.toml."""

    @property
    def account(self) -> str:
        """The user that we are logged in as there; empty while there is no connection."""

    async def run(
        self,
        script: str,
        *args: str,
        content: bytes | None = None,
        sudo: bool = False,
        timeout: float = DEFAULT_TIMEOUT,
        limit: int = REPLY_LIMIT,
    ) -> Reply:
        """Run a script of ``remote/scripts`` by its file name (``mapwrite.sh``) and return its reply.

        In the script ``$1`` is the nonce and ``$2``… are ``args``, byte for byte; ``content`` is on descriptor 3.
        Raises ConnectionLostError when the connection ended before the exit status came (outcome unknown),
        NoShellError when no nonce came back, SudoError when sudo refused.
        """

    def stream(self, script: str, *args: str, sudo: bool = False) -> AbstractAsyncContextManager[Stream]:
        """Start a script that goes on talking; what it prints before its ``@nonce ready`` line is skipped.

        Leaving the context closes the channel, which ends the script's standard input.
        """

    def open_tcp(self, address: str, port: int) -> AbstractAsyncContextManager[tuple["ByteReader", "ByteWriter"]]:
        """Open a TCP connection from the server to ``address:port`` (over SSH: a direct-tcpip channel).

        Raises RemoteError when forwarding is not allowed or the connection is refused.
        """


class ByteReader(Protocol):
    """The reading half of a channel (asyncio's and asyncssh's readers both fit)."""

    async def read(self, n: int = -1) -> bytes: ...

    async def readexactly(self, n: int) -> bytes: ...

    def at_eof(self) -> bool: ...


class ByteWriter(Protocol):
    """The writing half of a channel."""

    def write(self, data: bytes) -> None: ...


class Hosts(Protocol):
    """All servers by name, sharing one connection each."""

    def host(self, name: str) -> Host:
        """Return the server of that ``ssh`` name; does not connect yet."""

    def retry_now(self) -> None:
        """Let every server be tried at once, whatever has failed before, and ask again what was not answered."""

    async def aclose(self) -> None:
        """End all connections."""
