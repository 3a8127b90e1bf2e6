"""Matching and choosing, where the rows of the grammar leave room."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isdeploy_tui.modjk.routing import matches, normalize
from tests.modjk.sites import make_workers, routed


def by_definition(pattern: bytes, path: bytes) -> bool:
    """A star is any text, a question mark one byte, the rest itself."""
    if not pattern:
        return not path
    if pattern[:1] == b"*":
        return any(by_definition(pattern[1:], path[cut:]) for cut in range(len(path) + 1))
    return bool(path) and pattern[:1] in (b"?", path[:1]) and by_definition(pattern[1:], path[1:])


@given(st.text("ab/*?", max_size=7), st.text("ab/", max_size=7))
@settings(deadline=None, max_examples=500)
def test_matching_is_what_the_definition_says(pattern: str, path: str) -> None:
    assert matches(pattern, path.encode()) is by_definition(pattern.encode(), path.encode())


def test_many_stars_end_soon() -> None:
    assert not matches("/" + "*a" * 2000 + "b", b"/" + b"a" * 4000)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/", b"/"),
        (b"//a///b//", b"/a/b/"),
        (b"/a/./b/.", b"/a/b/"),
        (b"/a/b/..", b"/a/"),
        (b"/a/..", b"/"),
        (b"/a/../b", b"/b"),
        (b"/..", None),
        (b"/a/../..", None),
        (b"/..;x/a", None),
        (b"/a;x=1/b;y", b"/a/b"),
        (b"/;x", b"/"),
        (b"/a/;x/b", b"/a/b"),
        (b"/...", b"/..."),
        (b"a", None),
        (b"*", b"*"),
    ],
)
def test_normalize(path: bytes, expected: bytes | None) -> None:
    assert normalize(path) == expected


@given(st.text("a./;", max_size=12))
@settings(deadline=None)
def test_a_normal_path_stays(path: str) -> None:
    once = normalize(b"/" + path.encode())
    assert once is None or normalize(once) == once


def test_asterisk_and_other_forms_are_not_forwarded() -> None:
    assert routed(b"/*=balancer", "*").status == 404
    assert routed(b"/*=balancer", "x").status == 400


def test_hot_standby_gets_requests_only_when_nobody_nearer_is_active() -> None:
    workers = make_workers({"lb": ["a", "b"]}, "worker.b.distance=1")
    assert routed(b"/*=lb", "/", workers).members == ("a",)
    assert routed(b"/*=lb;stopped=a", "/", workers).members == ("b",)


def test_single_disabled_member() -> None:
    workers = make_workers({"lb": ["a"]})
    assert routed(b"/*=lb;disabled=a", "/", workers).status == 503
    assert routed(b"/*=lb;disabled=a", "/", workers, "a").members == ("a",)


def test_session_of_a_stopped_member_goes_to_its_redirect_or_domain() -> None:
    workers = make_workers({"lb": ["a", "b", "c"]}, "worker.a.redirect=c")
    assert routed(b"/*=lb;stopped=a", "/", workers, "a").members == ("c",)
    workers = make_workers({"lb": ["a", "b", "c"]}, "worker.a.domain=d", "worker.c.domain=d")
    assert routed(b"/*=lb;stopped=a", "/", workers, "a").members == ("c",)
    assert routed(b"/*=lb", "/", workers, "d").members == ("a", "c")


def test_forced_sessions_get_an_error_instead_of_another_member() -> None:
    workers = make_workers({"lb": ["a", "b"]}, "worker.lb.sticky_session_force=1")
    assert routed(b"/*=lb;stopped=a", "/", workers, "a").status == 503
    assert routed(b"/*=lb;stopped=a", "/", workers).members == ("b",)


def test_sessions_may_be_ignored_by_balancer_or_rule() -> None:
    workers = make_workers({"lb": ["a", "b"]}, "worker.lb.sticky_session=0")
    assert routed(b"/*=lb", "/", workers, "a").members == ("a", "b")
    workers = make_workers({"lb": ["a", "b"]})
    assert routed(b"/*=lb;sticky_ignore=1", "/", workers, "a").members == ("a", "b")


def test_redirect_leads_to_a_disabled_member_when_nobody_is_active() -> None:
    workers = make_workers({"lb": ["a", "b"]}, "worker.a.redirect=b")
    assert routed(b"/*=lb;stopped=a;disabled=b", "/", workers).members == ("b",)


def test_status_worker_and_worker_without_a_port() -> None:
    workers = make_workers({}, "worker.s.type=status", "worker.p.port=0", listed="s,p")
    assert (routed(b"/s=s", "/s", workers).status, routed(b"/s=s", "/s", workers).members) == (200, ())
    assert routed(b"/p=p", "/p", workers).status == 503
