"""Servers that answer anything: the fleet, the plans, the stories and the history of them hold printable text only."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui import config
from isdeploy_tui.commands import history as history_command
from isdeploy_tui.commands import status as status_command
from isdeploy_tui.engine import report, traffic
from isdeploy_tui.engine.control import Question
from isdeploy_tui.engine.history import read_history
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.operations import Operations
from isdeploy_tui.engine.planning import PlanningError
from isdeploy_tui.engine.plans import OperationKind
from isdeploy_tui.engine.session import Operator, Session
from isdeploy_tui.remote import mapwrite, runs, runstart
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.host import Host, Reply
from isdeploy_tui.remote.journal import parse_leases
from isdeploy_tui.tui.ages import clock, duration, moment
from tests.remote.liar import LEASES, TEXTS, WHOLES, Liar, Said, streams

WORKERS = (
    b"worker.list=balancer\nworker.balancer.type=lb\nworker.balancer.balance_workers=worker1,worker2\n"
    + b"".join(
        b"worker.%s.type=ajp13\nworker.%s.host=127.0.0.1\nworker.%s.port=8009\n" % (name, name, name)
        for name in (b"worker1", b"worker2")
    )
)
SITE = """
[[service]]
name = "shop"
quiet_seconds = 0
drain_timeout = 1
ready_timeout = 1
[[service.apache]]
name = "web1"
ssh = "web1"
map = "/etc/uriworkermap.properties"
workers_file = "/etc/workers.properties"
access_log = "/var/log/access.log"
status_url = "http://127.0.0.1/jkstatus"
reload_seconds = 1
[[service.apache.worker]]
name = "worker1"
log = "/log1"
deploy = "/opt/deploy.sh"
check_url = "http://127.0.0.1/"
[[service.apache.worker]]
name = "worker2"
log = "/log2"
deploy = "/opt/deploy.sh"
"""
MAP_LINES = st.one_of(
    st.just(b"/*=balancer"),
    st.builds(lambda text: b"/" + text + b"=balancer", TEXTS),
    st.builds(lambda text: b"/x=" + text, TEXTS),
    st.builds(lambda text: b"/y=balancer;stopped=" + text, TEXTS),
    TEXTS,
)
MAPS = st.lists(MAP_LINES, max_size=4).map(
    lambda lines: b"\n".join((b"/*=balancer;stopped=worker1", *lines, b"")).replace(b"\0", b"")
)
LEASE_LINES = st.tuples(
    st.sampled_from([b"worker1", b"shop%2Fweb1%2Fworker1", b"web1%3A%2Flog1"]), WHOLES, TEXTS, LEASES
)
LEASE_FILES = st.lists(LEASE_LINES.map(b" ".join), max_size=3).map(b"\n".join)


class HalfLiar(Liar):
    """Tells of its two files in a form that can be read, mostly, and lies about everything else."""

    async def run(self, script: str, *args: str, **options: Any) -> Reply:
        if script != "mapread.sh" or not self._draw(st.integers(0, 4)):
            return await super().run(script, *args, **options)
        return Reply(0, (b"file " + self._file(args[0]),))

    @asynccontextmanager
    async def stream(self, script: str, *args: str, sudo: bool = False) -> AsyncIterator[Said]:
        words = self._draw(streams(script, args[1:]))
        if script == "watch.sh" and self._draw(st.integers(0, 4)):
            words = b"\n".join((*(b"+ " + self._file(path) for path in args[1:]), b".", b""))
        yield Said(words)

    def _file(self, path: str) -> bytes:
        content = WORKERS if "workers" in path else self._draw(LEASE_FILES if "leases:" in path else MAPS)
        assert isinstance(content, bytes)
        return b"%d 1600000000 1600000100 x %s" % (len(content), content.hex().encode())


class LyingHosts:
    def __init__(self, data: st.DataObject) -> None:
        self._host = HalfLiar(data.draw)

    def host(self, name: str) -> Host:
        return self._host

    async def aclose(self) -> None:
        return


def texts(found: object) -> list[str]:
    """Return all texts in something, those inside other things, too."""
    if isinstance(found, str):
        return [found]
    if isinstance(found, Mapping):
        return [text for item in found.items() for text in texts(item)]
    if isinstance(found, list | tuple | set | frozenset):
        return [text for item in found for text in texts(item)]
    if is_dataclass(found):
        return [text for field in fields(found) for text in texts(getattr(found, field.name))]
    return [str(found)] if isinstance(found, Exception) else []


async def put_back(question: Question) -> str:
    return question.otherwise


async def one_look(session: Session) -> object:
    monitor = Monitor(session)
    fleet = await monitor.refresh()
    await monitor.aclose()
    states = list(fleet.workers.values())
    status_command._print_table(states)
    status_command._print_leases(states, session.clock())
    status_command._print_remarks(fleet, states)
    return [fleet.apaches, fleet.workers]


async def history(session: Session) -> object:
    found = await read_history(session, tuple(session.config.workers()))
    return [found, *map(history_command._line, found.entries)]


def operation(kind: OperationKind) -> Callable[[Session], Awaitable[object]]:
    async def carried_out(session: Session) -> object:
        target = next(iter(session.config.workers())).id
        try:
            plan = await Operations(session).plan(kind, [target])
        except PlanningError as error:
            return error
        ends = await traffic.mark(session, plan.targets)
        running = Operations(session).start(plan, force=True, wait=False, arguments=["1"], ask=put_back)
        asyncio.get_running_loop().call_later(0.05, running.interrupt)
        result = await running.wait()
        counted = await traffic.count(session, ends)
        shown = [change.diff for change in plan.changes]
        account = report.Account(plan, result, running.events, running.started, running.ended or 0.0, counted)
        told = [report.as_text(account)] if plan.roll else []
        return [shown, plan.warnings, plan.refusals, running.events, counted, told]

    return carried_out


ASKED: Mapping[str, Callable[[Session], Awaitable[object]]] = {
    "look": one_look,
    "history": history,
    **{kind.value: operation(kind) for kind in OperationKind},
}


@pytest.mark.parametrize("question", ASKED)
@settings(max_examples=60)
@given(data=st.data())
def test_whatever_servers_say_what_is_shown_is_printable_and_no_fault_of_ours(
    question: str, data: st.DataObject
) -> None:
    logging.getLogger("isdeploy_tui").addHandler(logging.NullHandler())
    session = Session(config.parse(SITE), LyingHosts(data), Operator("ops1", "bastion1"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(mapwrite, "LOOK_AGAIN_SECONDS", (0.0, 0.0))
        patched.setattr(runstart, "AGAIN_SECONDS", (0.0, 0.0))
        patched.setattr(runs, "PATIENCE_SECONDS", -1.0)
        try:
            found: object = asyncio.run(asyncio.wait_for(ASKED[question](session), 60))
        except RemoteError as error:
            found = error
    shown = texts(found)
    assert [text for text in shown if not text.isprintable()] == []
    assert [text for text in shown if "internal error" in text] == []


@given(LEASE_FILES, st.floats(0, 1e10))
def test_leases_of_any_bytes_can_be_shown(data: bytes, now: float) -> None:
    for lease in parse_leases(data, now).values():
        assert [text for text in texts(lease) if not text.isprintable()] == []
        assert clock(lease.since) + duration(now - lease.since) + duration(lease.age) + moment(lease.since, now)
        assert replace(lease, step="x").holder
