"""A Tomcat that an operation wants and somebody else holds, or held when that program died."""

from dataclasses import dataclass

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.leftover import Outcome
from isdeploy_tui.remote.journal import Lease


@dataclass(frozen=True, slots=True)
class InTheWay:
    """Whose lease it is; ``seconds`` for how long it has been held. ``outcome`` is of a script left behind, if any."""

    worker: WorkerId
    lease: Lease
    seconds: float
    outcome: Outcome | None = None

    @property
    def sentence(self) -> str:
        """Who does, or did, what, how long ago, and what became of it."""
        lease = self.lease
        what = f"{lease.kind or 'an operation'} by {lease.holder}, step '{lease.step}'"
        if not lease.is_orphan:
            return (
                f"{self.worker} is at work already: {what}, for {spell(self.seconds)}, "
                f"heard of {lease.age:.0f} s ago. Nothing was changed."
            )
        script = f" {self.script}." if self.outcome is not None else ""
        return f"{self.worker} was left in the middle of {what}, not heard of for {spell(lease.age)}.{script}"

    @property
    def script(self) -> str:
        """What became of the script that was left behind; empty when there is none."""
        return f"Its script's run is {self.lease.run}: {self.outcome.sentence}" if self.outcome is not None else ""


def spell(seconds: float) -> str:
    """Return a span of time in seconds, or in minutes from two on."""
    return f"{max(0.0, seconds):.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
