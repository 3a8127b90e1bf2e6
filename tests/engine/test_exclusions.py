"""What workers.properties files lack, found over real files."""

from pathlib import Path

from isdeploy_tui.engine.exclusions import WorkersChange, missing_balancers
from tests.engine.site import WORKERS, Site, open_site
from tests.patching import patch


async def found(site: Site, *workers: str, apaches: tuple[str, ...] = ("web1",), groups: bool = False) -> WorkersChange:
    targets = [site.id(worker, apache) for apache in apaches for worker in workers or WORKERS]
    (change,) = await missing_balancers(site.session, targets, groups=groups)
    return change


async def test_the_diff_can_be_patched_in_and_then_nothing_is_missing(tmp_path: Path) -> None:
    async with open_site(tmp_path, exclusion=False) as site:
        file = tmp_path / "web1" / "workers.properties"
        before = file.read_bytes()
        change = await found(site, groups=True)
        assert [item.name for item in change.added] == [
            "balancer_ex1",
            "balancer_ex2",
            "balancer_ex3",
            "balancer_ex1_2",
        ]
        assert (change.remarks, change.failed) == ((), False)
        assert file.read_bytes() == before
        diff = "".join(f"{line}\n" for line in change.diff)
        await patch(file, diff)
        again = await found(site, groups=True)
        assert (again.added, again.diff, again.remarks) == ((), (), ())


async def test_a_file_without_an_end_of_line_and_with_tabs_and_crlf_can_be_patched(tmp_path: Path) -> None:
    async with open_site(tmp_path, exclusion=False) as site:
        file = tmp_path / "web1" / "workers.properties"
        text = file.read_bytes().replace(b"=", b"\t=\t").replace(b"\n", b"\r\n").removesuffix(b"\r\n")
        file.write_bytes(text)
        change = await found(site, "worker2")
        diff = "".join(f"{line}\n" for line in change.diff)
        assert "\\ No newline at end of file" in diff
        await patch(file, diff)
        assert (await found(site, "worker2")).added == ()
        assert file.read_bytes().count(b"\r\n") == file.read_bytes().count(b"\n")


async def test_while_somebody_is_out_the_same_is_found(tmp_path: Path) -> None:
    async with open_site(tmp_path, exclusion=False, map_text=b"/*=balancer;stopped=worker1\n") as site:
        change = await found(site, "worker1")
        assert [item.out for item in change.added] == [("worker1",)]
        assert change.remarks == ()


async def test_a_rule_that_would_get_an_extension_all_the_same_is_told(tmp_path: Path) -> None:
    text = b"/*=balancer\n/old/*=balancer;disabled=worker3\n"
    async with open_site(tmp_path, exclusion=False, map_text=text) as site:
        change = await found(site, "worker1")
        (remark,) = change.remarks
        assert "for worker1 the map would still get an extension in line 1 (/*=balancer), 2 (/old/*=" in remark


async def test_a_worker_that_no_rule_reaches_and_a_method_that_needs_none_are_told(tmp_path: Path) -> None:
    async with open_site(tmp_path, exclusion=False, map_text=b"/*=worker1\n") as site:
        change = await found(site, "worker1")
        assert change.remarks == ("shop/web1: no rule of the map uses a balancer with worker1.",)
    (tmp_path / "second").mkdir()
    async with open_site(tmp_path / "second", exclusion=False) as site:
        file = tmp_path / "second" / "web1" / "workers.properties"
        file.write_bytes(file.read_bytes() + b"worker.balancer.method=B\n")
        change = await found(site, "worker1")
        assert "'balancer' has method=Busyness" in change.remarks[0]
        assert "+worker.balancer_ex1.method=B" in change.diff


async def test_escape_sequences_in_the_file_do_not_reach_the_terminal_and_that_is_said(tmp_path: Path) -> None:
    async with open_site(tmp_path, exclusion=False) as site:
        file = tmp_path / "web1" / "workers.properties"
        file.write_bytes(b"# \x1b]52;c;evil\x07\n" + file.read_bytes())
        change = await found(site)
        assert not any("\x1b" in line for line in change.diff)
        assert "patch will not take this diff" in change.remarks[0]


async def test_a_file_that_cannot_be_read_is_told_in_its_place(tmp_path: Path) -> None:
    async with open_site(tmp_path, apaches=("web1", "web2"), exclusion=False) as site:
        (tmp_path / "web2" / "workers.properties").unlink()
        targets = [site.id("worker1"), site.id("worker1", "web2")]
        good, bad = await missing_balancers(site.session, targets)
        assert (len(good.added), good.failed) == (1, False)
        assert (bad.added, bad.failed) == ((), True)
        assert "does not exist" in bad.remarks[0]
