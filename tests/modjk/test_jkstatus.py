"""jkstatus with mime=prop, as mod_jk 1.2.48 answered it (shortened)."""

from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui.modjk.ajp import CPING, CPONG
from isdeploy_tui.modjk.jkstatus import MapEntry, parse_status

ANSWER = """worker.server_name=v0
worker.jk_version=mod_jk/1.2.48
worker.lb_count=2
worker.list=balancer
worker.balancer.type=lb
worker.balancer.method=Request
worker.balancer.busy=9
worker.balancer.balance_workers=w1
worker.w1.type=ajp13
worker.w1.address=127.0.0.1:21000
worker.w1.activation=ACT
worker.w1.state=ERR
worker.w1.lbvalue=0
worker.w1.elected=7
worker.w1.sessions=3
worker.w1.errors=1
worker.w1.client_errors=5
worker.w1.busy=2
worker.w1.max_busy=4
worker.w1.connected=3
worker.balancer.balance_workers=w.2
worker.w.2.type=ajp13
worker.w.2.activation=DIS
worker.w.2.state=OK/IDLE
worker.w.2.busy=0
worker.balancer.map.1.server=v0 [127.0.0.1:20080]
worker.balancer.map.1.uri=/*
worker.balancer.map.1.type=Wildchar
worker.balancer.map.1.source=uriworkermap
worker.balancer.map.1.reply_timeout=-1
worker.balancer.map.1.active=
worker.balancer.map.1.disabled=w.2
worker.balancer.map.1.stopped=w1
worker.balancer.map.2.uri=/e/x
worker.balancer.map.2.source=JkMount
worker.list=ex1
worker.ex1.type=lb
worker.ex1.balance_workers=w1
worker.w1.type=ajp13
worker.w1.state=OK/IDLE
worker.w1.busy=2
worker.list=alone
worker.alone.type=ajp13
worker.alone.used=4
worker.alone.busy=1
worker.result.type=OK
worker.result.message=Action finished
"""


def test_members_with_what_is_in_flight() -> None:
    members = parse_status(ANSWER).members
    assert {name: member.busy for name, member in members.items()} == {"w1": 2, "w.2": 0, "alone": 1}
    assert (members["w.2"].activation, members["w.2"].state) == ("DIS", "OK/IDLE")
    assert (members["w1"].address, members["w1"].elected, members["w1"].errors) == ("127.0.0.1:21000", 7, 1)
    assert (members["w1"].connected, members["w1"].sessions) == (3, 3)
    assert (members["alone"].elected, members["alone"].state) == (4, "")


def test_an_error_in_one_balancer_is_not_hidden_by_the_next() -> None:
    assert parse_status(ANSWER).members["w1"].state == "ERR"


def test_a_member_that_is_out_in_one_balancer_is_not_hidden_by_the_next() -> None:
    lines = [f"worker.w1.type=ajp13\nworker.w1.activation={word}" for word in ("ACT", "STP", "DIS", "ACT")]
    assert parse_status("\n".join(lines)).members["w1"].activation == "STP"


def test_balancers_and_their_rules() -> None:
    status = parse_status(ANSWER)
    assert dict(status.lb_members) == {"balancer": ("w1", "w.2"), "ex1": ("w1",)}
    assert status.maps["balancer"] == (
        MapEntry("/*", "uriworkermap", "Wildchar", "v0 [127.0.0.1:20080]", "", "w.2", "w1"),
        MapEntry("/e/x", "JkMount"),
    )


def test_another_prefix_is_read_too() -> None:
    assert parse_status("jk.a.type=ajp14\njk.a.busy=5\n").members["a"].busy == 5


def test_what_is_no_status_has_no_members() -> None:
    assert dict(parse_status("<html><body>404</body></html>").members) == {}


@given(st.text(max_size=300) | st.lists(st.sampled_from(ANSWER.splitlines()), max_size=20).map("\n".join))
@settings(deadline=None)
def test_any_text_is_read_without_an_exception(text: str) -> None:
    for member in parse_status(text).members.values():
        assert isinstance(member.busy, int)


def test_cping_and_cpong() -> None:
    assert (CPING.hex(), CPONG.hex()) == ("123400010a", "4142000109")
