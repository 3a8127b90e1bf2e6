"""What all tests of the engine share."""

import pytest

from isdeploy_tui.config import model


@pytest.fixture(autouse=True)
def quick_settling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settle in a tenth of a second: behind these sites is no httpd that would have to follow."""
    monkeypatch.setattr(model, "SETTLE_MARGIN", -0.9)
