"""Questions on a plain terminal: answered, closed, or given up at once."""

import asyncio
import os
import termios
from collections.abc import Iterator

import pytest

from isdeploy_tui.commands.prompt import read_line


@pytest.fixture
def person(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The end of a terminal at which a person types; the other end is standard input."""
    typing, reading = os.openpty()
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        yield typing
    os.close(typing)


def echoes(terminal: int) -> bool:
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


async def test_a_typed_line_is_the_answer_and_the_next_one_waits(person: int) -> None:
    os.write(person, b"shop\nyes\n")
    assert await read_line("Type its name: ") == "shop"
    assert await read_line("Run it? ") == "yes"


async def test_a_closed_input_is_no_answer(person: int) -> None:
    os.write(person, b"\x04")
    with pytest.raises(EOFError):
        await read_line("? ")


async def test_a_secret_is_not_echoed_and_the_terminal_is_as_before(person: int) -> None:
    asking = asyncio.create_task(read_line("Password: ", echo=False))
    await asyncio.sleep(0.05)
    assert not echoes(person)
    os.write(person, b"secret\n")
    assert await asking == "secret"
    assert echoes(person)
    os.set_blocking(person, False)
    with pytest.raises(BlockingIOError):
        os.read(person, 100)


async def test_a_question_that_is_given_up_holds_nothing_back(person: int) -> None:
    asking = asyncio.create_task(read_line("Password: ", echo=False))
    await asyncio.sleep(0.05)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert echoes(person)
    os.write(person, b"late\n")
    assert await read_line("? ") == "late"


async def test_prompts_leave_standard_output_to_the_answers(person: int, capsys: pytest.CaptureFixture[str]) -> None:
    os.write(person, b"y\n")
    await read_line("Run it? ")
    assert capsys.readouterr() == ("", "Run it? ")
