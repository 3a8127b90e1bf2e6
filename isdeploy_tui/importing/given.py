"""The files that were given: which kind each is, and what must not be read."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from isdeploy_tui.config import ConfigError
from isdeploy_tui.printable import printable

MAX_BYTES = 4 << 20
"""Longest file that is read; a large inventory has some hundred kilobytes."""


class Kind(StrEnum):
    """What a file is."""

    CONSOLE = "the console's config.json"
    SERVICE = "the console's file of a service"
    AGENT = "an agent's setting.json"
    INVENTORY_JSON = "the output of 'ansible-inventory --list'"
    INVENTORY_YAML = "an Ansible inventory in YAML"
    INVENTORY_INI = "an Ansible inventory"


@dataclass(frozen=True, slots=True)
class Given:
    """A file with its kind: ``data`` is the parsed JSON, ``text`` all of it."""

    source: str
    kind: Kind
    text: str
    data: Any = None


def read_given(path: Path) -> Given:
    """Read a file and say what it is. Raises ConfigError."""
    return classify(read_text(path), str(path))


def read_text(path: Path) -> str:
    """Return a file's text without a byte order mark. Raises ConfigError."""
    data = read_bytes(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(str(path), [f"not UTF-8 text (byte {error.start})"]) from None


def read_bytes(path: Path) -> bytes:
    """Return a file's content, up to MAX_BYTES. Raises ConfigError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be read: {error.strerror}"]) from None
    if len(data) > MAX_BYTES:
        raise ConfigError(str(path), [f"has more than {MAX_BYTES >> 20} MB; no such configuration is that large"])
    return data


def classify(text: str, source: str) -> Given:
    """Say what a text is. Raises ConfigError when it is nothing that can be imported."""
    if text.lstrip().startswith("{"):
        data = _json(text, source)
        return Given(source, _json_kind(data, source), text, data)
    if re.search(r"^worker\.list\s*=", text, re.MULTILINE):
        raise ConfigError(source, ["is mod_jk's workers.properties; give it as --workers, beside the file to import"])
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith(("#", ";"))]
    if not lines:
        raise ConfigError(source, ["is empty"])
    if source.endswith((".yml", ".yaml")) or lines[0].startswith("---") or re.fullmatch(r"[\w.-]+:\s*(#.*)?", lines[0]):
        return Given(source, Kind.INVENTORY_YAML, text)
    return Given(source, Kind.INVENTORY_INI, text)


def _json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(
            source, [f"not valid JSON: {error.msg} (line {error.lineno}, column {error.colno})"]
        ) from None
    except (RecursionError, ValueError):
        raise ConfigError(source, ["not a configuration: JSON that is nested or numbered beyond all reason"]) from None


def _json_kind(data: Any, source: str) -> Kind:
    if isinstance(data, dict):
        for key, kind in (
            ("serviceList", Kind.CONSOLE),
            ("node", Kind.SERVICE),
            ("podList", Kind.AGENT),
            ("_meta", Kind.INVENTORY_JSON),
        ):
            if key in data:
                return kind
    raise ConfigError(
        source,
        [
            "neither an is-deploy console's file (with 'serviceList' or 'node'), nor an agent's setting.json "
            "(with 'podList'), nor the output of 'ansible-inventory --list'"
        ],
    )


def expand(paths: list[str]) -> Iterator[Path]:
    """Yield the files to read: a directory stands for the console's files in it, each file once.

    A config.json stands for the services' files beside it, too. Raises ConfigError.
    """
    seen: set[Path] = set()
    for path in map(Path, paths):
        found = [path]
        if path.is_dir():
            found = _console_files(path)
            if not found:
                raise ConfigError(printable(str(path)), ["has neither a config.json nor service/*.json"])
        elif path.name == "config.json":
            found = [path, *(file for file in _console_files(path.parent) if file.name != path.name)]
        for file in found:
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file


def _console_files(directory: Path) -> list[Path]:
    services = sorted([*directory.glob("service/*.json"), *directory.glob("service/*/*.json")])
    return [file for file in (directory / "config.json", *services) if file.is_file()]
