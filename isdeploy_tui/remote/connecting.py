"""One attempt to open an SSH connection: pipe, host key, login, within the time it has."""

import asyncio
import contextlib
import logging
import warnings
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import asyncssh
from asyncssh.encryption import get_encryption_algs
from asyncssh.kex import get_kex_algs
from asyncssh.mac import get_mac_algs

from isdeploy_tui.remote.asking import Ask, Clock, Questions
from isdeploy_tui.remote.dial import ProxyCommand, dial, first_byte
from isdeploy_tui.remote.errors import ConnectError
from isdeploy_tui.remote.hostkeys import HostKeyCheck, KnownHosts, Trust, store
from isdeploy_tui.remote.identities import Identities
from isdeploy_tui.remote.login import Login
from isdeploy_tui.remote.refusals import refusal
from isdeploy_tui.remote.sshoptions import HostOptions, SshConfig

HANDSHAKES = 8
"""Handshakes at once: more would hold the event loop for tens of milliseconds and run into sshd's MaxStartups."""

SLOT_SECONDS = 1.0
"""A handshake gives its slot back after this time, done or not, so that slow servers do not hold up the others."""

LOGIN_SECONDS = 120.0
"""sshd's LoginGraceTime: the most that a person has for an answer."""

# Group exchange costs half a second of CPU that blocks everything; old servers have a group14 that costs 7 ms.
_NO_GROUP_EXCHANGE = "-diffie-hellman-group-exchange-*"

# Of our small packets, one with chacha20 (the default) costs three times as much as one with AES-GCM, at both ends.
_CHEAP_CIPHERS = "^aes128-gcm@openssh.com,aes256-gcm@openssh.com"

# INFO would write whole commands to the screen, and cryptography warns on stderr about what old servers need.
logging.getLogger("asyncssh").addHandler(logging.NullHandler())
logging.getLogger("asyncssh").propagate = False
warnings.filterwarnings("ignore", module="asyncssh")

Overrides = Callable[[str], Mapping[str, Any] | None]
"""name → everything that asyncssh.connect needs to reach that server, or None to ask the SSH configuration."""


@dataclass(frozen=True, slots=True)
class Alive:
    """How a dead peer is noticed: ``interval`` seconds between questions, dead after ``count`` + 1 of them."""

    interval: float = 5
    count: int = 2


DEFAULT_ALIVE = Alive()
"""Dead after 15 s."""


@dataclass(slots=True)
class Connection:
    """An open connection and what ends with it."""

    ssh: asyncssh.SSHClientConnection
    proxy: ProxyCommand | None = None

    @property
    def is_open(self) -> bool:
        """False as soon as it is known to be dead."""
        return not self.ssh.is_closed()

    async def aclose(self) -> None:
        """End it at once; a peer that does not answer is not waited for."""
        self.ssh.abort()
        if self.proxy is not None:
            await self.proxy.aclose()


Tunnel = Callable[[HostOptions], Awaitable[asyncssh.SSHClientConnection | None]]
"""Opens the connection to the jump host of these options; None when there is none."""


