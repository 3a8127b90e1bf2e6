"""What of one httpd's configuration an apache of servers.toml is: one map, and the virtual hosts that read it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from isdeploy_tui.engine.discovery.machines import as_address
from isdeploy_tui.modjk.workers import Workers
from isdeploy_tui.serverconf.httpdtree import HttpdTree
from isdeploy_tui.serverconf.jkdirectives import Jk, JkServer, Mount


@dataclass(frozen=True, slots=True)
class Configuration:
    """An httpd's configuration, read; ``runs`` is False when it only lies there."""

    tree: HttpdTree
    jk: Jk
    runs: bool = True


@dataclass(frozen=True, slots=True)
class Site:
    """A map and who reads it."""

    configuration: Configuration
    map: str
    servers: tuple[JkServer, ...]

    @property
    def jk(self) -> Jk:
        """All that mod_jk is told there."""
        return self.configuration.jk

    @property
    def reload(self) -> int:
        """The longest JkMountFileReload in seconds; 0 when one of the servers never reads the map again."""
        seconds = [self.jk.reload_of(server)[0] for server in self.servers]
        return 0 if 0 in seconds else max(seconds)

    @property
    def names(self) -> tuple[str, ...]:
        """The ServerNames by which people know it, without port."""
        given = (bare_name(server.name) for server in self.servers if server.place is not None)
        return tuple(dict.fromkeys(name for name in given if name and name != "localhost" and not as_address(name)))

    @property
    def access_logs(self) -> tuple[str, ...]:
        """The access logs that a roll's report can be made from; a virtual host without one has the main server's."""
        logs = (server.access_log or self.jk.main.access_log for server in self.servers)
        return tuple(dict.fromkeys(log.value for log in logs if log))


def bare_name(server_name: str) -> str:
    """Return a ServerName's host, lower-case: ``https://Shop.example.com:443`` is ``shop.example.com``."""
    text = server_name.strip()
    try:
        return (urlsplit(text if "://" in text else f"//{text}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def sites_of(configuration: Configuration) -> tuple[Site, ...]:
    """Return the maps of an httpd, each with its readers, in the configuration's order."""
    return tuple(Site(configuration, map, configuration.jk.reading([map])) for map in configuration.jk.maps())


_STATUS_OF_DEBIAN = {"jk-status", "jk-manager"}
"""The status workers that Debian's package mounts by itself."""


def mounts_without_map(jk: Jk) -> tuple[Mount, ...]:
    """Return the JkMount lines of an httpd that reads no map at all, those of Debian's status workers left out."""
    if jk.maps():
        return ()
    mounts = (mount for server in jk.servers for mount in server.mounts)
    return tuple(dict.fromkeys(mount for mount in mounts if mount.worker not in _STATUS_OF_DEBIAN))


def status_urls(jk: Jk, workers: Workers, from_map: Sequence[str] = ()) -> tuple[str, ...]:
    """Return URLs at which jkstatus may answer on the host itself, the likeliest first.

    ``from_map`` are the patterns of a map that lead to a status worker.
    """
    status = {name for name, worker in workers.workers.items() if worker.type == "status"}
    found: list[str] = []
    for server in jk.servers:
        mounted = [mount.uri for mount in jk.mounts_of(server) if mount.worker in status]
        mounted += from_map if jk.map_of(server) else ()
        for uri in dict.fromkeys(map(_plain_uri, mounted)):
            found += (f"{base}{uri}" for base in _bases(server, jk) if uri)
    # Without TLS first: a certificate is not made out for a loopback address.
    return tuple(sorted(dict.fromkeys(found), key=lambda url: not url.startswith("http://")))


def _plain_uri(pattern: str) -> str:
    """A URI that the pattern of a mount matches; empty when none is to be told."""
    uri = pattern.removesuffix("*")
    return uri if uri.startswith("/") and len(uri) > 1 and not set("*?|!$ ") & set(uri) else ""


def _bases(server: JkServer, jk: Jk) -> Iterator[str]:
    scheme = "https" if server.is_tls else "http"
    ports = [port for _, port in map(_split, jk.listens) if port]
    for address in server.addresses or jk.listens or ("80",):
        host, port = _split(address)
        number = port or (ports[0] if ports else "80")
        tail = "" if (scheme, number) in {("http", "80"), ("https", "443")} else f":{number}"
        if host in {"", "*", "_default_", "0.0.0.0", "::"}:
            named = bare_name(server.name)
            hosts = ["127.0.0.1", "localhost", *([named] if named else [])]
        else:
            hosts = [f"[{host}]" if ":" in host else host]
        yield from (f"{scheme}://{host}{tail}" for host in hosts)


def _split(address: str) -> tuple[str, str]:
    """Take a Listen's or a virtual host's address apart: host (empty: all) and port (empty: not said)."""
    if address.isdecimal():
        return "", address
    host, colon, port = address.rpartition(":")
    if not colon or address.endswith("]"):
        return address.strip("[]"), ""
    return host.strip("[]"), port if port.isdecimal() else ""
