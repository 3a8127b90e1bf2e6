"""Faults of the program itself: a sentence for the person, the traceback for whoever mends it."""

import logging
import os
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

from isdeploy_tui.printable import printable

_BYTES = 512 * 1024


def fault_file() -> Path:
    """Return where tracebacks are kept (``$XDG_STATE_HOME/isdeploy/faults.log``)."""
    state = os.environ.get("XDG_STATE_HOME") or str(Path(os.environ.get("HOME", "/")) / ".local" / "state")
    return Path(state) / "isdeploy" / "faults.log"


def keep_faults() -> None:
    """Send what the program logs to a file of the user's and, as bare sentences, to standard error.

    Without this Python itself would print warnings with their tracebacks. A home that cannot be written keeps none.
    """
    root = logging.getLogger()
    if any(isinstance(handler, _Sentences) for handler in root.handlers):
        return
    logging.raiseExceptions = False
    root.addHandler(_Sentences())
    file = fault_file()
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = RotatingFileHandler(file, maxBytes=_BYTES, backupCount=1, encoding="utf-8", errors="replace", delay=True)
    except OSError:
        return
    kept.setFormatter(_Printable("%(asctime)s %(process)d %(name)s %(levelname)s %(message)s"))
    root.addHandler(kept)


def hush() -> None:
    """Say nothing more of what goes wrong, to a person who leaves at once; the file is told all the same."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, _Sentences):
            handler.setLevel(logging.CRITICAL + 1)


def tell_fault(error: BaseException) -> None:
    """Tell of a fault that nobody caught."""
    logging.getLogger(__name__).error("uncaught", exc_info=error)
    print(
        f"internal error: {printable(repr(error), 200)}; look at what is true now: isdeploy-tui status. "
        f"What a developer needs is in {fault_file()}",
        file=sys.stderr,
    )


class _Printable(logging.Formatter):
    """For a file that somebody will look at in a terminal, and in which servers may have had a word."""

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(printable(line) for line in super().format(record).split("\n"))


class _Sentences(logging.Handler):
    """Warnings of ours without their tracebacks; libraries talk to the file only, and so do faults told elsewhere."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("isdeploy_tui") and not record.exc_info:
            try:
                print(printable(record.getMessage()), file=sys.stderr, flush=True)
            except OSError:
                return