class Connector:
    """Opens connections with what all of them share: configuration, keys, known hosts, questions, slots."""

    def __init__(
        self,
        config_file: str | None,
        connect_seconds: float,
        ask: Ask | None = None,
        overrides: Overrides | None = None,
        alive: Alive = DEFAULT_ALIVE,
    ) -> None:
        self.config = SshConfig(config_file)
        self.connect_seconds = connect_seconds
        self.questions = Questions(ask)
        self.identities = Identities(self.questions)
        self._known_hosts = KnownHosts()
        self._overrides = overrides
        self._alive = alive
        self._slots = asyncio.Semaphore(HANDSHAKES)

    async def open(self, name: str, tunnel: Tunnel) -> Connection:
        """Open a connection. Raises ConnectError."""
        given = self._overrides(name) if self._overrides else None
        if given is not None:
            return await self._open_given(name, given)
        options = await self.config.options(name)
        jump = await tunnel(options)
        seconds = min(self.connect_seconds, options.connect_seconds or self.connect_seconds)
        attempt = _Attempt(options, Clock(seconds), jump)
        check = HostKeyCheck(await self._trust(options), store_unknown=options.store_unknown)
        attempt.login = Login(options, check, self.identities, self.questions, attempt.clock)
        try:
            ssh = await self._reach(attempt, self._arguments(options, attempt.login))
        except Exception as error:  # whatever one odd server makes the libraries raise, it is one server's failure
            stderr = await attempt.end()
            raise refusal(error, options, self.config.command(name), seconds, attempt.login, stderr) from None
        except BaseException:
            await attempt.end()
            raise
        finally:
            await attempt.login.aclose()
        if check.verdict == "new" and check.offered is not None:
            with contextlib.suppress(OSError):  # as ssh does, which warns and goes on
                await asyncio.to_thread(store, options, check.offered)
        return Connection(ssh, attempt.proxy)

    async def _trust(self, options: HostOptions) -> Trust:
        try:
            return await asyncio.to_thread(self._known_hosts.trust, options)
        except (OSError, ValueError):
            sentence = f"The file of RevokedHostKeys, {options.revoked_keys}, is no readable list of public keys."
            raise ConnectError(options.name, "options", sentence, "Without it no host key can be trusted.") from None

    async def _open_given(self, name: str, given: Mapping[str, Any]) -> Connection:
        rest = {key: value for key, value in given.items() if key not in ("host", "port")}
        options = HostOptions(name, given["host"], given.get("port") or 22, given.get("username", ""), given["host"])
        attempt = _Attempt(options, Clock(self.connect_seconds))
        try:
            ssh = await self._reach(attempt, {**self._common(), **rest})
        except Exception as error:
            raise refusal(error, options, self.config.command(name), self.connect_seconds) from None
        return Connection(ssh)

    async def _reach(self, attempt: "_Attempt", arguments: dict[str, Any]) -> asyncssh.SSHClientConnection:
        async with attempt.clock.running():
            try:
                return await self._shake(attempt, arguments)
            except asyncssh.KeyExchangeFailed:
                if arguments["kex_algs"] != _NO_GROUP_EXCHANGE:
                    raise
                await attempt.end()
                return await self._shake(attempt, {**arguments, "kex_algs": "default"})

    async def _shake(self, attempt: "_Attempt", arguments: dict[str, Any]) -> asyncssh.SSHClientConnection:
        pipe = await attempt.pipe()
        try:
            slot = await self._slots_turn(attempt.clock)
        except BaseException:
            _close(pipe)
            raise
        host, port = attempt.options.hostname, attempt.options.port
        task = asyncio.ensure_future(asyncssh.connect(host, port, **pipe, **arguments))
        try:
            # Not awaited itself: when cancelled, its clean-up can be drawn out by a silent peer.
            await asyncio.wait({task})
        except asyncio.CancelledError:
            task.cancel()
            _ENDING.add(task)
            task.add_done_callback(lambda _: _end(task, pipe))
            raise
        finally:
            slot()
        try:
            return task.result()
        except BaseException:
            _close(pipe)
            raise

    async def _slots_turn(self, clock: Clock) -> Callable[[], None]:
        """Take one of the few slots, for SLOT_SECONDS at most; returns what gives it back.

        Waiting for it costs the attempt none of its time.
        """
        async with clock.stopped():
            await self._slots.acquire()
        held = True

        def release() -> None:
            nonlocal held
            timer.cancel()
            if held:
                held = False
                self._slots.release()

        timer = asyncio.get_running_loop().call_later(SLOT_SECONDS, release)
        return release

    def _common(self) -> dict[str, Any]:
        return {
            "config": None,
            "connect_timeout": None,
            "login_timeout": LOGIN_SECONDS,
            "keepalive_interval": self._alive.interval,
            "keepalive_count_max": self._alive.count,
            "utf8_decode_errors": "replace",
            "x509_trusted_certs": None,
            "kex_algs": _NO_GROUP_EXCHANGE,
            "encryption_algs": _CHEAP_CIPHERS,
        }

    def _arguments(self, options: HostOptions, login: Login) -> dict[str, Any]:
        trust = login.check.trust
        arguments = self._common() | {
            "client_factory": lambda: login,
            "username": options.user,
            "client_keys": None,  # Login offers them, one by one
            "host_key_alias": options.alias or None,
            "known_hosts": (list(trust.keys), list(trust.authorities), list(trust.revoked)),
            "server_host_key_algs": trust.algorithms(options.algorithms.get("hostkeyalgorithms", "")),
            "preferred_auth": list(options.methods),
        }
        if options.alive_seconds is not None:
            arguments["keepalive_interval"] = min(options.alive_seconds, self._alive.interval)
        for key, argument, supported in (
            ("kexalgorithms", "kex_algs", get_kex_algs()),
            ("ciphers", "encryption_algs", get_encryption_algs()),
            ("macs", "mac_algs", get_mac_algs()),
        ):
            if key in options.algorithms:
                names = options.algorithms[key].split(",")
                arguments[argument] = [name for name in names if name.encode() in supported]
        return arguments


@dataclass(slots=True)
class _Attempt:
    """What one attempt holds and has to give back."""

    options: HostOptions
    clock: Clock
    jump: asyncssh.SSHClientConnection | None = None
    login: Login | None = None
    proxy: ProxyCommand | None = None

    async def pipe(self) -> dict[str, Any]:
        """Open what the handshake runs over, and wait until the server is heard."""
        if self.jump is not None:
            return {"tunnel": self.jump}
        if self.options.proxy_command:
            self.proxy = await ProxyCommand.start(self.options.proxy_command)
            sock = self.proxy.sock
        else:
            sock = await dial(self.options.hostname, self.options.port, self.options.family, self.options.bind_address)
        try:
            await first_byte(sock)
        except BaseException:
            sock.close()
            raise
        return {"sock": sock}

    async def end(self) -> bytes:
        """End a ProxyCommand and return what it wrote to standard error."""
        proxy, self.proxy = self.proxy, None
        if proxy is None:
            return b""
        await proxy.aclose()
        return proxy.stderr


_ENDING: set[asyncio.Future[asyncssh.SSHClientConnection]] = set()


def _end(task: asyncio.Future[asyncssh.SSHClientConnection], pipe: Mapping[str, Any]) -> None:
    """End what a connect that nobody waits for any more has left."""
    _ENDING.discard(task)
    if not task.cancelled() and task.exception() is None:
        task.result().abort()
    _close(pipe)


def _close(pipe: Mapping[str, Any]) -> None:
    if "sock" in pipe:
        pipe["sock"].close()
