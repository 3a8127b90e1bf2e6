"""Is the server the one that we know? Strict by default, and a key that has changed is never accepted by itself."""

import base64
import fcntl
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh
from asyncssh.public_key import get_default_certificate_algs, get_default_public_key_algs

from isdeploy_tui.remote.sshoptions import HostOptions

# OpenSSH's order: the fingerprint that we show is then the one that ssh shows.
_PREFERRED = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "rsa-sha2-512",
    "rsa-sha2-256",
)


@dataclass(frozen=True, slots=True)
class Trust:
    """What known_hosts says of one server: keys, keys of authorities, and keys that must not be accepted.

    ``known`` is True when a key is listed for exactly this host and port, so that another one means a change.
    """

    keys: tuple[asyncssh.SSHKey, ...]
    authorities: tuple[asyncssh.SSHKey, ...]
    revoked: tuple[asyncssh.SSHKey, ...]
    known: bool

    def algorithms(self, configured: str = "") -> list[str]:
        """Host key algorithms to ask the server for, as OpenSSH orders them: those that we can check come first.

        All others follow, so that a server that has none of the known ones is recognised as changed. ``configured``
        is a HostKeyAlgorithms list that limits them.
        """
        certified = [name.decode() for name in get_default_certificate_algs()] if self.authorities else []
        known = [name.decode() for key in self.keys for name in key.sig_algorithms]
        everything = [*_PREFERRED, *(name.decode() for name in get_default_public_key_algs())]
        order = [*certified, *(name for name in everything if name in known), *everything]
        if configured:
            allowed = configured.split(",")
            order = [name for name in order if name in allowed]
        return list(dict.fromkeys(order))


class KnownHosts:
    """known_hosts files, parsed once and again when they change."""

    def __init__(self) -> None:
        self._parsed: dict[Path, tuple[tuple[int, int], asyncssh.SSHKnownHosts]] = {}

    def trust(self, options: HostOptions) -> Trust:
        """Look a server up. Raises OSError or ValueError when RevokedHostKeys cannot be read."""
        files = [self._file(path) for path in (*options.user_known_hosts, *options.global_known_hosts)]
        keys, authorities, revoked = _match(files, options.lookup)
        known = bool(keys)
        if not known and options.lookup.startswith("[") and not options.alias:
            # OpenSSH, too, takes an entry without port for a server on another one, but not as proof of a change.
            more = _match(files, options.hostname.lower())
            keys, authorities, revoked = more[0], authorities + more[1], revoked + more[2]
        if options.revoked_keys is not None:
            revoked += _revoked(options.revoked_keys)
        return Trust(tuple(keys), tuple(authorities), tuple(revoked), known)

    def _file(self, path: Path) -> asyncssh.SSHKnownHosts:
        try:
            found = path.stat()
            stamp = found.st_mtime_ns, found.st_size
            if path in self._parsed and self._parsed[path][0] == stamp:
                return self._parsed[path][1]
            text = path.read_text("utf-8", "replace") if path.is_file() else ""
        except OSError:  # as OpenSSH, which passes over files that are not there
            return asyncssh.import_known_hosts("")
        parsed = _parse(text)
        self._parsed[path] = stamp, parsed
        return parsed


def _revoked(path: Path) -> list[asyncssh.SSHKey]:
    """Read a list of public keys. asyncssh's own reader passes over what it does not know, such as a binary KRL."""
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return [asyncssh.import_public_key(line) for line in lines if line and not line.startswith("#")]


def _parse(text: str) -> asyncssh.SSHKnownHosts:
    try:
        return asyncssh.import_known_hosts(text)
    except ValueError:
        # One line that asyncssh does not take must not cost all the others.
        return asyncssh.import_known_hosts("\n".join(filter(_is_entry, text.splitlines())))


def _is_entry(line: str) -> bool:
    try:
        asyncssh.import_known_hosts(line)
    except ValueError:
        return False
    return True


def _match(
    files: Sequence[asyncssh.SSHKnownHosts], name: str
) -> tuple[list[asyncssh.SSHKey], list[asyncssh.SSHKey], list[asyncssh.SSHKey]]:
    keys: list[asyncssh.SSHKey] = []
    authorities: list[asyncssh.SSHKey] = []
    revoked: list[asyncssh.SSHKey] = []
    for file in files:
        # The name stands for itself, port and all: asyncssh's own rule for ports would hide which one matched.
        found = file.match(name, "", None)
        keys += found[0]
        authorities += found[1]
        revoked += found[2]
    return keys, authorities, revoked


class HostKeyCheck:
    """The decision on one connection's host key, kept for the sentence and for storing it after the login.

    ``verdict`` is ``""`` (trusted by known_hosts), ``new`` (accepted), ``unknown``, ``changed`` or ``revoked``.
    """

    def __init__(self, trust: Trust, *, store_unknown: bool) -> None:
        self.trust = trust
        self.verdict = ""
        self.offered: asyncssh.SSHKey | None = None
        self._store_unknown = store_unknown

    def accepts(self, key: asyncssh.SSHKey) -> bool:
        """Decide on a key that known_hosts does not trust. Runs before the server has proved that it owns it."""
        self.offered = key
        if self.trust.known:
            self.verdict = "changed"
        elif self._store_unknown:
            self.verdict = "new"
        else:
            self.verdict = "unknown"
        return self.verdict == "new"


def store(options: HostOptions, key: asyncssh.SSHKey) -> None:
    """Append a host key to the user's first known_hosts file. Raises OSError."""
    if not options.user_known_hosts:
        return
    path = options.user_known_hosts[0]
    if path.exists() and not path.is_file():  # /dev/null is how people say that nothing shall be kept
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = _hashed(options.lookup) if options.hash_known_hosts else options.lookup
    line = f"{name} {key.export_public_key('openssh').decode().split(' ', 1)[0]} {_base64(key)}\n"
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        text = file.read()
        if _match([_parse(text.decode("utf-8", "replace"))], options.lookup)[0]:
            return  # another connection, or ssh itself, was faster
        file.write((b"" if not text or text.endswith(b"\n") else b"\n") + line.encode())
        file.flush()
        os.fsync(file.fileno())


def _base64(key: asyncssh.SSHKey) -> str:
    return base64.b64encode(key.public_data).decode()


def _hashed(name: str) -> str:
    salt = secrets.token_bytes(20)
    digest = hmac.new(salt, name.encode(), "sha1").digest()
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"
