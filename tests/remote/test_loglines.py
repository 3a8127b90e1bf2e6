"""Chunks of a log become lines, whatever the chunks are."""

from hypothesis import given
from hypothesis import strategies as st

from isdeploy_tui.remote.loglines import LONGEST, LogLines


@given(st.lists(st.binary(max_size=40)))
def test_the_cuts_between_chunks_do_not_matter(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    lines = LogLines()
    got = [line for chunk in chunks for line in lines.feed(chunk)] + lines.flush()
    expected = whole.decode("utf-8", "replace").split("\n")
    assert got == (expected[:-1] if expected[-1] == "" else expected)


def test_only_the_line_feed_ends_a_line() -> None:
    assert LogLines().feed("a\rb\x0bc\x0cd\x85e\u2028f\r\ng\n".encode()) == ["a\rb\x0bc\x0cd\x85e\u2028f\r", "g"]


def test_an_endless_line_comes_in_pieces() -> None:
    lines = LogLines()
    got = [line for _ in range(10) for line in lines.feed(b"x" * 50_000)] + lines.feed(b"end\nnext\n")
    assert max(map(len, got)) == LONGEST
    assert "".join(got) == "x" * 500_000 + "end" + "next"
    assert got[-1] == "next"


def test_a_long_line_in_one_chunk_comes_in_pieces() -> None:
    got = LogLines().feed(b"a\n" + b"x" * 200_000 + b"\n\nb\n")
    assert got[0] == "a"
    assert got[-2:] == ["", "b"]
    assert "".join(got[1:-2]) == "x" * 200_000
    assert max(map(len, got)) == LONGEST


def test_the_rest_of_a_line_whose_beginning_was_skipped_is_dropped() -> None:
    lines = LogLines(mid_line=True)
    assert lines.feed(b"est of one") == []
    assert lines.feed(b"\ntwo\nthr") == ["two"]
    assert lines.flush() == ["thr"]
    lines = LogLines(mid_line=True)
    assert lines.feed(b"x" * 200_000) == []
    assert lines.flush() == []
