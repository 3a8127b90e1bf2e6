"""What is known of the node under the cursor, as text."""

from collections.abc import Iterable, Iterator

from textual.content import Content
from textual.widgets import Static

from isdeploy_tui.config import ApacheConfig, ApacheId, ServiceConfig, WorkerConfig, WorkerId
from isdeploy_tui.engine.fleet import Health, WorkerState
from isdeploy_tui.engine.lastdeploy import LastDeploy
from isdeploy_tui.modjk.rotation import Rotation
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.ages import about, local_time, moment, unix_time
from isdeploy_tui.tui.overview import (
    NodeId,
    count_service,
    is_reading,
    is_stale,
    phrases,
    worker_severity,
)
from isdeploy_tui.tui.widgets.tree_label import (
    Piece,
    Scene,
    environment,
    front_word,
    held_by,
    left_by,
    severity_style,
    worker_state,
)

Line = tuple[Piece, ...]


class Detail(Static):
    """Shows the description of a node; the most urgent lines come first, because a small screen cuts the rest."""

    DEFAULT_CSS = """
    Detail {
        height: auto;
        max-height: 12;
        padding: 0 1;
        background: $surface;
        border-top: none;
    }
    """

    _last: Content | None = None

    def describe(self, node: NodeId | None, scene: Scene) -> None:
        """Show a node; sends nothing to the terminal when it reads as before."""
        content = as_content(description(node, scene))
        if self._last is None or not content.is_same(self._last):
            show_text(self, content, self._last)
            self._last = content


def show_text(widget: Static, content: Content, before: Content | None) -> None:
    """Show another text in place of ``before``.

    The screen is laid out anew only when it takes other rows: that costs ten times as much as drawing the text.
    """
    width = widget.scrollable_content_region.width
    same_rows = before is not None and width > 0 and content.get_height({}, width) == before.get_height({}, width)
    widget.update(content, layout=not same_rows)


def as_content(lines: Iterable[Line]) -> Content:
    """Return lines of pieces as one text; server text in them is never read as markup."""
    return Content("\n").join(Content.assemble(*line) for line in lines)


def description(node: NodeId | None, scene: Scene) -> Iterator[Line]:
    """Yield the lines about a node."""
    if isinstance(node, WorkerId):
        yield from _worker(scene.config.worker(node), scene)
    elif isinstance(node, ApacheId):
        yield from _apache(scene.config.apache(node), scene)
    elif node is not None:
        yield from _service(scene.config.service(node), scene)


def _worker(worker: WorkerConfig, scene: Scene) -> Iterator[Line]:
    look, id = scene.look, worker.id
    dot = f" {look.glyphs.dot} "
    service, apache = scene.config.service(id.service), scene.config.apache(id.apache_id)
    state, apache_state = scene.fleet.workers[id], scene.fleet.apaches[id.apache_id]
    glyph, style = worker_state(state, worker_severity(state, apache_state), look)
    yield (
        (str(id), look.strong),
        *((("  ", ""), environment(service, look)) if service.is_production else ()),
    )
    if is_reading(apache_state):
        yield ((f"{look.glyphs.reading} reading {apache.map} on {apache.ssh}", look.muted),)
    else:
        rotation: list[Piece] = [(f"{glyph} {state.rotation.value}", style)]
        if state.rotation is not Rotation.ACTIVE and state.since:
            since = f" since {moment(state.since, scene.now)} ({about(scene.now - state.since)})"
            rotation.append((since, ""))
        if state.reason:
            rotation.append((f": {printable(state.reason)}", look.muted))
        if state.last is not None:
            rotation.append((f"; it was {state.last.value} when it could last be read", look.unsure))
        yield tuple(rotation)
        if id not in scene.doing:
            yield from _left(state, scene)
        for remark in state.remarks:
            yield ((f"{look.glyphs.warn} {printable(remark)}", look.unsure),)
    problem = state.error if state.error != apache_state.error else ""
    if problem:
        yield ((f"{look.glyphs.bad} {printable(problem)}", look.bad),)
    yield from _apache_troubles(apache, scene)
    busy = f"{dot}{state.busy} in flight" if state.busy is not None else ""
    version = f"{dot}version {state.version}" if state.version else ""
    yield (
        (f"Tomcat {state.health.value if state.health is not Health.UNKNOWN else 'may be up or down'}", ""),
        (f"{version}{busy}{dot}{f'{state.address} ' if state.address else ''}on {worker.ssh}", ""),
    )
    yield from _deployed(scene.deploys.get(worker.tomcat), scene)
    if state.version_error:
        yield ((f"{look.glyphs.warn} its version is not known: {printable(state.version_error)}", look.unsure),)
    twins = [other.id for other in scene.config.same_tomcat(id) if other.id != id]
    if twins:
        yield ((f"the same Tomcat is {', '.join(map(str, twins))}", look.notice),)
    if doing := scene.doing.get(id):
        yield ((f"{look.glyphs.running} {doing}", look.notice),)
    for name, value in (("log", worker.log), ("deploy", worker.deploy), ("check", worker.check_url)):
        if value:
            yield ((f"{name:<7}", look.muted), (printable(value), ""))


