"""What a roll's report, its visitors and the access logs say about it."""

import os
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from tests.lab.load import Load, Report
from tests.lab.programs import java_home
from tests.lab.stack import Stack

SLOW = (2000, 5000)
"""Milliseconds that a slow visitor's answer takes: longer than the settle time, so some are in flight after it."""

Json = dict[str, Any]


def visitors(url: str, *, sticky: bool, each: int = 5) -> Load:
    """As many quick as slow ones."""
    return Load(url, quick=each, slow=each, slow_ms=SLOW, sticky=sticky)


def maps(stack: Stack) -> list[bytes]:
    """The maps of all Apaches."""
    return [apache.map.read_bytes() for apache in stack.apaches]


def phases(report: Json, phase: str) -> list[Json]:
    """Those of one kind, in the order in which they ended."""
    return [found for found in report["phases"] if found["phase"] == phase]


def span(phase: Json) -> tuple[float, float]:
    """When a phase began and ended, Unix seconds."""
    began = datetime.fromisoformat(phase["began"]).timestamp()
    return began, began + phase["seconds"]


def nobody_lost_anything(reports: Sequence[Report]) -> None:
    """Every visitor of these loads got every answer, whole."""
    for report in reports:
        assert report.requests > 0
        assert report.failures == (), str(report)


def nobody_was_sent_to_one_that_was_deployed_to(stack: Stack, report: Json) -> None:
    """On no Apache was a request on a Tomcat while its script ran."""
    for script in phases(report, "script"):
        worker = script["target"].rpartition("/")[2]
        start, end = span(script)
        for apache in stack.apaches:
            asked = [request for request in apache.requests() if request.member == worker]
            assert asked
            assert not [request for request in asked if start < request.began + request.seconds and request.began < end]


def needs_jcmd() -> None:
    """Leave the test out where there is none; a failure under CI."""
    home = java_home()
    if home is None or not os.access(home / "bin" / "jcmd", os.X_OK):
        why = "jcmd comes with a JDK; the Java that runs the lab's Tomcats is only a JRE"
        if os.environ.get("CI") == "true":
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
