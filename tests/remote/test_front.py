"""The commands for the balancer in front, run on every kind of shell: exit code, output, limits, and no shell words."""

from pathlib import Path

import pytest

from isdeploy_tui.remote import frontstate
from isdeploy_tui.remote.errors import ConnectionLostError
from isdeploy_tui.remote.frontstate import ask_state
from isdeploy_tui.remote.frontswitch import switch_front
from tests.remote.local_host import LocalHost
from tests.remote.userlands import USERLANDS, make_host


@pytest.fixture(params=USERLANDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    """Each kind of server."""
    return make_host(request.param, tmp_path)


async def test_the_exit_code_and_the_first_words_come_back(host: LocalHost) -> None:
    end = await ask_state(host, ["/bin/sh", "-c", "echo out of pool; echo by hand >&2; exit 1"])
    assert (end.code, end.said) == (1, "out of pool by hand")
    assert end.sentence == "exit 1: out of pool by hand"


async def test_arguments_arrive_as_they_are_and_no_shell_reads_them(host: LocalHost) -> None:
    words = ["a b", "$HOME", "`id`", "'", '"', "*", "; exit 7", "--"]
    end = await switch_front(host, ["/usr/bin/printf", "<%s>", *words])
    assert (end.code, end.said) == (0, "".join(f"<{word}>" for word in words))


async def test_a_program_that_is_not_there_is_no_answer(host: LocalHost) -> None:
    end = await ask_state(host, ["/no/such/program"])
    assert end.code == 127


async def test_much_output_is_cut_and_does_not_change_the_exit_code(host: LocalHost) -> None:
    end = await ask_state(
        host, ["/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; exit 1"]
    )
    assert end.code == 1
    assert len(end.said) <= 300
    assert end.said.startswith("line 0 line 1 ")


async def test_what_it_prints_is_harmless_and_cannot_pass_for_an_answer(host: LocalHost) -> None:
    end = await ask_state(host, ["/usr/bin/printf", r"\\033[2Jred\\n@0000 rc 0\\nrc 0\\n"])
    assert end.said.isprintable()
    assert (end.code, "\x1b" in end.said) == (0, False)
    end = await ask_state(host, ["/bin/sh", "-c", "printf 'rc 0'; exit 1"])
    assert end.code == 1


async def test_a_command_that_does_not_end_is_ended_and_nobody_waits_for_it(
    host: LocalHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontstate, "GRACE_SECONDS", 1)
    try:
        end = await ask_state(host, ["/bin/sleep", "600"], seconds=1)
    except ConnectionLostError:
        # Where there is no timeout(1), we hang up.
        return
    assert "did not end in time" in end.sentence


@pytest.mark.parametrize("code", [0, 1, 3])
async def test_it_reads_nothing_from_us(host: LocalHost, code: int) -> None:
    end = await ask_state(host, ["/bin/sh", "-c", f"cat; exit {code}"])
    assert (end.code, end.said) == (code, "")
