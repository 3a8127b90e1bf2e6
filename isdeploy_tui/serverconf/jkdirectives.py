"""What httpd's configuration tells mod_jk: workers file, and for each virtual host its map, reload and mounts.

mod_jk: mod_jk.c, jk_set_*, merge_jk_config.
"""

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from isdeploy_tui.serverconf.directives import Directive, Place
from isdeploy_tui.serverconf.httpdtree import HttpdTree

DEFAULT_RELOAD = 60
"""Seconds of JkMountFileReload where nothing is said (mod_jk: JK_URIMAP_DEF_RELOAD)."""

_ACCESS = {"require", "allow", "deny", "order", "satisfy", "authtype"}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it is said."""

    value: str
    place: Place


@dataclass(frozen=True, slots=True)
class Mount:
    """A JkMount: requests for ``uri`` go to ``worker`` (extensions cut off), whatever any map says."""

    uri: str
    worker: str
    place: Place


@dataclass(frozen=True, slots=True)
class Guarded:
    """What a ``<Location>`` says about who may come in: its access directives as they are written."""

    uri: str
    is_pattern: bool
    access: tuple[str, ...]


@dataclass(slots=True)
class JkServer:
    """The main server, or one virtual host. ``addresses`` are those of ``<VirtualHost …>``.

    ``map`` and ``reload`` are None when nothing is said here; see ``Jk.map_of`` and ``Jk.reload_of``.
    """

    place: Place | None
    addresses: tuple[str, ...] = ()
    name: str = ""
    map: Setting | None = None
    reload: Setting | None = None
    copy: str = ""
    mounts: list[Mount] = field(default_factory=list)
    guarded: list[Guarded] = field(default_factory=list)
    is_tls: bool = False
    access_log: Setting | None = None
    by_handler: list[Place] = field(default_factory=list)

    @property
    def label(self) -> str:
        """How people know it."""
        if self.place is None:
            return "the main server"
        return f"the virtual host {' '.join((*self.addresses, *([self.name] if self.name else [])))}"


@dataclass(frozen=True, slots=True)
class Jk:
    """All of it. ``servers`` begins with the main server; ``worker_properties`` are JkWorkerProperty lines."""

    servers: tuple[JkServer, ...]
    workers_file: Setting | None
    worker_properties: tuple[str, ...]
    listens: tuple[str, ...]
    is_loaded: bool

    @property
    def main(self) -> JkServer:
        """The main server."""
        return self.servers[0]

    def copies(self, server: JkServer) -> bool:
        """True when a virtual host takes over the main server's map and mounts."""
        return server is not self.main and (server.copy or ("on" if self.main.copy == "all" else "")) == "on"

    def map_of(self, server: JkServer) -> Setting | None:
        """Return the map that a server reads (mod_jk: merge_jk_config)."""
        return server.map or (self.main.map if self.copies(server) else None)

    def reload_of(self, server: JkServer) -> tuple[int, Setting | None]:
        """Return a server's JkMountFileReload in seconds (0: never), and where it is said, if anywhere."""
        said = server.reload or self.main.reload
        if said is None:
            return DEFAULT_RELOAD, None
        # atoi: what is no number is 0, what is negative never comes about.
        match = re.match(r"\s*[+-]?\d+", said.value)
        return max(0, int(match[0][:12])) if match else 0, said

    def mounts_of(self, server: JkServer) -> tuple[Mount, ...]:
        """Return the mounts that hold in a server."""
        return (*server.mounts, *(self.main.mounts if self.copies(server) else ()))

    def maps(self) -> tuple[str, ...]:
        """Return the paths of all maps, each once."""
        found = (self.map_of(server) for server in self.servers)
        return tuple(dict.fromkeys(setting.value for setting in found if setting))

    def reading(self, paths: Sequence[str]) -> tuple[JkServer, ...]:
        """Return the servers that read a map at one of these paths."""
        return tuple(server for server in self.servers if (map := self.map_of(server)) and map.value in paths)


