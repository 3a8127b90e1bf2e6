"""The parts of the main screen, kept up with what the engine says; its keys are MainScreen's."""

import asyncio
import time
from collections.abc import Collection
from dataclasses import replace

from textual import getters, on, work
from textual.app import ComposeResult
from textual.containers import Container
from textual.screen import Screen

from isdeploy_tui.config import ApacheId, WorkerId
from isdeploy_tui.engine.lastdeploy import LastDeploy, last_deploy
from isdeploy_tui.tui.bridge import FleetBridge, OperationsBridge
from isdeploy_tui.tui.looking import fit
from isdeploy_tui.tui.moments import after, one_frame
from isdeploy_tui.tui.ports import Changed, Ports
from isdeploy_tui.tui.screens.operations import OperationsScreen
from isdeploy_tui.tui.screens.take_over import TakeOver
from isdeploy_tui.tui.story import Story
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.activity import Activity
from isdeploy_tui.tui.widgets.fleet_area import FleetArea
from isdeploy_tui.tui.widgets.fleet_tree import FleetTree
from isdeploy_tui.tui.widgets.key_bar import KeyBar
from isdeploy_tui.tui.widgets.log_area import LogArea
from isdeploy_tui.tui.widgets.top_bar import Heading, TopBar
from isdeploy_tui.tui.widgets.tree_label import Scene

LOG_DELAY = 0.3
"""Seconds the cursor must rest on a worker before its log is opened: passing over many opens none."""

DEPLOYS_SECONDS = 60.0
"""How old what the journals say of the last deploy may be when the cursor comes to a worker."""


