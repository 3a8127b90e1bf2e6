"""workers.properties as mod_jk reads it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui.modjk.attributes import boolean, integer
from isdeploy_tui.modjk.workers import Activation, parse_workers
from tests.modjk.generated_maps import workers_properties


def test_lists_on_several_lines_are_joined() -> None:
    workers = parse_workers(b"worker.list=lb\nworker.list=x\nworker.lb.type=lb\n" + _members(b"balance_workers"))
    assert workers.listed == ("lb", "x")
    assert workers.balancers["lb"].members == ("a", "b")


def test_legacy_members_on_several_lines_become_one_bogus_name() -> None:
    workers = parse_workers(b"worker.list=lb\nworker.lb.type=lb\n" + _members(b"balanced_workers"))
    assert workers.balancers["lb"].members == ("a*b",)


def _members(attribute: bytes) -> bytes:
    return b"worker.lb." + attribute + b"=a\nworker.lb." + attribute + b"=b\n"


def test_legacy_name_counts_only_without_the_new_one() -> None:
    assert parse_workers(b"worker.list=l\nworker.l.type=lb\nworker.l.balanced_workers=a b").balancers["l"].members == (
        "a",
        "b",
    )
    both = b"worker.list=l\nworker.l.type=lb\nworker.l.balanced_workers=a\nworker.l.balance_workers=b"
    assert parse_workers(both).balancers["l"].members == ("b",)


def test_lists_split_at_comma_space_and_tab() -> None:
    data = b"worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b c\td, ,e"
    assert parse_workers(data).balancers["lb"].members == ("a", "b", "c", "d", "e")


def test_unique_attributes_keep_the_last_value() -> None:
    workers = parse_workers(b"worker.list=a\nworker.a.host=h1\nworker.a.host=h2\nworker.a.port=1\nworker.a.port=2")
    assert workers.address("a") == "h2:2"


def test_without_worker_list_there_is_ajp13() -> None:
    workers = parse_workers(b"")
    assert workers.listed == ("ajp13",)
    assert workers.address("ajp13") == "localhost:8009"


@pytest.mark.parametrize(("type_", "port"), [("ajp13", 8009), ("ajp14", 8011), ("ajp12", 8007)])
def test_default_ports(type_: str, port: int) -> None:
    workers = parse_workers(f"worker.list=a\nworker.a.type={type_}".encode())
    assert (workers.workers["a"].type, workers.workers["a"].port) == (type_, port)


def test_ipv6_address_is_bracketed() -> None:
    assert parse_workers(b"worker.list=a\nworker.a.host=::1\nworker.a.port=8009").address("a") == "[::1]:8009"


def test_reference_copies_what_is_not_set_and_in_any_order() -> None:
    data = b"""worker.list=lb
worker.a.reference=worker.base
worker.a.port=1
worker.lb.type=lb
worker.lb.balance_workers=a,b
worker.b.reference=worker.a
worker.base.port=9
worker.base.host=elsewhere
worker.base.activation=Stopped
"""
    workers = parse_workers(data)
    assert workers.problems == ()
    assert (workers.address("a"), workers.address("b")) == ("elsewhere:1", "elsewhere:1")
    assert workers.workers["b"].activation is Activation.STOPPED


def test_reference_reaches_sub_prefixes() -> None:
    data = b"""worker.list=lb
