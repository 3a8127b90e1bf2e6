"""A lab's servers.toml with other settings than those that it was built with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.lab.command_line import settings
from tests.lab.stack import Stack

Keys = Mapping[str, Any] | None


def configured(stack: Stack, folder: Path, service: Keys = None, apache: Keys = None, worker: Keys = None) -> Path:
    """Write it to ``folder`` with these keys for the service, for every Apache, for every worker; None drops a key."""

    def change(data: dict[str, Any]) -> None:
        for table in data["service"]:
            _put(table, service)
            for inner in table["apache"]:
                _put(inner, apache)
                for innermost in inner["worker"]:
                    _put(innermost, worker)

    return settings(stack, folder, change)


def _put(table: dict[str, Any], keys: Keys) -> None:
    for key, value in (keys or {}).items():
        table.pop(key, None)
        if value is not None:
            table[key] = value
