"""A server may answer anything: each question to it ends with a result or a sentence, and all its text is printable."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui.remote import follow as following
from isdeploy_tui.remote import mapwrite, runs, runstart
from isdeploy_tui.remote.accesslog import LogEnd, count_since, log_end
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.follow import LogChunk, follow
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.inflight import count_in_flight
from isdeploy_tui.remote.journal import Lease, read_journal
from isdeploy_tui.remote.mapread import ServerFile, leases_of, read_file, watch_files
from isdeploy_tui.remote.mapwrite import swap_map
from isdeploy_tui.remote.probes import cping, http_get
from isdeploy_tui.remote.recording import append_entries, beat_leases, release_leases, take_lease
from isdeploy_tui.remote.runs import RunOutput, follow_run, going_run, run_outcome
from isdeploy_tui.remote.runstart import cancel_run, start_run
from isdeploy_tui.remote.startup import LogMark, mark_log, startup_since
from tests.remote.liar import Liar

PATH = "/etc/httpd/uriworkermap.properties"
LEASE = Lease("was1", "one", "ops1", "b1", "drain", "write", 1_000.5, 0)


async def some(events: AsyncIterator[Any]) -> list[Any]:
    """Return the first events of something that may go on for ever."""
    found = []
    async with aclosing(events) as told:  # type: ignore[type-var]
        async for event in told:
            found.append(event)
            if len(found) > 20:
                break
    return found


async def watched(host: Host) -> Any:
    async with watch_files(host, [PATH, leases_of(PATH)]) as watch:
        return [*(await watch.poll()).values(), *(await watch.poll()).values()]


ASKED: Mapping[str, Callable[[Host], Awaitable[Any]]] = {
    "read a file": lambda host: read_file(host, PATH),
    "watch files": watched,
    "write a map": lambda host: swap_map(host, PATH, expected="0" * 64, new=b"/*=b\n"),
    "read the journal": lambda host: read_journal(host, PATH),
    "write the journal": lambda host: append_entries(host, PATH, []),
    "take a lease": lambda host: take_lease(host, PATH, LEASE),
    "beat": lambda host: beat_leases(host, PATH, [LEASE]),
    "release": lambda host: release_leases(host, PATH, [LEASE]),
    "start a run": lambda host: start_run(host, "id", ["/deploy.sh"]),
    "cancel a run": lambda host: cancel_run(host, "id"),
    "how a run stands": lambda host: run_outcome(host, "id"),
    "which run goes on": lambda host: going_run(host, "was1"),
    "follow a run": lambda host: some(follow_run(host, "id")),
    "follow a log": lambda host: some(follow(host, "/log", once=True)),
    "where an access log ends": lambda host: log_end(host, "/log"),
    "count requests": lambda host: count_since(host, "/log", LogEnd("1", 1)),
    "where a log ends": lambda host: mark_log(host, "/log"),
    "when it started": lambda host: startup_since(host, "/log", LogMark("1", 1)),
    "requests in flight": lambda host: count_in_flight(host, "/log"),
    "ping": lambda host: cping(host, "127.0.0.1", 8009),
    "get": lambda host: http_get(host, "http://127.0.0.1/"),
}


def unprintable(found: object) -> list[str]:
    """Return the texts in a result that would do something to a terminal; raw bytes and log lines are meant to be."""
    if isinstance(found, str):
        return [] if found.isprintable() else [found]
    if isinstance(found, list | tuple):
        return [text for item in found for text in unprintable(item)]
    if isinstance(found, ServerFile | LogChunk | RunOutput):
        return []
    if is_dataclass(found):
        skipped = {"reason"} if type(found).__name__ == "HttpAnswer" else set()
        return [text for f in fields(found) if f.name not in skipped for text in unprintable(getattr(found, f.name))]
    return unprintable(str(found)) if isinstance(found, RemoteError) else []


@pytest.mark.parametrize("question", ASKED)
@settings(max_examples=100)
@given(data=st.data())
def test_whatever_it_answers_the_end_is_a_result_or_a_sentence(question: str, data: st.DataObject) -> None:
    host = Liar(data.draw)
    with pytest.MonkeyPatch.context() as patched:
        # A liar needs no patience.
        patched.setattr(mapwrite, "LOOK_AGAIN_SECONDS", (0.0, 0.0))
        patched.setattr(runstart, "AGAIN_SECONDS", (0.0, 0.0))
        patched.setattr(runs, "PATIENCE_SECONDS", -1.0)
        patched.setattr(runs, "_QUICK", 0.0)
        patched.setattr(following, "_QUICK", 0.0)
        patched.setattr(following, "_WAITING", 0.0)
        try:
            found = asyncio.run(asyncio.wait_for(ASKED[question](host), 30))
        except RemoteError as error:
            found = error
    assert unprintable(found) == []
