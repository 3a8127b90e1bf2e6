"""What version runs where: found out beside the watching, again when something happened, never by a single look."""

import asyncio
from pathlib import Path

from isdeploy_tui.engine.fleet import Fleet
from isdeploy_tui.engine.monitor import Changed, Monitor
from tests.engine.site import Site, open_site


async def version_of(site: Site, monitor: Monitor, worker: str, wanted: str) -> None:
    async with asyncio.timeout(30):
        while monitor.fleet.workers[site.id(worker)].version != wanted:
            await asyncio.sleep(0.02)


def with_command(folder: Path) -> str:
    return f'version_command = "echo asked >>{folder}/asked; cat {folder}/version"\n'


async def test_a_tomcats_version_is_told_and_asked_again_after_it_was_down(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("1.0\n")
    async with open_site(tmp_path, extra=with_command(tmp_path)) as site:
        monitor = Monitor(site.session)
        changed: set[object] = set()

        def note(fleet: Fleet, ids: Changed) -> None:
            changed.update(id for id in ids if id in fleet.workers and fleet.workers[id].version)

        monitor.subscribe(note)
        monitor.start()
        await version_of(site, monitor, "worker1", "1.0")
        assert site.id("worker1") in changed
        await site.connectors["worker1"].close()
        await monitor.refresh()
        (tmp_path / "version").write_text("2.0\n")
        await site.connectors["worker1"].open()
        await monitor.refresh()
        await version_of(site, monitor, "worker1", "2.0")
        await monitor.aclose()


def asked(folder: Path) -> int:
    return len((folder / "asked").read_text().splitlines())


async def test_while_nothing_happens_nobody_is_asked_again(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("1.0\n")
    async with open_site(tmp_path, extra=with_command(tmp_path)) as site:
        monitor = Monitor(site.session)
        monitor.start()
        for worker in ("worker1", "worker2", "worker3"):
            await version_of(site, monitor, worker, "1.0")
        for _ in range(3):
            await monitor.refresh()
        assert asked(tmp_path) == 3
        await monitor.aclose()


async def test_a_single_look_asks_for_no_version(tmp_path: Path) -> None:
    async with open_site(tmp_path, extra=with_command(tmp_path)) as site:
        monitor = Monitor(site.session)
        await monitor.refresh()
        await monitor.aclose()
    assert not (tmp_path / "asked").exists()


async def test_a_command_that_fails_leaves_the_version_unknown_and_says_why(tmp_path: Path) -> None:
    async with open_site(tmp_path, extra='version_command = "exit 3"\n') as site:
        monitor = Monitor(site.session)
        monitor.start()
        async with asyncio.timeout(30):
            while not monitor.fleet.workers[site.id("worker1")].version_error:
                await asyncio.sleep(0.02)
        state = monitor.fleet.workers[site.id("worker1")]
        assert (state.version, "ended with status 3" in state.version_error) == ("", True)
        await monitor.aclose()


async def test_a_pattern_finds_it_in_the_answer_of_the_check_url(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        body = b"<html>shop, Version\x1b[31m 2.4.1</html>"
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    extra = f'check_url = "http://127.0.0.1:{port}/"\nversion_pattern = "Version\\\\S* ([0-9.]+)"\n'
    async with server, open_site(tmp_path, extra=extra) as site:
        monitor = Monitor(site.session)
        monitor.start()
        await version_of(site, monitor, "worker1", "2.4.1")
        await monitor.aclose()
