"""What mod_jk's status worker tells with ``?mime=prop`` (mod_jk: jk_status.c)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from isdeploy_tui.modjk.attributes import integer

FROM_MAP = "uriworkermap"
"""The source of a rule that httpd has from its JkMountFile."""


@dataclass(frozen=True, slots=True)
class Member:
    """An AJP worker as mod_jk sees it now; the counters are shared by all balancers that hold it.

    ``busy``: requests in flight. ``state``: ``OK``, ``OK/IDLE``, ``OK/BUSY``, ``ERR``, ``ERR/REC``, ``ERR/FRC`` or
    ``ERR/PRB``; empty for a worker outside any balancer. ``activation``: ``ACT``, ``DIS`` or ``STP`` as its own and
    jkstatus have it; it stays ``ACT`` while a rule stops the member.
    """

    name: str
    busy: int = 0
    state: str = ""
    activation: str = ""
    connected: int = 0
    elected: int = 0
    errors: int = 0
    sessions: int = 0
    address: str = ""


@dataclass(frozen=True, slots=True)
class MapEntry:
    """One rule as httpd holds it in memory. ``source`` is FROM_MAP, ``JkMount`` or ``worker definition``."""

    uri: str
    source: str = ""
    type: str = ""
    server: str = ""
    active: str = ""
    disabled: str = ""
    stopped: str = ""


@dataclass(frozen=True, slots=True)
class JkStatus:
    """A whole answer: members by name, and for each balancer or worker its rules. Empty when it was no such answer."""

    members: Mapping[str, Member] = field(default_factory=lambda: MappingProxyType({}))
    maps: Mapping[str, tuple[MapEntry, ...]] = field(default_factory=lambda: MappingProxyType({}))
    lb_members: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))


_ACTIVATIONS = {"ACT": 0, "DIS": 1, "STP": 2}

_MAP = re.compile(r"(.+)\.map\.(\d+)\.(server|uri|type|source|active|disabled|stopped)")
_ATTRIBUTE = re.compile(r"(.+)\.(type|address|activation|state|busy|connected|elected|used|errors|sessions)")


def parse_status(text: str) -> JkStatus:
    """Read an answer to ``?mime=prop``; lines that are not understood are skipped. The text may be anything.

    The prefix of the keys is ``worker`` unless ``worker.NAME.prefix`` says otherwise.
    """
    values: dict[str, dict[str, str]] = {}
    maps: dict[str, dict[int, dict[str, str]]] = {}
    balancers: dict[str, list[str]] = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        name = key.partition(".")[2]
        if not equals or not name:
            continue
        if match := _MAP.fullmatch(name):
            maps.setdefault(match[1], {}).setdefault(int(match[2][:9]), {})[match[3]] = value
        elif name.endswith(".balance_workers"):
            balancers.setdefault(name.removesuffix(".balance_workers"), []).append(value)
        elif match := _ATTRIBUTE.fullmatch(name):
            found = values.setdefault(match[1], {})
            # A member is shown once for each balancer that holds it; what is wrong in one of them must be seen.
            if not _is_worse(match[2], found.get(match[2], ""), value):
                found[match[2]] = value
    members = {
        name: _member(name, found) for name, found in values.items() if found.get("type", "lb") in ("ajp13", "ajp14")
    }
    return JkStatus(
        MappingProxyType(members),
        MappingProxyType(
            {name: tuple(_map_entry(found[number]) for number in sorted(found)) for name, found in maps.items()}
        ),
        MappingProxyType({name: tuple(dict.fromkeys(names)) for name, names in balancers.items()}),
    )


def _is_worse(attribute: str, known: str, new: str) -> bool:
    """True when what is known of a member from another balancer keeps more requests from it than the new value."""
    if attribute == "activation":
        return _ACTIVATIONS.get(known, 0) > _ACTIVATIONS.get(new, 0)
    return attribute == "state" and known.startswith("ERR")


def _member(name: str, found: Mapping[str, str]) -> Member:
    return Member(
        name,
        busy=integer(found.get("busy"), 0),
        state=found.get("state", ""),
        activation=found.get("activation", ""),
        connected=integer(found.get("connected"), 0),
        elected=integer(found.get("elected", found.get("used")), 0),
        errors=integer(found.get("errors"), 0),
        sessions=integer(found.get("sessions"), 0),
        address=found.get("address", ""),
    )


def _map_entry(found: Mapping[str, str]) -> MapEntry:
    return MapEntry(found.get("uri", ""), **{name: value for name, value in found.items() if name != "uri"})
