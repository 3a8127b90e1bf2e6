"""Whatever the map: nothing is lost, what is taken out comes back to the letter, and nobody else notices."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from isdeploy_tui.modjk.derive import apply_edits
from isdeploy_tui.modjk.diagnose import diagnose
from isdeploy_tui.modjk.rotation import Plan, PlanError, Presets, Rotation
from isdeploy_tui.modjk.routing import route
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers, parse_workers
from tests.modjk.generated_maps import generate, workers_properties
from tests.modjk.site_strategies import NAMES, Site, sites
from tests.modjk.sites import CLASSIC, members, planned, rotation

ACTIVE = Rotation.ACTIVE
GENERATED = parse_workers(workers_properties())
URIS = ("/", "/x/1", "/x/static/a", "/y", "/z", "/z/1", "/y/a.jsp", "/q", b"/caf\xe9", "/a.gif", "/x/a.gif")
SITES = sites() | sites(plain=True)
BYTES = st.binary(max_size=400) | st.lists(
    st.sampled_from(
        [b"/", b"*", b"=", b"balancer", b";stopped=", b"w1", b",", b" ", b"\n", b"!", b"-", b"|", b"$(", b")"]
    ),
    max_size=60,
).map(b"".join)


def attempt(site: Site, **order: object) -> Plan:
    """Plan, or give the example up: what is refused makes no promise."""
    try:
        return planned(site.data, workers=site.workers, **order)  # type: ignore[arg-type]
    except PlanError:
        assume(False)
        raise


def active_in(site: Site) -> list[str]:
    return [name for name, state in members(site.data, site.workers).items() if state.rotation is ACTIVE]


@given(BYTES)
@settings(deadline=None, max_examples=50)
def test_parse_keeps_every_byte(data: bytes) -> None:
    urimap = UriMap.parse(data)
    assert urimap.data == b"".join(data[slice(*piece.span)] for piece in urimap.pieces) == data
    # Written back piece by piece, not as a whole: the spans are where they say.
    assert apply_edits(urimap, {entry: entry.value for entry in urimap.entries}).data == data


@given(st.integers(0, 100_000))
@settings(deadline=None, max_examples=50)
def test_parse_keeps_every_byte_of_a_generated_map(seed: int) -> None:
    data = generate(seed, 0).data
    urimap = UriMap.parse(data)
    assert apply_edits(urimap, {entry: entry.value for entry in urimap.entries}).data == data


@given(BYTES, st.binary(max_size=30))
@settings(deadline=None, max_examples=50)
def test_no_bytes_make_anything_fail(data: bytes, uri: bytes) -> None:
    urimap = UriMap.parse(data)
    diagnose(urimap, CLASSIC)
    route(urimap, CLASSIC, b"/" + uri)
    members(data, CLASSIC)
    for soft in (False, True):
        try:
            planned(data, drain=["w1"], restore=["w2"], soft=soft)
        except PlanError as error:
            assert str(error).isprintable()


@given(BYTES)
@settings(deadline=None, max_examples=50)
def test_presets_of_any_kind_make_nothing_fail(data: bytes) -> None:
    presets = Presets({"/*": "balancer", "/": "ex1;x"}, {"w1": {"/*": "ex1"}, "w2": {"/": "#"}, "w9": {}}, ("ex1", "?"))
    members(data, CLASSIC, presets)
    try:
        planned(data, drain=["w1"], presets=presets)
    except PlanError as error:
        assert str(error).isprintable()


@given(SITES, st.booleans())
@settings(deadline=None, max_examples=50)
def test_restore_undoes_a_drain_to_the_letter(site: Site, soft: bool) -> None:
    for name in active_in(site):
        out = attempt(site, drain=[name], soft=soft)
        assert out.after != site.data
        back = planned(out.after, restore=[name], workers=site.workers)
        assert back.after == site.data


@given(SITES)
@settings(deadline=None, max_examples=30)
def test_two_come_back_in_any_order_to_the_letter(site: Site) -> None:
    names = active_in(site)[:3]
    for one in names:
        for other in names:
            if one == other:
                continue
            both = attempt(Site(site.workers, attempt(site, drain=[one]).after), drain=[other])
            at_once = attempt(site, drain=[one, other])
            for start in (both, at_once):
                for first, second in ((one, other), (other, one)):
                    half = planned(start.after, restore=[first], workers=site.workers)
                    assert rotation(half.after, first, site.workers) is ACTIVE
                    assert rotation(half.after, second, site.workers) is Rotation.STOPPED
                    assert planned(half.after, restore=[second], workers=site.workers).after == site.data
                assert planned(start.after, restore=[one, other], workers=site.workers).after == site.data


@given(SITES)
@settings(deadline=None, max_examples=40)
def test_a_roll_in_single_steps_ends_where_it_began(site: Site) -> None:
    names = active_in(site)
    assume(names)
    now = attempt(site, drain=[names[0]])
    for before, name in pairwise(names):
        now = attempt(Site(site.workers, now.after), restore=[before], drain=[name])
        assert rotation(now.after, name, site.workers) is Rotation.STOPPED
        assert rotation(now.after, before, site.workers) is ACTIVE
    assert planned(now.after, restore=[names[-1]], workers=site.workers).after == site.data


def check_drained(workers: Workers, before: bytes, after: bytes, name: str, uris: tuple[bytes | str, ...]) -> None:
    """After a drain of ``name``: nothing for it, the others as before, errors as before."""
    for uri in uris:
        then, now = (route(UriMap.parse(data), workers, uri) for data in (before, after))
        if now.worker != name:
            route_of = workers.workers[name].route
            assert name not in now.members
            assert name not in route(UriMap.parse(after), workers, uri, session_route=route_of).members
        if then.status != 200 or then.worker not in workers.balancers:
            assert (now.status, now.worker) == (then.status, then.worker) or now.status == then.status == 503
        elif not any(workers.workers[member].distance for member in then.members):
            assert set(now.members) >= set(then.members) - {name}
            assert now.status == 200 or set(then.members) == {name}


@given(SITES, st.sampled_from(NAMES))
@settings(deadline=None, max_examples=50)
def test_a_drained_member_gets_nothing_and_the_others_what_they_got(site: Site, name: str) -> None:
    assume(name in members(site.data, site.workers))
    plan = attempt(site, drain=[name])
    check_drained(site.workers, site.data, plan.after, name, URIS)
    for rule, active in plan.active.items():
        assert name not in active, rule


@given(st.integers(0, 100_000), st.sampled_from(["w1", "w2", "w4", "w5"]))
@settings(deadline=None, max_examples=50)
def test_a_drained_member_gets_nothing_on_any_generated_map(seed: int, name: str) -> None:
    generated = generate(seed, 8)
    try:
        plan = planned(generated.data, drain=[name], workers=GENERATED)
    except PlanError:
        return
    check_drained(GENERATED, generated.data, plan.after, name, generated.uris)


@given(SITES, st.sampled_from(NAMES), st.booleans())
@settings(deadline=None, max_examples=50)
def test_the_second_time_nothing_changes(site: Site, name: str, soft: bool) -> None:
    assume(name in members(site.data, site.workers))
    out = attempt(site, drain=[name], soft=soft)
    assert planned(out.after, drain=[name], soft=soft, workers=site.workers).changes == ()


@given(SITES, st.sampled_from(NAMES))
@settings(deadline=None, max_examples=50)
def test_lines_that_need_no_change_keep_every_byte(site: Site, name: str) -> None:
    assume(name in members(site.data, site.workers))
    plan = attempt(site, drain=[name])
    changed = {change.line for change in plan.changes}
    before, after = (data.split(b"\n") for data in (plan.before, plan.after))
    assert len(before) == len(after)
    assert {number for number, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]} == changed
    for old, new in zip(UriMap.parse(plan.before).entries, UriMap.parse(plan.after).entries, strict=True):
        assert old.key == new.key and (old.value == new.value or old.line in changed)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_same_seed_is_the_same_map_for_ever(seed: int) -> None:
    assert generate(seed) == generate(seed)
    assert len(generate(seed).uris) == 20
