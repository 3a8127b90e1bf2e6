"""The tree of services, apaches and workers.

Lines are made when they are painted, from the scene of the moment: a change repaints a line and rebuilds nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.style import Style as ContentStyle
from textual.widgets import Tree
from textual.widgets.tree import TreeNode

from isdeploy_tui.config import ApacheId, Config, WorkerId
from isdeploy_tui.tui.actions import bindings_for, is_changing
from isdeploy_tui.tui.ages import age
from isdeploy_tui.tui.overview import NodeId, is_stale, workers_of
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.tree_label import (
    Piece,
    Scene,
    apache_label,
    name_width,
    service_label,
    version_width,
    worker_label,
)

_MOVES: list[BindingType] = [
    Binding("up,k", "cursor_up", "Up", show=False),
    Binding("down,j", "cursor_down", "Down", show=False),
    Binding("pageup,ctrl+b", "page_up", "Page up", show=False),
    Binding("pagedown,ctrl+f", "page_down", "Page down", show=False),
    Binding("home,g", "scroll_home", "Top", show=False),
    Binding("end,G", "scroll_end", "End", show=False),
    Binding("left", "collapse", "Close", show=False),
    Binding("right", "expand", "Open", show=False),
    Binding("enter", "select_cursor", "Open", show=False),
]


class FleetTree(Tree[NodeId], inherit_bindings=False):
    """Shows a Scene. A node's data is the NodeId it stands for."""

    BINDINGS: ClassVar[list[BindingType]] = [*_MOVES, *bindings_for("tree")]
    BINDING_GROUP_TITLE = "Tree"
    DEFAULT_CSS = """
    FleetTree {
        height: 1fr;
        background: $surface;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        &:focus { background-tint: $foreground 0%; }
        & > .tree--cursor { background: $cursor-blur; text-style: none; }
        &:focus > .tree--cursor { background: $cursor-focus; color: $foreground; text-style: none; }
        & > .tree--guides { color: $muted 50%; }
        & > .tree--guides-selected { color: $muted 50%; text-style: none; }
        &:focus > .tree--guides-selected { color: $muted 50%; text-style: none; }
        &:ansi { background: ansi_default; }
        &:ansi > .tree--cursor { text-style: underline; }
        &:ansi:focus > .tree--cursor { color: ansi_bright_white; background: ansi_blue; text-style: none; }
        &:nocolor:focus > .tree--cursor { text-style: reverse; }
        &:ansi > .tree--guides { color: ansi_default; }
    }
    """

    class Marked(Message):
        """The set of marked workers has changed."""

    class Opened(Message):
        """A worker was chosen with enter."""

        def __init__(self, worker: WorkerId) -> None:
            super().__init__()
            self.worker = worker

    def __init__(self, scene: Scene, *, read_only: bool = False, id: str | None = None) -> None:
        # Before the base class, which asks for the width of labels at once.
        self.scene = scene
        self._read_only = read_only
        self._ages: dict[NodeId, str] = {}
        self._workers = {worker.id: worker for worker in scene.config.workers()}
        self._width = name_width(self._workers.values())
        self._by_id: dict[NodeId, TreeNode[NodeId]] = {}
        super().__init__(Text(""), id=id)
        self.show_root = False
        self.guide_depth = 2
        self.auto_expand = False
        self.order: tuple[WorkerId, ...] = ()
        self.visible_workers: frozenset[WorkerId] = frozenset()
        self._anchor: NodeId | None = None
        self._version_width = version_width(scene.fleet)
        # A copy for this widget alone: the glyphs are a property of the terminal, not of the class.
        self.LINES = dict.fromkeys(Tree.LINES, scene.look.glyphs.guides)

    # -- what is shown -----------------------------------------------------------------------------------------

    def show(self, workers: Sequence[WorkerId]) -> None:
        """Build the tree of these workers and their parents, in this order, in which those of one parent are together.

        The cursor and closed nodes stay where they are.
        """
        current = self.selected
        closed = {data for data, node in self._by_id.items() if node.allow_expand and not node.is_expanded}
        self.order = tuple(workers)
        self.visible_workers = frozenset(workers)
        self._by_id.clear()
        self.clear()
        for id in workers:
            parent = self._by_id.get(id.service) or self._add(self.root, id.service, closed)
            branch = self._by_id.get(id.apache_id) or self._add(parent, id.apache_id, closed)
            self._by_id[id] = branch.add_leaf(Text(""), id)
        self.root.expand()
        self._put_cursor(current)

    def _add(self, parent: TreeNode[NodeId], data: NodeId, closed: set[NodeId]) -> TreeNode[NodeId]:
        node = self._by_id[data] = parent.add(Text(""), data, expand=data not in closed)
        return node

    def _put_cursor(self, wanted: NodeId | None) -> None:
        if self.last_line < 0:
            return
        node = self._by_id.get(wanted) if wanted is not None else None
        if node is None:
            node = next((node for data, node in self._by_id.items() if isinstance(data, WorkerId)), None)
        self.cursor_line = -1
        if node is not None:
            self.cursor_line = node.line
        # Before the first layout nothing can be scrolled to.
        self.call_after_refresh(self._reveal_cursor)

    def on_resize(self) -> None:
        """Keep the cursor in view when something beside the tree takes its room."""
        self.call_after_refresh(lambda: self.scroll_to_line(self.cursor_line, animate=False))

    def _reveal_cursor(self) -> None:
        self.scroll_to(y=0, animate=False, immediate=True)
        self.scroll_to_line(self.cursor_line, animate=False)

    @property
    def selected(self) -> NodeId | None:
        """What the cursor is on."""
        return self.cursor_node.data if self.cursor_node is not None else None

    @property
    def targets(self) -> tuple[WorkerId, ...]:
        """The workers to act on: the marked ones, else those of the node under the cursor that are shown."""
        if self.scene.marked:
            return tuple(worker.id for worker in self.scene.config.workers() if worker.id in self.scene.marked)
        return tuple(id for id in workers_of(self.selected, self.scene.config) if id in self.visible_workers)

    def update(self, scene: Scene, changed: Iterable[NodeId] | None = None) -> None:
        """Draw another scene; ``changed`` are the nodes that look different (None: all)."""
        if scene.fleet is not self.scene.fleet and (width := version_width(scene.fleet)) != self._version_width:
            self._version_width, changed = width, None
        self.scene = scene
        shown = range(self.scroll_offset.y, self.scroll_offset.y + self.size.height)
        for data in self._by_id if changed is None else with_relatives(changed, scene.config):
            node = self._by_id.get(data)
            if node is None:
                continue
            if node.line in shown:
                node.refresh()
            else:
                # It is drawn anew when it comes on screen; ``refresh`` would do no more, at ten times the cost.
                node._updates += 1

    def tick(self, scene: Scene) -> None:
        """Draw the ages of the moment: only the lines on which one reads differently, so that idling sends little."""
        ages: dict[NodeId, str] = {
            id: age(scene.now - state.since)
            for id, state in scene.fleet.workers.items()
            if state.since and not state.in_rotation
        }
        for id, apache in scene.fleet.apaches.items():
            # The lines of its workers are drawn with it.
            if is_stale(apache, scene.config, scene.now) or (apache.error and apache.seen):
                ages[id] = age(scene.now - apache.seen)
        changed = {data for data in ages.keys() | self._ages.keys() if ages.get(data) != self._ages.get(data)}
        self._ages = ages
        self.update(scene, changed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Marking only serves changes."""
        return not (self._read_only and is_changing(action))

    # -- painting ----------------------------------------------------------------------------------------------

    def render_label(self, node: TreeNode[NodeId], base_style: Style, style: Style) -> Text:
        """Return a node's line, cut to the width of the tree."""
        look = self.scene.look
        # On the terminal's own palette a coloured cursor line could swallow coloured words.
        plain = look.ansi and node is self.cursor_node and self.has_focus
        text = Text(no_wrap=True, end="", style=style)
        for part, name in self._pieces(node, look):
            text.append(part, None if plain or not name else self._style(name))
        depth = 0 if not isinstance(node.data, tuple) else len(node.data) - 1
        text.truncate(max(1, self.scrollable_content_region.width - 2 * depth), overflow="ellipsis", pad=True)
        return text

    def get_label_width(self, node: TreeNode[NodeId]) -> int:
        """Return nothing: lines are cut, never scrolled, so no line needs measuring."""
        return 0

    def _pieces(self, node: TreeNode[NodeId], look: Look) -> Iterable[Piece]:
        data, scene = node.data, self.scene
        if isinstance(data, WorkerId):
            yield from worker_label(self._workers[data], scene, self._width, self._version_width)
            return
        yield f"{look.glyphs.open if node.is_expanded else look.glyphs.closed} ", look.muted
        if isinstance(data, ApacheId):
            yield from apache_label(scene.config.apache(data), scene)
        elif data is not None:
            yield from service_label(scene.config.service(data), scene)

    def _style(self, name: str) -> Style:
        return ContentStyle.parse(name).rich_style

    # -- keys --------------------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark what the cursor is on, or take the mark away; go one line on when it was a worker."""
        here = frozenset(id for id in workers_of(self.selected, self.scene.config) if id in self.visible_workers)
        if not here:
            return
        marked = self.scene.marked - here if here <= self.scene.marked else self.scene.marked | here
        self._anchor = self.selected
        self.mark(marked)
        if isinstance(self.selected, WorkerId):
            self.action_cursor_down()

    def action_mark_range(self) -> None:
        """Mark every worker that is shown from the last one marked to the cursor."""
        anchor = self._by_id.get(self._anchor) if self._anchor is not None and self.scene.marked else None
        here = self.cursor_node
        if anchor is None or here is None or anchor.line < 0:
            self.action_mark()
            return
        start, end = sorted((anchor.line, here.line))
        lines = {id: node.line for id, node in self._by_id.items() if isinstance(id, WorkerId)}
        self.mark(self.scene.marked | {id for id, line in lines.items() if start <= line <= end})

    def mark(self, workers: frozenset[WorkerId]) -> None:
        """Mark exactly these workers."""
        scene = self.scene
        self.update(replace(scene, marked=workers), workers ^ scene.marked)
        self.post_message(self.Marked())

    def action_collapse(self) -> None:
        """Close the node under the cursor; from a leaf or a closed node go to its parent."""
        node = self.cursor_node
        if node is not None and node.allow_expand and node.is_expanded:
            node.collapse()
        else:
            self.action_cursor_parent()

    def action_expand(self) -> None:
        """Open the node under the cursor; from an open node go to its first child."""
        node = self.cursor_node
        if node is None or not node.allow_expand:
            return
        if node.is_expanded:
            self.action_cursor_down()
        else:
            node.expand()

    def on_tree_node_selected(self, event: Tree.NodeSelected[NodeId]) -> None:
        """Open or close a parent; say that a worker was chosen."""
        event.stop()
        if isinstance(event.node.data, WorkerId):
            self.post_message(self.Opened(event.node.data))
        else:
            event.node.toggle()


def with_relatives(nodes: Iterable[NodeId], config: Config) -> set[NodeId]:
    """Return these nodes, what is above them, and the workers of the apaches among them: all that looks different."""
    found: set[NodeId] = set()
    for node in nodes:
        found.add(node)
        if isinstance(node, WorkerId):
            found |= {node.apache_id, node.service}
        elif isinstance(node, ApacheId):
            found |= {node.service, *workers_of(node, config)}
    return found
