"""What a typed target names."""

import pytest

from isdeploy_tui import config
from isdeploy_tui.engine.targets import TargetError, resolve

TEXT = """
[[service]]
name = "shop"
[[service.apache]]
name = "web1"
ssh = "web1"
map = "/m"
workers_file = "/w"
[[service.apache.worker]]
name = "worker1"
[[service.apache.worker]]
name = "worker2"
[[service]]
name = "intra"
[[service.apache]]
name = "web9"
ssh = "web9"
map = "/m"
workers_file = "/w"
[[service.apache.worker]]
name = "worker1"
"""


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ([], ["shop/web1/worker1", "shop/web1/worker2", "intra/web9/worker1"]),
        (["shop"], ["shop/web1/worker1", "shop/web1/worker2"]),
        (["intra/web9"], ["intra/web9/worker1"]),
        (["*/*/worker1"], ["shop/web1/worker1", "intra/web9/worker1"]),
        (["shop/web1/worker[12]", "shop/web1/worker1"], ["shop/web1/worker1", "shop/web1/worker2"]),
        (["intra", "shop/web1/worker2"], ["shop/web1/worker2", "intra/web9/worker1"]),
    ],
)
def test_targets_name_each_worker_once_in_the_order_of_the_configuration(
    patterns: list[str], expected: list[str]
) -> None:
    assert [str(worker.id) for worker in resolve(config.parse(TEXT), patterns)] == expected


@pytest.mark.parametrize("pattern", ["shopp", "shop/web2", "shop/web1/worker1/x", "", "Shop"])
def test_a_target_that_names_nothing_is_an_error_that_helps(pattern: str) -> None:
    with pytest.raises(TargetError, match=r"did you mean|the services are"):
        resolve(config.parse(TEXT), [pattern])
