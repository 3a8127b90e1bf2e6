"""What all tests share."""

import pytest
from hypothesis import settings

# Time limits would measure the machine that runs the tests, not the code.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the thorough tests unless they are asked for by name (``-m thorough``)."""
    if "thorough" in config.getoption("markexpr"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
