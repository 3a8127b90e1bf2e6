"""The lab's processes, started with a mark in their environment: what is stopped later is ours and only ours."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

MARK = "ISDEPLOY_LAB"


class StartError(Exception):
    """A part of the lab did not come up; says which, and the end of its log."""


def environment(directory: Path, **more: str) -> dict[str, str]:
    """Return the environment of everything that runs in the lab at ``directory``: a home of its own, and the mark."""
    path = os.environ.get("PATH", "/usr/bin:/bin")
    return {"PATH": path, "HOME": str(directory / "home"), "LC_ALL": "C.UTF-8", MARK: str(directory), **more}


def default_signals() -> None:
    """Take signals as a program that a login or an init starts; for ``preexec_fn``.

    Tests that a shell runs in the background are to ignore some, and all that they start would inherit that.
    """
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)


class Daemon:
    """A server process in the foreground of its own session."""

    def __init__(self, name: str, argv: Sequence[str], log: Path, environ: Mapping[str, str]) -> None:
        self.name = name
        self._argv = tuple(argv)
        self._log = log
        self._environ = dict(environ)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id. Raises StartError when it does not run."""
        if self._process is None or self._process.poll() is not None:
            raise StartError(f"{self.name} does not run")
        return self._process.pid

    @property
    def runs(self) -> bool:
        """True while the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Start it and return as soon as ``ready``. Raises StartError when it ends or takes longer than ``seconds``."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
                cwd="/",
                start_new_session=True,
                preexec_fn=default_signals,
            )
        if not wait_until(lambda: not self.runs or ready(), seconds) or not self.runs:
            self.stop()
            raise StartError(f"{self.name} did not start:\n{tail(self._log)}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself."""
        os.kill(self.pid, number)

    def stop(self, seconds: float = 5) -> None:
        """End it: politely, then with its whole session."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
        # The session outlives its leader as long as a member does; the group's number cannot be given away until then.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


def accepts(port: int, address: str = "127.0.0.1") -> bool:
    """True when somebody listens there."""
    try:
        socket.create_connection((address, port), 1).close()
    except OSError:
        return False
    return True


def wait_until(true: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Return True as soon as ``true()`` is, False when it is not within ``seconds``."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, for a message."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:]) if log.exists() else f"(no {log.name})"


def own_processes(directory: Path, command: str = "") -> Iterator[int]:
    """Yield the processes that carry this lab's mark: deploy scripts, their children, Tomcats that they started.

    ``command`` is a part of the command line that they must have.
    """
    mark = f"{MARK}={directory}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                marked = mark in (entry / "environ").read_bytes().split(b"\0")
                if marked and command.encode() in (entry / "cmdline").read_bytes():
                    yield int(entry.name)
            except OSError:  # it has ended, or belongs to another user
                continue


def kill_own(directory: Path, command: str = "") -> None:
    """End every process that carries this lab's mark (and has ``command`` in its command line)."""

    def sweep() -> bool:
        left = list(own_processes(directory, command))
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return not left

    wait_until(sweep, 5, 0.05)
