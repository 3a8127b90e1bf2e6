"""Judging httpd's own configuration: does it read this map, how soon, and what goes past it?"""

import ipaddress
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from isdeploy_tui.config import ApacheConfig
from isdeploy_tui.engine.doctor.finding import At, Findings
from isdeploy_tui.engine.doctor.hosts import names
from isdeploy_tui.modjk.workers import Workers
from isdeploy_tui.printable import printable
from isdeploy_tui.serverconf.httpdtree import HttpdTree
from isdeploy_tui.serverconf.jkdirectives import Jk, JkServer, is_guarded


@dataclass(frozen=True, slots=True)
class Configuration:
    """One httpd's configuration, read."""

    tree: HttpdTree
    jk: Jk


def judge_httpd(
    apache: ApacheConfig,
    configurations: Sequence[Configuration],
    unread: Sequence[str],
    same: Mapping[str, str],
    workers: Workers,
    read_only: Collection[str],
) -> Findings:
    """Yield findings. ``unread`` says why some httpd's configuration could not be read.

    ``same`` are the real paths of the files that a path leads to; ``read_only`` the status workers that change nothing.
    """
    at, shown = At(str(apache.id)), printable(apache.map)
    target = same.get(apache.map, apache.map)
    readers = [
        (configuration, servers)
        for configuration in configurations
        if (
            servers := configuration.jk.reading(
                [path for path in configuration.jk.maps() if same.get(path, path) == target]
            )
        )
    ]
    notes = [note for configuration in configurations for note in configuration.tree.notes]
    if not readers:
        if unread or notes or not configurations:
            why = "; ".join((*unread, *notes)) or "no httpd was found running there"
            yield at.unknown(
                "httpd",
                f"whether httpd reads {shown} is not known: {printable(why, 600)}",
                "give this account read permission on httpd's configuration, or compare JkMountFile yourself",
            )
            return
        theirs = names(dict.fromkeys(path for configuration in configurations for path in configuration.jk.maps()))
        began = names([configuration.tree.start.file for configuration in configurations])
        yield at.fault(
            "httpd",
            f"httpd ({began}) does not read {shown}: its JkMountFile is {theirs or 'not set'}",
            "correct 'map' in servers.toml, or JkMountFile in httpd's configuration",
        )
        return
    for configuration, servers in readers:
        yield from _reload(at, apache, configuration.jk, servers)
        yield from _workers_file(at, apache, configuration.jk, same)
        yield from _past_the_map(at, apache, configuration.jk, servers, workers)
        yield from _status_worker(at, apache, configuration.jk, workers, read_only)
        for note in configuration.tree.notes:
            yield at.unknown("httpd", note)


def _reload(at: At, apache: ApacheConfig, jk: Jk, servers: Sequence[JkServer]) -> Findings:
    for server in servers:
        seconds, said = jk.reload_of(server)
        where = f"{printable(str(said.place))}" if said else "httpd's configuration, which does not say it"
        what = f"JkMountFileReload of {printable(server.label)} is {seconds} ({where})"
        if seconds == 0:
            yield at.fault(
                "reload",
                f"{what}: httpd never reads a changed map",
                f"set it to {apache.reload_seconds:g} and reload httpd",
            )
        elif seconds > apache.reload_seconds:
            yield at.fault(
                "reload",
                f"{what}, but reload_seconds is {apache.reload_seconds:g}: a drain would not wait long enough",
                f"set reload_seconds = {seconds} in servers.toml",
            )
        elif seconds < apache.reload_seconds:
            yield at.warning(
                "reload",
                f"{what}, but reload_seconds is {apache.reload_seconds:g}: every drain waits longer than it needs to",
                f"set reload_seconds = {seconds} in servers.toml",
            )
        else:
            yield at.ok("reload", f"JkMountFileReload {seconds} in {printable(server.label)}")


