"""The deploy arguments that were typed before, by target, kept for this user on this machine."""

import json
import os
import shlex
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.secrets import is_secret

KEEP = 20
"""Entries kept for each target."""


class ArgumentHistory:
    """A small JSON file, ``{"service/apache/worker": ["newest", …]}``; one that is missing or broken is empty.

    What holds an argument that fits one of the ``secret`` patterns is never stored.
    """

    def __init__(self, path: Path, secret: Sequence[str] = ()) -> None:
        self._path = path
        self._secret = tuple(secret)

    @classmethod
    def of_user(cls, secret: Sequence[str] = (), environ: Mapping[str, str] = os.environ) -> "ArgumentHistory":
        """Return the history of the user who runs the program (``$XDG_STATE_HOME/isdeploy/arguments.json``)."""
        state = environ.get("XDG_STATE_HOME") or str(Path(environ.get("HOME", "/")) / ".local" / "state")
        return cls(Path(state) / "isdeploy" / "arguments.json", secret)

    def history(self, target: WorkerId) -> list[str]:
        """Return what was typed for this target, newest first."""
        return self._read().get(str(target), [])

    def remember(self, target: WorkerId, text: str) -> None:
        """Put ``text`` at the head of the target's history. Failing to store it is no reason to fail a deploy."""
        if not text.strip() or self._holds_secret(text):
            return
        everything = self._read()
        entries = [text, *(entry for entry in everything.get(str(target), []) if entry != text)]
        everything[str(target)] = entries[:KEEP]
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._path.parent, delete=False, encoding="utf-8") as file:
                json.dump(everything, file, ensure_ascii=False, indent=1)
            Path(file.name).replace(self._path)
        except OSError:
            return

    def _holds_secret(self, text: str) -> bool:
        try:
            words = shlex.split(text)
        except ValueError:
            words = text.split()
        return any(is_secret(words, index, self._secret) for index in range(len(words)))

    def _read(self) -> dict[str, list[str]]:
        try:
            data = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(data, dict):
            return {}
        return {
            target: [entry for entry in entries if isinstance(entry, str) and entry.isprintable()]
            for target, entries in data.items()
            if isinstance(entries, list)
        }
