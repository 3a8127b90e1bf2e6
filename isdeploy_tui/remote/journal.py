"""Who did what and who is at it: the journal and the leases that are kept beside a map. Reading only.

Both live in ``.isdeploy`` in the directory of the map's file. ``journal.jsonl`` is append-only, one JSON object a
line; ``leases`` has a line ``KEY HEARTBEAT ID JSON`` for each Tomcat that somebody works on.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from typing import Any
from urllib.parse import quote, unquote

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import whole
from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.host import Host

ORPHAN_SECONDS = 60
"""Age of a heartbeat from which its holder counts as gone; record.sh has the same limit."""

_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal; every text printable, empty where it does not apply.

    ``time`` is ISO 8601 UTC by the bastion's clock, ``operation`` the operation's id, ``map_before`` and ``map_after``
    sha256 of the map, ``run`` the id of a script's run, ``arguments`` the deploy arguments, secret ones masked,
    ``account`` the user of the SSH login on the Apache's host ``ssh``.
    """

    time: str
    user: str
    bastion: str
    ssh: str
    operation: str
    kind: str
    target: str
    step: str
    state: str
    detail: str = ""
    reason: str = ""
    map_before: str = ""
    map_after: str = ""
    run: str = ""
    arguments: str = ""
    account: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the object as it stands in the journal: without the empty fields."""
        return {key: value for key, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class Lease:
    """Somebody's operation on a Tomcat. ``since`` is Unix seconds by the bastion's clock.

    ``age`` is seconds since its last heartbeat, by the clock of the host that keeps it.
    """

    tomcat: str
    id: str
    user: str
    bastion: str
    kind: str
    step: str
    since: float
    age: float
    run: str = ""

    @property
    def holder(self) -> str:
        """``user@bastion``."""
        return f"{self.user}@{self.bastion}"

    @property
    def is_orphan(self) -> bool:
        """True when its holder has not been heard of for so long that it can be taken over."""
        return self.age > ORPHAN_SECONDS


def lease_key(tomcat: str) -> str:
    """Return the key under which a Tomcat's lease is kept: its name without white space or other surprises."""
    return quote(tomcat, safe="", errors="surrogatepass")


def lease_text(lease: Lease) -> bytes:
    """Return the JSON that stands in the leases file; ASCII, one line."""
    kept = {key: value for key, value in asdict(lease).items() if key not in {"tomcat", "id", "age"}}
    return json.dumps(kept).encode() + b"\n"


def parse_lease(key: str, id: str, age: float, text: str) -> Lease:
    """Return the lease of one line; fields that are missing or odd come out empty, for a line is only evidence."""
    data = _object(text)
    since = data.get("since")
    # A time that no calendar has would be no evidence either.
    when = since if isinstance(since, int | float) and 0 <= since < 1e11 else 0
    words = {name: _text(data.get(name)) for name in ("user", "bastion", "kind", "step", "run")}
    return Lease(printable(unquote(key)), id, since=when, age=age, **words)


def parse_leases(data: bytes, now: float) -> Mapping[str, Lease]:
    """Return the leases by Tomcat; ``now`` is Unix seconds by the clock of the host that keeps them."""
    leases: dict[str, Lease] = {}
    for line in data.decode("utf-8", "replace").split("\n"):
        key, _, rest = line.partition(" ")
        beat, _, rest = rest.partition(" ")
        id, _, text = rest.partition(" ")
        with suppress(ValueError):  # no line of ours
            lease = parse_lease(key, printable(id), max(0.0, now - whole(beat.encode())), text)
            if key and id:
                leases[lease.tomcat] = lease
    return leases


async def read_journal(host: Host, map_path: str, *, lines: int = 500, sudo: bool = False) -> tuple[Entry, ...]:
    """Return the newest entries of the journal beside a map, oldest first. Raises RemoteError."""
    reply = await run_again(host, "journalread.sh", map_path, str(lines), str(_BYTES), sudo=sudo, limit=2 * _BYTES)
    if reply.status != 0:
        what = {40: "the map beside which it should be does not exist", 42: "it may not be read by this account"}
        why = what.get(reply.status, f"exit status {reply.status}")
        raise ScriptError(host.name, reply.status, f"The journal beside {printable(map_path)} cannot be read: {why}.")
    return tuple(
        _entry(_object(line.removeprefix(b"line ").decode("utf-8", "replace")))
        for line in reply.lines
        if line.startswith(b"line ")
    )


def _entry(data: Mapping[str, Any]) -> Entry:
    return Entry(**{field.name: _text(data.get(field.name)) for field in fields(Entry)})


def _object(text: str) -> Mapping[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _text(value: object) -> str:
    return printable(value) if isinstance(value, str) else ""
