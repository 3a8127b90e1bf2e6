"""The exclusion balancers that workers.properties files lack, as changes for a person to make: nothing is written."""

import asyncio
import difflib
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from isdeploy_tui.config import ApacheConfig, WorkerId
from isdeploy_tui.engine.reading import ApacheView, read_apache
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk import rotation
from isdeploy_tui.modjk.exclusions import Exclusion, homes_in_use, missing, outs
from isdeploy_tui.modjk.homes import find_homes
from isdeploy_tui.modjk.memberstate import MapView, Rotation
from isdeploy_tui.modjk.properties import decode
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import parse_workers
from isdeploy_tui.modjk.workersedit import WorkersEditError, add_balancers
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import RemoteError


@dataclass(frozen=True, slots=True)
class WorkersChange:
    """What one workers.properties on ``ssh`` lacks; ``apaches`` read it.

    ``diff`` are the lines of a unified diff that ``patch`` takes, safe to show; none where nothing is missing.
    ``remarks`` are sentences on what the change will not do, or why there is none; ``failed``: not to be told.
    """

    ssh: str
    path: str
    apaches: tuple[ApacheConfig, ...]
    added: tuple[Exclusion, ...] = ()
    diff: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    failed: bool = False


async def missing_balancers(
    session: Session, targets: Sequence[WorkerId], *, groups: bool = False
) -> tuple[WorkersChange, ...]:
    """Return for each workers.properties of the targets' Apaches what it lacks to drain them by a swap.

    ``groups``: halves of them, too. Raises nothing: a file that cannot be read is told in its place.
    """
    wanted = {id.apache_id for id in targets}
    files: dict[tuple[str, str], list[ApacheConfig]] = defaultdict(list)
    for apache in session.config.apaches():
        if apache.id in wanted:
            files[apache.ssh, apache.workers_file].append(apache)
    return tuple(await asyncio.gather(*(_of_file(session, apaches, targets, groups) for apaches in files.values())))


async def _of_file(
    session: Session, apaches: Sequence[ApacheConfig], targets: Sequence[WorkerId], groups: bool
) -> WorkersChange:
    change = WorkersChange(apaches[0].ssh, apaches[0].workers_file, tuple(apaches))
    try:
        # Which balancers count is in the rules of the maps.
        views = await asyncio.gather(*(read_apache(session, apache) for apache in apaches))
    except RemoteError as error:
        return replace(change, remarks=(str(error),), failed=True)
    found: list[Exclusion] = []
    remarks: list[str] = []
    for view in views:
        names = [id.worker for id in targets if id.apache_id == view.apache.id]
        found += _missing(view, names, groups, found)
        remarks += _not_concerned(view, names)
    if not found:
        return replace(change, remarks=tuple(remarks))
    old = views[0].workers_file.data
    try:
        new = add_balancers(old, found)
    except WorkersEditError as error:
        return replace(change, remarks=(*remarks, f"Nothing can be added: {error}"), failed=True)
    diff = list(_diff(f"{change.ssh}:{change.path}", old, new))
    shown = tuple(map(_shown, diff))
    if shown != tuple(diff):
        remarks.append("The file has characters that are not shown as they are: patch will not take this diff.")
    remarks += [remark for view in views for remark in _still_extended(view, new, found)]
    return replace(change, added=tuple(found), diff=shown, remarks=tuple(dict.fromkeys(remarks)))


def _view(view: ApacheView) -> MapView:
    return MapView.of(view.urimap, view.workers, find_homes(view.workers, view.presets.balancers))


def _missing(view: ApacheView, names: Sequence[str], groups: bool, known: Collection[Exclusion]) -> Iterator[Exclusion]:
    """Yield what one Apache's rules want and the file lacks, but for what is ``known`` to be missing."""
    map_view = _view(view)
    known = list(known)
    for home in homes_in_use(map_view, names):
        wanted = outs(map_view.homes, home, names, groups=groups)
        for item in missing(map_view.homes, home, wanted, [item.name for item in known]):
            if not any(set(item.members) == set(other.members) for other in known):
                known.append(item)
                yield item


def _not_concerned(view: ApacheView, names: Sequence[str]) -> Iterator[str]:
    map_view = _view(view)
    homes = homes_in_use(map_view, names)
    for name in names:
        own = [home for home in homes if name in map_view.homes.members(home)]
        if not own:
            yield f"{view.apache.id}: no rule of the map uses a balancer with {printable(name, 80)}."
        yield from (
            f"{view.apache.id}: {printable(name, 80)} is the only member of '{printable(home, 80)}'."
            for home in own
            if len(map_view.homes.members(home)) == 1
        )
    for home in homes:
        if view.workers.balancers[home].method == "B":
            yield (
                f"{view.apache.id}: '{printable(home, 80)}' has method=Busyness: a member that comes back from an "
                "extension gets no more than its share there, so it can do without."
            )


def _still_extended(view: ApacheView, workers_file: bytes, added: Sequence[Exclusion]) -> Iterator[str]:
    """Try the new file: yield the rules that would get an extension all the same, and why not all can be told."""
    workers, presets = parse_workers(workers_file), view.presets
    out = [name for name, state in view.members.items() if state.rotation in {Rotation.STOPPED, Rotation.DISABLED}]
    homes = _view(view).homes
    for item in added:
        names = ", ".join(printable(name, 80) for name in item.out)
        if item.home not in homes.names:
            continue
        try:
            everyone = rotation.plan(view.urimap, workers, restore=out, presets=presets)
            planned = rotation.plan(UriMap.parse(everyone.after), workers, drain=item.out, presets=presets)
        except rotation.PlanError as error:
            yield f"{view.apache.id}: whether {names} would then be drained by a swap cannot be told: {error}"
            continue
        lines = [f"{change.line} ({change.before})" for change in planned.changes if change.how == "extension"]
        if lines:
            yield (
                f"{view.apache.id}: for {names} the map would still get an extension in line {', '.join(lines)}: rules "
                "of that balancer have extensions or variables of their own, or another balancer has the same members."
            )


def _diff(name: str, old: bytes, new: bytes) -> Iterator[str]:
    before, after = (decode(data).splitlines(keepends=True) for data in (old, new))
    for line in difflib.unified_diff(before, after, name, name):
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _shown(line: str) -> str:
    """Return a line as it is when all of it is printable, but for tabs and a CR at its end; else printable."""
    body = line.removesuffix("\r").replace("\t", " ")
    return line if printable(body) == body else printable(line)