def _workers_file(at: At, apache: ApacheConfig, jk: Jk, same: Mapping[str, str]) -> Findings:
    shown = printable(apache.workers_file)
    if jk.workers_file is None:
        yield at.unknown("workers", "httpd's configuration has no JkWorkersFile that could be found")
    elif same.get(jk.workers_file.value, jk.workers_file.value) != same.get(apache.workers_file, apache.workers_file):
        yield at.fault(
            "workers",
            f"httpd's JkWorkersFile is {printable(jk.workers_file.value)} ({printable(str(jk.workers_file.place))}), "
            f"not {shown}",
            "correct 'workers_file' in servers.toml",
        )
    else:
        yield at.ok("workers", f"{shown} is httpd's JkWorkersFile")
    if jk.worker_properties:
        yield at.warning(
            "workers",
            f"httpd's configuration has JkWorkerProperty lines ({names(jk.worker_properties)}), unseen here",
            f"move them to {shown}",
        )


def _past_the_map(at: At, apache: ApacheConfig, jk: Jk, readers: Sequence[JkServer], workers: Workers) -> Findings:
    """Requests that reach our members whatever the map says."""
    members = {worker.id.worker for worker in apache.workers}
    shared = {name for name, balancer in workers.balancers.items() if members.intersection(balancer.members)}
    clean = True
    for server in jk.servers:
        reads = server in readers
        for mount in jk.mounts_of(server):
            # A virtual host that mounts one member alone is there to reach a drained Tomcat.
            if mount.worker in shared or (reads and mount.worker in members):
                clean = False
                yield at.warning(
                    "mounts",
                    f"JkMount {printable(mount.uri, 80)} {printable(mount.worker, 80)} "
                    f"({printable(str(mount.place))}) goes past the map: a drain does not reach its requests",
                    f"move it to {printable(apache.map)} as {printable(mount.uri, 80)}={printable(mount.worker, 80)}",
                )
        map = jk.map_of(server)
        if not reads and map is not None:
            clean = False
            yield at.warning(
                "mounts",
                f"{printable(server.label)} reads another map, {printable(map.value)} ({printable(str(map.place))})",
                "if its rules go to the same Tomcats, make it an apache of its own in servers.toml: same ssh, that map",
            )
        for place in server.by_handler:
            clean = False
            yield at.warning("mounts", f"{printable(str(place))} gives requests to mod_jk by SetHandler, past the map")
    if clean:
        yield at.ok("mounts", "nothing goes past the map")


def _status_worker(at: At, apache: ApacheConfig, jk: Jk, workers: Workers, read_only: Collection[str]) -> Findings:
    status = {name for name, worker in workers.workers.items() if worker.type == "status"}
    mounted = [(server, mount) for server in jk.servers for mount in jk.mounts_of(server) if mount.worker in status]
    for server, mount in mounted:
        where = f"jkstatus at {printable(mount.uri, 80)} of {printable(server.label)}"
        place = printable(str(mount.place))
        if is_guarded(server, jk.main, mount.uri) or is_loopback(server, jk):
            yield at.ok("jkstatus", f"{where} is not open to everyone")
        elif mount.worker in read_only:
            yield at.warning(
                "jkstatus",
                f"{where} ({place}) is open to everyone who reaches the site, though read-only",
                f"add <Location {printable(mount.uri, 80)}> Require local </Location>",
            )
        else:
            yield at.fault(
                "jkstatus",
                f"{where} ({place}) is open to everyone who reaches the site, and can stop workers",
                f"add <Location {printable(mount.uri, 80)}> Require local </Location>, and "
                f"worker.{printable(mount.worker, 80)}.read_only=true to {printable(apache.workers_file)}",
            )
    if apache.status_url is None:
        if mounted:
            found = f"httpd has a jkstatus at {printable(mounted[0][1].uri, 80)}, but servers.toml has no status_url"
            yield at.warning("jkstatus", found, "set status_url: it tells the requests in flight")
        else:
            yield at.warning(
                "jkstatus",
                "there is no status worker, so the requests in flight are told by jcmd, or not at all",
                "add worker.jkstatus.type=status, read_only=true, to workers.properties, mount it for localhost, "
                "and set status_url",
            )


def is_loopback(server: JkServer, jk: Jk) -> bool:
    """True when a server listens on loopback only."""
    addresses = server.addresses or jk.listens
    return bool(addresses) and all(_is_loopback(address) for address in addresses)


def _is_loopback(address: str) -> bool:
    host = re.sub(r":\d+$", "", address).strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
