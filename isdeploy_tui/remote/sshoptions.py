"""How to reach a server, as OpenSSH itself understands the user's configuration: the answer of ``ssh -G``.

asyncssh's own reader breaks on ordinary files (a comment after a value, ``30s``, a missing key file) and ignores
StrictHostKeyChecking, so it is never used.
"""

import asyncio
import getpass
import hashlib
import os
import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from isdeploy_tui.printable import printable_lines
from isdeploy_tui.remote.errors import ConnectError
from isdeploy_tui.remote.sshnames import BadNameError, SshName, split_name

_ASK_SECONDS = 10.0
_AT_ONCE = 8
_DEFAULT_IDENTITIES = ("id_rsa", "id_ecdsa", "id_ed25519")
_ALGORITHM_KEYS = ("kexalgorithms", "ciphers", "macs", "hostkeyalgorithms")
_METHODS = {
    "gssapi-with-mic": "gssapiauthentication",
    "publickey": "pubkeyauthentication",
    "keyboard-interactive": "kbdinteractiveauthentication",
    "password": "passwordauthentication",
}


_UNFOLLOWED = {
    "pkcs11provider": ("none", "PKCS11Provider (load the card into the agent: ssh-add -s)"),
    "securitykeyprovider": ("internal", "SecurityKeyProvider (load the key into the agent: ssh-add)"),
    "knownhostscommand": ("none", "KnownHostsCommand (host keys are looked up in files only)"),
    "verifyhostkeydns": ("false", "VerifyHostKeyDNS (host keys are looked up in files only)"),
    "proxyusefdpass": ("no", "ProxyUseFdpass (a ProxyCommand has to pass the bytes itself)"),
    "controlpath": ("none", "ControlPath (every program logs in by itself)"),
}
"""What ssh would go by at a login and this program does not, with ssh's default and what to do instead."""


@dataclass(frozen=True, slots=True)
class HostOptions:
    """Everything that opening one connection needs. Paths are expanded; the files may not exist.

    ``lookup`` is the name in known_hosts (``[host]:port`` for other ports than 22), ``store_unknown`` is True when a
    host that is not there is to be learned at its first use. ``jumps`` are names, the first one nearest to us.
    ``algorithms`` holds what the configuration changes of OpenSSH's defaults, by its key. ``connect_seconds`` and
    ``alive_seconds`` are None when the configuration says nothing. ``unfollowed`` are settings that are there and have
    no effect here, for the sentence when the login fails.
    """

    name: str
    hostname: str
    port: int
    user: str
    lookup: str
    identity_files: tuple[Path, ...] = ()
    certificate_files: tuple[Path, ...] = ()
    identities_only: bool = False
    agent: str = ""
    user_known_hosts: tuple[Path, ...] = ()
    global_known_hosts: tuple[Path, ...] = ()
    revoked_keys: Path | None = None
    store_unknown: bool = False
    hash_known_hosts: bool = False
    alias: str = ""
    jumps: tuple[str, ...] = ()
    proxy_command: str = ""
    family: int = socket.AF_UNSPEC
    bind_address: str = ""
    connect_seconds: float | None = None
    alive_seconds: float | None = None
    may_ask: bool = True
    methods: tuple[str, ...] = ("publickey", "keyboard-interactive", "password")
    algorithms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    unfollowed: tuple[str, ...] = ()


