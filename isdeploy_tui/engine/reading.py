"""One Apache's two files, read and understood."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from isdeploy_tui.config import ApacheConfig
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.diagnose import diagnose
from isdeploy_tui.modjk.effective import EffectiveRule, effective_rules
from isdeploy_tui.modjk.rotation import MemberState, Presets, rotations
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers, parse_workers
from isdeploy_tui.remote.mapread import ServerFile, read_file


@dataclass(frozen=True, slots=True)
class ApacheView:
    """What one Apache's map and workers.properties say together.

    ``rules`` are the map's as mod_jk holds them once it has read it; ``faults`` sentences about what mod_jk makes of
    the map's mistakes, printable.
    """

    apache: ApacheConfig
    map: ServerFile
    workers_file: ServerFile
    urimap: UriMap
    workers: Workers
    presets: Presets
    members: Mapping[str, MemberState]
    rules: tuple[EffectiveRule, ...] = ()
    faults: tuple[str, ...] = ()


def presets_of(apache: ApacheConfig) -> Presets:
    """Return what servers.toml says about this Apache's rules."""
    drained = {worker.id.worker: worker.drained for worker in apache.workers if worker.drained}
    return Presets(rules=apache.rules, drained=drained, balancers=apache.balancers)


def understand(apache: ApacheConfig, map_file: ServerFile, workers_file: ServerFile) -> ApacheView:
    """Derive what the two files say; pure."""
    urimap = UriMap.parse(map_file.data)
    workers = parse_workers(workers_file.data)
    presets = presets_of(apache)
    faults = tuple(f"{apache.map}: {fault}" for fault in diagnose(urimap, workers) if fault.consequence != "ignored")
    members = rotations(urimap, workers, presets)
    return ApacheView(
        apache, map_file, workers_file, urimap, workers, presets, members, effective_rules(urimap), faults
    )


async def read_apache(session: Session, apache: ApacheConfig) -> ApacheView:
    """Read both files of an Apache now. Raises RemoteError."""
    host = session.host(apache.ssh)
    map_file, workers_file = await asyncio.gather(
        read_file(host, apache.map, sudo=apache.sudo),
        read_file(host, apache.workers_file, sudo=apache.sudo),
    )
    return understand(apache, map_file, workers_file)
