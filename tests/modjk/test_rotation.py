"""Who is in rotation by a map, and why it can't be told where it can't."""

from isdeploy_tui.modjk.rotation import Presets, Rotation
from tests.modjk.sites import CLASSIC, PLAIN, make_workers, members, rotation, states

ACTIVE, DISABLED, STOPPED, UNKNOWN = Rotation.ACTIVE, Rotation.DISABLED, Rotation.STOPPED, Rotation.UNKNOWN


def test_everyone_is_active_on_the_home_balancer() -> None:
    assert {name: state[0] for name, state in states(b"/*=balancer\n").items()} == dict.fromkeys(
        ("w1", "w2", "w3"), ACTIVE
    )


def test_not_being_in_an_exclusion_balancer_is_stopped_with_the_rule_as_reason() -> None:
    assert states(b"\n/*=ex1\n")["w1"] == (STOPPED, "line 2 (/*) goes to 'ex1', which leaves it out")
    assert rotation(b"/*=ex1", "w2") is ACTIVE


def test_extensions_stop_and_disable() -> None:
    found = states(b"/*=balancer;stopped=w1;disabled=w2")
    assert found["w1"] == (STOPPED, "line 1 (/*) says stopped=w1")
    assert found["w2"] == (DISABLED, "line 1 (/*) says disabled=w2")
    assert found["w3"][0] is ACTIVE


def test_own_activation_counts_unless_a_rule_says_otherwise() -> None:
    workers = make_workers({"lb": ["a", "b"]}, "worker.a.activation=Stopped")
    assert states(b"/*=lb", workers)["a"] == (
        STOPPED,
        "line 1 (/*) goes to 'lb'; workers.properties says that it is stopped",
    )
    assert rotation(b"/*=lb;active=a", "a", workers) is ACTIVE


def test_rules_that_disagree_make_it_unknown_and_are_both_named() -> None:
    state, reason = states(b"/*=balancer\n/b/*=balancer;stopped=w1\n")["w1"]
    assert state is UNKNOWN
    assert "line 1 (/*)" in reason and "line 2 (/b/*) says stopped=w1" in reason


def test_disabled_rules_exclusions_and_replaced_lines_do_not_count() -> None:
    assert rotation(b"/*=ex1\n/*=balancer\n-/b=ex1\n!/c=ex1\n", "w1") is ACTIVE


def test_member_that_no_rule_uses_is_unknown() -> None:
    workers = make_workers({"shop": ["a", "b"], "other": ["c"]})
    assert states(b"/*=shop", workers)["c"] == (UNKNOWN, "no rule of the map uses a balancer with c")


def test_pinned_rules_are_told_and_change_nothing() -> None:
    found = members(b"/*=balancer\n/admin/*=w1\n-/x=w1\n")
    assert found["w1"].rotation is ACTIVE
    assert found["w1"].pinned == ("/admin/*",)
    assert found["w2"].pinned == ()


def test_only_pinned_is_unknown() -> None:
    assert states(b"/*=w1")["w1"][0] is UNKNOWN


def test_balancer_outside_worker_list_makes_its_members_unknown() -> None:
    workers = make_workers({"shop": ["a", "b"]}, "worker.lost.type=lb", "worker.lost.balance_workers=a")
    found = states(b"/*=shop\n/x=lost\n", workers)
    assert found["a"][0] is UNKNOWN and "not in worker.list" in found["a"][1]
    assert found["b"][0] is ACTIVE


def test_a_map_that_crashes_mod_jk_tells_nothing() -> None:
    found = states(b"/*=balancer\nworker.a.b=c\n")
    assert {state for state, _ in found.values()} == {UNKNOWN}
    assert "line 2" in found["w1"][1]


def test_no_guess_between_several_homes() -> None:
    workers = make_workers({"one": ["a", "b"], "two": ["b", "c"], "only": ["b"]})
    found = states(b"/*=only", workers)
    assert found["a"][0] is UNKNOWN and "balancers = […]" in found["a"][1] and "rules = {…}" in found["a"][1]
    assert found["b"][0] is ACTIVE


def test_servers_toml_says_which_balancer_is_a_home() -> None:
    workers = make_workers({"one": ["a", "b"], "two": ["b", "c"], "only": ["b"]})
    named = Presets(balancers=("one",))
    assert rotation(b"/*=only", "a", workers, named) is STOPPED
    assert rotation(b"/*=only\n/x=one", "b", workers, Presets(balancers=("one", "two", "only"))) is ACTIVE


def test_homes_with_the_same_members_agree_about_who_is_out() -> None:
    workers = make_workers({"one": ["a", "b"], "two": ["a", "b"], "only": ["b"]})
    assert rotation(b"/*=only", "a", workers) is STOPPED


def test_balancer_that_fits_no_named_home_still_counts_for_its_members() -> None:
    workers = make_workers({"one": ["a", "b"], "two": ["b", "c"]})
    assert rotation(b"/*=one\n/x=two;stopped=b", "b", workers, Presets(balancers=("one",))) is UNKNOWN


def test_variables_are_seen_through() -> None:
    assert rotation(b"pool=ex1\n/*=$(pool)\n", "w1") is STOPPED


def test_presets_are_recognised() -> None:
    presets = Presets(rules={"/*": "balancer"}, drained={"w1": {"/*": "w2"}, "w2": {"/*": "w1;reply_timeout=1"}})
    found = states(b"/*=w2\n", PLAIN, presets)
    assert (found["w1"][0], found["w2"][0]) == (STOPPED, ACTIVE)
    assert "'drained' in servers.toml" in found["w1"][1]
    assert rotation(b" /* = balancer # all\n", "w1", PLAIN, presets) is ACTIVE


def test_presets_settle_what_rules_disagree_about() -> None:
    data = b"/*=balancer\n/reports/*=ex1\n"
    assert rotation(data, "w1") is UNKNOWN
    assert rotation(data, "w1", CLASSIC, Presets(rules={"/*": "balancer"})) is ACTIVE


def test_presets_that_do_not_match_leave_the_derived_state() -> None:
    presets = Presets(rules={"/*": "balancer"}, drained={"w1": {"/*": "ex1"}})
    assert rotation(b"/*=balancer;stopped=w2", "w2", CLASSIC, presets) is STOPPED
    assert rotation(b"/*=balancer;stopped=w2", "w1", CLASSIC, presets) is ACTIVE


def test_the_same_drained_for_two_tells_nothing() -> None:
    presets = Presets(drained={"w1": {"/*": "ex1"}, "w2": {"/*": "ex1"}})
    assert [rotation(b"/*=ex1", name, CLASSIC, presets) for name in ("w1", "w2", "w3")] == [UNKNOWN, UNKNOWN, ACTIVE]


def test_what_a_drained_preset_shares_with_the_rules_says_nothing() -> None:
    presets = Presets(rules={"/*": "balancer"}, drained={"w1": {"/*": "balancer"}})
    assert rotation(b"/*=balancer", "w1", CLASSIC, presets) is ACTIVE


def test_preset_that_names_no_listed_worker_is_not_believed() -> None:
    workers = make_workers({"balancer": ["w1", "w2"]})
    assert rotation(b"/*=w2", "w1", workers, Presets(drained={"w1": {"/*": "w2"}})) is UNKNOWN
