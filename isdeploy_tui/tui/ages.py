"""Durations and ages as a person says them: short, and no more exact than they need to be."""

import time
from datetime import datetime

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def duration(seconds: float) -> str:
    """Return a span of time, e.g. ``0.4 s``, ``12 s``, ``3 min 05 s``, ``2 h 10 min``, ``5 d``; never negative."""
    seconds = max(0.0, seconds)
    if seconds < 1:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE:02d} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02d} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def about(seconds: float) -> str:
    """Return a span of time that reads the same for a minute once it is one: ``12 s``, ``3 min``, ``2 h 10 min``."""
    text = duration(seconds)
    return text.partition(" min ")[0] + " min" if text.endswith(" s") and " min " in text else text


def age(seconds: float) -> str:
    """Return the largest unit only, e.g. ``12s``, ``3m``, ``2h``, ``5d``: for a column of a table."""
    whole = int(max(0.0, seconds))
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def clock(moment: float) -> str:
    """Return a Unix time as the local time of day, ``14:02:31``."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def local_time(text: str) -> str:
    """Return an ISO 8601 time as local date and time; a text that is none comes back as it is."""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError):
        return text


def unix_time(text: str) -> float:
    """Return an ISO 8601 time in Unix seconds; 0 for a text that is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def moment(when: float, now: float) -> str:
    """Return a Unix time as the local time of day, with the date unless it was within the last 18 hours."""
    return time.strftime("%H:%M" if now - when < 18 * HOUR else "%Y-%m-%d %H:%M", time.localtime(when))
