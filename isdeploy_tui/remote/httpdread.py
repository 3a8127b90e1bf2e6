"""Reading a running httpd's whole configuration from its server: which file it began with, then all it includes."""

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.encoded import ENCODED_RATIO, decode
from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.hostfacts import HttpdProcess
from isdeploy_tui.serverconf.envvars import exported_variables
from isdeploy_tui.serverconf.httpdtree import Files, HttpdTree, Start, assemble

FILE_LIMIT = 1024 * 1024
"""Bytes that one file of the configuration may have."""

_TOTAL_LIMIT = 16 * 1024 * 1024
_ROUNDS = 12
_SECONDS = 20.0
_ABSENT = "it does not exist"

USUAL = (
    ("/etc/apache2/apache2.conf", "/etc/apache2"),
    ("/etc/httpd/conf/httpd.conf", "/etc/httpd"),
    ("/etc/apache2/httpd.conf", "/etc/apache2"),
    ("/usr/local/apache2/conf/httpd.conf", "/usr/local/apache2"),
    ("/usr/local/etc/apache24/httpd.conf", "/usr/local"),
    ("/opt/rh/httpd24/root/etc/httpd/conf/httpd.conf", "/opt/rh/httpd24/root/etc/httpd"),
    ("/opt/rh/jbcs-httpd24/root/etc/httpd/conf/httpd.conf", "/opt/rh/jbcs-httpd24/root/etc/httpd"),
)
"""Where packages put the first file, with the ServerRoot that goes with it: Debian, Red Hat, Alpine, httpd itself, …"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where an httpd's configuration may begin."""

    file: str
    root: str


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a configuration could not be read, a sentence. ``is_absent``: no file lies where one could."""

    sentence: str
    is_absent: bool = False


def candidates(process: HttpdProcess | None) -> tuple[Candidate, ...]:
    """Return the places to look at, the likeliest first: what the command line says, what goes with the program.

    Without a process: where packages put it.
    """
    usual = tuple(Candidate(*place) for place in USUAL)
    if process is None:
        return usual
    options = _options(process.arguments)
    given_root = options.get("-d", [""])[-1]
    program = process.arguments[0] if process.arguments else ""
    own = _beside(program)
    if file := options.get("-f", [""])[-1]:
        root = given_root or (own[0].root if own else "/etc/httpd")
        return (Candidate(posixpath.normpath(posixpath.join(root, file)), root),)
    if given_root:
        names = ("conf/httpd.conf", "apache2.conf", "httpd.conf")
        return tuple(Candidate(posixpath.join(given_root, name), given_root) for name in names)
    return own or usual


def _beside(program: str) -> tuple[Candidate, ...]:
    """What a program was built for, by where it lies."""
    folder, name = posixpath.split(program)
    if not folder.startswith("/"):
        return ()
    if folder in {"/usr/sbin", "/usr/bin", "/sbin", "/bin"}:
        debian = name.startswith("apache2")
        return tuple(Candidate(*place) for place in USUAL[:3] if place[0].startswith("/etc/apache2") is debian)
    if match := re.fullmatch(r"(/.+)/usr/s?bin", folder):
        return (Candidate(f"{match[1]}/etc/httpd/conf/httpd.conf", f"{match[1]}/etc/httpd"),)
    prefix = posixpath.dirname(folder)
    return (Candidate(f"{prefix}/conf/httpd.conf", prefix),)


def _options(arguments: Sequence[str]) -> dict[str, list[str]]:
    """The options with a value of a command line, ``-fFILE`` or ``-f FILE``."""
    found: dict[str, list[str]] = {}
    words = list(arguments[1:])
    while words:
        word = words.pop(0)
        if word[:2] in {"-f", "-d", "-D", "-C", "-c"}:
            value = word[2:] or (words.pop(0) if words else "")
            found.setdefault(word[:2], []).append(value)
    return found


async def read_httpd(host: Host, process: HttpdProcess | None, *, sudo: bool = False) -> HttpdTree | Unread:
    """Return the configuration of a running httpd (or, with None, of the one that is installed), all files included.

    One round trip for the first file and one for each level of Include. Raises RemoteError.
    """
    if process is not None and process.contained:
        return Unread(f"httpd (process {process.pid}) runs in a container, whose files cannot be read from its host")
    places = candidates(process)
    asked = [place.file for place in places] + [f"{posixpath.dirname(place.file)}/envvars" for place in places]
    files = _Reading({}, {}, {})
    await files.read(host, list(dict.fromkeys(asked)), sudo)
    place = next((place for place in places if place.file in files.texts), None)
    if place is None:
        why = "; ".join(
            f"{printable(place.file)}: {printable(files.refused.get(place.file, _ABSENT), 200)}" for place in places
        )
        is_absent = all(files.refused.get(place.file, _ABSENT) == _ABSENT for place in places)
        return Unread(f"httpd's configuration could not be read ({why})", is_absent)
    folder = posixpath.dirname(place.file)
    variables = exported_variables(files.texts.get(f"{folder}/envvars", ""))
    if f"{folder}/envvars" in files.texts:
        variables.setdefault("APACHE_CONFDIR", folder)
    defines = frozenset(_options(process.arguments).get("-D", ()) if process else ())
    start = Start(place.file, place.root, defines, variables)
    for _ in range(_ROUNDS):
        tree = assemble(start, Files(files.texts, files.globs, files.refused))
        if not tree.wanted:
            break
        await files.read(host, list(tree.wanted), sudo)
    return tree


@dataclass(frozen=True, slots=True)
class _Reading:
    texts: dict[str, str]
    globs: dict[str, tuple[str, ...]]
    refused: dict[str, str]

    async def read(self, host: Host, patterns: Sequence[str], sudo: bool) -> None:
        await self._ask(host, patterns, sudo=False)
        if sudo:
            again = [pattern for pattern in patterns if pattern in self.refused]
            again += [path for pattern in patterns for path in self.globs.get(pattern, ()) if path in self.refused]
            if again:
                for pattern in again:
                    self.refused.pop(pattern, None)
                await self._ask(host, list(dict.fromkeys(again)), sudo=True)

    async def _ask(self, host: Host, patterns: Sequence[str], *, sudo: bool) -> None:
        reply = await host.run(
            "confread.sh",
            str(FILE_LIMIT),
            *patterns,
            sudo=sudo,
            timeout=_SECONDS,
            limit=ENCODED_RATIO * _TOTAL_LIMIT,
        )
        if reply.status != 0:
            raise ScriptError(host.name, reply.status, f"Reading httpd's configuration ended with {reply.status}.")
        pattern = ""
        found: dict[str, list[str]] = {}
        for line in reply.lines:
            word, _, rest = line.partition(b" ")
            first, _, second = rest.partition(b" ")
            if word == b"glob" and first.isdigit() and int(first) < len(patterns):
                pattern = patterns[int(first)]
                found[pattern] = []
            elif word == b"file":
                found[pattern].append(_text(first))
            elif word == b"text":
                self.texts[_text(first)] = _text(second)
            elif word == b"refused":
                self.refused[_text(first)] = second.decode("utf-8", "replace")
            elif word == b"none" and rest:
                self.refused[pattern] = rest.decode("utf-8", "replace")
        for pattern, paths in found.items():
            if paths or pattern not in self.refused:
                self.globs[pattern] = tuple(paths)


def _text(word: bytes) -> str:
    encoding, _, data = word.partition(b":")
    try:
        return decode(encoding, data).decode("utf-8", "surrogateescape")
    except ValueError:
        return ""
