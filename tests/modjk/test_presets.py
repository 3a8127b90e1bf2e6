"""Rules that servers.toml gives go before what is derived, and touch only their own keys."""

import pytest

from isdeploy_tui.modjk.rotation import PlanError, Presets, Rotation
from tests.modjk.sites import CLASSIC, PLAIN, planned, rotation

TWO = Presets(
    rules={"/*": "balancer;reply_timeout=9"},
    drained={"w1": {"/*": "w2"}, "w2": {"/*": "w1"}},
)
MAP = b"# x\n/* = balancer;reply_timeout=9 # y\n/other=balancer\n"


def test_values_of_the_presets_keys_change_and_nothing_else() -> None:
    plan = planned(MAP, drain=["w1"], presets=TWO)
    assert plan.after == b"# x\n/* = w2 # y\n/other=balancer\n"
    assert [change.how for change in plan.changes] == ["preset"]
    assert any("Requests for /other (line 3) still go to w1" in warning for warning in plan.warnings)
    assert planned(plan.after, restore=["w1"], presets=TWO).after == MAP


def test_one_preset_gives_way_to_the_next_in_one_map() -> None:
    plan = planned(MAP.replace(b"balancer;reply_timeout=9", b"w2"), drain=["w2"], restore=["w1"], presets=TWO)
    assert plan.after == MAP.replace(b"balancer;reply_timeout=9", b"w1")


def test_what_a_preset_says_already_changes_nothing() -> None:
    assert planned(MAP, restore=["w1"], presets=TWO).changes == ()
    assert planned(b"/*=w2\n", drain=["w1"], presets=TWO).changes == ()


def test_two_out_are_derived() -> None:
    presets = Presets(rules={"/*": "balancer"}, drained={"w1": {"/*": "ex1"}})
    out = planned(b"/*=balancer\n", drain=["w1"], presets=presets).after
    assert out == b"/*=ex1\n"
    both = planned(out, drain=["w2"], presets=presets).after
    assert both == b"/*=ex1;stopped=w2\n"
    assert planned(both, restore=["w2"], presets=presets).after == out
    assert planned(both, restore=["w1"], presets=presets).after == b"/*=balancer;stopped=w2\n"


def test_two_out_that_can_not_be_derived_are_refused() -> None:
    with pytest.raises(PlanError, match=r"only /\* names it"):
        planned(b"/*=w2\n", drain=["w2"], presets=TWO)


def test_soft_is_derived() -> None:
    assert planned(b"/*=balancer\n", drain=["w1"], soft=True, presets=TWO).after == b"/*=balancer;disabled=w1\n"


def test_someone_elses_drain_is_not_undone_by_a_preset() -> None:
    presets = Presets(rules={"/*": "balancer"}, drained={"w1": {"/*": "ex1"}})
    after = planned(b"/*=balancer;stopped=w2\n", drain=["w1"], presets=presets).after
    assert after == b"/*=balancer;stopped=w2,w1\n"


def test_a_map_that_differs_from_the_presets_keeps_what_is_its_own() -> None:
    presets = Presets(rules={"/*": "balancer"}, drained={"w1": {"/*": "ex1"}})
    data = b"/*=balancer;reply_timeout=5\n"
    plan = planned(data, drain=["w1"], presets=presets)
    assert plan.after == b"/*=ex1;reply_timeout=5\n"
    assert any("were not used" in warning for warning in plan.warnings)
    assert planned(plan.after, restore=["w1"], presets=presets).after == data


def test_a_map_that_differs_and_can_not_be_derived_becomes_the_preset_and_that_is_said() -> None:
    presets = Presets(drained={"w1": {"/*": "ex1"}}, rules={"/*": "balancer"})
    plan = planned(b"half=bal\n/*=$(half)ancer;stopped=w3\n", drain=["w1"], restore=["w3"], presets=presets)
    assert plan.after == b"half=bal\n/*=ex1\n"
    assert any("will not give the same bytes" in warning for warning in plan.warnings)


def test_presets_without_a_key_of_the_map_are_derived() -> None:
    presets = Presets(rules={"/gone": "balancer"}, drained={"w1": {"/gone": "ex1"}})
    assert planned(b"/*=balancer", drain=["w1"], presets=presets).after == b"/*=ex1"


def test_drained_without_rules_comes_back_by_what_is_derived() -> None:
    presets = Presets(drained={"w1": {"/*": "ex1"}})
    assert planned(b"/*=ex1 # x", restore=["w1"], presets=presets).after == b"/*=balancer # x"


def test_drained_to_a_plain_worker_without_rules_is_not_used_where_there_is_no_way_back() -> None:
    presets = Presets(drained={"w1": {"/*": "w2"}})
    assert planned(b"/*=balancer", drain=["w1"], presets=presets, workers=PLAIN).after == b"/*=balancer;stopped=w1"
    with pytest.raises(PlanError, match="rules = "):
        planned(b"/*=w2", restore=["w1"], presets=presets, workers=PLAIN)


def test_preset_that_would_give_500_is_refused_or_not_used() -> None:
    presets = Presets(rules={"/*": "balancer"}, drained={"w1": {"/*": "nowhere"}})
    assert planned(b"/*=balancer", drain=["w1"], presets=presets).after == b"/*=ex1"


def test_after_a_preset_the_state_is_what_was_ordered() -> None:
    after = planned(MAP, drain=["w1"], presets=TWO).after
    assert rotation(after, "w1", CLASSIC, TWO) is Rotation.STOPPED
    assert rotation(after, "w2", CLASSIC, TWO) is Rotation.ACTIVE


def test_rules_of_its_own_survive_a_roll_where_only_the_rules_of_everyone_are_given() -> None:
    presets = Presets(rules={"/*": "balancer"})
    data = b"/*=balancer\n/reports/*=ex1\n"
    first = planned(data, drain=["w2"], presets=presets).after
    assert first == b"/*=ex2\n/reports/*=ex1;stopped=w2\n"
    second = planned(first, restore=["w2"], drain=["w3"], presets=presets).after
    assert second == b"/*=ex3\n/reports/*=ex1;stopped=w3\n"
    assert planned(second, restore=["w3"], presets=presets).after == data
