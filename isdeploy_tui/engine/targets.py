"""From what a person types (``shop``, ``shop/web1``, ``shop/*/worker[12]``) to workers of the configuration."""

import difflib
import fnmatch
from collections.abc import Sequence

from isdeploy_tui.config import Config, WorkerConfig, WorkerId
from isdeploy_tui.printable import printable


class TargetError(Exception):
    """A target that names nothing; the text is a sentence for the person who typed it."""


def resolve(config: Config, patterns: Sequence[str] = ()) -> tuple[WorkerConfig, ...]:
    """Return the workers that the patterns name, each once, in the configuration's order; no pattern means all.

    A pattern is ``service``, ``service/apache`` or ``service/apache/worker``; each part may be a shell glob.
    Raises TargetError for a pattern that matches nothing.
    """
    if not patterns:
        return tuple(config.workers())
    chosen: set[WorkerId] = set()
    for pattern in patterns:
        matched = {worker.id for worker in config.workers() if _matches(worker.id, pattern)}
        if not matched:
            raise TargetError(_nothing_matches(config, pattern))
        chosen |= matched
    return tuple(worker for worker in config.workers() if worker.id in chosen)


def _matches(id: WorkerId, pattern: str) -> bool:
    parts = pattern.strip("/").split("/")
    return len(parts) <= len(id) and all(fnmatch.fnmatchcase(name, part) for name, part in zip(id, parts, strict=False))


def _nothing_matches(config: Config, pattern: str) -> str:
    names = [str(worker.id) for worker in config.workers()]
    names += [str(apache.id) for apache in config.apaches()] + [service.name for service in config.services]
    near = difflib.get_close_matches(pattern, names, 3, 0.5)
    services = ", ".join(service.name for service in config.services)
    hint = f"did you mean {' or '.join(near)}?" if near else f"the services are: {services}"
    return f"no worker matches '{printable(pattern, 80)}' in {config.source}; {hint}"
