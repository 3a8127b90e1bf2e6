"""``status`` on a real fleet of which some hosts are gone: every worker is named, and nobody waits for the sum."""

import asyncio
import contextlib
import copy
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.lab.command_line import Ended, isdeploy, settings, until
from tests.lab.load import Load
from tests.lab.programs import free_ports
from tests.lab.stack import Stack

KEYS = ["service", "apache", "worker", "rotation", "health", "busy", "error", "leftover", "front", "remarks"]
CONNECT_SECONDS = 10.0
SILENT = ("silent1", "silent2", "silent3", "silent4", "silent5")


def states(said: Ended) -> list[dict[str, Any]]:
    """The objects of ``status --json``, checked to be what DESIGN promises."""
    found: list[dict[str, Any]] = json.loads(said.out)
    for state in found:
        assert list(state) == KEYS
        assert state["rotation"] in {"active", "disabled", "stopped", "unknown"}
        assert state["health"] in {"up", "down", "unknown"}
        assert state["busy"] is None or isinstance(state["busy"], int)
    return found


@asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """Listen on a port, accept whoever comes, and say nothing."""
    writers = []

    async def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()


def with_more_apaches(stack: Stack, folder: Path, ports: dict[str, int]) -> Path:
    """Return a servers.toml for the stack with one more Apache on each of these SSH ports."""
    aliases = [
        stack.machines["web1"].alias(name).replace(f"Port {stack.machines['web1'].port}", f"Port {port}")
        for name, port in ports.items()
    ]
    ssh_config = folder / "ssh_config"
    ssh_config.write_text("\n".join([stack.ssh_config.read_text(), *aliases]))

    def change(data: dict[str, Any]) -> None:
        data["ssh_config"] = str(ssh_config)
        data["connect_seconds"] = CONNECT_SECONDS
        apaches = data["service"][0]["apache"]
        for name in ports:
            other = copy.deepcopy(apaches[0]) | {"name": name, "ssh": name}
            for worker in other["worker"]:
                worker["tomcat"] = f"{worker['name']}-{name}"
            apaches.append(other)

    return settings(stack, folder, change)


async def test_hosts_that_are_down_or_silent_cost_one_timeout_and_not_the_sum(stack: Stack, tmp_path: Path) -> None:
    down = next(free_ports())
    async with contextlib.AsyncExitStack() as servers:
        ports = {name: await servers.enter_async_context(silence()) for name in SILENT}
        said = await isdeploy(with_more_apaches(stack, tmp_path, {"down": down, **ports}), "status", "--json")
    found = states(said)
    assert [(state["apache"], state["worker"]) for state in found] == [
        (apache, worker) for apache in ("web1", "down", *SILENT) for worker in stack.scenario.workers
    ]
    for state in found[:3]:
        assert (state["rotation"], state["health"], state["error"]) == ("active", "up", "")
        assert isinstance(state["busy"], int)
    for state in found[3:]:
        assert (state["rotation"], state["health"], state["busy"]) == ("unknown", "unknown", None)
        assert state["error"].startswith(f"{state['apache']}: ")
    assert all("refused" in state["error"] for state in found[3:6])
    assert all(f"{CONNECT_SECONDS:g} s" in state["error"] for state in found[6:])
    assert said.status == 1
    assert said.seconds < CONNECT_SECONDS * len(SILENT)


async def test_a_machine_that_hangs_makes_only_its_own_workers_unknown(stack: Stack, tmp_path: Path) -> None:
    """A frozen sshd: the kernel still accepts, and even a connection that stood would say nothing more."""
    frozen = stack.machines["was3"]
    frozen.freeze()
    said = await isdeploy(with_more_apaches(stack, tmp_path, {"web2": frozen.port}), "status")
    frozen.thaw()
    assert said.status == 1
    lines = said.out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        *([f"shop/web1/{worker}", "active", "up"] for worker in stack.scenario.workers),
        *([f"shop/web2/{worker}", "unknown", "unknown"] for worker in stack.scenario.workers),
    ]
    # The reason stands once, not at each worker.
    (reason,) = said.err.splitlines()
    assert reason.startswith("shop/web2: web2: ")
    assert "did not answer" in reason


async def test_each_state_by_its_word_and_the_requests_in_flight(stack: Stack) -> None:
    stack.apache.write_map(b"/*=balancer;disabled=worker1;stopped=worker2\n")
    stack.tomcat("worker2").stop()
    await asyncio.sleep(stack.scenario.settle_seconds)
    async with Load(stack.url, quick=0, slow=3, slow_ms=(2000, 3000)):
        await until(lambda: int(stack.apache.jkstatus()["worker.worker3.busy"]) > 0)
        said = await isdeploy(stack.config_file, "status", "--json")
    assert said.status == 0
    one, two, three = states(said)
    assert (one["rotation"], one["health"], one["busy"]) == ("disabled", "up", 0)
    assert (two["rotation"], two["health"], two["busy"]) == ("stopped", "down", 0)
    assert "refused" in two["error"]
    assert all("by hand" in state["remarks"][0] for state in (one, two))
    assert three["remarks"] == []
    assert (three["rotation"], three["health"]) == ("active", "up")
    assert 1 <= three["busy"] <= 3


async def test_only_the_targets_are_read(stack: Stack, tmp_path: Path) -> None:
    config = with_more_apaches(stack, tmp_path, {"down": next(free_ports())})
    said = await isdeploy(config, "status", "--json", "shop/web?/worker[12]")
    assert said.status == 0
    assert [state["worker"] for state in states(said)] == ["worker1", "worker2"]