class LiveScreen(Screen[None]):
    """Composition and refresh; what the engine says comes through the bridges."""

    AUTO_FOCUS = "FleetTree"

    top_bar = getters.query_one(TopBar)
    fleet_area = getters.query_one(FleetArea)
    log_area = getters.query_one(LogArea)
    activity = getters.query_one(Activity)

    def __init__(self, ports: Ports, look: Look) -> None:
        super().__init__()
        self._ports = ports
        self._look = look
        self._log_timer: asyncio.TimerHandle | None = None
        self._ticking: asyncio.TimerHandle | None = None
        self._deploys: dict[str, LastDeploy | None] = {}
        self._asked: dict[str, float] = {}
        self._now = ports.session.clock
        self.scene = Scene(ports.session.config, ports.monitor.fleet, look, self._now())
        self.operations = OperationsBridge(self._now, self._stories_changed, self._printed)
        self._bridge: FleetBridge | None = None

    @property
    def read_only(self) -> bool:
        """True when nothing can be changed from here."""
        return self._ports.runner is None

    def compose(self) -> ComposeResult:
        """Yield the parts; where they stand depends on the width and is the style sheet's business."""
        fit(self)
        yield TopBar(self.scene, self._heading())
        with Container(id="body"):
            yield FleetArea(self.scene, read_only=self.read_only, id="fleet")
            log, ports = self._ports.log, self._ports
            yield LogArea(ports.follow_log, ports.follow_script, self._look, lines=log.lines, keep=log.keep, id="logs")
        idle = "Read-only: nothing can be changed from here." if self.read_only else "No operation runs."
        yield Activity(self._look, idle, id="activity")
        yield KeyBar(self._look)

    def on_mount(self) -> None:
        """Connect to the engine."""
        self._connect()
        self._at_the_next_second()

    def _connect(self) -> None:
        self._bridge = FleetBridge(self._ports.monitor, self._fleet_changed)
        if self._ports.runner is not None:
            self._ports.runner.notifier.say = self._say_beside
            for operation in self._ports.runner.running:
                self.operations.watch(operation)
        self.tick()

    async def go_by(self, ports: Ports) -> None:
        """Show the servers of another configuration. Nothing of the old one may run any more."""
        await self._let_go()
        self._ports = ports
        self._deploys, self._asked = {}, {}
        self.scene = Scene(ports.session.config, ports.monitor.fleet, self._look, self._now())
        self.operations = OperationsBridge(self._now, self._stories_changed, self._printed)
        self.remove_class("-zoom-logs", "-zoom-fleet")
        await self.recompose()
        self._connect()
        self.fleet_tree.focus()

    async def on_unmount(self) -> None:
        """Leave the engine to itself: what runs goes on."""
        if self._ticking is not None:
            self._ticking.cancel()
        await self._let_go()

    async def _let_go(self) -> None:
        if self._log_timer is not None:
            self._log_timer.cancel()
        if self._bridge is not None:
            self._bridge.close()
            self._bridge = None
        await self.operations.aclose()

    def on_descendant_focus(self) -> None:
        """Show where keys go."""
        if self._bridge is None:
            return
        self.fleet_area.title.set_class(not self.log_area.has_focus_within, "-focused")

    # -- what the engine says ----------------------------------------------------------------------------------

    @property
    def fleet_tree(self) -> FleetTree:
        """The tree."""
        return self.fleet_area.fleet_tree

    def tick(self) -> None:
        """Once a second: times and ages. Between two configurations there is nothing to show them on."""
        if self._bridge is None:
            return
        one_frame(self.app)
        self.fleet_area.tick(self._look_again())
        self._show_around()

    def catch_up(self) -> None:
        """Show now what has happened, not when the next paint is due."""
        if self._bridge is not None:
            self._bridge.flush()
        self.operations.flush()

    def _at_the_next_second(self) -> None:
        """Tick when a second of the clock by which all paint is full, which makes one frame of it all."""

        def ring() -> None:
            self.tick()
            self._at_the_next_second()

        self._ticking = after(self, 1 - time.monotonic() % 1, ring)

    def _look_again(self) -> Scene:
        marked, fleet = self.fleet_area.scene.marked, self._ports.monitor.fleet
        self.scene = replace(
            self.scene,
            marked=marked,
            fleet=fleet,
            now=self._now(),
            doing=self.operations.doing,
            deploys=self._deploys,
        )
        return self.scene

    def _fleet_changed(self, changed: Changed) -> None:
        one_frame(self.app)
        self.fleet_area.show(self._look_again(), changed)
        self._show_around()

    def _show_around(self) -> None:
        self.top_bar.show(self.scene, self._heading())
        self.activity.show(self.operations.shown, self.scene.now)

    def _stories_changed(self, stories: Collection[Story]) -> None:
        one_frame(self.app)
        for story in stories:
            if story.is_over:
                self.log_area.end_output(story)
                self._after(story)
            self.log_area.mark_scripts(story, self._ports.session.config)
        before = self.scene.doing
        self.fleet_area.show(self._look_again(), {*before, *self.operations.doing})
        self.refresh_stories()

    def tells_stories(self) -> bool:
        """True while the person sees the operations' stories."""
        return isinstance(self.app.screen, OperationsScreen)

    def refresh_stories(self) -> None:
        """Draw what operations do, and what they ask; once the screen is gone, nothing."""
        if not self.query(TopBar):
            return
        self._show_around()
        if isinstance(self.app.screen, OperationsScreen):
            self.app.screen.refresh_story()

    def _printed(self, story: Story, lines: list[str]) -> None:
        if story is self.log_area.story:
            self.log_area.feed_output(lines)
        if isinstance(self.app.screen, OperationsScreen):
            self.app.screen.printed(story, lines)

    def _after(self, story: Story) -> None:
        """Show at once what an operation has changed; tell of its end where the activity line is covered."""
        self._refresh({target.apache_id for target in story.operation.plan.targets})
        if self._ports.session.config.bell and story.operation.in_the_way is None:
            self.app.bell()
        if story.operation.plan.scripts:
            self._asked.clear()
            if isinstance(self.fleet_tree.selected, WorkerId):
                self._rests_on(self.fleet_tree.selected)
        # What somebody else left is told by a dialog of its own.
        told = isinstance(self.app.screen, OperationsScreen | TakeOver) or story.operation.in_the_way is not None
        if self.app.screen is not self and not told:
            self.app.notify(
                f"{story.title} {story.outcome()}",
                severity="information" if story.went_well else "error",
                markup=False,
            )

    def _say_beside(self, sentence: str) -> None:
        self.app.notify(sentence, severity="warning", markup=False, timeout=15)

    @work(group="refresh")
    async def _refresh(self, apaches: set[ApacheId] | None) -> None:
        await self._ports.monitor.refresh(apaches)

    def _heading(self) -> Heading:
        ports = self._ports
        status = ports.status_line() if ports.status_line is not None else ""
        return Heading(ports.banner, status, str(ports.session.operator), self.read_only)

    @on(FleetArea.Pointed)
    def _pointed(self, event: FleetArea.Pointed) -> None:
        if self._log_timer is not None:
            self._log_timer.cancel()
        node = event.node
        if isinstance(node, WorkerId):
            self._log_timer = after(self, LOG_DELAY, lambda: self._rests_on(node))

    def _rests_on(self, worker: WorkerId) -> None:
        self.log_area.point_at(worker)
        tomcat = self._ports.session.config.worker(worker).tomcat
        if self._now() - self._asked.get(tomcat, 0.0) > DEPLOYS_SECONDS:
            self._asked[tomcat] = self._now()
            self._ask_for_deploy(worker, tomcat)

    @work(group="deploys", exclusive=True)
    async def _ask_for_deploy(self, worker: WorkerId, tomcat: str) -> None:
        same = [other.id for other in self._ports.session.config.same_tomcat(worker)]
        journals = await self._ports.read_journals(same)
        self._deploys = {**self._deploys, tomcat: last_deploy(journals.entries, same)}
        self.tick()
