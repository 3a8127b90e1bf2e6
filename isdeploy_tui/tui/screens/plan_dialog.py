"""The dialog that every change passes: read the servers, show exactly what would be done, ask for a yes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.tui.bridge import sentence
from isdeploy_tui.tui.ports import Runner
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line, as_content
from isdeploy_tui.tui.widgets.dialog_body import DialogBody
from isdeploy_tui.tui.widgets.plan_view import BLANK, has_work, heading, host_plan_lines, required_words

BY_THE_FRONT = "By the maps. ^o: by the balancer in front, whole Apaches."


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said yes to."""

    plan: OperationPlan
    force: bool = False
    arguments: tuple[str, ...] = ()
    typed: str = ""
    """The arguments as they were typed, for the history."""


class PlanDialog(ModalScreen[Decision | None], inherit_bindings=False):
    """Dismissed with a Decision, or with None when nothing is to be done.

    Enter does nothing while the servers are being read, when that failed, when a guard refuses or when the words to
    type are not the ones shown. Letters go to the input when there is one, so y and n answer only without one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,ctrl+c,n", "cancel", "Cancel", show=False),
        Binding("enter,y", "accept", "Yes", show=False),
        Binding("up,k", "scroll_plan(-1)", "Up", show=False),
        Binding("down,j", "scroll_plan(1)", "Down", show=False),
        Binding("pageup", "page_plan(-1)", "Page up", show=False),
        Binding("pagedown,space", "page_plan(1)", "Page down", show=False),
        Binding("tab", "app.focus_next", "Next", show=False),
        Binding("shift+tab", "app.focus_previous", "Previous", show=False),
        Binding("ctrl+r", "read_again", "Read again", show=False),
        Binding("ctrl+o", "toggle_hosts", "Whole Apaches", show=False),
    ]
    AUTO_FOCUS = ""

    may_hosts = False
    """True when the targets are whole Apaches that can leave the balancer in front: ``ctrl+o`` changes to that way."""
    hosts = False

    def __init__(self, runner: Runner, kind: OperationKind, targets: Sequence[WorkerId], look: Look) -> None:
        super().__init__()
        self._runner = runner
        self._kind = kind
        self._targets = tuple(targets)
        self.look = look
        self.plan: OperationPlan | None = None
        self.soft = False

    # -- what subclasses say -----------------------------------------------------------------------------------

    def plan_lines(self, plan: OperationPlan) -> Iterator[Line]:
        """Yield the lines that describe the plan."""
        raise NotImplementedError

    def compose_inputs(self) -> ComposeResult:
        """Yield what stands between the plan and the typed confirmation."""
        yield from ()

    def decide(self, plan: OperationPlan) -> Decision | None:
        """Return the decision, or None when something that was typed is not right yet."""
        return Decision(plan, force=plan.is_refused)

    def options(self) -> Mapping[str, bool]:
        """Return further options of the plan."""
        return {}

    def hint(self) -> str:
        """Return the keys, for the last line."""
        return "up down scroll"

    # -- the dialog --------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Yield heading, plan, inputs, buttons."""
        with Vertical(id="dialog"):
            yield Static(id="heading")
            with DialogBody(id="plan"):
                yield Static(id="plan-text")
            yield from self.compose_inputs()
            yield Static(id="demand")
            yield Input(id="words", compact=True)
            with Horizontal(id="buttons"):
                yield Button(f"{self._kind.value.capitalize()} (enter)", id="accept", variant="primary", compact=True)
                yield Button("Cancel (esc)", id="cancel", compact=True)
                yield Static(id="hint")

    def on_mount(self) -> None:
        """Begin to read."""
        self.query_one("#hint", Static).update(as_content(iter([((self.hint(), self.look.muted),)])))
        self.action_read_again()

    def action_read_again(self) -> None:
        """Read the servers and plan afresh."""
        self.plan = None
        servers = "the scripts' hosts" if self._kind is OperationKind.DEPLOY else "the maps and asking the workers"
        self._show([((f"{self.look.glyphs.running} Reading {servers}{self.look.glyphs.ellipsis}", self.look.notice),)])
        self._read()

    @work(exclusive=True)
    async def _read(self) -> None:
        try:
            # Whether a map's change is soft says nothing where no map changes.
            soft = self.soft and not self.hosts
            plan = await self._runner.plan(self._kind, self._targets, soft=soft, hosts=self.hosts, **self.options())
        except Exception as error:
            # Whatever went wrong is a sentence for the person who waits here, never the end of the program.
            self._show(
                [
                    ((f"{self.look.glyphs.bad} {sentence(error)}", self.look.bad),),
                    (("Nothing was changed. ctrl+r tries again.", self.look.muted),),
                ]
            )
            return
        self.plan = plan
        lines = list(self.plan_lines(plan) if plan.hosts is None else host_plan_lines(plan, self.look))
        if self.may_hosts and plan.hosts is None:
            lines[:0] = [((BY_THE_FRONT, self.look.notice),), BLANK]
        if not has_work(plan):
            lines.append((("Nothing to do.", self.look.strong),))
        self._show(lines)

    def _show(self, lines: Sequence[Line]) -> None:
        self.query_one("#heading", Static).update(
            as_content(iter([heading(self.plan, self._kind, self._targets, self.look)]))
        )
        self.query_one("#plan-text", Static).update(as_content(iter(lines)))
        self._ask()

    def _ask(self) -> None:
        """Show what has to be typed, and whether yes can be said."""
        plan, words = self.plan, self.query_one("#words", Input)
        demand = required_words(plan) if plan is not None and has_work(plan) else ""
        closed = plan is not None and plan.is_refused and not plan.can_be_forced
        self.query_one("#demand", Static).display = words.display = bool(demand) and not closed
        if demand:
            why = "override the refusal" if plan is not None and plan.is_refused else "confirm"
            line: Line = (("Type ", ""), (f" {demand} ", self.look.band), (f" to {why}:", ""))
            self.query_one("#demand", Static).update(as_content(iter([line])))
        self._update_accept()
        self._focus_first()
        self.query_one(DialogBody).fit_later()

    def on_resize(self) -> None:
        """Keep the buttons in view."""
        self.query_one(DialogBody).fit_later()

    def _focus_first(self) -> None:
        words = self.query_one("#words", Input)
        if words.display:
            words.focus()
        else:
            self.set_focus(None)

    @on(Input.Changed)
    def _update_accept(self) -> None:
        self.query_one("#accept", Button).disabled = not self.may_accept

    @property
    def may_accept(self) -> bool:
        """True when nothing stands between the person and yes."""
        plan = self.plan
        if plan is None or not has_work(plan) or (plan.is_refused and not plan.can_be_forced):
            return False
        return self.query_one("#words", Input).value.strip() == required_words(plan)

    @on(Input.Submitted)
    @on(Button.Pressed, "#accept")
    def action_accept(self) -> None:
        """Say yes, when that is possible; without anything to do, close."""
        if self.plan is not None and not has_work(self.plan) and not self.plan.is_refused:
            self.dismiss(None)
        elif self.plan is not None and self.may_accept and (decision := self.decide(self.plan)) is not None:
            self.dismiss(decision)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        """Say no."""
        self.dismiss(None)

    def action_toggle_hosts(self) -> None:
        """Plan it by the balancer in front, or by the maps."""
        if self.may_hosts:
            self.hosts = not self.hosts
            self.action_read_again()

    def action_scroll_plan(self, rows: int) -> None:
        """Scroll the plan by rows."""
        self.query_one(DialogBody).scroll_rows(rows)

    def action_page_plan(self, pages: int) -> None:
        """Scroll the plan by pages."""
        self.query_one(DialogBody).scroll_pages(pages)
