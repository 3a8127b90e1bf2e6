"""One Apache child's copy of the map, reloaded by mod_jk's rules and no others.

Source for all of it: mod_jk 1.2.48, ``uri_worker_map_update``, ``uri_worker_map_load`` and ``uri_worker_map_switch``.
"""

import stat
from dataclasses import dataclass
from pathlib import Path

from isdeploy_tui.modjk.effective import EffectiveRule, effective_rules, fatal_entry
from isdeploy_tui.modjk.routing import Routing, route_by
from isdeploy_tui.modjk.urimap import parse
from isdeploy_tui.modjk.workers import Workers


@dataclass(frozen=True, slots=True)
class MapFile:
    """Where the map lives, and how often (whole seconds, ``JkMountFileReload``) a child looks at it; 0: never."""

    path: Path
    reload_seconds: int

    def mtime(self) -> int | None:
        """The whole second of its modification time, all that mod_jk compares; None when it is missing."""
        try:
            return int(self.path.stat().st_mtime)
        except OSError:
            return None

    def read(self) -> bytes | None:
        """Read it as httpd's run user would; None when that user may not.

        Whoever runs the demo owns the file; the run user is somebody else, so only the mode for others counts.
        """
        try:
            return self.path.read_bytes() if self.path.stat().st_mode & stat.S_IROTH else None
        except OSError:
            return None


class Child:
    """An Apache child process: its two map generations and when it last looked at the file."""

    def __init__(self, file: MapFile, now: float) -> None:
        self._file = file
        self._checked = int(now)
        self._modified = file.mtime()
        self._serving = effective_rules(parse(file.read() or b""))
        self._spare: tuple[EffectiveRule, ...] = ()
        self._routings: dict[tuple[str, str], Routing] = {}

    @property
    def rules(self) -> tuple[EffectiveRule, ...]:
        """The rules that it routes by, in match order."""
        return self._serving

    def route(self, workers: Workers, uri: str, session_route: str = "") -> Routing:
        """Return where a request goes."""
        key = uri, session_route
        if key not in self._routings:
            self._routings[key] = route_by(self._serving, workers, uri, session_route)
        return self._routings[key]

    def update(self, now: float, *, forced: bool = False) -> None:
        """Look at the file if it is time to, as before each request; ``forced`` as jkstatus does it.

        A check is due when strictly more than the interval has passed, counted in whole seconds. The file is read only
        when its mtime second differs from the one last loaded, so a second write within that second is never seen. A
        load that fails still switches generations, so that the map before serves; when the file could not be read at
        all that happens at every check, and the site flaps.
        """
        interval = self._file.reload_seconds
        if not forced and (interval <= 0 or int(now) - self._checked <= interval):
            return
        self._checked = int(now)
        modified = self._file.mtime()
        if modified is None or modified == self._modified:
            return
        data = self._file.read()
        if data is not None:
            self._modified = modified
            urimap = parse(data)
            if fatal_entry(urimap) is None:
                self._spare = effective_rules(urimap)
        self._serving, self._spare = self._spare, self._serving
        self._routings.clear()