class SshConfig:
    """The user's SSH configuration, or the one in ``config_file``. ``program`` is the ssh binary."""

    def __init__(self, config_file: str | None = None, program: str = "ssh") -> None:
        self.config_file = str(Path(config_file).expanduser()) if config_file else None
        self._program = program
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._defaults: asyncio.Task[Mapping[str, Sequence[str]]] | None = None

    def command(self, name: str) -> str:
        """Return the command that a person types to reach that server with the same configuration."""
        return f"ssh -F {self.config_file} {name}" if self.config_file else f"ssh {name}"

    async def options(self, name: str) -> HostOptions:
        """Ask for the options of a name. Raises ConnectError of kind ``options``."""
        try:
            parts = split_name(name)
        except BadNameError as error:
            raise ConnectError(name, "options", f"{error}.", "Correct 'ssh' in servers.toml.") from None
        files = ["-F", self.config_file] if self.config_file else []
        given = [*(["-l", parts.user] if parts.user else []), *(["-p", str(parts.port)] if parts.port else [])]
        try:
            answer = await self._ask(name, [*files, *given, "--", parts.host])
            defaults = await self._openssh_defaults()
        except FileNotFoundError:
            return without_ssh(name, parts)
        changed = {key: answer[key][0] for key in _ALGORITHM_KEYS if answer.get(key) != defaults.get(key)}
        try:
            return understand(name, parts, answer, changed)
        except (KeyError, ValueError) as error:
            raise ConnectError(name, "options", f"The answer of 'ssh -G' was not understood ({error}).") from None

    async def _openssh_defaults(self) -> Mapping[str, Sequence[str]]:
        if self._defaults is None or (self._defaults.done() and self._defaults.exception()):
            self._defaults = asyncio.create_task(self._ask("localhost", ["-F", "none", "--", "localhost"]))
        return await asyncio.shield(self._defaults)

    async def _ask(self, name: str, arguments: Sequence[str]) -> Mapping[str, Sequence[str]]:
        async with self._slots:
            process = await asyncio.create_subprocess_exec(
                self._program,
                "-T",
                "-G",
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                async with asyncio.timeout(_ASK_SECONDS):
                    output, errors = await process.communicate()
            except TimeoutError:
                sentence = f"'ssh -G' did not answer within {_ASK_SECONDS:g} s."
                raise ConnectError(name, "options", sentence, "A 'Match exec' of ssh_config may hang.") from None
            finally:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
        if process.returncode:
            said = "; ".join(printable_lines(errors)) or f"exit status {process.returncode}"
            raise ConnectError(name, "options", f"ssh cannot use its configuration: {said}.", "Correct it.")
        answer: dict[str, list[str]] = {}
        for line in output.decode("utf-8", "surrogateescape").splitlines():
            key, _, value = line.partition(" ")
            answer.setdefault(key.lower(), []).append(value)
        return answer


def understand(
    name: str, parts: SshName, answer: Mapping[str, Sequence[str]], algorithms: Mapping[str, str]
) -> HostOptions:
    """Turn the answer of ``ssh -G`` (lower-case key → values) into options. Raises KeyError, ValueError."""

    def one(key: str, default: str = "") -> str:
        value = answer.get(key, (default,))[0]
        return default if value == "none" else value

    def files(values: Sequence[str]) -> tuple[Path, ...]:
        return tuple(Path(expand(value, tokens)) for value in values if value and value != "none")

    hostname, port, user, alias = one("hostname"), int(one("port", "22")), one("user"), one("hostkeyalias")
    if not hostname or not user:
        raise ValueError("no hostname or user")
    jumps = tuple(jump for jump in one("proxyjump").split(",") if jump)
    tokens = _tokens(parts.host, hostname, port, user, alias, ",".join(jumps))
    strict = one("stricthostkeychecking", "ask")
    seconds = one("connecttimeout")
    alive = float(one("serveraliveinterval", "0"))
    wanted = [method for method in one("preferredauthentications").split(",") if method in _METHODS] or list(_METHODS)
    revoked = files([one("revokedhostkeys")])
    return HostOptions(
        name=name,
        hostname=hostname,
        port=port,
        user=user,
        lookup=alias or (hostname.lower() if port == 22 else f"[{hostname.lower()}]:{port}"),
        identity_files=files(answer.get("identityfile", ())),
        certificate_files=files(answer.get("certificatefile", ())),
        identities_only=one("identitiesonly") == "yes",
        agent=_agent(answer.get("identityagent", ("SSH_AUTH_SOCK",))[0], tokens),
        user_known_hosts=files(_split_files(answer.get("userknownhostsfile", ("",))[0])),
        global_known_hosts=files(_split_files(answer.get("globalknownhostsfile", ("",))[0])),
        revoked_keys=revoked[0] if revoked else None,
        store_unknown=strict in ("accept-new", "false", "no", "off"),
        hash_known_hosts=one("hashknownhosts") == "yes",
        alias=alias,
        jumps=jumps,
        proxy_command="" if jumps else expand(one("proxycommand"), {t: tokens[t] for t in "%hnpr"}, home=False),
        family={"inet": socket.AF_INET, "inet6": socket.AF_INET6}.get(one("addressfamily"), socket.AF_UNSPEC),
        bind_address=one("bindaddress"),
        connect_seconds=float(seconds) if seconds and float(seconds) > 0 else None,
        alive_seconds=alive or None,
        may_ask=one("batchmode") != "yes",
        methods=tuple(method for method in wanted if one(_METHODS[method]) in ("yes", "true")),
        algorithms=MappingProxyType(dict(algorithms)),
        unfollowed=tuple(text for key, (usual, text) in _UNFOLLOWED.items() if answer.get(key, [usual])[0] != usual),
    )


def without_ssh(name: str, parts: SshName) -> HostOptions:
    """Return OpenSSH's defaults for a name, for a machine that has no ssh: no configuration is read."""
    folder = Path.home() / ".ssh"
    port = parts.port or 22
    return HostOptions(
        name=name,
        hostname=parts.host,
        port=port,
        user=parts.user or getpass.getuser(),
        lookup=parts.host.lower() if port == 22 else f"[{parts.host.lower()}]:{port}",
        identity_files=tuple(folder / file for file in _DEFAULT_IDENTITIES),
        agent=os.environ.get("SSH_AUTH_SOCK", ""),
        user_known_hosts=(folder / "known_hosts",),
        global_known_hosts=(Path("/etc/ssh/ssh_known_hosts"),),
    )


def _tokens(host: str, hostname: str, port: int, user: str, alias: str, jump: str) -> dict[str, str]:
    """The percent tokens of ssh_config(5)."""
    local = socket.gethostname()
    digest = hashlib.sha1(f"{local}{hostname}{port}{user}{jump}".encode(), usedforsecurity=False)
    return {
        "%": "%",
        "C": digest.hexdigest(),
        "d": str(Path.home()),
        "h": hostname,
        "i": str(os.getuid()),
        "j": jump,
        "k": alias or host,
        "L": local.split(".")[0],
        "l": local,
        "n": host,
        "p": str(port),
        "r": user,
        "u": getpass.getuser(),
    }


def expand(text: str, tokens: Mapping[str, str], *, home: bool = True) -> str:
    """Fill in ``%`` tokens and, when ``home``, ``${VARIABLE}`` and a leading ``~``. Unknown ones stay as they are."""
    text = re.sub(r"%(.)", lambda match: tokens.get(match[1], match[0]), text)
    if not home:
        return text
    text = re.sub(r"\$\{(\w+)\}", lambda match: os.environ.get(match[1], match[0]), text)
    return str(Path(text).expanduser()) if text.startswith("~") else text


def _agent(value: str, tokens: Mapping[str, str]) -> str:
    if value == "none":
        return ""
    if value in ("", "SSH_AUTH_SOCK"):
        return os.environ.get("SSH_AUTH_SOCK", "")
    if re.fullmatch(r"\$\w+", value):
        return os.environ.get(value[1:], "")
    return expand(value, tokens)


def _split_files(value: str) -> list[str]:
    """Split a list of files as ``ssh -G`` prints it: by spaces, without quotes, though a path may hold spaces."""
    words = value.split(" ")
    files: list[str] = []
    for word in words:
        if files and not word.startswith(("/", "~", "%", "$")) and word != "none":
            files[-1] += f" {word}"
        else:
            files.append(word)
    return files
