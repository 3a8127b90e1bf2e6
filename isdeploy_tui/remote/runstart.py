"""Starting and ending detached runs. How one stands and what it prints is read by ``runs``."""

import asyncio
from collections.abc import Sequence

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ConnectError, ConnectionLostError, ScriptError
from isdeploy_tui.remote.host import Host, Reply
from isdeploy_tui.remote.runs import NO_SUCH_RUN, check_run_id, no_such_run

TOMCAT_BUSY = 45
"""``ScriptError.code`` when another run of the same Tomcat goes on; nothing was started then."""

AGAIN_SECONDS = (1.0, 4.0, 10.0, 20.0)
"""Pauses before a start whose connection was lost is tried again: about as long as a lost output is looked for."""

_NOT_STARTED = "Nothing was started."


async def start_run(
    host: Host, run_id: str, argv: Sequence[str], *, label: str = "", tomcat: str = "", veiled: Sequence[str] = ()
) -> None:
    """Start a program as a run that goes on without us; returns as soon as it runs.

    Each word of ``argv`` arrives byte for byte, through no shell; the program is a path or found on the host's PATH.
    It gets no input, the account's environment, and a process group of its own. ``label`` is kept for people: it must
    hold no secret; ``veiled`` are fingerprints of words that whoever reads the output later must not see. While a run
    of the same ``tomcat`` goes on there, no other is started.
    Idempotent: an id that was started already is left as it is, so it may be called again after a lost connection,
    which it does itself for about a minute. Raises ScriptError (nothing was started), ConnectionLostError (not known),
    and ConnectError and the like (nothing was sent).
    """
    words = (check_run_id(run_id), label, tomcat, " ".join(veiled), *argv)
    lost = False
    for pause in (*AGAIN_SECONDS, None):
        try:
            reply = await host.run("runstart.sh", *words)
        except ConnectionLostError:
            lost = True
        except ConnectError:
            if not lost:
                raise
        else:
            if reply.status != 0:
                raise _not_started(host.name, argv[0], reply)
            return
        if pause is not None:
            await asyncio.sleep(pause)
    sentence = f"The connection was lost while run {run_id} was started; it is not known whether it was."
    raise ConnectionLostError(host.name, sentence, "Look it up before starting another.")


async def cancel_run(host: Host, run_id: str) -> bool:
    """Send SIGTERM to all processes of a run and return True; False when it has ended already.

    Does not wait for the end: ``follow_run`` tells it. Raises ScriptError and what ``Host.run`` raises.
    """
    reply = await host.run("runcancel.sh", check_run_id(run_id))
    if reply.status == NO_SUCH_RUN:
        raise no_such_run(host.name, run_id)
    if reply.status != 0:
        raise ScriptError(host.name, reply.status, f"Run {run_id} could not be ended ({_found(reply)}). It goes on.")
    return b"TERMINATED" in reply.lines


def _found(reply: Reply) -> str:
    said = reply.lines[-1].removeprefix(b"ERR ") if reply.lines else reply.stderr
    return printable(said.decode("utf-8", "replace").strip(), 300) or f"exit status {reply.status}"


def _not_started(host: str, program: str, reply: Reply) -> ScriptError:
    shown, found = printable(program), _found(reply)
    sentence, remedy = {
        40: (f"{shown} does not exist.", "Look at deploy in servers.toml."),
        41: (f"{shown} is not a file.", "Look at deploy in servers.toml."),
        42: (f"{shown} may not be executed by this account.", "chmod +x, or log in as a user who may."),
        44: (f"The account has no home directory ({found}) to keep the run's output in.", "Create it."),
        TOMCAT_BUSY: (
            f"Run {found} of the same Tomcat still goes on.",
            "Follow it, or end it first.",
        ),
        46: (f"~/.local/state/isdeploy/runs cannot be written ({found}).", "Give the account its home directory."),
        48: ("Another run is being started there at this moment.", "Try again."),
        50: (f"The disk that holds the home directory is full ({found}).", "Make room there."),
    }.get(reply.status, (f"{shown} could not be started ({found}).", ""))
    return ScriptError(host, reply.status, f"{sentence} {_NOT_STARTED}", remedy)
