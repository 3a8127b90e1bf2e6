"""One line of the fleet tree, as pieces of text with the names of their styles: pure, so that it can be tested."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size

from isdeploy_tui.config import ApacheConfig, Config, ServiceConfig, WorkerConfig, WorkerId
from isdeploy_tui.engine.fleet import Fleet, Front, Health, WorkerState
from isdeploy_tui.engine.lastdeploy import LastDeploy
from isdeploy_tui.engine.leftover import Standing
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.journal import Lease
from isdeploy_tui.tui.ages import age, duration
from isdeploy_tui.tui.overview import (
    Counts,
    Severity,
    count_apache,
    count_service,
    is_reading,
    is_stale,
    phrases,
    worker_severity,
)
from isdeploy_tui.tui.theme import Look

_OUT = frozenset({Rotation.STOPPED, Rotation.DISABLED})

Piece = tuple[str, str]
"""Text and a style."""

NAME_WIDTH = 24
"""Cells that the longest worker name may push the columns to the right."""

VERSION_WIDTH = 12
"""Cells that a version takes at the most; of a longer one the end tells more than the beginning."""


@dataclass(frozen=True, slots=True)
class Scene:
    """All that the lines of the tree are made from, at one moment."""

    config: Config
    fleet: Fleet
    look: Look
    now: float
    marked: frozenset[WorkerId] = frozenset()
    doing: Mapping[WorkerId, str] = field(default_factory=dict)
    """What operations do on workers now: ``drain: settle``."""
    deploys: Mapping[str, LastDeploy | None] = field(default_factory=dict)
    """The last deploy to a Tomcat, by its name, as far as somebody has looked; None where the journals tell of none."""


def severity_style(look: Look, severity: Severity) -> str:
    """Return the style of a severity."""
    return {
        Severity.GOOD: look.good,
        Severity.READING: look.muted,
        Severity.OUT: look.warn,
        Severity.UNSURE: look.unsure,
        Severity.BAD: look.bad,
    }[severity]


def severity_glyph(look: Look, severity: Severity) -> str:
    """Return the glyph of a severity, for a node that has children."""
    return {
        Severity.GOOD: look.glyphs.active,
        Severity.READING: look.glyphs.reading,
        Severity.OUT: look.glyphs.stopped,
        Severity.UNSURE: look.glyphs.warn,
        Severity.BAD: look.glyphs.bad,
    }[severity]


def service_label(service: ServiceConfig, scene: Scene) -> Iterator[Piece]:
    """Yield the line of a service: name, environment, counts."""
    counts = count_service(service, scene.fleet)
    yield _state(scene.look, counts.severity)
    yield f" {service.name}", scene.look.strong
    if service.environment:
        yield " ", ""
        yield environment(service, scene.look)
    yield "  ", ""
    yield from _counts(counts, scene.look)


def apache_label(apache: ApacheConfig, scene: Scene) -> Iterator[Piece]:
    """Yield the line of an apache: name and counts, or why it cannot be read."""
    look, state = scene.look, scene.fleet.apaches[apache.id]
    counts = count_apache(apache, scene.fleet)
    yield _state(look, counts.severity)
    yield f" {apache.id.apache}", look.strong
    yield "  ", ""
    if state.error:
        yield printable(state.error).removeprefix(f"{apache.ssh}: "), look.bad
    else:
        yield from _counts(counts, look)
    if state.front is not None:
        yield "  ", ""
        yield front_word(state.front, look)
    if is_stale(state, scene.config, scene.now):
        yield f"  {age(scene.now - state.seen)} old", look.unsure


def worker_label(worker: WorkerConfig, scene: Scene, width: int, version_width: int = 0) -> Iterator[Piece]:
    """Yield the line of a worker: mark, state, name, rotation, health, version, in flight, since when.

    ``width`` and ``version_width`` are the cells of the columns of names and versions.
    """
    look = scene.look
    state, apache = scene.fleet.workers[worker.id], scene.fleet.apaches[worker.id.apache_id]
    marked = worker.id in scene.marked
    yield (look.glyphs.mark if marked else " "), look.notice
    glyph, style = worker_state(state, worker_severity(state, apache), look)
    yield f"{glyph} ", style
    yield worker.id.worker.ljust(width), (f"bold {look.notice}" if marked else look.strong)
    yield "  ", ""
    if is_reading(apache):
        yield "reading", look.muted
        return
    yield state.rotation.value.ljust(8), style
    yield "  ", ""
    yield health_word(state, look)
    going_on = _going_on(worker, scene)
    # A narrow tree cuts the end off, and what is going on is more than the version, which the lines below it have.
    if going_on is not None:
        yield "  ", ""
        yield going_on
    elif version_width:
        yield f" {_version(state, version_width, look)}", look.muted
    if state.busy or (state.busy is not None and state.rotation in _OUT):
        yield f" {state.busy} busy", ""
    if apache.error and apache.seen:
        was = f"was {state.last.value}, " if state.last is not None else ""
        yield f" {was}{age(scene.now - apache.seen)} old", look.unsure
    elif is_stale(apache, scene.config, scene.now):
        yield f" {age(scene.now - apache.seen)} old", look.unsure
    elif state.rotation in _OUT and state.since:
        yield f" {age(scene.now - state.since)}", look.muted


def _going_on(worker: WorkerConfig, scene: Scene) -> Piece | None:
    """Return what somebody does on a worker, or has left there; None when nothing."""
    look, state = scene.look, scene.fleet.workers[worker.id]
    if doing := scene.doing.get(worker.id):
        return f"{look.glyphs.running} {doing}", look.notice
    if state.leftover is not None:
        left = state.leftover
        style = look.muted if left.went_well and state.lease is None else look.unsure
        return f"{look.glyphs.warn} {left.outcome.short}: {left.kind} by {left.user}", style
    if state.lease is not None:
        return f"{look.glyphs.running} {held_by(state.lease, scene.now)}", look.notice
    return None


def worker_state(state: WorkerState, severity: Severity, look: Look) -> Piece:
    """Return the glyph of a worker's state and its style."""
    glyphs = look.glyphs
    if severity is Severity.BAD:
        return glyphs.bad, look.bad
    if severity is Severity.READING:
        return glyphs.reading, look.muted
    return {
        Rotation.ACTIVE: (glyphs.active, look.good if severity is Severity.GOOD else look.unsure),
        Rotation.DISABLED: (glyphs.disabled, look.warn),
        Rotation.STOPPED: (glyphs.stopped, look.warn),
        Rotation.UNKNOWN: (glyphs.unknown, look.unsure),
    }[state.rotation]


