"""From the files that were given to the text of a servers.toml that this program accepts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from isdeploy_tui.config import ConfigError, parse
from isdeploy_tui.draft import REVIEW, DraftTable, as_toml
from isdeploy_tui.importing.fromhosts import apaches_and_tomcats, draft_of_hosts
from isdeploy_tui.importing.fromnodes import NodesToDraft
from isdeploy_tui.importing.given import Given, Kind, expand, read_bytes, read_given
from isdeploy_tui.importing.inventory import Inventory
from isdeploy_tui.importing.inventoryini import parse_ini
from isdeploy_tui.importing.inventorytree import from_list, parse_yaml
from isdeploy_tui.importing.nodes import Node, Service, read_agent, read_descriptions, read_service, unknown_keys
from isdeploy_tui.modjk.workers import Workers, parse_workers
from isdeploy_tui.printable import printable

_INVENTORIES = {Kind.INVENTORY_INI, Kind.INVENTORY_JSON, Kind.INVENTORY_YAML}

_HEAD = (
    "Made by 'isdeploy-tui import'. What was guessed or is not known has a comment with the word REVIEW.",
    "When all of those are looked at: isdeploy-tui check",
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says beside the files; each may be empty."""

    service: str = ""
    agent_directory: str = ""
    workers_file: str = ""
    apaches: tuple[str, ...] = ()
    tomcats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A servers.toml to review, and what has no counterpart in it, a sentence each."""

    text: str
    notes: tuple[str, ...]

    @property
    def reviews(self) -> int:
        """How many places a person still has to look at."""
        return sum(1 for line in self.text.splitlines()[len(_HEAD) :] if f"# {REVIEW}:" in line)


def draft_from_files(paths: Sequence[str], wish: Wish) -> Draft:
    """Read the files and return the draft. Raises ConfigError, which names the file and what is wrong with it."""
    given = [read_given(path) for path in expand(list(paths))]
    inventories = [_inventory(one) for one in given if one.kind in _INVENTORIES]
    notes: list[str] = []
    services = _services(given, wish, notes)
    if services:
        ssh_names: dict[str, str] = {}
        for inventory in inventories:
            ssh_names |= inventory.ssh_names_by_address()
        reader = NodesToDraft(wish.agent_directory, _workers(wish), ssh_names)
        tables = reader.services(services)
        notes += reader.notes
        notes += _without_counterpart(given, services)
    elif inventories:
        tables = _from_inventories(inventories, wish, notes)
    else:
        tables = ()
    if not tables:
        sentence = "there is no service with a node and a pod in it; give the console's service/*.json, too"
        raise ConfigError(given[0].source, [sentence])
    text = as_toml(_HEAD, tables)
    try:
        parse(text, "the result")
    except ConfigError as error:
        raise ConfigError("the result would not be accepted", error.problems) from None
    return Draft(text, tuple(notes))


def _services(given: Sequence[Given], wish: Wish, notes: list[str]) -> list[Service]:
    """Return what is-deploy has; an agent's own setting.json goes before what the console says of the same node."""
    descriptions: dict[str, str] = {}
    for one in given:
        if one.kind is Kind.CONSOLE:
            descriptions |= read_descriptions(one)
    services = [_described(read_service(one), descriptions) for one in given if one.kind is Kind.SERVICE]
    for name in descriptions.keys() - {service.name for service in services}:
        notes.append(f"service '{printable(name, 60)}' is in config.json, but none of the files says what is in it")
    loose: list[Node] = []
    for one in given:
        if one.kind is Kind.AGENT:
            agent = read_agent(one)
            services, is_known = _with_agent(services, agent, one.source, notes)
            if not is_known:
                loose.append(agent)
    if loose:
        services.append(Service(wish.service or "imported", "", "", tuple(loose)))
    return services


def _described(service: Service, descriptions: Mapping[str, str]) -> Service:
    return service if service.comment.strip() else replace(service, comment=descriptions.get(service.name, ""))


def _with_agent(services: Sequence[Service], agent: Node, source: str, notes: list[str]) -> tuple[list[Service], bool]:
    changed, is_known = [], False
    for service in services:
        nodes = list(service.nodes)
        for index, node in enumerate(nodes):
            if node.name == agent.name and node.host == agent.host and node.port == agent.port:
                is_known = True
                if node != agent:
                    nodes[index] = agent
                    notes.append(
                        f"node '{printable(node.name, 60)}': {source} differs from the console; "
                        "the agent's own is taken, as it is what the agent goes by"
                    )
        changed.append(replace(service, nodes=tuple(nodes)))
    return changed, is_known


def _without_counterpart(given: Sequence[Given], services: Sequence[Service]) -> list[str]:
    notes = []
    if any(node.port for service in services for node in service.nodes):
        notes.append("the agents' ports have no counterpart: isdeploy-tui needs no agent, it comes over SSH")
    for one in given:
        if one.kind not in _INVENTORIES and (keys := unknown_keys(one)):
            notes.append(f"{one.source}: keys that is-deploy does not read are left out: {', '.join(keys[:20])}")
    return notes


def _workers(wish: Wish) -> Workers | None:
    if not wish.workers_file:
        return None
    workers = parse_workers(read_bytes(Path(wish.workers_file)))
    if not workers.balancers:
        raise ConfigError(wish.workers_file, ["has no balancer (type=lb); is it the Apache's workers.properties?"])
    return workers


def _inventory(given: Given) -> Inventory:
    if given.kind is Kind.INVENTORY_JSON:
        return from_list(given.data, given.source)
    if given.kind is Kind.INVENTORY_YAML:
        return parse_yaml(given.text, given.source)
    return parse_ini(given.text, given.source)


def _from_inventories(inventories: Sequence[Inventory], wish: Wish, notes: list[str]) -> tuple[DraftTable, ...]:
    first, *others = inventories
    if others:
        raise ConfigError(others[0].source, ["is a second inventory; give one at a time"])
    apaches, tomcats = apaches_and_tomcats(first, wish.apaches, wish.tomcats)
    table = draft_of_hosts(first, wish.service or "imported", apaches, tomcats)
    names = first.ssh_names()
    notes.append("an inventory has names of hosts only; what mod_jk has is for you to fill in, or let it be found:")
    notes.append(f"    isdeploy-tui discover {' '.join(names[host] for host in apaches)}")
    return (table,)
