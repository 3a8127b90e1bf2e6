"""The keys that are offered to a server: the agent's and the files', in OpenSSH's order, each read only once.

Reading an RSA key costs a quarter of a second of CPU, so keys are kept as objects and read in a thread, and only
when a server has not already taken another one.
"""

import asyncio
import contextlib
import copy
import os
import stat
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
from asyncssh.sk import sk_available

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.asking import Clock, Questions
from isdeploy_tui.remote.sshoptions import HostOptions

_PASSPHRASE_TRIES = 3
_AGENT_SECONDS = 5.0


@dataclass(slots=True)
class Offered:
    """What was tried on one server, for the sentence when it is refused: ``keys`` offered, ``notes`` on the others."""

    keys: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    asked: bool = False


class Identities:
    """Private keys by file, shared by all connections."""

    def __init__(self, questions: Questions) -> None:
        self._questions = questions
        self._keys: dict[tuple[Path, int], asyncssh.SSHKey] = {}
        self._declined: set[tuple[Path, int]] = set()
        self._locks: dict[Path, asyncio.Lock] = {}

    def forget_declined(self) -> None:
        """Ask again for passphrases that were not given."""
        self._declined.clear()

    async def offers(
        self, options: HostOptions, offered: Offered, clock: Clock
    ) -> AsyncGenerator[asyncssh.SSHKeyPair, None]:
        """Yield the key pairs to try, noting each in ``offered``: agent keys, plain files, then encrypted files."""
        files = [path for path in options.identity_files if path.is_file()]
        public = {blob: path for path in files if (blob := _public_blob(path))}
        certificates = _certificates(options, files, offered)
        agent, in_agent = await self._agent_pairs(options, public, offered)
        try:
            for pair in in_agent:
                label = f"{_label(public.get(pair.key_public_data))} (agent)"
                for offer in _with_certificates(pair, certificates):
                    offered.keys.append(label)
                    yield offer
            held = {pair.key_public_data for pair in in_agent}
            blobs = {path: blob for blob, path in public.items()}
            left = [path for path in files if blobs.get(path) not in held]
            encrypted = []
            for path in left:
                try:
                    key = await self._plain(path, offered)
                except asyncssh.KeyImportError:
                    encrypted.append(path)
                    continue
                if key is not None:
                    for offer in _with_certificates(_pair(key), certificates):
                        offered.keys.append(_label(path))
                        yield offer
            for path in encrypted:
                key = await self._encrypted(path, options, offered, clock)
                if key is not None:
                    for offer in _with_certificates(_pair(key), certificates):
                        offered.keys.append(_label(path))
                        yield offer
        finally:
            if agent is not None:
                agent.close()
                with contextlib.suppress(OSError):
                    await agent.wait_closed()

    async def _agent_pairs(
        self, options: HostOptions, public: dict[bytes, Path], offered: Offered
    ) -> tuple[asyncssh.SSHAgentClient | None, list[asyncssh.SSHKeyPair]]:
        if not options.agent:
            return None, []
        try:
            async with asyncio.timeout(_AGENT_SECONDS):
                agent = await asyncssh.connect_agent(options.agent)
                pairs = list(await agent.get_keys())
        except (OSError, ValueError) as error:
            offered.notes.append(f"the agent at {options.agent} does not answer ({error or 'timeout'})")
            return None, []
        configured = [pair for pair in pairs if pair.key_public_data in public]
        if options.identities_only:
            return agent, configured
        return agent, configured + [pair for pair in pairs if pair.key_public_data not in public]

    async def _plain(self, path: Path, offered: Offered) -> asyncssh.SSHKey | None:
        """Return a key that needs no passphrase. Raises KeyImportError for one that does; others are noted."""
        identity = _identity(path)
        async with self._lock(path):
            if identity in self._keys:
                return self._keys[identity]
            if problem := _unusable(path):
                offered.notes.append(problem)
                return None
            try:
                self._keys[identity] = await asyncio.to_thread(asyncssh.read_private_key, path)
            except asyncssh.KeyImportError as error:
                if "assphrase" in str(error):
                    raise
                offered.notes.append(f"{_label(path)} is not a private key ({printable(str(error), 80)})")
                return None
            except (OSError, ValueError) as error:
                offered.notes.append(f"{_label(path)} cannot be used ({printable(str(error), 80)})")
                return None
            if _needs_token(self._keys[identity]):
                del self._keys[identity]
                offered.notes.append(f"{_label(path)} is a FIDO key: 'ssh-add {path}' lets the agent use its token")
                return None
            return self._keys[identity]

    async def _encrypted(
        self, path: Path, options: HostOptions, offered: Offered, clock: Clock
    ) -> asyncssh.SSHKey | None:
        if not self._questions.possible or not options.may_ask:
            offered.notes.append(f"{_label(path)} is encrypted and not in the agent; 'ssh-add {path}' loads it")
            return None
        identity = _identity(path)
        # Everybody who needs this key waits for the one dialog.
        async with clock.stopped(), self._lock(path):
            title = f"Passphrase of {_label(path)}"
            for _ in range(_PASSPHRASE_TRIES):
                if identity in self._keys or identity in self._declined:
                    break
                offered.asked = True
                answer = await self._questions.put(options.name, title, (("Passphrase:", False),))
                if not answer:
                    self._declined.add(identity)
                    break
                try:
                    self._keys[identity] = await asyncio.to_thread(asyncssh.read_private_key, path, answer[0])
                except (OSError, ValueError):
                    title = f"That did not open it. Passphrase of {_label(path)}"
            key = self._keys.get(identity)
        if key is None:
            offered.asked = True
            offered.notes.append(f"{_label(path)} is encrypted and was not opened")
        return key

    def _lock(self, path: Path) -> asyncio.Lock:
        return self._locks.setdefault(path, asyncio.Lock())


