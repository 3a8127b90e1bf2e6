"""The names that an ssh_config gives to servers, for completion: what a person would type after ``ssh``."""

import shlex
from collections.abc import Iterator
from pathlib import Path

_MOST_BYTES = 1_000_000
_DEPTH = 4


def ssh_names(file: Path, depth: int = _DEPTH) -> Iterator[str]:
    """Yield the aliases of a file and of those that it includes; none of what cannot be read. Patterns are left out."""
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            lines = opened.read(_MOST_BYTES).splitlines()
    except OSError:
        return
    for line in lines:
        key, _, rest = line.strip().replace("=", " ", 1).partition(" ")
        if key.lower() not in {"host", "include"}:
            continue
        try:
            words = shlex.split(rest, comments=True)
        except ValueError:
            continue
        if key.lower() == "host":
            yield from (word for word in words if not set("*?!") & set(word))
        elif depth:
            for word in words:
                yield from _included(file, word, depth)


def _included(file: Path, pattern: str, depth: int) -> Iterator[str]:
    try:
        path = Path(pattern).expanduser()
    except RuntimeError:
        return
    # A relative path is below ~/.ssh, whichever file includes it.
    where = Path("/") if path.is_absolute() else Path.home() / ".ssh"
    relative = str(path.relative_to("/")) if path.is_absolute() else str(path)
    for found in sorted(where.glob(relative))[:100]:
        if found != file and found.is_file():
            yield from ssh_names(found, depth - 1)
