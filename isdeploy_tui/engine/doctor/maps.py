"""Judging a map as a file: can it be read, replaced and, by httpd's children, read again?"""

import posixpath
import stat

from isdeploy_tui.config import ApacheConfig
from isdeploy_tui.engine.doctor.finding import At, Finding, Findings
from isdeploy_tui.engine.doctor.hosts import free, full, names
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.hostfacts import HostFacts, MapFacts

_FOREIGN_TYPES = {"user_home_t", "admin_home_t", "home_root_t", "default_t", "tmp_t", "user_tmp_t", "unlabeled_t"}
"""SELinux types that httpd's domain may not read in the targeted policy."""

_COARSE = {"msdos", "vfat", "exfat"}
"""File systems that keep times to two seconds only."""


def judge_map(apache: ApacheConfig, host: HostFacts, facts: MapFacts) -> Findings:
    """Yield findings on the map's file and its directory; ``host`` is as whom it is written (root with sudo)."""
    at, shown = At(str(apache.id)), printable(apache.map)
    if facts.state != "ok":
        yield _absent(at, apache, facts)
        return
    if not facts.readable:
        yield at.fault(
            "map", f"{shown} may not be read by {host.user}", _unless_sudo(apache, "give it read permission")
        )
    else:
        link = (
            "" if facts.target == apache.map else f" (a symbolic link to {printable(facts.target)}, which is replaced)"
        )
        yield at.ok("map", f"{shown} is readable{link}")
    problems = list(_not_replaceable(at, apache, host, facts))
    yield from problems
    if not problems:
        yield at.ok("map", ", ".join(filter(None, ("it can be replaced", free(facts.room)))))
    yield from _httpd_user(at, apache, facts)
    yield from _selinux(at, host, facts)
    yield from _leases(at, facts)
    if facts.leftovers:
        yield at.warning(
            "map",
            f"a write that was killed left {names(facts.leftovers)} in {printable(facts.directory)}",
            "nothing to do: the next write removes it",
        )


def _absent(at: At, apache: ApacheConfig, facts: MapFacts) -> Finding:
    shown = printable(apache.map)
    if facts.state == "missing":
        return at.fault(
            "map", f"{shown} does not exist", "look at 'map' in servers.toml, or at a symbolic link on the way"
        )
    if facts.state == "denied":
        return at.fault(
            "map",
            f"{shown} may not be reached by this account",
            _unless_sudo(apache, "give it x on the directories above"),
        )
    if facts.state == "notfile":
        return at.fault("map", f"{shown} is not a regular file", "name the file itself in servers.toml")
    return at.unknown("map", f"{shown} could not be looked at")


def _unless_sudo(apache: ApacheConfig, advice: str) -> str:
    return advice if apache.sudo else f"{advice}, or set sudo = true for this apache"


def _not_replaceable(at: At, apache: ApacheConfig, host: HostFacts, facts: MapFacts) -> Findings:
    shown, folder = printable(apache.map), printable(facts.directory)
    if not set("rwx") <= set(facts.directory_access):
        yield at.fault(
            "map",
            f"its directory {folder} may not be written by {host.user} "
            f"({facts.directory_access.strip('-') or 'nothing'} of rwx), so the map cannot be replaced safely",
            _unless_sudo(apache, f"for example: setfacl -m u:{host.user}:rwx {folder}"),
        )
    elif not facts.keeps_owner:
        yield at.fault(
            "map",
            f"{shown} belongs to {facts.owner}:{facts.group}, which {host.user} cannot give to a new file",
            _unless_sudo(apache, f"chown {host.user} {printable(facts.target)}, with a group that {host.user} is in"),
        )
    if facts.links > 1:
        yield at.fault(
            "map",
            f"{shown} has {facts.links} hard links: replacing it would part them",
            "make the other names symbolic links to this one",
        )
    if facts.is_mount:
        yield at.fault("map", f"{shown} is a mount point of its own", "mount its directory instead of the file")
    if problem := full(facts.room):
        yield at.fault("map", f"{folder}: {problem}", "make room there")
    if facts.room.type in _COARSE:
        yield at.fault(
            "map",
            f"{folder} is on {facts.room.type}, which keeps times to two seconds: mod_jk would miss a change",
            "move the map to another file system",
        )
    if facts.records == "denied":
        yield at.fault(
            "map",
            f"{facts.records_path} may not be written by {host.user}: journal, leases and backups are kept there",
            f"make {posixpath.join(folder, '.isdeploy')} and its files writable for all who deploy (a common group)",
        )


def _httpd_user(at: At, apache: ApacheConfig, facts: MapFacts) -> Findings:
    shown = printable(facts.target)
    if facts.refused:
        yield at.fault(
            "map",
            f"httpd runs as {names(facts.refused)}, who cannot read it: mod_jk would fall back on old rules or none",
            f"give that user read permission on {shown} and x on every directory above it",
        )
    elif facts.maybe:
        why = "an access control list decides"
        yield at.unknown("map", f"whether httpd's user {names(facts.maybe)} can read it is not known: {why}")
    elif facts.proven:
        yield at.ok("map", "httpd's user can read it")
    if facts.mode & stat.S_IWOTH:
        yield at.warning("map", f"{shown} may be written by everybody on that host", f"chmod o-w {shown}")


def _selinux(at: At, host: HostFacts, facts: MapFacts) -> Findings:
    if host.selinux not in {"0", "1"} or not facts.context:
        return
    mode = "enforcing" if host.selinux == "1" else "permissive"
    parts = facts.context.split(":")
    kind = parts[2] if len(parts) > 2 else ""
    if kind in _FOREIGN_TYPES:
        shown = printable(facts.target)
        yield (at.fault if host.selinux == "1" else at.warning)(
            "selinux",
            f"SELinux is {mode}, and the map has the type {kind}, which httpd may not read",
            f"semanage fcontext -a -t httpd_config_t '{shown}' && restorecon {shown}",
        )
    else:
        yield at.ok("selinux", f"SELinux is {mode}; the map's context {facts.context} will be kept")


def _leases(at: At, facts: MapFacts) -> Findings:
    for lease in facts.leases:
        what = f"{lease.kind or 'an operation'} of {lease.tomcat} by {lease.holder}, step '{lease.step}'"
        if lease.is_orphan:
            yield at.warning(
                "lease",
                f"left in the middle of {what}, not heard of for {lease.age:.0f} s",
                "look at 'isdeploy-tui history'; whoever goes on does so with --take-over 'why'",
            )
        else:
            yield at.ok("lease", f"at work: {what}")
