"""The question before a drain or a restore."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from isdeploy_tui.config import Config, WorkerId
from isdeploy_tui.engine.plans import OperationKind, OperationPlan
from isdeploy_tui.tui.ports import Runner
from isdeploy_tui.tui.screens.plan_dialog import PlanDialog
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line
from isdeploy_tui.tui.widgets.plan_view import rotation_lines


class ConfirmRotation(PlanDialog):
    """Shows the exact diff of each map.

    ``s`` changes a drain between stopped and disabled (its own sessions stay). ``t`` takes in the other workers that
    are the same Tomcats, because a Tomcat is out of rotation only when every Apache has it out.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s,ctrl+s", "toggle_soft", "Soft", show=False),
        Binding("t,ctrl+t", "toggle_whole", "Whole Tomcat", show=False),
    ]

    def __init__(
        self, runner: Runner, kind: OperationKind, targets: Sequence[WorkerId], look: Look, config: Config
    ) -> None:
        super().__init__(runner, kind, targets, look)
        self._chosen = self._targets
        self._whole = whole_tomcats(config, self._targets)

    def plan_lines(self, plan: OperationPlan) -> Iterator[Line]:
        """Yield the maps' changes; with more workers than the first line names, the list of them first."""
        look = self.look
        if len(plan.targets) > 3 or len({target.apache_id for target in plan.targets}) > 1:
            for target in plan.targets:
                yield ("  ", ""), (str(target), look.strong)
            yield (("", ""),)
        if others := [str(id) for id in self._whole if id not in self._targets]:
            many = "it is" if len(self._chosen) == 1 else "they are"
            yield (
                (f"{look.glyphs.warn} To other Apaches {many} ", look.notice),
                (", ".join(others), f"bold {look.notice}"),
                ("; ctrl+t takes that in, too.", look.notice),
            )
            yield (("", ""),)
        if plan.soft:
            yield (("Soft: requests of its own sessions still reach it (disabled, not stopped).", look.notice),)
        yield from rotation_lines(plan, look)

    def hint(self) -> str:
        """Return the keys."""
        soft = ", ^s soft" if self._kind is OperationKind.DRAIN else ""
        whole = ", ^t whole Tomcat" if self._whole != self._chosen else ""
        return f"up/down{soft}{whole}"

    def action_toggle_soft(self) -> None:
        """Plan it the other way."""
        if self._kind is OperationKind.DRAIN:
            self.soft = not self.soft
            self.action_read_again()

    def action_toggle_whole(self) -> None:
        """Plan it for all workers of the Tomcats, or for the chosen ones only."""
        if self._whole != self._chosen:
            self._targets = self._chosen if self._targets == self._whole else self._whole
            self.action_read_again()


def whole_tomcats(config: Config, targets: Sequence[WorkerId]) -> tuple[WorkerId, ...]:
    """Return the targets and every other worker that is the same Tomcat as one of them, the targets first."""
    others = (worker.id for target in targets for worker in config.same_tomcat(target))
    return tuple(dict.fromkeys((*targets, *others)))
