"""What an operation says while it runs: the same events for the screen, the command line and the journal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class StepState(StrEnum):
    """Where a step stands. ``refused`` is a guard's or a lease's word: nothing was changed by that step."""

    STARTED = "started"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an operation's story: at ``time`` (Unix seconds) this happened on ``target``.

    ``step`` is one word (``guard``, ``write``, ``settle``, ``idle``, ``script``, ``ping``, ``check``, …); ``detail`` is
    a sentence or figures for a person, printable; ``facts`` are the same for programs (journal and report), such as
    ``{"busy": 3}``.
    """

    time: float
    target: str
    step: str
    state: StepState
    detail: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)

    def as_json(self) -> dict[str, str]:
        """Return the object that ``--json`` prints for this step; time as ISO 8601 UTC with milliseconds."""
        stamp = datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")
        return {
            "time": stamp.replace("+00:00", "Z"),
            "target": self.target,
            "step": self.step,
            "state": self.state.value,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Output:
    """Lines that a deploy script printed, printable, as they came."""

    target: str
    lines: tuple[str, ...]


Event = Step | Output
