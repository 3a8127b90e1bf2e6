"""Reading a TOML table key by key, collecting what is wrong with the place and what was expected."""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Self, overload
from urllib.parse import urlsplit

from isdeploy_tui.printable import printable

# As mod_jk reads a line of the map: "#" ends it, the first "=" splits it, blanks around the halves are cut off.
_RULE_KEY = re.compile(r"-?!?/[^\s=#]*")
_RULE_VALUE = re.compile(r"[^\s#]([^#]*[^\s#])?")


def is_rule(key: str, value: str) -> bool:
    """True when a map may have the line ``key=value``: what ``rules`` and ``drained`` may hold."""
    return bool(_RULE_KEY.fullmatch(key) and _RULE_VALUE.fullmatch(value) and (key + value).isprintable())


KeyPath = tuple[str | int, ...]
"""Where something stands in a file: its keys, and the numbers of tables in lists, counted from 0."""


class Problem(str):
    """What is wrong, with its place, as a person reads it; ``path`` is that place for a program."""

    path: KeyPath

    def __new__(cls, text: str, path: KeyPath = ()) -> Self:
        problem = super().__new__(cls, text)
        problem.path = path
        return problem


class ConfigError(Exception):
    """A configuration that cannot be used: ``source`` is the file, ``problems`` name place and expectation."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        super().__init__(source, tuple(problems))
        self.source = source
        self.problems = tuple(one if isinstance(one, Problem) else Problem(one) for one in problems)

    def __str__(self) -> str:
        return "\n".join(f"{self.source}: {problem}" for problem in self.problems)


class Table:
    """One TOML table at ``place``. Each reader takes its key off; ``finish`` names the keys nobody asked for.

    A reader that finds something wrong notes it in ``problems`` and returns a harmless value, so that one pass names
    every fault in the file.
    """

    def __init__(
        self, data: Mapping[str, Any], place: str, problems: list[str], name: str = "", path: KeyPath = ()
    ) -> None:
        self._data = data
        self._place = place
        self._problems = problems
        self._known: list[str] = []
        self.name = name
        self.path = path

    def problem(self, key: str, message: str) -> None:
        """Note that ``key`` of this table is wrong."""
        text = " › ".join(filter(None, (self._place, printable(key, 60)))) + f": {message}"
        self._problems.append(Problem(text, (*self.path, key)))

    def _take(self, key: str) -> Any:
        self._known.append(key)
        return self._data.get(key)

    def _wrong(self, key: str, expected: str, value: Any) -> None:
        self.problem(key, f"{expected} is expected, not {printable(repr(value), 60)}")

    @overload
    def text(self, key: str, default: str) -> str: ...
    @overload
    def text(self, key: str, default: None) -> str | None: ...
    def text(self, key: str, default: str | None) -> str | None:
        """A string without control characters."""
        value = self._take(key)
        return default if value is None else self._checked_text(key, value, default)

    @overload
    def _checked_text(self, key: str, value: object, otherwise: str = "") -> str: ...
    @overload
    def _checked_text(self, key: str, value: object, otherwise: str | None) -> str | None: ...
    def _checked_text(self, key: str, value: object, otherwise: str | None = "") -> str | None:
        if isinstance(value, str) and (value.isprintable() or value == ""):
            return value
        self._wrong(key, "a text on one line", value)
        return otherwise

    @overload
    def number(self, key: str, default: float, minimum: float) -> float: ...
    @overload
    def number(self, key: str, default: None, minimum: float) -> float | None: ...
    def number(self, key: str, default: float | None, minimum: float) -> float | None:
        """A number of at least ``minimum``."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float) or not minimum <= value < 1e9:
            self._wrong(key, f"a number of at least {minimum:g}", value)
            return default
        return value

    def boolean(self, key: str, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, bool):
            self._wrong(key, "true or false", value)
            return default
        return value

    def texts(self, key: str, default: tuple[str, ...] | None) -> tuple[str, ...] | None:
        """A list of non-empty strings."""
        value = self._take(key)
        if value is None:
            return default
        if not isinstance(value, list) or not all(
            isinstance(item, str) and item.isprintable() and item for item in value
        ):
            self._wrong(key, 'a list of texts, like ["a", "b"],', value)
            return default
        return tuple(value)

    def whole_number(self, key: str, default: int, minimum: int, maximum: int = 999_999_999) -> int:
        """A whole number of at least ``minimum`` and at most ``maximum``."""
        value = self._take(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            most = f" and at most {maximum}" if maximum < 999_999_999 else ""
            self._wrong(key, f"a whole number of at least {minimum}{most}", value)
            return default
        return value

    def rules(self, key: str) -> Mapping[str, str]:
        """A table of map rules, such as ``{ "/*" = "balancer" }``: what stands left and right of a rule's ``=``."""
        value = self._take(key)
        if value is None:
            return MappingProxyType({})
        if not isinstance(value, dict) or not all(
            isinstance(item, str) and is_rule(uri, item) for uri, item in value.items()
        ):
            self._wrong(key, 'a table of rules, like { "/*" = "balancer" },', value)
            return MappingProxyType({})
        return MappingProxyType(dict(value))

    def named_texts(self, key: str) -> Mapping[str, str]:
        """A table of texts; ``a.b = "c"`` is the same as ``"a.b" = "c"``."""
        value = self._take(key)
        if value is None:
            return MappingProxyType({})
        found: dict[str, str] = {}
        if not isinstance(value, dict):
            self._wrong(key, f"a table of texts, written [{key}],", value)
            return MappingProxyType({})
        inner = Table(value, " › ".join(filter(None, (self._place, key))), self._problems, path=(*self.path, key))
        for name, text in _flat(value):
            found[name] = inner._checked_text(name, text)
        return MappingProxyType(found)

    def absolute_path(self, key: str, required: bool = False) -> str:
        """An absolute path on a server; empty when absent."""
        value = self.text(key, None)
        if value is None:
            if required and key not in self._data:
                self.problem(key, "is missing; an absolute path on the server is expected")
            return ""
        if not value.startswith("/") or value.endswith("/"):
            self._wrong(key, "an absolute path to a file on the server", value)
        return value

    def command(self, key: str) -> tuple[str, ...]:
        """A program on a server, by its absolute path, and its arguments; empty when absent. No shell reads it."""
        words = self.texts(key, None)
        if words is not None and not (words and words[0].startswith("/") and not words[0].endswith("/")):
            self._wrong(key, 'an absolute path and arguments, like ["/usr/bin/test", "-e", "/srv/up"],', list(words))
        return words or ()

    def ssh(self, key: str, default: str | None = None) -> str:
        """An SSH name: a Host of ssh_config, or user@host:port."""
        value = self.text(key, None)
        if value is None:
            if default is None and key not in self._data:
                self.problem(key, "is missing; a Host of ~/.ssh/config or user@host:port is expected")
            return default or ""
        if not value or value.startswith("-") or re.search(r"\s", value):
            self._wrong(key, "a Host of ~/.ssh/config or user@host:port", value)
        return value

    def url(self, key: str) -> str | None:
        """An http or https URL; None when absent."""
        value = self.text(key, None)
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or " " in value:
            self._wrong(key, "an http:// or https:// URL", value)
        return value

    def pattern(self, key: str) -> str | None:
        """A regular expression; None when absent."""
        value = self.text(key, None)
        if not value:
            return None
        try:
            re.compile(value)
        except re.error:
            self._wrong(key, "a regular expression", value)
            return None
        return value

    def tables(self, key: str, named: re.Pattern[str], required: bool = False) -> Iterator["Table"]:
        """The ``[[key]]`` tables, each with a ``name`` that is unique here and fits ``named``."""
        value = self._take(key)
        if value is None:
            if required:
                self.problem(key, f"is missing; at least one [[…{key}]] is expected")
            return
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong(key, f"a list of tables, written [[…{key}]],", value)
            return
        if required and not value:
            self.problem(key, f"is empty; at least one [[…{key}]] is expected")
        seen: set[str] = set()
        for number, item in enumerate(value, 1):
            name = item.get("name")
            label = f"{key} '{printable(name, 60)}'" if isinstance(name, str) else f"{key} number {number}"
            place, path = " › ".join(filter(None, (self._place, label))), (*self.path, key, number - 1)
            table = Table(item, place, self._problems, str(name), path)
            table._known.append("name")
            if not isinstance(name, str) or not named.fullmatch(name):
                table.problem("name", "letters, digits and . _ : - are expected")
            elif name in seen:
                table.problem("name", "is used twice; names must differ")
            seen.add(str(name))
            yield table

    def finish(self) -> None:
        """Note the keys that no reader asked for, with the likely meaning."""
        for key in self._data:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, 1)
                hint = f"did you mean '{near[0]}'?" if near else f"known are {', '.join(self._known)}"
                self.problem(key, f"unknown key; {hint}")


def _flat(data: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value