def read_jk(tree: HttpdTree) -> Jk:
    """Return what the directives tell mod_jk. Paths are made absolute as httpd does, from ServerRoot."""
    main = JkServer(None)
    hosts: dict[Place, JkServer] = {}
    workers_file: Setting | None = None
    properties: list[str] = []
    listens: list[str] = []
    loaded = False
    formats: dict[str, str] = {}
    for directive in tree.directives:
        host = directive.inside("virtualhost")
        server = main if host is None else hosts.setdefault(host.place, JkServer(host.place, host.arguments))
        value = directive.argument
        if directive.name == "jkworkersfile":
            workers_file = _path(tree, directive)
        elif directive.name == "jkworkerproperty":
            properties.append(" ".join(directive.arguments))
        elif directive.name == "listen":
            listens.append(value)
        elif directive.name == "loadmodule":
            loaded = loaded or value == "jk_module"
        elif directive.name == "logformat" and len(directive.arguments) > 1:
            formats[directive.arguments[1]] = value
        else:
            _into(server, tree, directive, formats)
    servers = (main, *hosts.values())
    return Jk(servers, workers_file, tuple(properties), tuple(listens), loaded)


def _into(server: JkServer, tree: HttpdTree, directive: Directive, formats: dict[str, str]) -> None:
    name, value = directive.name, directive.argument
    location = directive.inside("location") or directive.inside("locationmatch")
    if name == "servername" and location is None:
        server.name = value
    elif name == "jkmountfile":
        server.map = _path(tree, directive)
    elif name == "jkmountfilereload":
        server.reload = Setting(value, directive.place)
    elif name == "jkmountcopy":
        server.copy = value.lower()
    elif name == "jkmount":
        server.mounts += _mounts(directive)
    elif name == "sslengine":
        server.is_tls = value.lower() == "on"
    elif name == "customlog" and len(directive.arguments) == 2 and not value.startswith("|") and "${" not in value:
        # A status after the quoted request is what a roll's report counts by.
        if re.search(r'%r\\?"? %>?s', formats.get(directive.arguments[1], directive.arguments[1])):
            server.access_log = _path(tree, directive)
    elif name == "sethandler" and value.lower() in {"jakarta-servlet", "jk"}:
        server.by_handler.append(directive.place)
    elif name in _ACCESS and location is not None:
        _guard(server, directive, location.name == "locationmatch" or location.argument == "~")


def _mounts(directive: Directive) -> Iterator[Mount]:
    location = directive.inside("location")
    if len(directive.arguments) == 1 and location is not None:
        uri, worker = location.argument, directive.argument
    elif len(directive.arguments) > 1:
        uri, worker = directive.arguments[0], directive.arguments[1]
    else:
        return
    bare, bar, rest = uri.partition("|")
    for each in (bare, bare + rest) if bar else (uri,):
        yield Mount(each, worker.partition(";")[0], directive.place)


def _guard(server: JkServer, directive: Directive, is_pattern: bool) -> None:
    location = directive.inside("location") or directive.inside("locationmatch")
    assert location is not None
    uri = location.arguments[-1] if location.arguments else ""
    said = " ".join((directive.name, *directive.arguments)).lower()
    for number, known in enumerate(server.guarded):
        if (known.uri, known.is_pattern) == (uri, is_pattern):
            server.guarded[number] = replace(known, access=(*known.access, said))
            return
    server.guarded.append(Guarded(uri, is_pattern, (said,)))


def _path(tree: HttpdTree, directive: Directive) -> Setting | None:
    if not directive.argument or "${" in directive.argument:
        return None
    return Setting(posixpath.normpath(posixpath.join(tree.root, directive.argument)), directive.place)


def is_guarded(server: JkServer, main: JkServer, uri: str) -> bool:
    """True when a ``<Location>`` around ``uri`` keeps anybody out."""
    for location in (*main.guarded, *server.guarded):
        if location.is_pattern:
            try:
                fits = re.search(location.uri, uri) is not None
            except re.error:
                fits = False
        else:
            bare = location.uri.rstrip("/*")
            fits = uri == bare or uri.startswith(bare + "/") or uri.rstrip("*").rstrip("/") == bare
        if fits and any(_keeps_out(said) for said in location.access):
            return True
    return False


def _keeps_out(said: str) -> bool:
    words = said.split()
    if words[0] == "require":
        return words[1:] != ["all", "granted"]
    return words[0] == "deny" or said == "order deny,allow"
