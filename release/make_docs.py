"""Keeps docs/configuration.md true: the line below each key's heading is what the code expects of it.

The texts are written by hand in that file. A key that config/reading.py has learned gets its heading; one that it has
forgotten is an error, as is a key without a text.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from isdeploy_tui.config import reading
from isdeploy_tui.tui.actions import ACTIONS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "configuration.md"

SECTIONS = {
    "parse": "At the top of the file",
    "_service": "`[[service]]`",
    "_apache": "`[[service.apache]]`",
    "_worker": "`[[service.apache.worker]]`",
}
"""The functions of config/reading.py that read a table each, and the page's sections."""

EXPECTED = {
    "text": "a text on one line",
    "number": "a number",
    "whole_number": "a whole number",
    "boolean": "true or false",
    "named_texts": 'a table of texts, like `{ "a" = "b" }`',
    "texts": 'a list of texts, like `["a", "b"]`',
    "command": "a program's absolute path and its arguments as a list",
    "rules": 'a table of rules, like `{ "/*" = "balancer" }`',
    "absolute_path": "an absolute path on the server",
    "pattern": "a regular expression",
    "url": "an `http://` or `https://` URL",
    "ssh": "a Host of `~/.ssh/config`, or `user@host:port`",
}
"""What each reader of config.table.Table takes."""

_ROWS = re.compile(r"(?m)(^\| `[a-z]+\.[a-z_]+` \|.*\n)+")
"""The table of what keys do."""

NAME = "*a name of letters, digits and `. _ : -`, unlike its neighbours'; required*"


def facts() -> Mapping[str, Mapping[str, str]]:
    """Return for each section its keys with what is expected, in the order of the code."""
    tree = ast.parse(Path(reading.__file__).read_text("utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    found = {}
    for function, section in SECTIONS.items():
        keys = {} if function == "parse" else {"name": NAME}
        for call in sorted(_readers(functions[function]), key=lambda call: (call.lineno, call.col_offset)):
            assert isinstance(call.func, ast.Attribute)
            assert isinstance(call.args[0], ast.Constant)
            keys[str(call.args[0].value)] = f"*{_expectation(call.func.attr, call)}*"
        found[section] = keys
    return found


def _readers(function: ast.FunctionDef) -> Iterator[ast.Call]:
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXPECTED:
            yield node


def _expectation(reader: str, call: ast.Call) -> str:
    named = {keyword.arg: _value(keyword.value) for keyword in call.keywords}
    words = EXPECTED[reader]
    if "maximum" in named:
        words += f" from {named['minimum']} to {named['maximum']}"
    elif "minimum" in named:
        words += f" of at least {named['minimum']}"
    if named.get("required") or (reader == "ssh" and len(call.args) == 1):
        return f"{words}; required"
    if reader == "ssh":
        return f"{words}; when absent the Apache's"
    default = _value(call.args[1]) if len(call.args) > 1 else None
    if default in (None, ""):
        return f"{words}; optional"
    shown = {True: "true", False: "false"}.get(default) if isinstance(default, bool) else default
    return f"{words}; when absent {shown}"


def _value(node: ast.expr) -> object:
    """Return a literal, or what a constant of config/reading.py has as its value."""
    return getattr(reading, node.id) if isinstance(node, ast.Name) else ast.literal_eval(node)


def renewed(text: str) -> str:
    """Return the page with each fact as it is in the code. Raises ValueError, which names what a person must write."""
    head, *sections = re.split(r"(?m)^## ", text)
    known = facts()
    written = {section.split("\n", 1)[0]: section for section in sections}
    for section, keys in known.items():
        if section not in written:
            raise ValueError(f"the section '## {section}' is missing")
        written[section] = _renewed_section(section, written[section], keys)
    return _ROWS.sub(lambda _: _rows(), head + "".join(f"## {section}" for section in written.values()), count=1)


def _rows() -> str:
    return "".join(f"| `{action.id}` | `{action.key_text}` | {action.help} |\n" for action in ACTIONS)


def _renewed_section(section: str, text: str, keys: Mapping[str, str]) -> str:
    head, *parts = re.split(r"(?m)^### ", text)
    texts = {}
    for part in parts:
        match = re.fullmatch(r"`(\w+)`\n+(?:\*[^\n]*\*\n)?(.*)", part, re.DOTALL)
        if match is None:
            raise ValueError(f"{section}: a heading '### `key`' is expected, not '{part.splitlines()[0]}'")
        texts[match[1]] = match[2].strip()
    if unknown := texts.keys() - keys.keys():
        raise ValueError(f"{section}: config/reading.py has no key {', '.join(sorted(unknown))}")
    if missing := [key for key in keys if not texts.get(key)]:
        raise ValueError(f"{section}: say in {PAGE.name} what {', '.join(missing)} is for")
    return head + "".join(f"### `{key}`\n\n{fact}\n\n{texts[key]}\n\n" for key, fact in keys.items())


def main() -> None:
    """Renew the page, or exit with what a person must write first."""
    try:
        text = renewed(PAGE.read_text("utf-8")).rstrip("\n") + "\n"
    except ValueError as error:
        sys.exit(f"docs/{PAGE.name}: {error}")
    PAGE.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
