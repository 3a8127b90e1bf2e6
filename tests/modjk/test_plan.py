"""The new map: what it says, by which means, and what a person is told about it."""

import pytest

from isdeploy_tui.modjk.rotation import PlanError, Rotation
from tests.modjk.sites import CLASSIC, PLAIN, drained, make_workers, planned, restored, rotation, routed, status

SITE = b"# ours\r\n/* = balancer   # everything\r\n!/static/*=balancer\r\n/admin/*=w1\r\n/b=balancer"


def test_swap_takes_the_exclusions_along_and_nothing_else() -> None:
    after = drained(SITE, "w2")
    assert after == SITE.replace(b"= balancer ", b"= ex2 ").replace(b"*=balancer\r", b"*=ex2\r").replace(
        b"/b=balancer", b"/b=ex2"
    )
    assert status(SITE, "/static/x") == status(after, "/static/x") == 404
    assert restored(after, "w2") == SITE


def test_extension_where_no_balancer_fits() -> None:
    assert drained(b"/*=balancer # x\n", "w1", workers=PLAIN) == b"/*=balancer;stopped=w1 # x\n"


def test_exclusion_of_everyone_is_left_alone() -> None:
    assert drained(b"/*=balancer\n!/x=*\n", "w1") == b"/*=ex1\n!/x=*\n"


def test_soft_disables() -> None:
    assert drained(b"/*=balancer\n", "w1", soft=True) == b"/*=balancer;disabled=w1\n"


def test_soft_then_hard_then_back() -> None:
    soft = drained(b"/*=balancer\n", "w1", workers=PLAIN, soft=True)
    hard = drained(soft, "w1", workers=PLAIN)
    assert hard == b"/*=balancer;stopped=w1\n"
    assert restored(hard, "w1", workers=PLAIN) == restored(soft, "w1", workers=PLAIN) == b"/*=balancer\n"


def test_a_disabled_member_is_stopped_by_a_swap_where_the_way_back_is_exact() -> None:
    assert drained(b"/*=balancer;disabled=w1\n", "w1") == b"/*=ex1\n"
    assert drained(b"/*=balancer;disabled=w1,w2\n", "w1") == b"/*=balancer;disabled=w2;stopped=w1\n"


def test_swap_for_one_and_extension_for_the_next_in_any_order_of_return() -> None:
    both = drained(drained(b"/*=balancer", "w1"), "w2")
    assert both == b"/*=ex1;stopped=w2"
    assert restored(both, "w1") == b"/*=balancer;stopped=w2"
    assert restored(both, "w2") == b"/*=ex1"
    assert restored(restored(both, "w1"), "w2") == restored(restored(both, "w2"), "w1") == b"/*=balancer"


def test_two_at_once_without_a_balancer_for_both() -> None:
    assert drained(b"/*=balancer", "w2", "w1") == b"/*=balancer;stopped=w1,w2"


def test_two_at_once_with_a_balancer_for_both() -> None:
    workers = make_workers({"balancer": ["a", "b", "c"], "only_c": ["c"], "ex_a": ["b", "c"]})
    both = drained(b"/*=balancer", "a", "b", workers=workers)
    assert both == b"/*=only_c"
    assert restored(both, "b", workers=workers) == b"/*=ex_a"
    assert restored(both, "a", workers=workers) == b"/*=balancer;stopped=b"
    assert drained(b"/*=ex_a", "b", workers=workers) == b"/*=only_c"


def test_restore_of_one_and_drain_of_the_next_in_one_map() -> None:
    assert planned(b"/*=ex1", restore=["w1"], drain=["w2"]).after == b"/*=ex2"
    assert planned(b"/*=balancer;stopped=w1", restore=["w1"], drain=["w2"]).after == b"/*=ex2"
    assert (
        planned(b"/*=balancer;stopped=w1", restore=["w1"], drain=["w2"], workers=PLAIN).after
        == b"/*=balancer;stopped=w2"
    )


def test_existing_extensions_stay_and_forbid_the_swap() -> None:
    assert drained(b"/*=balancer;stopped=w2", "w1") == b"/*=balancer;stopped=w2,w1"
    assert drained(b"/*=balancer;active=w2", "w1") == b"/*=balancer;active=w2;stopped=w1"


def test_other_extensions_do_not_forbid_the_swap() -> None:
    assert drained(b"/*=balancer;reply_timeout=5", "w1") == b"/*=ex1;reply_timeout=5"


