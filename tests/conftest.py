"""What all tests share."""

import signal

import pytest
from hypothesis import settings

# Time limits would measure the machine that runs the tests, not the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

# What a shell starts in its background ignores Ctrl-C, and so would every program that the tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the thorough tests unless they are asked for by name (``-m thorough``)."""
    if "thorough" in config.getoption("markexpr"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
