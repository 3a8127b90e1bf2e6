"""The reload rules of one Apache child, against mod_jk's own: each of them has lost somebody requests."""

import os
from pathlib import Path

import pytest

from isdeploy_tui.demo.children import Child, MapFile
from isdeploy_tui.modjk.workers import parse_workers

WORKERS = parse_workers(b"worker.list=lb,other\nworker.lb.type=lb\nworker.lb.balance_workers=w1\nworker.other.port=1\n")
START = 1_000_000


class Map:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = MapFile(path, reload_seconds=2)

    def write(self, text: str, mtime: int) -> None:
        self.path.write_text(text)
        self.path.chmod(0o644)
        os.utime(self.path, (mtime, mtime))


@pytest.fixture
def map(tmp_path: Path) -> Map:
    map = Map(tmp_path / "uriworkermap.properties")
    map.write("/*=lb\n", START)
    return map


def target(child: Child) -> str:
    routing = child.route(WORKERS, "/a")
    return routing.worker if routing.status == 200 else str(routing.status)


def test_a_child_looks_only_when_more_than_the_interval_has_passed_in_whole_seconds(map: Map) -> None:
    child = Child(map.file, START + 0.9)
    map.write("/*=other\n", START + 1)
    child.update(START + 2.99)
    assert target(child) == "lb"
    child.update(START + 3.0)
    assert target(child) == "other"


def test_a_child_that_has_just_looked_waits_the_whole_interval_again(map: Map) -> None:
    child = Child(map.file, START)
    child.update(START + 3)
    map.write("/*=other\n", START + 3)
    child.update(START + 5.9)
    assert target(child) == "lb"
    child.update(START + 6)
    assert target(child) == "other"


def test_each_child_looks_at_its_own_time(map: Map) -> None:
    early, late = Child(map.file, START), Child(map.file, START + 2)
    map.write("/*=other\n", START + 1)
    for child in (early, late):
        child.update(START + 3)
    assert [target(early), target(late)] == ["other", "lb"]


def test_a_second_write_within_the_same_mtime_second_is_never_seen(map: Map) -> None:
    child = Child(map.file, START)
    map.write("/*=other\n", START + 3)
    child.update(START + 3)
    map.write("/*=lb\n", START + 3)
    for later in range(4, 60):
        child.update(START + later)
    assert target(child) == "other"


def test_an_older_mtime_is_as_good_as_a_newer_one(map: Map) -> None:
    child = Child(map.file, START)
    map.write("/*=other\n", START - 500)
    child.update(START + 3)
    assert target(child) == "other"


def test_interval_zero_never_looks(map: Map) -> None:
    child = Child(MapFile(map.path, 0), START)
    map.write("/*=other\n", START + 1)
    child.update(START + 1000)
    assert target(child) == "lb"


def test_a_missing_file_leaves_the_old_map_in_force(map: Map) -> None:
    child = Child(map.file, START)
    map.path.unlink()
    child.update(START + 3)
    assert target(child) == "lb"


def test_an_empty_map_is_404_for_everything_until_the_mtime_changes(map: Map) -> None:
    child = Child(map.file, START)
    map.write("", START + 1)
    child.update(START + 3)
    assert target(child) == "404"
    map.write("/*=lb\n", START + 1)  # the rest of a torn write, within the same second
    child.update(START + 30)
    assert target(child) == "404"
    map.write("/*=lb\n", START + 31)
    child.update(START + 33)
    assert target(child) == "lb"


def test_a_map_that_the_run_user_cannot_read_makes_the_site_flap(map: Map) -> None:
    child = Child(map.file, START)
    map.write("/*=other\n", START + 1)
    map.path.chmod(0o600)
    seen = []
    for later in (3, 6, 9, 12):
        child.update(START + later)
        seen.append(target(child))
    assert seen == ["404", "lb", "404", "lb"]
    map.path.chmod(0o644)
    child.update(START + 15)
    assert target(child) == "other"


def test_a_line_that_aborts_the_load_brings_the_map_before_back_and_is_not_tried_again(map: Map) -> None:
    child = Child(map.file, START)
    map.write("/*=other\n", START + 1)
    child.update(START + 3)
    map.write("worker.lb.nonsense=1\n/*=other\n", START + 4)
    for later in (6, 9, 12):
        child.update(START + later)
        assert target(child) == "lb"


def test_asking_jkstatus_makes_a_child_look_at_once(map: Map) -> None:
    child = Child(map.file, START)
    map.write("/*=other\n", START + 1)
    child.update(START + 1, forced=True)
    assert target(child) == "other"