def test_no_swap_where_the_target_has_rules_of_its_own() -> None:
    data = b"/*=balancer\n/reports/*=ex1\n"
    assert drained(data, "w2") == b"/*=ex2\n/reports/*=ex1;stopped=w2\n"
    assert restored(drained(data, "w2"), "w2") == data
    assert drained(data, "w1") == b"/*=balancer;stopped=w1\n/reports/*=ex1\n"


def test_no_swap_where_the_target_has_an_exclusion_of_its_own() -> None:
    data = b"/*=balancer\n!/x/*=ex1\n"
    assert drained(data, "w1") == b"/*=balancer;stopped=w1\n!/x/*=ex1\n"
    assert status(drained(data, "w1"), "/x/y") == 200


def test_no_swap_to_a_balancer_outside_worker_list() -> None:
    workers = make_workers({"balancer": ["a", "b"]}, "worker.only_b.type=lb", "worker.only_b.balance_workers=b")
    assert drained(b"/*=balancer", "a", workers=workers) == b"/*=balancer;stopped=a"


def test_no_swap_where_two_homes_have_the_same_members() -> None:
    workers = make_workers({"one": ["a", "b"], "two": ["a", "b"], "only_b": ["b"]})
    assert drained(b"/*=one\n/x=two\n", "a", workers=workers) == b"/*=one;stopped=a\n/x=two;stopped=a\n"
    with pytest.raises(PlanError, match="balancers = "):
        restored(b"/*=only_b\n", "a", workers=workers)


def test_no_swap_from_a_cut_down_balancer_that_would_be_forgotten_on_the_way_back() -> None:
    workers = make_workers({"home": ["a", "b", "c", "d"], "abd": ["a", "b", "d"], "bcd": ["b", "c", "d"], "b": ["b"]})
    out = drained(b"/*=bcd", "c", "d", workers=workers)
    assert out == b"/*=bcd;stopped=c,d"
    assert restored(restored(out, "d", workers=workers), "c", workers=workers) == b"/*=bcd"
    assert drained(b"/*=home", "a", "c", "d", workers=workers) == b"/*=b"


def test_no_way_back_through_a_balancer_that_other_rules_use() -> None:
    workers = make_workers({"home": ["a", "b", "c"], "bc": ["b", "c"], "only_c": ["c"]})
    assert restored(b"/*=only_c\n", "b", workers=workers) == b"/*=bc\n"
    assert restored(b"/*=only_c\n/x=bc\n", "b", workers=workers) == b"/*=home;stopped=a\n/x=bc\n"
    assert restored(b"/*=only_c\n!/x=bc\n", "b", workers=workers) == b"/*=home;stopped=a\n!/x=bc\n"


def test_every_balancer_that_holds_the_member_is_changed() -> None:
    workers = make_workers({"shop": ["a", "b"], "wiki": ["b", "c"]})
    assert drained(b"/*=shop\n/wiki/*=wiki\n", "b", workers=workers) == (b"/*=shop;stopped=b\n/wiki/*=wiki;stopped=b\n")


def test_only_the_line_that_counts_is_changed_and_disabled_rules_are_not() -> None:
    data = b"/*=balancer\n-/a=balancer\n/*=balancer\n-!/b=balancer\n"
    assert drained(data, "w1") == b"/*=balancer\n-/a=balancer\n/*=ex1\n-!/b=balancer\n"


def test_variable_is_changed_where_it_is_defined() -> None:
    data = b"pool = balancer # us\n/*=$(pool)\n!/x=$(pool)\n"
    assert drained(data, "w1") == b"pool = ex1 # us\n/*=$(pool)\n!/x=$(pool)\n"
    assert drained(data, "w1", workers=PLAIN) == b"pool = balancer;stopped=w1 # us\n/*=$(pool)\n!/x=$(pool)\n"


def test_variable_in_another_extension_is_no_obstacle() -> None:
    data = b"time=5000\n/*=balancer;reply_timeout=$(time)\n"
    assert drained(data, "w1") == b"time=5000\n/*=ex1;reply_timeout=$(time)\n"


@pytest.mark.parametrize(
    "data",
    [
        b"pool=balancer\n/*=$(pool);stopped=w2\n",
        b"pool=balancer\npool=balancer\n/*=$(pool)\n",
        b"b=bal\n/*=$(b)ancer\n",
        b"gone=w2\n/*=balancer;stopped=$(gone)\n",
    ],
)
def test_value_that_is_spread_over_variables_is_refused(data: bytes) -> None:
    with pytest.raises(PlanError, match=r"takes its value from variables|write the balancer into the rule"):
        drained(data, "w1")


def test_variable_that_others_use_with_more_is_refused() -> None:
    data = b"pool=balancer\n/*=$(pool)\n/x=$(pool);stopped=w3\n"
    with pytest.raises(PlanError):
        drained(data, "w1", workers=PLAIN)


