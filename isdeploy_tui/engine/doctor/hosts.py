"""Judging a server: its tools, its clock, where deploy scripts keep their output, what still runs."""

from collections.abc import Collection

from isdeploy_tui.engine.doctor.finding import At, Findings
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.hostfacts import HostFacts, Room

CLOCK_SECONDS = 5.0
"""A clock that is further off makes journals of several people hard to read."""

LEAST_KIB = 1024
"""Free space under which nothing is sure to be written whole."""

_TOOLS = [
    "chmod",
    "cp",
    "cut",
    "date",
    "grep",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mktemp",
    "mv",
    "od",
    "readlink",
    "rm",
    "sed",
    "sort",
    "stat",
    "tail",
    "touch",
    "tr",
]
_HASHES = ("sha256sum", "shasum", "openssl", "busybox")
_SESSIONS = ("setsid", "busybox", "perl")


def judge_host(
    name: str, facts: HostFacts, seconds: float, offset: float, *, runs: bool, tomcats: Collection[str]
) -> Findings:
    """Yield findings. ``seconds``: how long its first answer took; ``offset``: how far its clock is ahead of ours.

    ``runs``: deploy scripts are to run there; ``tomcats`` are those of servers.toml that live there.
    """
    at = At(name)
    yield at.ok("ssh", f"answered as {facts.user} within {seconds:.1f} s")
    if facts.now and abs(offset) >= CLOCK_SECONDS:
        way = "ahead of" if offset > 0 else "behind"
        yield at.warning(
            "clock",
            f"its clock is {abs(offset):.0f} s {way} this machine's",
            "set both by NTP; journals mix their times",
        )
    elif facts.now:
        yield at.ok("clock", "its clock is right")
    yield from _tools(at, facts, runs)
    if runs:
        yield from _state(at, facts)
    for run in facts.runs:
        began = f" for {max(0, facts.now - run.started)} s" if run.started else ""
        whose = f" of {run.tomcat}" if run.tomcat else ""
        known = run.tomcat in tomcats
        yield at.warning(
            "runs",
            f"a deploy script{whose} still runs{began} (run {run.id})",
            "wait for its end, or look at it there; its Tomcat is not restored meanwhile" if known else "",
        )


def _tools(at: At, facts: HostFacts, runs: bool) -> Findings:
    missing = [tool for tool in _TOOLS if tool not in facts.tools]
    if not facts.tools.intersection(_HASHES):
        missing.append("sha256sum")
    if missing:
        yield at.fault(
            "tools", f"there is no {', '.join(missing)} in the account's PATH", "install coreutils or busybox"
        )
        return
    lesser = []
    if "flock" not in facts.tools:
        lesser.append("no flock, so a symbolic link is the lock")
    if "base64" not in facts.tools:
        lesser.append("no base64, so files travel as hexadecimal")
    if runs and not facts.tools.intersection(_SESSIONS):
        yield at.warning(
            "tools",
            "there is no setsid, so cancelling a deploy reaches the script itself and not what it started",
            "install util-linux or busybox",
        )
    yield at.ok("tools", "; ".join(["all tools are there", *lesser]))


def _state(at: At, facts: HostFacts) -> Findings:
    if facts.home == "missing":
        yield at.fault(
            "runs", f"the account has no home directory ({facts.state or 'none is set'})",
            "make one: the output of deploy scripts is kept in ~/.local/state/isdeploy",
        )  # fmt: skip
    elif facts.home == "denied":
        yield at.fault(
            "runs",
            f"{facts.state} may not be written by {facts.user}",
            "make it writable: the output of deploy scripts is kept in ~/.local/state/isdeploy",
        )
    elif problem := full(facts.room):
        yield at.fault("space", f"{facts.state}: {problem}", "make room: a deploy script's output is kept there")
    else:
        yield at.ok("runs", "the output of deploy scripts can be kept")


def full(room: Room) -> str:
    """Return why a file system takes nothing more, or an empty text."""
    if room.free_kib is not None and room.free_kib < LEAST_KIB:
        return f"only {room.free_kib} KiB are free"
    if room.free_inodes is not None and room.free_inodes < 20:
        return f"only {room.free_inodes} inodes are free"
    return ""


def free(room: Room) -> str:
    """Return the free space in words; empty when it is not known."""
    if room.free_kib is None:
        return ""
    for unit, size in (("GiB", 1024 * 1024), ("MiB", 1024)):
        if room.free_kib >= size:
            return f"{room.free_kib // size} {unit} free"
    return f"{room.free_kib} KiB free"


def names(words: Collection[str]) -> str:
    """Return names for a sentence."""
    return ", ".join(printable(word, 80) for word in words)
