"""Deploy scripts as detached runs: how one stands, and its output from any byte on. Starting one is ``runstart``.

A run belongs to its host: output, exit code and process id are kept there in ``~/.local/state/isdeploy/runs/ID/``, so
it goes on when we die, and anyone who logs in as the same user can follow it from the start.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import TypeVar

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.again import run_again
from isdeploy_tui.remote.encoded import ENCODED_RATIO, decode, whole
from isdeploy_tui.remote.errors import ConnectError, ConnectionLostError, RemoteError, ScriptError
from isdeploy_tui.remote.host import Host
from isdeploy_tui.remote.ticked import ask

NO_SUCH_RUN = 40
"""``ScriptError.code`` when the host knows no run of that id."""

PATIENCE_SECONDS = 60.0
"""How long ``follow_run`` tries to get a lost connection back before it gives up."""

CHUNK = 8 * 65536
"""Most bytes of output in one answer, as in runfollow.sh."""

# What keeps us from connecting now and may not in a moment; the rest a person has to mend.
_PASSING = frozenset({"refused", "timeout", "name", "lost", "other"})

_QUICK, _SLOW = 0.05, 1.0
_SHARE = 20
"""A silent run is looked at after at most a twentieth of the time that it has been followed: an end is soon seen."""

_Otherwise = TypeVar("_Otherwise")

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


@dataclass(frozen=True, slots=True)
class RunOutput:
    """A piece of a run's output as bytes; ``offset`` is where it begins."""

    data: bytes
    offset: int


@dataclass(frozen=True, slots=True)
class RunEnd:
    """The end of a run. ``code`` is its exit code, 128 + n when signal n killed it.

    ``lost``: it ended without one, because its host was restarted or the process that waits for it was killed.
    """

    code: int | None
    lost: bool


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """How a run stands: ``running``, or ended with ``code``, or ``lost`` (see RunEnd).

    ``size`` is the length of its output in bytes, ``started`` Unix seconds by the host's clock; ``label``, ``tomcat``
    and ``veiled`` are what it was started with, printable.
    """

    running: bool
    code: int | None
    lost: bool
    size: int
    started: int
    label: str
    tomcat: str
    veiled: tuple[str, ...] = ()


def check_run_id(run_id: str) -> str:
    """Return the id. Raises ValueError unless it can be a directory's name: letters, digits, ``.``, ``_``, ``-``."""
    if not _ID.fullmatch(run_id):
        raise ValueError(f"not a run id: {run_id!r}")
    return run_id


async def run_outcome(host: Host, run_id: str) -> RunOutcome:
    """Ask how a run stands. Raises ScriptError (NO_SUCH_RUN) and what ``Host.run`` raises."""
    reply = await run_again(host, "runstate.sh", check_run_id(run_id))
    if reply.status == NO_SUCH_RUN:
        raise no_such_run(host.name, run_id)
    found: dict[bytes, bytes] = {}
    for line in reply.lines:
        key, _, value = line.partition(b" ")
        found.setdefault(key, value)
    standing = found.get(b"standing", b"").split()
    if reply.status != 0 or not standing:
        raise ScriptError(host.name, reply.status, f"Run {run_id} could not be looked up (status {reply.status}).")
    code = _number(standing[1], None) if len(standing) > 1 else None
    return RunOutcome(
        running=standing[0] == b"running",
        code=code,
        lost=standing[0] == b"lost",
        size=_number(found.get(b"size"), 0),
        started=_number(found.get(b"started"), 0),
        label=printable(found.get(b"label", b"").decode("utf-8", "replace")),
        tomcat=printable(found.get(b"tomcat", b"").decode("utf-8", "replace")),
        veiled=tuple(printable(found.get(b"veiled", b"").decode("utf-8", "replace")).split()),
    )


async def going_run(host: Host, tomcat: str) -> str | None:
    """Return the id of a run of that Tomcat that goes on, None when there is none. Raises ScriptError and the like."""
    return await _run_named(host, "runbusy.sh", tomcat)


async def latest_run(host: Host, tomcat: str) -> str | None:
    """Return the id of the run of that Tomcat that was started last; None when there is none. Raises as going_run."""
    return await _run_named(host, "runlast.sh", tomcat)


async def _run_named(host: Host, script: str, tomcat: str) -> str | None:
    reply = await run_again(host, script, tomcat)
    if reply.status != 0:
        raise ScriptError(host.name, reply.status, f"The runs could not be looked up (status {reply.status}).")
    found = next((line.removeprefix(b"run ") for line in reply.lines if line.startswith(b"run ")), None)
    return None if found is None else printable(found.decode("utf-8", "replace"))


async def follow_run(host: Host, run_id: str, offset: int = 0) -> AsyncGenerator[RunOutput | RunEnd, None]:
    """Yield a run's output from byte ``offset`` on, as it comes, and last its end.

    A lost connection is opened again and the output goes on at the exact byte; the run itself is not touched by any
    of this. Raises ScriptError (NO_SUCH_RUN), and the ConnectionLostError or ConnectError when the host could not be
    reached for PATIENCE_SECONDS (at the first attempt: at once).
    """
    check_run_id(run_id)
    answered: float | None = None
    began = time.monotonic()
    pause = _QUICK
    end: tuple[RunEnd, int] | None = None
    while True:
        try:
            async with host.stream("runfollow.sh", run_id) as stream:
                while True:
                    lines = await ask(host.name, stream, b"%d" % offset, ENCODED_RATIO * CHUNK + 1024)
                    answered = time.monotonic()
                    standing, size, data = _answer(host.name, run_id, lines)
                    if end is None and standing is not None:
                        # What a child left behind goes on printing is not waited for.
                        end = standing, size
                    if data:
                        yield RunOutput(data, offset)
                        offset += len(data)
                    if end is not None and offset >= end[1]:
                        break
                    longest = min(max(_QUICK, (answered - began) / _SHARE), _SLOW)
                    pause = _QUICK if data else min(pause * 1.5, longest)
                    if len(data) < CHUNK and end is None:
                        await asyncio.sleep(pause)
            yield end[0]  # the channel is closed already: nobody asks for more after this
            return
        except (ConnectionLostError, ConnectError, ScriptError) as error:
            if isinstance(error, ScriptError) and error.code == NO_SUCH_RUN:
                raise no_such_run(host.name, run_id) from None
            if not _goes_on(error, answered):
                raise
        await asyncio.sleep(_SLOW)


def _goes_on(error: RemoteError, answered: float | None) -> bool:
    if isinstance(error, ConnectError) and error.kind not in _PASSING:
        return False
    return answered is not None and time.monotonic() - answered < PATIENCE_SECONDS


def _answer(host: str, run_id: str, lines: list[bytes]) -> tuple[RunEnd | None, int, bytes]:
    try:
        (state, size, code), (encoding, word) = (line.split(b" ") for line in lines)
        data = decode(encoding, word)
        end = None if state == b"running" else RunEnd(whole(code) if code else None, lost=state == b"lost")
        return end, whole(size), data
    except ValueError:
        raise ScriptError(host, -1, f"The host's answer about run {run_id} is garbled.") from None


def _number(text: bytes | None, otherwise: _Otherwise) -> int | _Otherwise:
    try:
        return otherwise if text is None else whole(text)
    except ValueError:
        return otherwise


def no_such_run(host: str, run_id: str) -> ScriptError:
    """Return the error for an id that the host does not know."""
    sentence = f"There is no run {run_id} in ~/.local/state/isdeploy/runs."
    return ScriptError(host, NO_SUCH_RUN, sentence, "Only the newest 50 are kept, and only for the same user.")