def test_exclusion_that_can_not_follow_forbids_the_swap() -> None:
    data = b"half=bal\n/*=balancer\n!/x=$(half)ancer\n"
    assert drained(data, "w1") == data.replace(b"=balancer", b"=balancer;stopped=w1")


@pytest.mark.parametrize("data", [b"/*=ex1\n", b"/*=balancer;stopped=w1\n", b"/*=balancer;stopped=w1;reply_timeout=1"])
def test_drain_of_what_is_out_changes_nothing(data: bytes) -> None:
    plan = planned(data, drain=["w1"])
    assert (plan.after, plan.changes, plan.diff()) == (data, (), ())
    assert drained(data, "w1", soft=True) == data


def test_restore_of_what_is_in_changes_nothing() -> None:
    assert planned(b"/*=balancer\n", restore=["w1"]).changes == ()
    assert planned(b"/*=balancer;disabled=w1\n", drain=["w1"], soft=True).changes == ()


def test_rules_that_disagree_are_all_drained_or_all_restored_and_that_is_said() -> None:
    data = b"/*=balancer\n/b=balancer;stopped=w1\n"
    plan = planned(data, drain=["w1"])
    assert plan.after == b"/*=balancer;stopped=w1\n/b=balancer;stopped=w1\n"
    assert "do not agree about w1" in plan.warnings[0] and "taken out of all" in plan.warnings[0]
    plan = planned(data, restore=["w1"])
    assert plan.after == b"/*=balancer\n/b=balancer\n"
    assert "put into all" in plan.warnings[0]


def test_pinned_rules_are_never_touched_but_told() -> None:
    plan = planned(b"/*=balancer\n/admin/*=w1\n", drain=["w1"])
    assert plan.after == b"/*=ex1\n/admin/*=w1\n"
    assert plan.warnings == ("Requests for /admin/* still go to w1: that rule names it alone.",)


def test_only_pinned_is_refused() -> None:
    with pytest.raises(PlanError, match=r"No rule uses a balancer with w1 \(only /\* names it\)"):
        drained(b"/*=w1\n", "w1")


def test_drain_of_a_member_that_no_rule_uses_needs_no_change() -> None:
    plan = planned(b"-/*=balancer\n", drain=["w1"])
    assert plan.changes == () and "nothing to take out" in plan.warnings[0]
    with pytest.raises(PlanError, match="No rule uses a balancer with w1"):
        restored(b"-/*=balancer\n", "w1")


@pytest.mark.parametrize(("names", "message"), [(["w9"], "has a member w9"), (["w1"], "taken out and put back")])
def test_senseless_orders_are_refused(names: list[str], message: str) -> None:
    with pytest.raises(PlanError, match=message):
        planned(b"/*=balancer", drain=names, restore=["w1"])


def test_own_activation_is_not_the_maps_to_change() -> None:
    workers = make_workers({"lb": ["a", "b"]}, "worker.a.activation=Disabled")
    with pytest.raises(PlanError, match=r"a stays disabled: workers\.properties says so"):
        restored(b"/*=lb", "a", workers=workers)
    plan = planned(b"/*=lb;stopped=a", restore=["a"], workers=workers)
    assert plan.after == b"/*=lb" and "stays disabled" in plan.warnings[0]
    assert restored(b"/*=lb;active=a;stopped=a", "a", workers=workers) == b"/*=lb;active=a"


# What is told


def test_active_members_and_rules_left_empty() -> None:
    plan = planned(b"/*|x=balancer;stopped=w2\n/b=ex3\n!/c=ex3\n/d=w1\n", drain=["w1", "w3"])
    assert dict(plan.active) == {"/*|x": (), "/b": ("w2",)}
    assert plan.left_empty == ("/*|x",)


def test_rule_that_was_empty_before_and_is_not_touched_is_not_told() -> None:
    workers = make_workers({"lb": ["a", "b"], "dead": ["c"]})
    assert planned(b"/*=lb\n/dead=dead;stopped=c", drain=["a"], workers=workers).left_empty == ()


def test_changes_and_diff_show_whole_lines_printable() -> None:
    plan = planned(b"\xe9=1\r\n/*\t=  balancer # \x1b[31m\r\n", drain=["w1"])
    (change,) = plan.changes
    assert (change.line, change.how) == (2, "swap")
    assert "ex1" in change.after and change.after.isprintable()
    assert [line for line in plan.diff() if line.startswith(("-", "+"))] == ["-" + change.before, "+" + change.after]
    assert all(line.isprintable() for line in plan.diff())


