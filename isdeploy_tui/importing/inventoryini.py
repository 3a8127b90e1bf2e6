"""The INI form of an Ansible inventory: ``[group]``, ``[group:children]``, ``[group:vars]``, ranges like web[01:03]."""

import re
import shlex
from collections.abc import Iterator

from isdeploy_tui.config import ConfigError
from isdeploy_tui.importing.inventory import MAX_HOSTS, Inventory
from isdeploy_tui.printable import printable

_SECTION = re.compile(r"\[([^\[\]:\s]+)(?::(children|vars|hosts))?\]\s*(?:[#;].*)?")
_HOST = re.compile(r"[\w.%@\[\]:-]{1,255}")
_RANGE = re.compile(r"\[(\d{1,9}|[a-zA-Z]):(\d{1,9}|[a-zA-Z])(?::(\d{1,9}))?\]")


def parse_ini(text: str, source: str) -> Inventory:
    """Return the inventory. Raises ConfigError with the line that is none."""
    inventory = Inventory(source)
    group, kind = "ungrouped", "hosts"
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith(("#", ";")):
            continue
        if section := _SECTION.fullmatch(line):
            group, kind = section[1], section[2] or "hosts"
            inventory.group(group)
        elif kind == "vars":
            key, _, value = line.partition("=")
            inventory.group(group).variables[key.strip()] = _unquoted(value.strip())
        elif kind == "children":
            inventory.group(group).children.append(line.split("#")[0].strip())
        else:
            _hosts(inventory, group, line, number)
    if not inventory.variables:
        raise ConfigError(source, ["has no host"])
    return inventory


def _hosts(inventory: Inventory, group: str, line: str, number: int) -> None:
    try:
        pattern, *words = shlex.split(line, comments=True)
    except ValueError as error:
        raise ConfigError(inventory.source, [f"line {number}: {error}".lower()]) from None
    variables = dict(word.split("=", 1) for word in words if "=" in word)
    if not _HOST.fullmatch(pattern) or len(variables) < len(words) or pattern[0] == "-":
        raise ConfigError(
            inventory.source,
            [f"line {number}: a host with key=value behind it is expected, not '{printable(line, 60)}'"],
        )
    # host:port, but neither a range nor an IPv6 address
    bare = _RANGE.sub("", pattern)
    if bare.count(":") == 1:
        pattern, _, port = pattern.rpartition(":")
        variables.setdefault("ansible_port", port)
    for count, host in enumerate(expanded(pattern), 1):
        if count > MAX_HOSTS:
            raise ConfigError(inventory.source, [f"line {number}: stands for more than {MAX_HOSTS} hosts"])
        inventory.add_host(group, host, variables)


def expanded(pattern: str) -> Iterator[str]:
    """Yield the hosts that a pattern stands for: ``web[01:03]`` is web01, web02, web03."""
    found = _RANGE.search(pattern) if len(pattern) < 256 else None
    if found is None:
        yield pattern
        return
    head, tail = pattern[: found.start()], pattern[found.end() :]
    for middle in _range(found[1], found[2], int(found[3] or 1) or 1):
        for rest in expanded(tail):
            yield head + middle + rest


def _range(first: str, last: str, step: int) -> Iterator[str]:
    if first.isdecimal() and last.isdecimal():
        width = len(first) if first.startswith("0") else 0
        for number in range(int(first), int(last) + 1, step):
            yield str(number).zfill(width)
    else:
        for code in range(ord(first[0]), ord(last[0]) + 1, step):
            yield chr(code)


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
