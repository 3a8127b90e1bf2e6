"""is-deploy's JSON, checked: services of nodes (an Apache and its agent) of pods (a Tomcat).

An agent's setting.json is one node. is-deploy reads no other keys than those here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from isdeploy_tui.config import ConfigError
from isdeploy_tui.importing.given import Given
from isdeploy_tui.printable import printable

Rules = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Pod:
    """A Tomcat: ``rules`` are the whole map while it is out."""

    name: str
    rules: Rules
    log: str
    script: str


@dataclass(frozen=True, slots=True)
class Node:
    """An Apache: ``rules`` are the whole map when everyone is in."""

    name: str
    host: str
    port: str
    map: str
    rules: Rules
    pods: tuple[Pod, ...]


@dataclass(frozen=True, slots=True)
class Service:
    """A page of the console."""

    name: str
    source: str
    comment: str
    nodes: tuple[Node, ...]


def read_descriptions(given: Given) -> Mapping[str, str]:
    """Return the services of the console's config.json, with what it says about each. Raises ConfigError."""
    place = _Place(given.source, "")
    return {
        inner.text(item, "name", required=True): inner.text(item, "description")
        for inner, item in place.items(given.data, "serviceList")
    }


def read_service(given: Given) -> Service:
    """Return a console's file of a service. Raises ConfigError."""
    place = _Place(given.source, "")
    nodes = tuple(_node(inner, item) for inner, item in place.items(given.data, "node"))
    name = place.text(given.data, "service", required=True)
    return Service(name, given.source, place.text(given.data, "comment"), nodes)


def read_agent(given: Given) -> Node:
    """Return the node of an agent's setting.json. Raises ConfigError."""
    return _node(_Place(given.source, ""), given.data)


def unknown_keys(given: Given) -> list[str]:
    """Return the keys that is-deploy does not know either, each once."""
    known = {
        *("serviceList", "name", "description", "service", "comment", "node", "agent", "host", "port", "path"),
        *("lbMap", "key", "value", "podList", "logPath", "shPath"),
    }
    found: dict[str, None] = {}
    waiting = [given.data]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            found |= {printable(key, 40): None for key in value if key not in known}
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return sorted(found)


def _node(place: "_Place", data: Mapping[str, Any]) -> Node:
    agent = data.get("agent", {})
    if not isinstance(agent, dict):
        raise place.wrong("agent", 'an object like { "host": "http://web1", "port": ":5000" }', agent)
    return Node(
        name=place.text(data, "name", required=True),
        host=place.text(agent, "host"),
        port=place.text(agent, "port").removeprefix(":"),
        map=place.text(data, "path"),
        rules=_rules(place, data),
        pods=tuple(_pod(inner, item) for inner, item in place.items(data, "podList")),
    )


def _pod(place: "_Place", data: Mapping[str, Any]) -> Pod:
    return Pod(
        name=place.text(data, "name", required=True),
        rules=_rules(place, data),
        log=place.text(data, "logPath"),
        script=place.text(data, "shPath"),
    )


def _rules(place: "_Place", data: Mapping[str, Any]) -> Rules:
    return tuple(
        (inner.text(item, "key").strip(), inner.text(item, "value").strip())
        for inner, item in place.items(data, "lbMap")
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in which file, for the sentences about what is wrong there."""

    source: str
    path: str

    def wrong(self, key: str, expected: str, value: object) -> ConfigError:
        where = " › ".join(filter(None, (self.path, key)))
        return ConfigError(self.source, [f"{where}: {expected} is expected, not {printable(repr(value), 60)}"])

    def text(self, data: Mapping[str, Any], key: str, required: bool = False) -> str:
        value = data.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value is None and not required:
            return ""
        if not isinstance(value, str) or (required and not value.strip()):
            raise self.wrong(key, "a text", value)
        return value

    def items(self, data: Mapping[str, Any], key: str) -> Iterator[tuple["_Place", Mapping[str, Any]]]:
        value = data.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            raise self.wrong(key, "a list", value)
        for number, item in enumerate(value, 1):
            place = " › ".join(filter(None, (self.path, f"{key} number {number}")))
            if not isinstance(item, dict):
                raise _Place(self.source, place).wrong("", "an object", item)
            yield _Place(self.source, place), item