def test_how_a_line_changes() -> None:
    assert [change.how for change in planned(b"/*=balancer", drain=["w1"]).changes] == ["swap"]
    assert [change.how for change in planned(b"/*=balancer", drain=["w1"], workers=PLAIN).changes] == ["extension"]
    assert [change.how for change in planned(b"/*=ex1;stopped=w2", restore=["w1"]).changes] == ["swap"]


@pytest.mark.parametrize(
    ("method", "long"),
    [
        ("R", "for about half as long as it was out (at most 60 s): method=Request"),
        ("T", "for about half as long as it was out (at most 60 s): method=Traffic"),
        ("S", "for a while: method=Session"),
        ("N", "for a while: method=Next"),
    ],
)
def test_stampede_is_told_with_how_long_and_what_avoids_it(method: str, long: str) -> None:
    workers = make_workers({"lb": ["a", "b", "c"]}, f"worker.lb.method={method}")
    (warning,) = planned(b"/*=lb\n/b=lb", drain=["a"], workers=workers).warnings
    assert warning.startswith(f"After its restore a will get nearly every request of 'lb', {long} counts on")
    assert warning.endswith("'isdeploy-tui balancers' prints it.")
    assert planned(b"/*=lb;stopped=a", restore=["a"], workers=workers).warnings == (warning,)


@pytest.mark.parametrize(
    ("members", "long"), [("ab", "as long as it was out (at most 120 s)"), ("abcde", "1/4 of the time that it was out")]
)
def test_a_stampede_is_as_long_as_the_others_had_its_requests(members: str, long: str) -> None:
    workers = make_workers({"lb": list(members)})
    (warning,) = planned(b"/*=lb", drain=["a"], workers=workers).warnings
    assert f"for about {long}" in warning


def test_a_stampede_on_several_is_one_sentence() -> None:
    workers = make_workers({"lb": ["a", "b", "c"]})
    (warning,) = planned(b"/*=lb", drain=["a", "b"], workers=workers).warnings
    assert "After its restore each of a, b will get" in warning


def test_no_stampede_with_busyness_nor_with_a_swap() -> None:
    workers = make_workers({"lb": ["a", "b", "c"]}, "worker.lb.method=B")
    assert planned(b"/*=lb", drain=["a"], workers=workers).warnings == ()
    assert planned(b"/*=balancer", drain=["w1"]).warnings == ()
    assert planned(b"/*=ex1", restore=["w1"]).warnings == ()


def test_balancers_of_servers_toml_that_do_not_exist_are_told() -> None:
    from isdeploy_tui.modjk.rotation import Presets

    plan = planned(b"/*=balancer", drain=["w1"], presets=Presets(balancers=("balancer", "typo")))
    assert plan.warnings == ("balancers in servers.toml names 'typo', which is no balancer of worker.list.",)


# What is not written


def test_faults_of_the_map_are_told_and_kept_apart() -> None:
    plan = planned(b"/*=balancer\n/x=nowhere\n", drain=["w1"])
    assert plan.faults == ("line 2, column 4: 'nowhere' is not in worker.list: httpd answers 500",)
    assert plan.faults[0] in plan.warnings
    assert plan.after == b"/*=ex1\n/x=nowhere\n"


def test_map_that_crashes_mod_jk_is_refused() -> None:
    with pytest.raises(PlanError, match="Line 2: 'worker\\.a\\.b' makes mod_jk give up"):
        drained(b"/*=balancer\nworker.a.b=c\n", "w1")


@pytest.mark.parametrize("data", [b"", b"\n \n"])
def test_empty_map_is_refused(data: bytes) -> None:
    with pytest.raises(PlanError, match="empty"):
        drained(data, "w1")


def test_line_that_would_be_cut_is_refused() -> None:
    line = b"/*=balancer;reply_timeout=" + b"1" * (8190 - 26)
    assert rotation(line, "w1", PLAIN) is Rotation.ACTIVE
    with pytest.raises(PlanError, match="Line 1 would have 8201 bytes"):
        drained(line, "w1", workers=PLAIN)


def test_open_session_path_does_not_swallow_the_drain() -> None:
    after = drained(b"/*=balancer;session_path=", "w1", workers=PLAIN)
    assert routed(after, "/").members == ("w2", "w3")
    assert restored(after, "w1", workers=PLAIN) == b"/*=balancer;session_path="


def test_latin_1_and_invalid_bytes_survive() -> None:
    data = b"\xff\xfe junk \x80\n/caf\xe9/*=balancer # \xe9\0\n"
    assert drained(data, "w1", workers=CLASSIC) == data.replace(b"=balancer", b"=ex1")
