"""Who may change what, and how sure they have to be: production services, operators, a person in a hurry."""

from pathlib import Path
from typing import Any

import pytest

from tests.lab.command_line import isdeploy, on_terminal, program, settings, until
from tests.lab.stack import Stack
from tests.lab.test_bastions import HOME, OUT, W1, leases
from tests.lab.watched import marking_scripts


def service(stack: Stack, folder: Path, **values: Any) -> Path:
    """Return a servers.toml whose service has these values, too."""

    def change(data: dict[str, Any]) -> None:
        data["service"][0].update(values)

    return settings(stack, folder, change)


async def test_at_a_terminal_a_production_service_wants_its_name_before_it_is_changed(
    stack: Stack, tmp_path: Path
) -> None:
    config = service(stack, tmp_path, environment="production")
    for words, typed, status, after in (
        (("drain", W1), "yes", 1, HOME),
        (("drain", W1), "shop", 0, OUT),
        (("drain", W1), None, 0, OUT),
        (("restore", W1), "no", 1, OUT),
        (("restore", W1, "--yes"), None, 0, HOME),
        (("deploy", W1, "--force"), "y", 1, HOME),
        (("roll", W1), "y", 1, HOME),
    ):
        async with on_terminal(program(config, *words), {"HOME": str(tmp_path)}) as terminal:
            if typed is not None:
                await terminal.until("shop is production. Type its name to go on:")
                assert stack.apache.map.read_bytes() == (OUT if "restore" in words else HOME)
                terminal.type(f"{typed}\n")
            assert await terminal.end() == status, terminal.seen
            assert ("Nothing was done." in terminal.seen) is (status == 1)
            assert ("Type its name" in terminal.seen) is (typed is not None)
        assert stack.apache.map.read_bytes() == after, words


async def test_a_script_that_drains_production_is_not_asked(stack: Stack, tmp_path: Path) -> None:
    config = service(stack, tmp_path, environment="production")
    assert (await isdeploy(config, "drain", W1)).status == 0
    assert (await isdeploy(config, "restore", W1)).status == 0
    assert (await isdeploy(config, "roll", W1)).status == 2


@pytest.mark.parametrize("words", [["drain"], ["restore"], ["deploy", "--yes"], ["roll", "--yes"]])
async def test_who_is_no_operator_is_refused_whatever_is_said(stack: Stack, tmp_path: Path, words: list[str]) -> None:
    config = service(stack, tmp_path, operators=["kim"])
    for more in ([], ["--force"], ["--take-over", "because"]):
        refused = await isdeploy(config, *words, *more, W1)
        assert refused.status == 3, refused
        assert "may not change shop; kim may. This cannot be forced." in refused.err
    assert stack.apache.map.read_bytes() == HOME


async def test_a_second_ctrl_c_leaves_at_once_with_one_plain_sentence(stack: Stack, tmp_path: Path) -> None:
    marks, config = marking_scripts(tmp_path, stack)
    marks.hold()
    async with on_terminal(program(config, "roll", W1, "--yes", "--", "1"), {"HOME": str(tmp_path)}) as terminal:
        await until(lambda: marks.running == ["worker1"])
        # The step cannot end, and nobody can give the lease back.
        stack.machines["web1"].freeze()
        try:
            terminal.type("\x03")
            await terminal.until("once more to leave at once")
            terminal.type("\x03")
            assert await terminal.end() == 1
        finally:
            stack.machines["web1"].thaw()
    marks.let_go()
    said = terminal.seen.partition("once more to leave at once")[2].replace("^C", "").split("\r\n")
    assert [line for line in said if line.strip()] == [
        "left at once; what was under way may go on, and its lease is free after a minute; "
        "look at what is true now: isdeploy-tui status"
    ]
    assert leases(stack)
    await until(lambda: marks.deployed == ["worker1"])
