"""The exclusion balancers that the program prints, given to a real httpd: from then on drains are swaps."""

import json
from pathlib import Path

from tests.lab.command_line import isdeploy
from tests.lab.conftest import StartStack
from tests.lab.load import Load
from tests.lab.scenario import Scenario
from tests.patching import patch


async def test_what_is_printed_is_applied_and_a_roll_then_swaps(start_stack: StartStack, tmp_path: Path) -> None:
    stack = start_stack(Scenario(exclusion_balancers=False, direct_vhosts=True))
    config, home, listed = stack.config_file, stack.apache.map.read_bytes(), stack.apache.workers_file.read_bytes()
    printed = await isdeploy(config, "balancers", "shop", "--groups")
    assert printed.status == 0, printed.err
    assert "+worker.balancer_ex2.balance_workers=worker1,worker3" in printed.out
    assert "balancer_ex1_2 (without worker1, worker2). Nothing was written" in printed.err
    assert stack.apache.workers_file.read_bytes() == listed
    (change,) = json.loads((await isdeploy(config, "balancers", "shop", "--groups", "--json")).out)
    assert change["diff"] == printed.out
    assert [balancer["without"] for balancer in change["balancers"]] == [
        ["worker1"],
        ["worker2"],
        ["worker3"],
        ["worker1", "worker2"],
    ]

    await patch(stack.apache.workers_file, printed.out)
    stack.apache.graceful()
    again = await isdeploy(config, "balancers", "shop", "--groups")
    assert (again.status, again.out) == (0, "")
    assert again.err.rstrip().endswith("lacks none.")
    async with Load(stack.url, quick=6, slow=2) as load:
        await load.answered(20)
        kept = tmp_path / "report.json"
        roll = await isdeploy(config, "roll", "shop", "--yes", "--report", str(kept), "--", "--no-restart", "1.0")
        assert roll.status == 0, roll.err
        assert "warning" not in roll.err
        assert "extension" not in roll.out
        maps = [line for written in json.loads(kept.read_text())["maps"] for line in written["diff"]]
        assert {line for line in maps if line.startswith("+")} == {
            f"+/*=balancer{suffix}" for suffix in ("", "_ex1", "_ex2", "_ex3")
        }
        halves = await isdeploy(config, "roll", "shop", "--batch", "2", "--yes", "--", "--no-restart", "1.0")
        assert halves.status == 0, halves.err
        assert "+/*=balancer_ex1_2" in halves.out
        assert "extension" not in halves.out
        # Back from a swap: each has its share at once.
        before = dict(load.report().workers)
        await load.answered(300)
        after = load.report().workers
        shares = [after[worker] - before.get(worker, 0) for worker in stack.scenario.workers]
        assert min(shares) > 60, shares
    assert stack.apache.map.read_bytes() == home
    assert load.report().failures == (), str(load.report())


async def test_a_workers_file_that_cannot_be_read_and_a_target_that_is_none(
    start_stack: StartStack, tmp_path: Path
) -> None:
    stack = start_stack(Scenario(tomcats=2))
    nowhere = await isdeploy(stack.config_file, "balancers", "shop/web9")
    assert nowhere.status == 2
    assert "no worker matches 'shop/web9'" in nowhere.err
    stack.apache.workers_file.rename(tmp_path / "workers.properties")
    failed = await isdeploy(stack.config_file, "balancers", "shop")
    assert (failed.status, failed.out) == (1, "")
    assert "workers.properties does not exist." in failed.err
