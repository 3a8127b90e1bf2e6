"""What was found, whether it is well, and what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """``WARNING``: a deploy works, but not as well as it could. ``FAULT``: it fails, or loses requests."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. ``place`` is a target or a host's name, ``topic`` one or two words.

    ``found`` says what was found and ``advice`` what to do about it, printable, each a sentence without its full stop.
    """

    verdict: Verdict
    place: str
    topic: str
    found: str
    advice: str = ""


Findings = Iterator[Finding]


@dataclass(frozen=True, slots=True)
class At:
    """Makes the findings of one place."""

    place: str

    def ok(self, topic: str, found: str) -> Finding:
        """It is well."""
        return Finding(Verdict.OK, self.place, topic, found)

    def warning(self, topic: str, found: str, advice: str = "") -> Finding:
        """It could be better."""
        return Finding(Verdict.WARNING, self.place, topic, found, advice)

    def fault(self, topic: str, found: str, advice: str = "") -> Finding:
        """It has to be mended."""
        return Finding(Verdict.FAULT, self.place, topic, found, advice)

    def unknown(self, topic: str, found: str, advice: str = "") -> Finding:
        """It could not be told; ``found`` says why."""
        return Finding(Verdict.UNKNOWN, self.place, topic, found, advice)
