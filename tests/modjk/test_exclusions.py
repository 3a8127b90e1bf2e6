"""Exclusion balancers that a workers.properties lacks: which, under which names, written how, and nothing else."""

import difflib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui.modjk.exclusions import Exclusion, homes_in_use, missing, outs
from isdeploy_tui.modjk.homes import find_homes
from isdeploy_tui.modjk.memberstate import MapView
from isdeploy_tui.modjk.rotation import Presets, plan
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import MAX_NAME, parse_workers
from isdeploy_tui.modjk.workersedit import WorkersEditError, add_balancers

PLAIN = b"""\
worker.list=balancer,jkstatus

worker.w1.type=ajp13
worker.w1.port=8009
worker.w2.port=8010
worker.w3.port=8011

worker.balancer.type=lb
worker.balancer.balance_workers=w1,w2,w3
worker.balancer.method=B

worker.jkstatus.type=status
"""


def wanted(data: bytes, *names: str, groups: bool = False, home: str = "balancer") -> list[Exclusion]:
    workers = parse_workers(data)
    homes = find_homes(workers)
    members = names or workers.balancers[home].members
    return missing(homes, home, outs(homes, home, members, groups=groups), ())


def added(data: bytes, *names: str, groups: bool = False, home: str = "balancer") -> list[str]:
    """The lines that are added or changed."""
    new = add_balancers(data, wanted(data, *names, groups=groups, home=home))
    old_lines, new_lines = (text.decode("utf-8", "surrogateescape").split("\n") for text in (data, new))
    lines = list(difflib.unified_diff(old_lines, new_lines, lineterm="", n=0))[2:]
    return [line for line in lines if not line.startswith("@@")]


def test_each_member_gets_a_balancer_without_it_like_its_home_and_worker_list_names_them() -> None:
    block = b"""\

worker.balancer_ex%s.type=lb
worker.balancer_ex%s.balance_workers=%s
worker.balancer_ex%s.method=B
"""
    blocks = b"".join(block % (n, n, rest, n) for n, rest in ((b"1", b"w2,w3"), (b"2", b"w1,w3"), (b"3", b"w1,w2")))
    assert add_balancers(PLAIN, wanted(PLAIN)) == PLAIN.replace(
        b"list=balancer,jkstatus", b"list=balancer,jkstatus,balancer_ex1,balancer_ex2,balancer_ex3"
    ).replace(b"method=B\n", b"method=B\n" + blocks)


def test_what_is_there_is_not_made_again_and_only_what_is_asked_for() -> None:
    assert [item.name for item in wanted(PLAIN, "w2")] == ["balancer_ex2"]
    assert wanted(add_balancers(PLAIN, wanted(PLAIN))) == []
    assert [item.name for item in wanted(add_balancers(PLAIN, wanted(PLAIN, "w2")))] == ["balancer_ex1", "balancer_ex3"]


def test_one_that_worker_list_lacks_is_only_listed() -> None:
    data = PLAIN + b"worker.old.type=lb\nworker.old.balance_workers=w3 w2\n"
    (item,) = wanted(data, "w1")
    assert (item.name, item.is_new) == ("old", False)
    assert added(data, "w1") == ["-worker.list=balancer,jkstatus", "+worker.list=balancer,jkstatus,old"]


def test_groups_add_the_halves_that_a_roll_in_two_batches_takes_out() -> None:
    data = PLAIN.replace(b"w1,w2,w3", b"w1,w2,w3,w4,w5")
    assert {item.name: item.members for item in wanted(data, groups=True)[5:]} == {
        "balancer_ex1_2_3": ("w4", "w5"),
        "balancer_ex4_5": ("w1", "w2", "w3"),
    }
    # With two members the halves are the members; with three one of them is.
    assert len(wanted(PLAIN.replace(b"w1,w2,w3", b"w1,w2"), groups=True)) == 2
    assert [item.out for item in wanted(PLAIN, groups=True)] == [("w1",), ("w2",), ("w3",), ("w1", "w2")]


def test_nobody_is_left_by_no_balancer() -> None:
    assert wanted(PLAIN.replace(b"w1,w2,w3", b"w1")) == []


