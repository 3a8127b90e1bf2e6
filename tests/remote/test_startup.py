"""Tomcat's word about its start, found in logs of every sort on all shells."""

from pathlib import Path

import pytest

from isdeploy_tui.remote.errors import ScriptError
from isdeploy_tui.remote.startup import LogMark, mark_log, startup_since
from tests.remote.local_host import LocalHost
from tests.remote.userlands import USERLANDS, make_host

OLD = b"22-Nov-2026 17:15:49.936 INFO [main] start Server startup in [1100] milliseconds\n"
NEW = b"22-Nov-2026 17:16:00.478 INFO [main] start Server startup in [721] milliseconds\n"


@pytest.fixture(params=USERLANDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    return make_host(request.param, tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "catalina $1.out"
    file.write_bytes(b"starting\n" + OLD)
    return file


async def found(host: LocalHost, log: Path, mark: LogMark) -> str | None:
    return await startup_since(host, str(log), mark)


async def test_the_newest_start_since_the_mark_is_found_and_no_older_one(host: LocalHost, log: Path) -> None:
    mark = await mark_log(host, str(log))
    assert await found(host, log, mark) is None
    log.write_bytes(log.read_bytes() + b"stopping\n" + OLD + b"\xe9 noise \0 and more\n" + NEW + b"at work\n")
    assert await found(host, log, mark) == NEW.decode().strip()


async def test_a_log_of_an_old_tomcat_with_crlf_and_escapes_comes_out_printable(host: LocalHost, log: Path) -> None:
    mark = await mark_log(host, str(log))
    log.write_bytes(log.read_bytes() + b"\x1b[31mINFO:\x1b[0m Server startup in 4711 ms\r\n")
    assert await found(host, log, mark) == "INFO: Server startup in 4711 ms"


async def test_a_log_that_was_rotated_or_truncated_meanwhile_is_read_from_its_beginning(
    host: LocalHost, log: Path
) -> None:
    mark = await mark_log(host, str(log))
    log.rename(log.with_suffix(".1"))
    log.write_bytes(b"x" * 500 + b"\n" + NEW)
    assert await found(host, log, mark) == NEW.decode().strip()
    mark = await mark_log(host, str(log))
    log.write_bytes(NEW)
    assert await found(host, log, mark) == NEW.decode().strip()


async def test_a_log_that_appears_later_is_read_whole_and_one_that_does_not_is_an_error(
    host: LocalHost, tmp_path: Path
) -> None:
    later = tmp_path / "later.out"
    mark = await mark_log(host, str(later))
    with pytest.raises(ScriptError, match="cannot be read"):
        await found(host, later, mark)
    later.write_bytes(NEW)
    assert await found(host, later, mark) == NEW.decode().strip()
