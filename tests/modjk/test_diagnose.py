"""What is wrong with a map is told with its place and with what mod_jk makes of it."""

import pytest

from isdeploy_tui.modjk.diagnose import diagnose
from isdeploy_tui.modjk.overlap import MAX_PAIRS
from isdeploy_tui.modjk.urimap import UriMap
from tests.modjk.sites import CLASSIC, make_workers

# The rows of the grammar in test_grammar.py check the consequences; here it is about the words and the places.


def told(data: bytes, workers=CLASSIC) -> list[str]:
    return [
        f"{item.line}:{item.column} {item.consequence}: {item.text}" for item in diagnose(UriMap.parse(data), workers)
    ]


def test_a_good_map_has_nothing_to_tell() -> None:
    data = b"# ours\n\n/*=balancer;stopped=w1 # x\n!/static/*=balancer\n-/x=ex1\n/ab|/*=balancer\nv=5\n"
    data += b"/bc=ex2;reply_timeout=$(v)\n"
    assert told(data) == []


def test_places_count_characters_not_bytes() -> None:
    assert told("/é*=balancer\n  /ü=nowhere\n".encode()) == [
        "2:6 500: 'nowhere' is not in worker.list: httpd answers 500"
    ]


def test_place_of_an_extension() -> None:
    assert told(b"/*= balancer;stopped=w1;what=1") == ["1:25 ignored: mod_jk does not know the extension 'what=1'"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"*.jsp=balancer", "'*.jsp' must begin with a slash, whatever the documentation says: write '/*.jsp'"),
        (b"!-/a=balancer", "'!-/a' has its marks the wrong way round: write -! to switch an exclusion off"),
        (b"\xef\xbb\xbf/a=balancer", "the file begins with a byte order mark"),
        (b"pool=balancer", "'pool' does not begin with a slash: mod_jk drops the rule"),
        (b"/a", "there is no '='; mod_jk skips the line without a word"),
        (b"/a=", "a key or a value is missing; mod_jk skips the line without a word"),
        (b"/a=ex1\0x", "a NUL byte ends the line for mod_jk; what follows is not read"),
        (b"!/a=ex1", "no rule goes to 'ex1': this exclusion excludes nothing"),
    ],
)
def test_ignored(line: bytes, text: str) -> None:
    found = told(line + b"\n/x=balancer\n")
    assert len(found) == 1 and "ignored: " in found[0] and text in found[0]


@pytest.mark.parametrize(
    ("target", "text"),
    [
        (b"balancer ;x=1", "'balancer ' is not the worker 'balancer', to the letter"),
        (b"balancer\\", "'balancer\\' is not the worker 'balancer', to the letter"),
        (b"lost", "the balancer 'lost' is not in worker.list"),
        (b"b", "'b' is only a member of a balancer, not in worker.list"),
        (b"nowhere", "'nowhere' is not in worker.list"),
    ],
)
def test_500(target: bytes, text: str) -> None:
    workers = make_workers({"balancer": ["a", "b"]}, "worker.lost.type=lb", "worker.lost.balance_workers=a")
    assert f"1:4 500: {text}: httpd answers 500" in told(b"/*=" + target, workers)


def test_503_says_when_sessions_still_work() -> None:
    assert told(b"/*=ex1;stopped=w2;disabled=w3") == [
        "1:4 503: no member of 'ex1' is active by this rule: httpd answers 503, except for sessions that have begun"
    ]


def test_rule_with_two_patterns_is_told_once() -> None:
    assert len(told(b"/a|/*=nowhere")) == 1


def test_replaced_line_is_told_and_not_judged() -> None:
    assert told(b"/a=nowhere\n/a=balancer\n") == ["1:1 ignored: line 2 has the same key '/a', and counts instead"]


@pytest.mark.parametrize(
    ("one", "other", "tie"),
    [
        ("/a/*", "/a/b", True),
        ("/*/b", "/a/*", True),
        ("/a?/x", "/?b/x", True),
        ("/a*b/", "/*cb/", True),
        ("/a/b", "/a/c", False),
        ("/a/*x", "/a/*y", False),
        ("/ab?", "/abc", True),
        ("/*a", "/a*", True),
        ("/a/*", "/*", False),
    ],
)
def test_ties_are_told_when_a_request_can_fit_both(one: str, other: str, tie: bool) -> None:
    data = f"{one}=balancer\n{other}=ex1\n".encode()
    assert any("ambiguous" in text for text in told(data)) is tie
    assert not any("ambiguous" in text for text in told(f"{one}=ex1\n{other}=ex1\n".encode()))


def test_a_map_of_thousands_of_equals_ends_soon() -> None:
    rules = b"".join(b"/%05d*=balancer;reply_timeout=%d\n" % (number, number) for number in range(MAX_PAIRS))
    assert told(rules) == []


def test_texts_are_printable_whatever_the_map_holds() -> None:
    data = b"/*=\x1b]52;c;x\x07\n\x1b[2J=1\n/\xff=balancer;\x1b[31m=1\n!/\x9b=\xe2\x80\xae\n"
    assert all(item.text.isprintable() for item in diagnose(UriMap.parse(data), CLASSIC))