def _deployed(last: LastDeploy | None, scene: Scene) -> Iterator[Line]:
    if last is None:
        return
    look, when = scene.look, unix_time(last.time)
    ago = f" ({about(scene.now - when)} ago)" if when else ""
    what = f" {printable(last.arguments)}" if last.arguments else ""
    words = {"done": "deployed", "started": "deploy begun"}.get(last.state, f"deploy {last.state}")
    yield (
        (f"{words}{what}", "" if last.went_well else look.warn),
        (f" by {last.user}@{last.bastion} at {local_time(last.time)}{ago}", look.muted),
    )


def _left(state: WorkerState, scene: Scene) -> Iterator[Line]:
    look, left, lease = scene.look, state.leftover, state.lease
    if left is not None:
        style = look.muted if left.went_well and lease is None else look.unsure
        yield (
            (f"{look.glyphs.warn} {left_by(state)}", f"bold {style}"),
            ("  u follows its script or goes on", look.muted),
        )
    if lease is not None:
        orphan = "  u goes on" if lease.is_orphan and left is None else ""
        yield (f"{look.glyphs.running} {held_by(lease, scene.now)}", look.notice), (orphan, look.muted)


def _apache(apache: ApacheConfig, scene: Scene) -> Iterator[Line]:
    look, state = scene.look, scene.fleet.apaches[apache.id]
    yield (str(apache.id), look.strong), (f" {look.glyphs.dot} httpd on {apache.ssh}", look.muted)
    yield from _apache_troubles(apache, scene)
    if state.front is not None:
        why = f": {printable(state.front_reason)}" if state.front_reason else ""
        yield front_word(state.front, look), (why, look.muted)
    for warning in state.warnings:
        yield ((f"{look.glyphs.warn} {printable(warning)}", look.unsure),)
    if is_reading(state):
        yield ((f"{look.glyphs.reading} reading", look.muted),)
    yield ("map    ", look.muted), (printable(apache.map), "")
    yield ("workers", look.muted), (f" {printable(apache.workers_file)}", "")
    yield ("reload ", look.muted), (f"every {apache.reload_seconds:g} s; settled after {apache.settle_seconds:g} s", "")


def _apache_troubles(apache: ApacheConfig, scene: Scene) -> Iterator[Line]:
    look, state = scene.look, scene.fleet.apaches[apache.id]
    if state.error:
        yield ((f"{look.glyphs.bad} {printable(state.error)}", look.bad),)
    if state.seen and (state.error or is_stale(state, scene.config, scene.now)):
        seen = f"last read at {moment(state.seen, scene.now)}, {about(scene.now - state.seen)} ago"
        yield ((f"{look.glyphs.warn} {seen}", look.unsure),)


def _service(service: ServiceConfig, scene: Scene) -> Iterator[Line]:
    look = scene.look
    yield (service.name, look.strong), ("  ", ""), environment(service, look)
    if service.comment:
        yield ((printable(service.comment), look.notice),)
    counts: list[Piece] = []
    for phrase, severity in phrases(count_service(service, scene.fleet)):
        counts += [(f" {look.glyphs.dot} ", look.muted)] if counts else []
        counts.append((phrase, severity_style(look, severity)))
    yield tuple(counts)
    if service.operators is not None:
        yield ("operators ", look.muted), (printable(", ".join(service.operators)) or "nobody", "")
