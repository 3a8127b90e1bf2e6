"""The lines behind a log pane."""

from isdeploy_tui.tui.widgets.log_buffer import LogBuffer


def test_the_view_follows_until_it_is_frozen_and_then_stands_still() -> None:
    buffer = LogBuffer(keep=5)
    buffer.feed(["a", "b", "c"])
    buffer.freeze()
    buffer.feed([str(number) for number in range(100)])
    assert list(buffer.view) == ["a", "b", "c"]
    assert buffer.first == 0
    buffer.thaw()
    assert list(buffer.view) == ["95", "96", "97", "98", "99"]
    assert buffer.first == 98


def test_pending_counts_what_came_since_the_view_stands_still_also_what_was_dropped_since() -> None:
    buffer = LogBuffer(keep=5)
    buffer.feed(["a"] * 7)
    assert buffer.pending == 0
    buffer.freeze()
    buffer.feed(["b"] * 1234)
    assert buffer.pending == 1234
    buffer.thaw()
    assert buffer.pending == 0


def test_what_is_no_longer_kept_is_counted() -> None:
    buffer = LogBuffer(keep=5)
    buffer.feed(["a"] * 5)
    assert buffer.dropped == 0
    buffer.feed(["a"] * 3)
    assert (buffer.received, buffer.dropped) == (8, 3)


def test_freezing_twice_keeps_the_first_view() -> None:
    buffer = LogBuffer()
    buffer.feed(["a"])
    buffer.freeze()
    buffer.feed(["b"])
    buffer.freeze()
    assert list(buffer.view) == ["a"]


def test_clearing_forgets_lines_and_counts() -> None:
    buffer = LogBuffer()
    buffer.feed(["a"])
    buffer.freeze()
    buffer.clear()
    assert (list(buffer.view), buffer.received, buffer.is_frozen) == ([], 0, False)
