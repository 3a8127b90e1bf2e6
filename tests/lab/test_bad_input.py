"""What people get wrong and what servers refuse: one clear sentence, its exit status, and an untouched map."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.command_line import Ended, isdeploy, on_terminal, program, settings, started
from tests.lab.stack import Stack

W1 = "shop/web1/worker1"


@dataclass(frozen=True, slots=True)
class Untouched:
    """A map as it stood: not only its bytes, also the file itself."""

    path: Path
    data: bytes
    file: tuple[int, int]

    @classmethod
    def now(cls, path: Path) -> "Untouched":
        status = path.stat()
        return cls(path, path.read_bytes(), (status.st_ino, status.st_mtime_ns))

    def holds(self) -> bool:
        return Untouched.now(self.path) == self


def sentence(said: Ended) -> str:
    """The last line of what was said beside the output: the one that tells what went wrong."""
    return said.err.splitlines()[-1]


@pytest.mark.parametrize("command", ["status", "drain", "logs"])
async def test_a_broken_configuration_names_the_place(tmp_path: Path, command: str) -> None:
    file = tmp_path / "servers.toml"
    file.write_text('[[service]]\nname = "shop"\n[[service.apache]\n')
    said = await isdeploy(file, command, "shop")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"{file}: not valid TOML: ")
    assert "line 3" in said.err


async def test_every_wrong_key_is_told_at_once_with_its_path(stack: Stack, tmp_path: Path) -> None:
    def spoil(data: dict[str, Any]) -> None:
        apache = data["service"][0]["apache"][0]
        apache |= {"map": "conf/uriworkermap.properties", "reload_secs": 5}
        apache["worker"][1]["name"] = "worker1"

    file = settings(stack, tmp_path, spoil)
    said = await isdeploy(file, "drain", W1)
    assert (said.status, said.out) == (2, "")
    for place in ("› map: an absolute path", "› reload_secs: unknown key", "worker1"):
        assert place in said.err
    assert all(line.startswith(f"{file}: service 'shop'") for line in said.err.splitlines())


async def test_a_configuration_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = await isdeploy(tmp_path / "nowhere.toml", "status")
    assert (said.status, said.err) == (2, f"{tmp_path}/nowhere.toml: no such file (named by --config)\n")


@pytest.mark.parametrize("command", ["status", "drain", "logs"])
async def test_an_unknown_target_is_told_with_what_was_meant(stack: Stack, command: str) -> None:
    said = await isdeploy(stack.config_file, command, "shop/web1/worker9")
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("no worker matches 'shop/web1/worker9' in ")
    assert "did you mean shop/web1/worker" in said.err


@pytest.mark.parametrize("words", [["drain"], ["drain", W1, "--", "x"], ["explode", W1], ["logs", W1, "-n", "-1"]])
async def test_wrong_usage_is_status_two(stack: Stack, words: list[str]) -> None:
    said = await isdeploy(stack.config_file, *words)
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith("usage: ")


async def test_read_only_changes_nothing_by_command_either(stack: Stack) -> None:
    known = Untouched.now(stack.apache.map)
    said = await isdeploy(stack.config_file, "--read-only", "drain", W1)
    assert (said.status, said.err) == (2, "drain changes servers; --read-only only watches\n")
    assert known.holds()


async def test_a_rule_for_a_worker_outside_worker_list_is_refused(stack: Stack) -> None:
    stack.apache.write_map(b"/*=balancer\n/old/*=nobody\n")
    known = Untouched.now(stack.apache.map)
    said = await isdeploy(stack.config_file, "drain", W1, "--json")
    assert said.status == 3
    assert said.steps == [("guard", "refused")]
    detail = said.objects[0]["detail"]
    assert detail.startswith(f"{stack.apache.map}: line 2, column 8: 'nobody' is not in worker.list")
    assert "mend the map first" in detail
    assert known.holds()


async def test_a_map_edited_while_the_write_waits_for_its_lock_stays_as_edited(stack: Stack) -> None:
    async with started(stack.config_file, "drain", W1, "--json") as drain:
        with locked(stack.apache.map.parent):
            await drain.until('"write", "state": "started"')
            stack.apache.write_map(b"# noon\n/*=balancer\n")
            known = Untouched.now(stack.apache.map)
        said = await drain.end()
    assert said.status == 1
    assert said.steps[-1] == ("write", "failed")
    assert "was changed by somebody else since this was planned. Nothing was written." in said.objects[-1]["detail"]
    assert known.holds()


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the lock that every writer of a map there takes."""
    fd = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


async def test_a_map_that_is_not_there_is_told(stack: Stack, tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["service"][0]["apache"][0]["map"] = "/nowhere/uriworkermap.properties"

    said = await isdeploy(settings(stack, tmp_path, change), "drain", W1)
    assert said.status == 1
    assert "/nowhere/uriworkermap.properties does not exist" in sentence(said)


async def test_a_host_key_that_nobody_accepted_is_told(stack: Stack, tmp_path: Path) -> None:
    ssh_config = tmp_path / "ssh_config"
    unknown = stack.ssh_config.read_text().replace("UserKnownHostsFile ", f"UserKnownHostsFile {tmp_path}/none")
    ssh_config.write_text(unknown)
    known = Untouched.now(stack.apache.map)
    said = await isdeploy(
        settings(stack, tmp_path, lambda data: data.update(ssh_config=str(ssh_config))), "drain", W1, "--json"
    )
    assert said.status == 1
    assert said.steps == [("plan", "failed")]
    assert "host key" in said.objects[0]["detail"]
    assert known.holds()


async def test_the_screen_refuses_a_pipe_and_a_dumb_terminal(stack: Stack) -> None:
    piped = await isdeploy(stack.config_file)
    assert (piped.status, piped.out) == (2, "")
    assert piped.err.startswith("the screen needs a terminal; ")
    for words in ((), ("--read-only",)):
        argv = program(stack.config_file, *words)
        async with on_terminal(argv, {"HOME": str(stack.home), "TERM": "dumb"}) as terminal:
            await terminal.until("this terminal (TERM=dumb) cannot draw a screen; use 'isdeploy-tui status'")
            assert await terminal.end() == 2
            assert "\x1b" not in terminal.seen
