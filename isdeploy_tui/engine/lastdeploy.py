"""Who deployed last to a Tomcat, what and when, as the journals tell."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from isdeploy_tui.config import WorkerId
from isdeploy_tui.engine.steps import StepState
from isdeploy_tui.remote.journal import Entry

GOES_ON, MAY_RUN = "the script goes on without us", "The script may still run"
"""What the journal's sentence says where whoever deployed left a script that ran, or lost sight of it."""


@dataclass(frozen=True, slots=True)
class LastDeploy:
    """A deploy script that has ended, or was begun and never heard of again.

    ``time`` is ISO 8601 UTC, ``arguments`` are the script's, secret ones masked; ``detail`` is how it ended.
    """

    user: str
    bastion: str
    time: str
    arguments: str
    state: str
    detail: str

    @property
    def went_well(self) -> bool:
        """True when the script exited 0."""
        return self.state == StepState.DONE


def last_deploy(entries: Iterable[Entry], workers: Collection[WorkerId]) -> LastDeploy | None:
    """Return the newest deploy to the Tomcat that these workers are; None when the journals tell of none.

    ``entries`` are oldest first.
    """
    names = {str(worker) for worker in workers}
    found: LastDeploy | None = None
    for entry in entries:
        # Without a run nothing was started.
        if entry.step == "script" and entry.run and not names.isdisjoint(entry.target.split()):
            # Who left a running script cannot know how it ended; it has not failed by that.
            state = StepState.STARTED if any(words in entry.detail for words in (GOES_ON, MAY_RUN)) else entry.state
            found = LastDeploy(entry.user, entry.bastion, entry.time, entry.arguments, state, entry.detail)
    return found