worker.lb.reference=worker.t
worker.t.type=lb
worker.t.balance_workers=a
worker.t.x.reference=worker.y
worker.y.host=h
worker.lb.x.port=5
"""
    assert parse_workers(data).balancers["lb"].members == ("a",)


def test_reference_to_nothing_is_told() -> None:
    assert "does not exist" in parse_workers(b"worker.list=a\nworker.a.reference=worker.none").problems[0]


@pytest.mark.parametrize(
    "data",
    [
        b"worker.a.reference=worker.b\nworker.b.reference=worker.a\nworker.a.port=1",
        b"worker.a.reference=worker.a\nworker.a.port=1",
        b"worker.a.reference=worker\nworker.a.port=1",
    ],
)
def test_endless_references_end(data: bytes) -> None:
    assert any("circle" in problem or "without end" in problem for problem in parse_workers(data).problems)


def test_unknown_attribute_is_told() -> None:
    problems = parse_workers(b"worker.list=a\n\nworker.a.hsot=x\n").problems
    assert problems == ("workers.properties line 3: mod_jk does not know 'worker.a.hsot': httpd will not start",)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", Activation.ACTIVE),
        ("activation=Active", Activation.ACTIVE),
        ("activation=d", Activation.DISABLED),
        ("activation=1", Activation.DISABLED),
        ("activation=STP", Activation.STOPPED),
        ("activation=2", Activation.STOPPED),
        ("activation=nonsense", Activation.ACTIVE),
        ("disabled=True", Activation.DISABLED),
        ("stopped=1", Activation.STOPPED),
        ("stopped=on\ndisabled=on", Activation.STOPPED),
        ("activation=A\nstopped=1", Activation.ACTIVE),
        ("port=0", Activation.STOPPED),
        ("port=0\nactivation=A", Activation.STOPPED),
    ],
)
def test_activation(lines: str, expected: Activation) -> None:
    text = "worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a\n"
    data = text + "\n".join(f"worker.a.{line}" for line in lines.splitlines())
    assert parse_workers(data.encode()).workers["a"].activation is expected


@pytest.mark.parametrize(
    ("code", "method"), [("B", "B"), ("Busyness", "B"), ("t", "T"), ("3", "S"), ("n", "N"), ("x", "R")]
)
def test_method(code: str, method: str) -> None:
    data = f"worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a\nworker.lb.method={code}".encode()
    assert parse_workers(data).balancers["lb"].method == method


def test_route_and_domain() -> None:
    data = b"""worker.list=a,b,c
worker.a.jvm_route=legacy
worker.b.route=east.b
worker.c.route=c.c
worker.c.domain=west
"""
    workers = parse_workers(data).workers
    assert [(workers[name].route, workers[name].domain) for name in "abc"] == [
        ("legacy", ""),
        ("east.b", "east"),
        ("c.c", "west"),
    ]


def test_members_with_the_same_route_are_told() -> None:
    data = b"worker.list=lb\nworker.lb.type=lb\nworker.lb.balance_workers=a,b\nworker.b.route=a"
    assert "have the route 'a'" in parse_workers(data).problems[0]


def test_balancer_that_is_not_listed_is_known_but_may_not_be_used() -> None:
    workers = parse_workers(b"worker.list=a\nworker.lb.type=lb\nworker.lb.balance_workers=a")
    assert workers.balancers["lb"].members == ("a",)
    assert workers.balancer("lb") is None


def test_rules_in_workers_properties_are_told() -> None:
    assert "'mount' of the worker 'a'" in parse_workers(b"worker.list=a\nworker.a.mount=/x").problems[0]


def test_flags_and_numbers_read_as_in_c() -> None:
    assert [boolean(text, True) for text in ("off", "False", "n", "0", "00", "", "on")] == [
        False,
        False,
        False,
        False,
        True,
        True,
        True,
    ]
    assert [integer(text, 7) for text in (" 12x", "-3", "+4", "2k", "x", "")] == [12, -3, 4, 2048, 0, 0]
    assert integer(None, 7) == 7


def test_the_generated_maps_have_workers_without_problems() -> None:
    workers = parse_workers(workers_properties())
    assert workers.problems == ()
    assert workers.balancers["balancer"].members == ("w1", "w2", "w3")


@given(st.binary(max_size=300) | st.text("worker.ab=listyp\n,reference#$()", max_size=300).map(str.encode))
@settings(deadline=None)
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    workers = parse_workers(data)
    for name in workers.workers:
        assert workers.address(name)
