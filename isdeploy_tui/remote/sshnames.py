"""The names by which servers are known: a Host of ssh_config, ``user@host:port``, or a jump's ``ssh://`` form."""

import re
from dataclasses import dataclass

_SAFE = re.compile(r"[\w.:@%+=\[\]-]+")
_URI = re.compile(r"ssh://", re.IGNORECASE)


class BadNameError(ValueError):
    """Not a name that can be given to ssh; says why."""


@dataclass(frozen=True, slots=True)
class SshName:
    """A name taken apart: ``host`` is what ssh_config is asked for, ``user`` and ``port`` go before what it says."""

    host: str
    user: str | None = None
    port: int | None = None


def split_name(name: str) -> SshName:
    """Take a name apart.

    Raises BadNameError for one that ssh could take for an option or that a shell could read (a ``Match exec`` or a
    ProxyCommand puts names into shell commands).
    """
    rest = _URI.sub("", name, count=1).removesuffix("/")
    if not _SAFE.fullmatch(rest):
        raise BadNameError(f"{name!r} is not a host name")
    user, at, host = rest.rpartition("@")
    port = None
    if bracketed := re.fullmatch(r"\[([^\[\]]+)\](?::(\w+))?", host):
        host, port = bracketed[1], bracketed[2]
    elif host.count(":") == 1:
        host, _, port = host.partition(":")
    if not host or host.startswith("-") or user.startswith("-") or (at and not user) or set("[]") & set(host):
        raise BadNameError(f"{name!r} is not a host name")
    if port is None:
        return SshName(host, user or None)
    if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise BadNameError(f"{name!r} has no valid port; 1 to 65535 is expected")
    return SshName(host, user or None, int(port))
