"""The tree with its title, its filter, and what is known of the node under the cursor."""

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Tree

from isdeploy_tui.config import WorkerId
from isdeploy_tui.tui.overview import NodeId, matching, problems_first
from isdeploy_tui.tui.ports import Changed
from isdeploy_tui.tui.widgets.detail import Detail
from isdeploy_tui.tui.widgets.filter_bar import FilterBar
from isdeploy_tui.tui.widgets.fleet_tree import FleetTree
from isdeploy_tui.tui.widgets.pane_title import PaneTitle
from isdeploy_tui.tui.widgets.tree_label import Scene


class FleetArea(Vertical):
    """Shows a Scene, filtered.

    ``only_problems`` lets through only what is not as it should be, ``problems_first`` puts that at the top.
    """

    title = getters.query_one(PaneTitle)
    fleet_tree = getters.query_one(FleetTree)
    detail = getters.query_one(Detail)
    filter_bar = getters.query_one(FilterBar)

    class Pointed(Message):
        """The cursor is on another node."""

        def __init__(self, node: NodeId | None) -> None:
            super().__init__()
            self.node = node

    def __init__(self, scene: Scene, *, read_only: bool, id: str | None = None) -> None:
        super().__init__(id=id)
        self.only_problems = self.problems_first = False
        self._first = scene
        self._as_configured = tuple(worker.id for worker in scene.config.workers())
        self._read_only = read_only

    def compose(self) -> ComposeResult:
        """Yield the parts, from top to bottom."""
        yield PaneTitle(id="tree-title")
        yield FilterBar(id="filter")
        yield FleetTree(self._first, read_only=self._read_only, id="tree")
        yield Detail(id="detail")

    def on_mount(self) -> None:
        """Build the tree."""
        self.refilter()

    @property
    def scene(self) -> Scene:
        """What is shown."""
        return self.fleet_tree.scene

    @property
    def is_filtered(self) -> bool:
        """True when something may be hidden."""
        return bool(self.filter_bar.value) or self.only_problems

    def show(self, scene: Scene, changed: Changed | set[WorkerId]) -> None:
        """Draw another scene, in which these nodes have changed."""
        self.fleet_tree.update(scene, changed)
        if self.is_filtered or self.problems_first:
            self.refilter()
        self._show_around()

    def tick(self, scene: Scene) -> None:
        """Draw the ages of the moment."""
        self.fleet_tree.tick(scene)
        self._show_around()

    def refilter(self) -> None:
        """Let the tree show what the filter lets through; build it anew only when that has changed."""
        scene = self.scene
        found = matching(scene.config, scene.fleet, self.filter_bar.value, only_problems=self.only_problems)
        everyone = problems_first(scene.config, scene.fleet) if self.problems_first else self._as_configured
        order = tuple(id for id in everyone if id in found)
        if order != self.fleet_tree.order:
            self.fleet_tree.show(order)
        self._show_around()

    def unfilter(self) -> bool:
        """Show everything again; False when nothing was hidden."""
        was_filtered = self.is_filtered
        self.only_problems = False
        self.filter_bar.close()
        self.refilter()
        return was_filtered

    def _show_around(self) -> None:
        self.detail.describe(self.fleet_tree.selected, self.scene)
        scene, shown = self.scene, len(self.fleet_tree.visible_workers)
        total = len(scene.fleet.workers)
        words = ["fleet"]
        if self.only_problems:
            words.append("only problems")
        if self.problems_first:
            words.append("problems first")
        if self.filter_bar.value:
            words.append(f"filter {self.filter_bar.value}")
        count = f"{shown} of {total}" if shown != total else f"{total} workers"
        right = f"{len(scene.marked)} marked" if scene.marked else count
        self.title.show(Content(f" {scene.look.glyphs.dot} ".join(words)), right)

    @on(Tree.NodeHighlighted)
    def _cursor_moved(self) -> None:
        self.detail.describe(self.fleet_tree.selected, self.scene)
        self.post_message(self.Pointed(self.fleet_tree.selected))

    @on(FleetTree.Marked)
    def _marks_changed(self) -> None:
        self._show_around()

    @on(Input.Changed, "#filter")
    def _filter_typed(self) -> None:
        self.refilter()

    @on(FilterBar.Kept)
    def _filter_kept(self) -> None:
        self.fleet_tree.focus()
