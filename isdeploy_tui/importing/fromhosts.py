"""From an Ansible inventory alone to the draft of a servers.toml: names of hosts, and all the rest to be filled in."""

from collections.abc import Sequence

from isdeploy_tui.config import ConfigError
from isdeploy_tui.draft import REVIEW, DraftTable, Line, usable_name
from isdeploy_tui.importing.fromnodes import GUESSED_MAP, GUESSED_WORKERS_FILE
from isdeploy_tui.importing.inventory import Inventory
from isdeploy_tui.printable import printable

_APACHES = ("apache*", "httpd*", "web*", "www*", "frontend*", "*_web", "*-web", "*apache*", "*httpd*")
_TOMCATS = ("tomcat*", "was*", "app*", "backend*", "*_was", "*-was", "*tomcat*")


def apaches_and_tomcats(
    inventory: Inventory, apaches: Sequence[str], tomcats: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the hosts that are Apaches and those that have Tomcats, by their groups.

    Raises ConfigError when a group that was named has no host, or none was named and no group's name tells.
    """
    return (
        _hosts(inventory, apaches, _APACHES, "Apaches", "--apaches"),
        _hosts(inventory, tomcats, _TOMCATS, "Tomcats", "--tomcats"),
    )


def _hosts(inventory: Inventory, named: Sequence[str], usual: Sequence[str], what: str, option: str) -> list[str]:
    for pattern in named:
        if not inventory.hosts(pattern):
            raise ConfigError(
                inventory.source, [f"no group '{printable(pattern, 60)}' with hosts; {_groups(inventory)}"]
            )
    for patterns in [named] if named else [[pattern] for pattern in usual]:
        found = dict.fromkeys(host for pattern in patterns for host in inventory.hosts(pattern))
        if found:
            return list(found)
    raise ConfigError(inventory.source, [f"which hosts are the {what}? Say {option} GROUP; {_groups(inventory)}"])


def _groups(inventory: Inventory) -> str:
    names = inventory.names()
    return f"the groups are: {printable(', '.join(names), 400)}" if names else "it has no groups"


def draft_of_hosts(inventory: Inventory, service: str, apaches: Sequence[str], tomcats: Sequence[str]) -> DraftTable:
    """Return a service in which each Apache balances over all Tomcats: a skeleton, as the names are all there is."""
    names = inventory.ssh_names()
    tables: list[DraftTable] = []
    for host in apaches:
        lines = (
            Line("ssh", names[host]),
            Line("map", GUESSED_MAP, f"{REVIEW}: JkMountFile"),
            Line("workers_file", GUESSED_WORKERS_FILE, f"{REVIEW}: JkWorkersFile"),
            Line("reload_seconds", 60, f"{REVIEW}: JkMountFileReload; when absent mod_jk's own 60", is_set=False),
        )
        name = usable_name(host, "apache", [table.name for table in tables])
        workers: list[DraftTable] = []
        for tomcat in tomcats:
            worker = usable_name(tomcat, "worker", [table.name for table in workers])
            workers.append(_worker(worker, names[tomcat], shared=len(apaches) > 1))
        tables.append(DraftTable(name, lines, tables=tuple(workers)))
    return DraftTable(usable_name(service, "service"), tables=tuple(tables))


def _worker(name: str, ssh: str, shared: bool) -> DraftTable:
    return DraftTable(
        name,
        (
            Line("ssh", ssh),
            # The same Tomcat behind every Apache, also before its log is known.
            *([Line("tomcat", name)] if shared else []),
            Line("log", "/opt/tomcat/logs/catalina.out", f"{REVIEW}: its log and its deploy script", is_set=False),
            Line("deploy", "/opt/deploy/tomcat.sh", is_set=False),
        ),
        (f"{REVIEW}: put mod_jk's name here, from workers.properties",),
    )