def _identity(path: Path) -> tuple[Path, int]:
    """A file that was replaced is another key."""
    try:
        return path, path.stat().st_mtime_ns
    except OSError:
        return path, 0


def _unusable(path: Path) -> str:
    """As ssh does, refuse a key that others can read."""
    try:
        found = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        return f"{_label(path)} cannot be read ({error.strerror})"
    if found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) & 0o077:
        return f"{_label(path)} is ignored because others may read it; 'chmod 600 {path}' mends it"
    return ""


def _public_blob(path: Path) -> bytes | None:
    """The public half, when it lies beside the file: it tells which keys the agent already holds."""
    for candidate in (path.with_name(f"{path.name}.pub"), path):
        with contextlib.suppress(OSError, ValueError):
            return asyncssh.read_public_key(candidate).public_data
    return None


def _certificates(options: HostOptions, files: Sequence[Path], offered: Offered) -> list[Any]:
    found = []
    beside = [path.with_name(f"{path.name}-cert.pub") for path in files]
    for path in dict.fromkeys((*options.certificate_files, *beside)):
        if path.is_file():
            try:
                found.append(asyncssh.read_certificate(path))
            except (OSError, ValueError) as error:
                offered.notes.append(f"{_label(path)} is not a certificate ({printable(str(error), 80)})")
    return found


def _with_certificates(pair: asyncssh.SSHKeyPair, certificates: Sequence[Any]) -> list[asyncssh.SSHKeyPair]:
    """The pair with each certificate made for it, then bare, as OpenSSH does."""
    pairs = []
    for certificate in certificates:
        if certificate.key.public_data == pair.key_public_data and not pair.has_cert:
            certified = copy.copy(pair)
            certified.set_certificate(certificate)
            pairs.append(certified)
    return [*pairs, pair]


def _pair(key: asyncssh.SSHKey) -> asyncssh.SSHKeyPair:
    """A fresh pair each time: connections write the signature algorithm into it."""
    return asyncssh.load_keypairs([key])[0]


def _needs_token(key: asyncssh.SSHKey) -> bool:
    """Signing with a FIDO key is the agent's part, unless the package is there that talks to tokens."""
    return key.get_algorithm().startswith("sk-") and not sk_available


def _label(path: Path | None) -> str:
    if path is None:
        return "a key"
    try:
        return f"~/{path.relative_to(Path.home())}"
    except ValueError:
        return str(path)
