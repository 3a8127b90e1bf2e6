"""The question before a roll: the order, every map on the way, the fewest that stay active, the arguments."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.plans import OperationKind, OperationPlan, Tomcat
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.ports import History, Runner
from isdeploy_tui.tui.screens.deploy import ConfirmDeploy
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line
from isdeploy_tui.tui.widgets.plan_view import BLANK, change_lines, comment_lines, refusal_lines


class ConfirmRoll(ConfirmDeploy):
    """Asks for the arguments of all scripts. ``ctrl+t`` pauses after each Tomcat, so that somebody can test it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+t", "toggle_pause", "Pause", show=False),
        Binding("ctrl+s", "toggle_soft", "Soft", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        targets: Sequence[WorkerId],
        look: Look,
        history: History,
        secret: Sequence[str] = (),
    ) -> None:
        super().__init__(runner, targets, look, history, secret)
        self._kind = OperationKind.ROLL
        self._pause = False

    def options(self) -> Mapping[str, bool]:
        """Whether to wait for a person after each."""
        return {"pause": self._pause}

    def plan_lines(self, plan: OperationPlan) -> Iterator[Line]:
        """Yield what speaks against it, then the story moment by moment."""
        look = self.look
        yield from comment_lines(plan.services, look)
        yield from refusal_lines(plan, look)
        for warning in plan.warnings:
            yield ((f"{look.glyphs.warn} {printable(warning)}", look.warn),)
        if plan.roll is None:
            return
        for rule, least in plan.roll.fewest_active.items():
            yield ("never fewer than ", look.muted), (f"{least} active", look.strong), (f" for {rule}", look.muted)
        if self._pause:
            yield (("Waits for your word after each, while it is still out of rotation.", look.notice),)
        if plan.soft:
            yield ((f"Soft: disabled for {plan.roll.soft_seconds:g} s before each is stopped.", look.notice),)
        for number, transition in enumerate(plan.roll.transitions, 1):
            yield BLANK
            yield (
                (f"{number}. ", look.muted),
                (f"back {_names(transition.restores)}  " if transition.restores else "", look.good),
                (f"out {_names(transition.drains)}" if transition.drains else "", look.warn),
            )
            for change in transition.changes:
                yield from change_lines(change, look)

    def hint(self) -> str:
        """Return the keys."""
        return "^t pause, ^s soft, up/down history"

    def action_toggle_pause(self) -> None:
        """Wait for a person after each Tomcat, or not."""
        self._pause = not self._pause
        self.action_read_again()

    def action_toggle_soft(self) -> None:
        """Let sessions end before each is stopped, or not."""
        self.soft = not self.soft
        self.action_read_again()


def _names(tomcats: Sequence[Tomcat]) -> str:
    return ", ".join(str(tomcat.id) for tomcat in tomcats)
