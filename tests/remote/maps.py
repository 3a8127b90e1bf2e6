"""A map on a server, for the tests of what replaces it."""

import hashlib
from pathlib import Path

import pytest

from tests.remote.local_host import LocalHost
from tests.remote.userlands import USERLANDS, make_host, open_path

__all__ = ("NEW", "OLD", "backups", "host", "left_behind", "map_file", "open_path", "sha")

OLD = b"/*=balancer\n/app/*=balancer\n"
NEW = b"/*=balancer_ex1\n/app/*=balancer_ex1\n"


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(params=USERLANDS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> LocalHost:
    return make_host(request.param, tmp_path / "server")


@pytest.fixture
def map_file(open_path: Path) -> Path:
    path = open_path / "conf" / "uriworkermap.properties"
    path.parent.mkdir()
    path.write_bytes(OLD)
    path.chmod(0o644)
    return path


def left_behind(map_file: Path) -> list[str]:
    """Return what a write left in the map's directory, apart from the map and the backups."""
    beside = [entry.name for entry in map_file.parent.iterdir()]
    kept = map_file.parent / ".isdeploy" / "backups"
    parts = [entry.name for entry in kept.iterdir() if entry.name.startswith(".")] if kept.is_dir() else []
    return sorted({*beside} - {map_file.name, ".isdeploy"}) + parts


def backups(map_file: Path) -> list[Path]:
    return sorted((map_file.parent / ".isdeploy" / "backups").glob(f"{map_file.name}.*Z.*"))
