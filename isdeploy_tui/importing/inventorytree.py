"""The YAML form of an Ansible inventory, and what ``ansible-inventory --list`` prints: both are trees of groups."""

from collections.abc import Mapping
from typing import Any

from isdeploy_tui.config import ConfigError
from isdeploy_tui.importing.inventory import Inventory
from isdeploy_tui.importing.inventoryini import expanded
from isdeploy_tui.printable import printable

_MAX_GROUPS = 10_000
"""Places where a group may be mentioned: YAML's aliases can make very many of a few lines."""


def parse_yaml(text: str, source: str) -> Inventory:
    """Return the inventory. Raises ConfigError, also where the YAML library is missing."""
    try:
        import yaml
    except ImportError:
        raise ConfigError(
            source,
            [
                "reading YAML needs PyYAML, which is not installed beside isdeploy-tui. "
                "Add it (pipx inject isdeploy-tui pyyaml), or let Ansible do it: "
                "ansible-inventory -i INVENTORY --list > hosts.json, and import hosts.json"
            ],
        ) from None

    class Loader(yaml.SafeLoader):
        """Reads plain data; what only Ansible can read (``!vault``) is nothing."""

    def nothing(loader: Loader, suffix: str, node: object) -> None:
        return None

    Loader.add_multi_constructor("!", nothing)
    try:
        data = yaml.load(text, Loader)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        what = printable(getattr(error, "problem", None) or type(error).__name__, 100)
        raise ConfigError(source, [f"not valid YAML: {what}{where}"]) from None
    inventory = Inventory(source)
    waiting = list(_mapping(data, source, "").items())
    for count, (name, group) in enumerate(waiting):
        if count > _MAX_GROUPS:
            raise ConfigError(source, [f"mentions groups more than {_MAX_GROUPS} times"])
        waiting += _group(inventory, str(name), group)
    if not inventory.variables:
        raise ConfigError(source, ["has no host; groups with 'hosts' and 'children' are expected"])
    return inventory


def _group(inventory: Inventory, name: str, data: Any) -> list[tuple[Any, Any]]:
    """Read a group and return the groups in it."""
    content = _mapping(data, inventory.source, name)
    group = inventory.group(name)
    group.variables.update(_texts(content.get("vars"), inventory.source, f"{name} › vars"))
    for pattern, variables in _mapping(content.get("hosts"), inventory.source, f"{name} › hosts").items():
        for host in expanded(str(pattern)):
            inventory.add_host(name, host, _texts(variables, inventory.source, f"{name} › hosts › {pattern}"))
    children = _mapping(content.get("children"), inventory.source, f"{name} › children")
    group.children += [str(child) for child in children]
    return list(children.items())


def from_list(data: Mapping[str, Any], source: str) -> Inventory:
    """Return the inventory of a parsed ``ansible-inventory --list``. Raises ConfigError."""
    inventory = Inventory(source)
    meta = _mapping(data.get("_meta"), source, "_meta")
    known = _mapping(meta.get("hostvars"), source, "_meta › hostvars")
    for name, content in data.items():
        if name == "_meta":
            continue
        group = inventory.group(name)
        for host in _names(content, "hosts", source, name):
            inventory.add_host(name, host, _texts(known.get(host), source, host))
        group.children += _names(content, "children", source, name)
    if not inventory.variables:
        raise ConfigError(source, ["has no host"])
    return inventory


def _names(content: Any, key: str, source: str, name: str) -> list[str]:
    # A dynamic inventory may give a group as the bare list of its hosts.
    if isinstance(content, list):
        content = {"hosts": content}
    value: Any = _mapping(content, source, name).get(key) or []
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return value
    raise ConfigError(source, [f"{printable(name, 60)} › {key}: a list of names is expected"])


def _mapping(data: Any, source: str, place: str) -> Mapping[Any, Any]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        where = f"{printable(place, 80)}: " if place else ""
        raise ConfigError(source, [f"{where}names with what belongs to them are expected, not {_shown(data)}"])
    return data


def _texts(data: Any, source: str, place: str) -> dict[str, str]:
    return {
        str(key): str(value)
        for key, value in _mapping(data, source, place).items()
        if isinstance(value, str | int) and not isinstance(value, bool)
    }


def _shown(data: object) -> str:
    # Never what it holds: YAML's aliases can make that larger than memory.
    return {list: "a list", str: "a text", bool: "true or false", int: "a number"}.get(type(data), "something else")