@pytest.mark.parametrize(
    ("home", "members", "existing", "names"),
    [
        ("lb", "app-a,app-b,app-c", {}, ["lb_ex_app-a", "lb_ex_app-b", "lb_ex_app-c"]),
        ("lb", "w1,w2,x2", {}, ["lb_ex_w1", "lb_ex_w2", "lb_ex_x2"]),
        ("lb", "w1,w2,w3", {"without_w1_lb": "w2,w3"}, ["without_w2_lb", "without_w3_lb"]),
        ("lb", "w01,w02,w03", {"lbx-1-out": "w02,w03"}, ["lbx-02-out", "lbx-03-out"]),
        ("lb", "w1,w2,w3", {"lb_ex2": "w9"}, ["lb_ex1", "lb_ex2_2", "lb_ex3"]),
    ],
)
def test_names_follow_those_that_are_there_and_collide_with_nothing(
    home: str, members: str, existing: dict[str, str], names: list[str]
) -> None:
    lines = [f"worker.list={','.join([home, *existing])}", f"worker.{home}.type=lb"]
    lines += [f"worker.{home}.balance_workers={members}"]
    for name, others in existing.items():
        lines += [f"worker.{name}.type=lb", f"worker.{name}.balance_workers={others}"]
    data = "\n".join(lines).encode()
    assert [item.name for item in wanted(data, home=home)] == names
    assert set(names) <= set(parse_workers(add_balancers(data, wanted(data, home=home))).listed)


def test_long_names_stay_within_what_mod_jk_takes() -> None:
    home, members = "b" * 55, ",".join(f"worker-with-a-rather-long-name-{letter}" for letter in "abcdef")
    data = f"worker.list={home}\nworker.{home}.type=lb\nworker.{home}.balance_workers={members}\n".encode()
    items = wanted(data, groups=True, home=home)
    assert len({item.name for item in items}) == len(items) == 8
    assert max(len(item.name) for item in items) <= MAX_NAME
    assert not parse_workers(add_balancers(data, items)).problems


def test_spacing_indents_and_separators_are_the_files_own() -> None:
    data = b"worker.list = lb , st\n  worker.lb.type = lb\n  worker.lb.balance_workers = w1, w2, w3 # three\n"
    data += b"\tworker.lb.sticky_session\t=\tTrue\nworker.st.type=status\n"
    assert added(data, "w1", home="lb") == [
        "-worker.list = lb , st",
        "+worker.list = lb , st , lb_ex1",
        "+  worker.lb_ex1.type = lb",
        "+  worker.lb_ex1.balance_workers = w2, w3",
        "+\tworker.lb_ex1.sticky_session\t=\tTrue",
    ]


def test_a_list_line_for_each_worker_and_a_member_line_for_each_member_stay_that_way() -> None:
    data = b"worker.list=lb\nworker.list=st\nworker.st.type=status\nworker.lb.type=lb\n"
    data += b"worker.lb.balance_workers=w1\nworker.lb.balance_workers=w2\nworker.lb.balance_workers=w3\n"
    assert added(data, "w1", "w2", home="lb") == [
        "+worker.list=lb_ex1",
        "+worker.list=lb_ex2",
        "+worker.lb_ex1.type=lb",
        "+worker.lb_ex1.balance_workers=w2",
        "+worker.lb_ex1.balance_workers=w3",
        "+worker.lb_ex2.type=lb",
        "+worker.lb_ex2.balance_workers=w1",
        "+worker.lb_ex2.balance_workers=w3",
    ]


def test_references_are_used_as_the_home_or_its_exclusion_balancers_use_them() -> None:
    template = b"worker.list=lb\nworker.tmpl.type=lb\nworker.tmpl.method=S\nworker.lb.reference=worker.tmpl\n"
    template += b"worker.lb.balance_workers=w1,w2,w3\n"
    assert added(template, "w1", home="lb")[2:] == [
        "+worker.lb_ex1.reference=worker.tmpl",
        "+worker.lb_ex1.balance_workers=w2,w3",
    ]
    own = PLAIN.replace(b"balancer,", b"balancer,balancer_ex1,")
    own += b"worker.balancer_ex1.reference=worker.balancer\nworker.balancer_ex1.balance_workers=w2,w3\n"
    assert added(own, "w3")[2:] == [
        "+worker.balancer_ex3.reference=worker.balancer",
        "+worker.balancer_ex3.balance_workers=w1,w2",
    ]


def test_an_exclusion_balancer_that_differs_from_its_home_is_no_model() -> None:
    data = PLAIN.replace(b"balancer,", b"balancer,balancer_ex1,")
    data += b"worker.balancer_ex1.type=lb\nworker.balancer_ex1.balance_workers=w2,w3\n"
    assert "+worker.balancer_ex2.method=B" in added(data, "w2")