def held_by(lease: Lease, now: float) -> str:
    """Return who is at work on a Tomcat: ``ops1@bastion1 deploy: script, 40 s``; an orphan says so."""
    if lease.is_orphan:
        return f"left by {lease.holder} in {lease.kind}: {lease.step}, silent for {duration(lease.age)}"
    return f"{lease.holder} {lease.kind}: {lease.step}, {duration(max(0.0, now - lease.since))}"


def left_by(state: WorkerState) -> str:
    """Return what somebody left on a worker: ``deploy by ops1, script still running``, ``…, exited 0, still out``."""
    left = state.leftover
    if left is None:
        return ""
    out = "" if state.in_rotation or left.outcome.standing is Standing.RUNNING else ", still out"
    return f"{left.kind} by {left.user}, {left.outcome.short}{out}"


def front_word(front: Front, look: Look) -> Piece:
    """Return an Apache's place in the balancer in front of it."""
    return {
        Front.IN: (f"{look.glyphs.active} front in", look.muted),
        Front.OUT: (f"{look.glyphs.stopped} front out", look.warn),
        Front.UNKNOWN: (f"{look.glyphs.unknown} front unknown", look.unsure),
    }[front]


def health_word(state: WorkerState, look: Look) -> Piece:
    """Return a worker's health in five cells: ``up``, ``down``, ``up?`` when nobody knows."""
    if state.health is Health.UP:
        return "up   ", look.muted
    if state.health is Health.DOWN:
        return "down ", look.bad if state.in_rotation else look.warn
    return "up?  ", look.unsure


def environment(service: ServiceConfig, look: Look) -> Piece:
    """Return a service's environment; production is a band that nobody overlooks."""
    if service.is_production:
        return f" {service.environment.upper()} ", look.band
    return service.environment, look.muted


def name_width(workers: Iterable[WorkerConfig]) -> int:
    """Return the cells that the column of worker names takes."""
    return min(NAME_WIDTH, max((len(worker.id.worker) for worker in workers), default=0))


def version_width(fleet: Fleet) -> int:
    """Return the cells that the column of versions takes; 0 while none is known."""
    return min(VERSION_WIDTH, max((cell_len(state.version) for state in fleet.workers.values()), default=0))


def _version(state: WorkerState, width: int, look: Look) -> str:
    text = state.version
    if cell_len(text) > width:
        text = look.glyphs.ellipsis + text[-(width - 1) :]
    return set_cell_size(text, width)


def _state(look: Look, severity: Severity) -> Piece:
    return severity_glyph(look, severity), severity_style(look, severity)


def _counts(counts: Counts, look: Look) -> Iterator[Piece]:
    for index, (phrase, severity) in enumerate(phrases(counts)):
        if index:
            yield f" {look.glyphs.dot} ", look.muted
        yield phrase, severity_style(look, severity)
