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


def test_an_endless_line_is_cut_and_what_was_left_out_is_said_when_it_ends() -> None:
    lines = LogLines()
    assert lines.feed(b"x" * 50_000) == []
    assert lines.feed(b"x" * 50_000) == ["x" * LONGEST]
    assert [line for _ in range(8) for line in lines.feed(b"x" * 50_000)] == []
    left_out = 500_003 - LONGEST
    assert lines.feed(b"end\nnext\n") == [f"… {left_out:,} more characters of that line were left out", "next"]
    assert lines.feed(b"more\n") == ["more"]


def test_an_endless_line_that_never_ends_says_so_at_the_end() -> None:
    lines = LogLines()
    assert lines.feed(b"x" * 100_000) == ["x" * LONGEST]
    assert lines.flush() == [f"… {100_000 - LONGEST:,} more characters of that line were left out"]
    assert lines.feed(b"a\n") == ["a"]


def test_a_long_line_in_one_chunk_is_cut() -> None:
    got = LogLines().feed(b"a\n" + b"x" * 200_000 + b"\n\nb\n")
    remark = f"… {200_000 - LONGEST:,} more characters of that line were left out"
    assert got == ["a", "x" * LONGEST, remark, "", "b"]


def test_a_line_of_the_longest_length_is_whole() -> None:
    assert LogLines().feed(b"x" * LONGEST + b"\n") == ["x" * LONGEST]
    lines = LogLines()
    assert lines.feed(b"x" * LONGEST) == []
    assert lines.feed(b"\n") == ["x" * LONGEST]


def test_the_rest_of_a_line_whose_beginning_was_skipped_is_dropped() -> None:
    lines = LogLines(mid_line=True)
    assert lines.feed(b"est of one") == []
    assert lines.feed(b"\ntwo\nthr") == ["two"]
    assert lines.flush() == ["thr"]
    lines = LogLines(mid_line=True)
    assert lines.feed(b"x" * 200_000) == []
    assert lines.flush() == []
