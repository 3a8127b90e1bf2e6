"""What the engine warns of beside the steps of an operation, as plain sentences on standard error."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_LOGGER = logging.getLogger("isdeploy_tui")
# Without any handler Python would write warnings, tracebacks too, as they come.
_LOGGER.addHandler(logging.NullHandler())


class _Speaking(logging.Handler):
    """Writes the sentence alone. What comes with a traceback was told as an error of its own."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is None:
            # After SIGHUP there is no terminal to say it to.
            with suppress(OSError, ValueError):
                print(f"warning: {record.getMessage()}", file=sys.stderr, flush=True)


@contextmanager
def spoken() -> Iterator[None]:
    """Say warnings while the context lasts; what comes later is nobody's concern any more."""
    handler = _Speaking(logging.WARNING)
    _LOGGER.addHandler(handler)
    try:
        yield
    finally:
        _LOGGER.removeHandler(handler)
