"""What a log line is about."""

import pytest

from isdeploy_tui.tui.widgets.log_line import NoticeLine, TroubleLine, level_of, shown, states


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("06-Jan-2026 12:00:01.120 SEVERE [main] org.apache.X boom", "error"),
        ("2026-01-06 12:00:01 ERROR o.s.Boot - boom", "error"),
        ("2026-01-06 12:00:05.200 심각 [main] 시작하지 못했습니다", "error"),
        ("2026-01-06 12:00:05.200 경고 [main] 느립니다", "warning"),
        ("2026-01-06 12:00:05.200 정보 [main] 시작되었습니다", "info"),
        ("06-Jan-2026 12:00:01.120 WARNING [main] slow", "warning"),
        ("12:00:01 WARN  slow", "warning"),
        ("06-Jan-2026 12:00:01.120 INFO [main] an ERROR that is only talked about", "info"),
        ("12:00:01 DEBUG cache", "debug"),
        ("\tat com.example.Stock.take(Stock.java:81)", "trace"),
        ("\tat java.base/java.lang.Thread.run(Thread.java:840)", "trace"),
        ("\t... 24 more", "trace"),
        ("Caused by: java.sql.SQLTimeoutException: 30 s", "error"),
        ("java.lang.IllegalStateException: out of stock", "error"),
        ("an ordinary sentence at noon", "info"),
        (NoticeLine("ERROR in a notice"), "notice"),
        (TroubleLine("failed"), "error"),
    ],
)
def test_the_level_is_read_from_the_line(line: str, level: str) -> None:
    assert level_of(line) == level


def test_what_is_shown_is_printable_and_has_no_line_end() -> None:
    assert shown("\x1b[31mred\x1b[0m\tx\r") == "red     x"


def test_of_a_progress_bar_the_last_state_is_shown() -> None:
    assert shown("10%\r50%\r100%\r\r") == "100%"
    assert shown("\r") == ""
    assert states("10%\r50%\r\n"[:-1]) == ["10%", "50%"]
    assert states("\r") == [""]


def test_of_a_very_long_line_it_is_said_how_much_is_left_out() -> None:
    text = shown("x" * 60_000)
    assert text.endswith("x … 51,808 more characters")
    assert len(text) < 9_000
    assert states("x" * 60_000) == ["x" * 60_000]
