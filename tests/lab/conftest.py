"""The lab's fixtures. Where the stack is not installed these tests are left out; under CI that is a failure."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab.programs import missing_packages
from tests.lab.scenario import Scenario
from tests.lab.stack import Stack, running

_HERE = Path(__file__).parent

StartStack = Callable[[Scenario], Stack]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this directory, so that ``-m "not lab"`` leaves them out."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.lab)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out, or under CI fail, what cannot run. Here and not in a fixture: so the summary has one line for all."""
    if missing := missing_packages():
        sentence = f"the tests on a real stack (tests/lab) need the Debian packages {' '.join(missing)}"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence, pytrace=False)
        pytest.skip(f"left out: {sentence}")


@pytest.fixture(scope="session")
def _common_stack() -> Iterator[Stack]:
    with running(Scenario()) as stack:
        yield stack


@pytest.fixture
def stack(_common_stack: Stack) -> Stack:
    """The common case, three Tomcats behind one Apache, as it was at its start."""
    _common_stack.reset()
    return _common_stack


@pytest.fixture(scope="session")
def _checked_stack() -> Iterator[Stack]:
    with running(Scenario(direct_vhosts=True)) as stack:
        yield stack


@pytest.fixture
def checked_stack(_checked_stack: Stack) -> Stack:
    """The common case with a virtual host for each worker alone, its ``check_url``; as it was at its start."""
    _checked_stack.reset()
    return _checked_stack


@pytest.fixture
def start_stack() -> Iterator[StartStack]:
    """A function that starts a stack of another kind, which ends with the test."""
    with ExitStack() as stacks:
        yield lambda scenario: stacks.enter_context(running(scenario))