def test_members_from_a_template_or_a_variable_are_written_out() -> None:
    data = b"worker.list=lb\nall=w1,w2,w3\nworker.t.balance_workers=$(all)\nworker.lb.type=lb\n"
    data += b"worker.lb.reference=worker.t\n"
    assert added(data, "w2", home="lb")[2:] == [
        "+worker.lb_ex2.type=lb",
        "+worker.lb_ex2.reference=worker.t",
        "+worker.lb_ex2.balance_workers=w1,w3",
    ]


def test_rules_in_workers_properties_are_not_copied_and_inherited_ones_refused() -> None:
    own = PLAIN.replace(b"worker.balancer.method=B", b"worker.balancer.mount=/x")
    assert "mount" not in "".join(added(own))
    inherited = PLAIN + b"worker.t.mount=/x\nworker.balancer.reference=worker.t\n"
    with pytest.raises(WorkersEditError, match="would inherit 'mount'"):
        add_balancers(inherited, wanted(inherited))


def test_line_ends_and_a_missing_last_one_stay_as_they_are() -> None:
    crlf = PLAIN.replace(b"\n", b"\r\n")
    new = add_balancers(crlf, wanted(crlf))
    assert new.count(b"\r\n") == new.count(b"\n")
    cut = PLAIN[: PLAIN.index(b"\n\nworker.jkstatus")]
    assert add_balancers(cut, wanted(cut, "w1")).endswith(b"\nworker.balancer_ex1.method=B")


def test_a_list_that_would_be_too_long_for_one_line_goes_on_on_the_next() -> None:
    names = ",".join(f"unused{number:04}" for number in range(740))
    data = PLAIN.replace(b"balancer,jkstatus", b"balancer," + names.encode())
    new = add_balancers(data, wanted(data))
    assert b"\nworker.list=balancer_ex1,balancer_ex2,balancer_ex3\n" in new
    assert {"unused0739", "balancer_ex3"} <= set(parse_workers(new).listed)


def test_homes_are_those_of_the_maps_rules() -> None:
    data = PLAIN.replace(b"balancer,", b"balancer,other,")
    data += b"worker.other.type=lb\nworker.other.balance_workers=w1,w9\n"
    workers = parse_workers(data)
    view = MapView.of(UriMap.parse(b"/*=other\n!/x=balancer\n"), workers, find_homes(workers))
    assert homes_in_use(view, ["w1", "w2"]) == ("other",)
    assert homes_in_use(view, ["w2"]) == ()


NAMES = st.lists(st.sampled_from(["w1", "w2", "w3", "w10", "app", "a.b", "w-4"]), min_size=1, max_size=6, unique=True)
SEPARATORS = st.sampled_from([",", ", ", " ", "\t", " ,"])


@given(NAMES, SEPARATORS, st.booleans(), st.booleans(), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
@settings(deadline=None, max_examples=150)
def test_whatever_the_file_a_drain_then_swaps_and_comes_back(
    members: list[str], separator: str, spaced: bool, reference: bool, end: str, groups: bool, listed_apart: bool
) -> None:
    equals = " = " if spaced else "="
    listing = ["worker.list=lb", "worker.list=st"] if listed_apart else [f"worker.list{equals}lb{separator}st"]
    lines = [*listing, "# ours", "worker.st.type=status", f"worker.t.type{equals}lb", f"worker.t.method{equals}N", ""]
    lines += [f"worker.lb.reference{equals}worker.t"] if reference else [f"worker.lb.type{equals}lb"]
    lines += [f"worker.lb.balance_workers{equals}{separator.join(members)}", "worker.lb.retries=1"]
    data = end.join(lines).encode()
    items = wanted(data, groups=groups, home="lb")
    if not items:
        assert len(members) == 1
        return
    new = add_balancers(data, items)
    workers = parse_workers(new)
    assert not workers.problems
    urimap = UriMap.parse(b"/*=lb\n/x|/*=lb;reply_timeout=3\n!/y=lb\n")
    for item in items:
        planned = plan(urimap, workers, drain=item.out, presets=Presets())
        assert {change.how for change in planned.changes} == {"swap"}
        back = plan(UriMap.parse(planned.after), workers, restore=item.out, presets=Presets())
        assert back.after == urimap.data
