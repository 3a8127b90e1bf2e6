"""The main screen: the tree, what is known of the node under the cursor, the log, and what is going on."""

from collections.abc import Sequence

from textual import on, work

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.tui.actions import bindings_for, is_changing
from isdeploy_tui.tui.inquiry import Inquiry
from isdeploy_tui.tui.overview import NodeId, logs_of
from isdeploy_tui.tui.screens.history import HistoryScreen
from isdeploy_tui.tui.screens.live import LiveScreen
from isdeploy_tui.tui.screens.operations import OperationsScreen
from isdeploy_tui.tui.screens.orders import ask_for, left_by_another, start
from isdeploy_tui.tui.screens.pick_up import AGAIN, ALL, FOLLOW, HISTORY, RESTORE, all_left, is_left, kind_left, pick_up
from isdeploy_tui.tui.screens.reader import Reader
from isdeploy_tui.tui.screens.take_over import TakeOver
from isdeploy_tui.tui.widgets.detail import as_content, description
from isdeploy_tui.tui.widgets.fleet_tree import FleetTree
from isdeploy_tui.tui.widgets.key_bar import key_of


class MainScreen(LiveScreen):
    """What the keys do: looking, and giving orders."""

    BINDINGS = bindings_for("main")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide and deaden what changes servers in read-only mode, and while a log has the focus: there one reads."""
        return not (is_changing(action) and (self.read_only or self._is_reading))

    @property
    def _is_reading(self) -> bool:
        return self._bridge is not None and self.log_area.has_focus_within

    @on(FleetTree.Opened)
    async def _opened(self) -> None:
        await self.action_show_log()

    # -- keys: looking -----------------------------------------------------------------------------------------

    async def action_show_log(self) -> None:
        """Go to the log of the selected worker, and to no other."""
        node: NodeId | None = self.fleet_tree.selected
        if isinstance(node, WorkerId) and not self.log_area.has_focus_within:
            await self.log_area.follow_workers([node])
        self.log_area.show("log")
        self._go_to_pane()

    async def action_show_logs(self) -> None:
        """Go to the logs of the marked workers, or of all under a node; again: to those that were shown."""
        workers = logs_of(self.fleet_tree.targets, self._ports.session.config)
        if len(workers) > 1:
            await self.log_area.follow_workers(workers)
            if len(workers) > len(self.log_area.logs):
                self.app.notify(f"{len(self.log_area.logs)} of {len(workers)} logs are shown", markup=False)
        elif len(self.log_area.logs) == 1:
            mark = key_of(self, "fleet.mark") or "the palette"
            self.app.notify(f"Mark several workers with {mark} first, or go to a node above them", markup=False)
            return
        self.log_area.show("log")
        self._go_to_pane()

    def action_show_output(self) -> None:
        """Go to the output of the latest deploy."""
        self.log_area.show("output")
        self._go_to_pane()

    def action_switch(self) -> None:
        """Go from the tree to the log, the output (when there is one) and back."""
        if not self.log_area.has_focus_within:
            self._go_to_pane()
        elif self.log_area.focus_next():
            return
        elif self.log_area.tab == "log" and self.log_area.has_output:
            self.action_show_output()
        else:
            self.log_area.show("log")
            self._leave_pane()

    def action_show_operations(self) -> None:
        """Show all operations."""
        self.app.push_screen(OperationsScreen(self.operations.stories, self._look, self._now, self._ports))

    def action_show_history(self) -> None:
        """Show who did what on the selected node."""
        ports, node = self._ports, self.fleet_tree.selected
        self.app.push_screen(HistoryScreen(ports.read_journals, ports.session.config, node, self._look))

    def action_info(self) -> None:
        """Show everything known about the selected node."""
        node = self.fleet_tree.selected
        self.app.push_screen(Reader(str(node or ""), as_content(description(node, self.scene))))

    def action_zoom(self) -> None:
        """Give the whole screen to what has the focus, and back."""
        zoomed = self.has_class("-zoom-fleet") or self.has_class("-zoom-logs")
        inside = self.log_area.has_focus_within
        self.set_class(not zoomed and inside, "-zoom-logs")
        self.set_class(not zoomed and not inside, "-zoom-fleet")

    def action_refresh_now(self) -> None:
        """Read the servers now, also those that failed or were left out when they asked something."""
        self._ports.session.hosts.retry_now()
        self._refresh(None)

    def action_filter(self) -> None:
        """Type a filter."""
        self.remove_class("-zoom-logs")
        self.fleet_area.filter_bar.open()

    def action_problems(self) -> None:
        """Show only what is not as it should be, or everything again."""
        self.fleet_area.only_problems = not self.fleet_area.only_problems
        self.fleet_area.refilter()

    def action_sort(self) -> None:
        """Put what is not as it should be at the top, or everything in the order of the configuration."""
        self.fleet_area.problems_first = not self.fleet_area.problems_first
        self.fleet_area.refilter()

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.fleet_tree.mark(frozenset())

    def action_back(self) -> None:
        """One step back."""
        if self.has_class("-zoom-logs") or self.has_class("-zoom-fleet"):
            self.remove_class("-zoom-logs", "-zoom-fleet")
        elif self.log_area.has_focus_within:
            self._leave_pane()
        elif self.fleet_area.unfilter():
            self.fleet_tree.focus()
        elif self.fleet_tree.scene.marked:
            self.action_unmark()
        elif self.operations.dismiss():
            self._show_around()

    def _go_to_pane(self) -> None:
        self.remove_class("-zoom-fleet")
        self.log_area.pane.focus()

    def _leave_pane(self) -> None:
        self.remove_class("-zoom-logs")
        self.fleet_tree.focus()

    # -- keys: changing ----------------------------------------------------------------------------------------

    def action_drain(self) -> None:
        """Take the selected workers out."""
        self._order(OperationKind.DRAIN, self.fleet_tree.targets)

    def action_restore(self) -> None:
        """Put the selected workers back."""
        self._order(OperationKind.RESTORE, self.fleet_tree.targets)

    def action_deploy(self) -> None:
        """Run the deploy script of the selected worker."""
        self._order(OperationKind.DEPLOY, self.fleet_tree.targets)

    def action_roll(self) -> None:
        """Deploy to the selected Tomcats one after the other."""
        self._order(OperationKind.ROLL, self.fleet_tree.targets)

    @work(group="order")
    async def _order(self, kind: OperationKind, targets: Sequence[WorkerId]) -> None:
        runner = self._ports.runner
        decision = await ask_for(self.app, self._ports, self._look, kind, targets)
        if runner is None or decision is None:
            return
        self.action_unmark()
        reason = ""
        inquiry = Inquiry(self.app, self.tells_stories, self.refresh_stories)
        while (operation := start(self.app, runner, decision, inquiry.ask, reason)) is not None:
            story = self.operations.watch(operation, inquiry)
            if kind in {OperationKind.DEPLOY, OperationKind.ROLL}:
                self.log_area.begin_output(story)
            if kind is OperationKind.ROLL and not self.tells_stories():
                self.action_show_operations()
            self.tick()
            left = await left_by_another(operation)
            if left is None:
                return
            reason = await self.app.push_screen_wait(TakeOver(left, kind.value, self._look))
            if not reason:
                return
            self.operations.put_away(story)

    @work(group="order")
    async def action_pick_up(self) -> None:
        """Go on with what somebody left in the middle."""
        node = self.fleet_tree.selected
        if not isinstance(node, WorkerId) or not is_left(self.scene.fleet.workers[node]):
            where = f"on {node}" if isinstance(node, WorkerId) else "here; choose a worker"
            self.app.notify(f"Nothing was left in the middle {where}.", markup=False)
            return
        if node in self.scene.doing:
            self.action_show_operations()
            return
        state, scene = self.scene.fleet.workers[node], self.scene
        choice = await self.app.push_screen_wait(pick_up(state, scene, read_only=self.read_only))
        if choice == FOLLOW:
            self.log_area.follow_script(node)
            self._go_to_pane()
        elif choice == HISTORY:
            self.action_show_history()
        elif choice == RESTORE:
            self._order(OperationKind.RESTORE, [node])
        elif choice in {AGAIN, ALL} and (kind := kind_left(state)) is not None:
            self._order(kind, [node] if choice == AGAIN else all_left(state, scene))
