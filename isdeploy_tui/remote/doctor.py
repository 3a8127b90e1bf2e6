"""A look at a server by one script: all that a deploy will need there, and what runs there. Reads only."""

import binascii
import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.encoded import decode
from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.hostfacts import (
    FileFacts,
    HostFacts,
    HttpdProcess,
    MapFacts,
    Room,
    StandingRun,
    TomcatProcess,
)
from isdeploy_tui.remote.journal import parse_leases

SECONDS = 20.0
"""How long the look at one server may take."""

_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Look:
    """What was found. ``maps``, ``logs`` and ``deploys`` are by the path that was asked for."""

    host: HostFacts
    maps: Mapping[str, MapFacts]
    logs: Mapping[str, FileFacts]
    deploys: Mapping[str, FileFacts]


async def look(
    host: Host,
    *,
    maps: Sequence[str] = (),
    logs: Sequence[str] = (),
    deploys: Sequence[str] = (),
    sudo: bool = False,
) -> Look:
    """Look at a server in one round trip. ``sudo``: as root, as which a map is then written. Raises RemoteError."""
    pairs = [("host", "-")]
    pairs += [(kind, path) for kind, paths in (("map", maps), ("log", logs), ("deploy", deploys)) for path in paths]
    words = [word for pair in pairs for word in pair]
    reply = await host.run("doctor.sh", *words, sudo=sudo, timeout=SECONDS, limit=_LIMIT)
    if reply.status != 0:
        raise ScriptError(host.name, reply.status, f"The look at the server ended with status {reply.status}.")
    answers: list[_Answer] = [_Answer([]) for _ in pairs]
    for line in reply.lines:
        number, _, rest = line.partition(b" ")
        if number.isdigit() and int(number) < len(answers):
            answers[int(number)].lines.append(rest)
    found = list(zip(pairs, answers, strict=True))[1:]
    return Look(
        _host(answers[0]),
        MappingProxyType({path: _map(answer) for (kind, path), answer in found if kind == "map"}),
        MappingProxyType({path: _file(answer) for (kind, path), answer in found if kind == "log"}),
        MappingProxyType({path: _file(answer) for (kind, path), answer in found if kind == "deploy"}),
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """The lines about one thing, as key and words."""

    lines: list[bytes]

    def all(self, key: str) -> Iterator[list[str]]:
        for line in self.lines:
            name, _, rest = line.partition(b" ")
            if name == key.encode():
                yield printable(rest.decode("utf-8", "replace"), 100_000).split()

    def words(self, key: str) -> list[str]:
        return next(self.all(key), [])

    def raw(self, key: str, number: int) -> Iterator[tuple[list[str], bytes]]:
        """Yield lines whose word ``number`` (from 0) is an encoded text: the words before it, and the text."""
        for line in self.lines:
            name, _, rest = line.partition(b" ")
            words = rest.split(b" ", number)
            if name == key.encode() and len(words) > number:
                yield [printable(word.decode("utf-8", "replace")) for word in words[:number]], _decoded(words[number])

    def path(self, key: str, number: int = 0) -> str:
        return next((_path(data) for _, data in self.raw(key, number)), "")


def _decoded(word: bytes) -> bytes:
    encoding, _, data = word.partition(b":")
    try:
        return decode(encoding, data)
    except (ValueError, binascii.Error):
        return b""


def _path(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _number(words: Sequence[str], at: int = 0, otherwise: int = 0) -> int:
    return int(words[at]) if len(words) > at and words[at].isdecimal() else otherwise


def _host(answer: _Answer) -> HostFacts:
    user = answer.words("user")
    ip6 = [str(ipaddress.ip_address(bytes.fromhex(word))) for word in answer.words("ip6") if _is_hex(word, 32)]
    runs = [StandingRun(words[0], _number(words, 1), " ".join(words[2:])) for words in answer.all("run") if words]
    return HostFacts(
        user=user[0] if user else "",
        uid=_number(user, 1, -1),
        now=_number(answer.words("now")),
        boot=" ".join(answer.words("boot")),
        name=" ".join(answer.words("name")),
        addresses=frozenset([*answer.words("addresses"), *ip6]),
        tools=frozenset(answer.words("tools")),
        selinux=" ".join(answer.words("selinux")) or "none",
        home=next(iter(answer.words("home")), ""),
        state=printable(answer.path("home", 1)),
        room=_room(answer),
        runs=tuple(runs),
        httpds=tuple(_httpds(answer)),
        tomcats=tuple(_tomcats(answer)),
        sees_processes=not list(answer.all("noproc")),
    )


def _is_hex(word: str, length: int) -> bool:
    return len(word) == length and all(char in "0123456789abcdefABCDEF" for char in word)


def _room(answer: _Answer) -> Room:
    space, inodes = answer.words("space"), answer.words("inodes")
    return Room(
        " ".join(answer.words("fs")),
        _number(space) if space else None,
        _number(inodes) if inodes else None,
    )


def _command(data: bytes) -> tuple[str, ...]:
    return tuple(_path(word) for word in data.removesuffix(b"\0").split(b"\0"))


def _httpds(answer: _Answer) -> Iterator[HttpdProcess]:
    for words, data in answer.raw("httpd", 3):
        yield HttpdProcess(_number(words), words[1], words[2] == "yes", _command(data))


def _tomcats(answer: _Answer) -> Iterator[TomcatProcess]:
    found: dict[int, TomcatProcess] = {}
    for words, data in answer.raw("tomcat", 3):
        pid = _number(words)
        found[pid] = TomcatProcess(pid, words[1], words[2] == "yes", _command(data))
    texts = {key: {_number(words): data for words, data in answer.raw(key, 1)} for key in _TOMCAT_TEXTS}
    problems = {_number(words): " ".join(words[1:]) for words in answer.all("xmlerr")}
    ports = {
        _number(words): frozenset(int(word, 16) for word in words[1:] if _is_hex(word, 4))
        for words in answer.all("ports")
    }
    for pid, tomcat in found.items():
        xml = texts["xml"].get(pid)
        yield replace(
            tomcat,
            base=_path(texts["base"].get(pid, b"")),
            stdout=_path(texts["stdout"].get(pid, b"")),
            ports=ports.get(pid, frozenset()),
            server_xml=None if xml is None else xml.decode("utf-8", "replace"),
            properties=texts["properties"].get(pid, b"").decode("utf-8", "replace"),
            problem=problems.get(pid, ""),
        )


_TOMCAT_TEXTS = ("base", "stdout", "xml", "properties")


def _file(answer: _Answer) -> FileFacts:
    state = answer.words("state")
    interpreter = answer.words("interpreter")
    mode = answer.words("mode")
    return FileFacts(
        state[0] if state else "",
        " ".join(state[1:]),
        target=answer.path("target"),
        readable=answer.words("read") != ["no"],
        executable=answer.words("execute") != ["no"],
        mode=int(mode[0], 8) if mode and mode[0].isdecimal() and set(mode[0]) <= set("01234567") else 0,
        size=_number(answer.words("size")),
        interpreter=printable(answer.path("interpreter", 1)) or " ".join(interpreter[:1]),
    )


def _map(answer: _Answer) -> MapFacts:
    state = answer.words("state")
    stat = answer.words("stat")
    readers = {words[0]: tuple(words[1:]) for words in answer.all("reader") if words}
    mode = stat[2] if len(stat) > 2 else ""
    directory = answer.words("directory")
    leases = [lease for words, data in answer.raw("leases", 1) for lease in parse_leases(data, _number(words)).values()]
    return MapFacts(
        state[0] if state else "",
        " ".join(state[1:]),
        target=answer.path("target"),
        links=_number(stat, 0, 1),
        mtime=_number(stat, 1),
        mode=int(mode, 8) if mode and set(mode) <= set("01234567") else 0,
        owner=stat[3] if len(stat) > 3 else "",
        group=stat[4] if len(stat) > 4 else "",
        context=" ".join(answer.words("context")),
        readable=answer.words("read") != ["no"],
        directory=answer.path("directory", 1),
        directory_access=directory[0] if directory else "",
        keeps_owner=answer.words("owner") != ["no"],
        is_mount=answer.words("mount") == ["yes"],
        room=_room(answer),
        leftovers=tuple(" ".join(words) for words in answer.all("leftover")),
        records=next(iter(answer.words("records")), ""),
        records_path=printable(answer.path("records", 1)),
        leases=tuple(leases),
        refused=readers.get("refused", ()),
        maybe=readers.get("maybe", ()),
        proven=bool(readers.get("proven")),
    )
