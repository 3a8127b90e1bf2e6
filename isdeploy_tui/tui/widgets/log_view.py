"""The rows of a log pane: the lines that a filter lets through, and which of them a search has found.

Lines are looked at once, as they come, in slices of time that hold up nothing; they are known by their numbers, which
count from the first line that was ever fed and survive the dropping of old ones.
"""

from bisect import bisect_left
from collections.abc import Sequence
from time import perf_counter
from typing import overload

from isdeploy_tui.tui.widgets.log_buffer import LogBuffer
from isdeploy_tui.tui.widgets.log_line import NoticeLine, is_mark, is_of_error
from isdeploy_tui.tui.widgets.log_pattern import PATIENCE, Pattern, TooSlowError, within

SLICE = 0.008
"""Seconds that looking through lines may take before everything else gets its turn."""

_BATCH = 128


class LogView(Sequence[str]):
    """What of a buffer is looked at. ``hits`` are the numbers of the rows that the search has found, in order."""

    def __init__(self, buffer: LogBuffer) -> None:
        self.buffer = buffer
        self.filter: Pattern | None = None
        self.search: Pattern | None = None
        self.errors_only = False
        self.hits: list[int] = []
        self.passed_unseen = 0
        self._rows: list[int] = []
        self._filtered = self._searched = 0
        self._in_error = False

    # -- what there is ---------------------------------------------------------------------------------------

    def feed(self, lines: Sequence[str]) -> None:
        """Append raw lines to the buffer."""
        self.buffer.feed(lines)
        self._forget_dropped()

    def trim(self) -> None:
        """Let the buffer drop what is too much."""
        self.buffer.trim()
        self._forget_dropped()

    def clear(self) -> None:
        """Forget all lines; what is looked for stays."""
        self.buffer.clear()
        self.restart()

    def thaw(self) -> None:
        """Look at the newest lines again; those that came and went meanwhile are nobody's any more."""
        self.buffer.thaw()
        self._filtered, self._searched = max(self._filtered, self.buffer.first), max(self._searched, self.buffer.first)
        self._forget_dropped()

    # -- what is looked for ------------------------------------------------------------------------------------

    def let_through(self, filter: Pattern | None, errors_only: bool) -> None:
        """Show only these lines from now on; ``advance`` finds them."""
        self.filter, self.errors_only = filter, errors_only
        self.restart()

    def look_for(self, search: Pattern | None) -> None:
        """Find these lines from now on; ``advance`` does it."""
        self.search = search
        self.hits.clear()
        self._searched = self.buffer.first

    def restart(self) -> None:
        """Forget what was found."""
        self._rows.clear()
        self.hits.clear()
        self._filtered = self._searched = self.buffer.first
        self.passed_unseen = 0
        self._in_error = False

    @property
    def is_filtered(self) -> bool:
        """True when lines may be hidden."""
        return self.filter is not None or self.errors_only

    @property
    def known_to(self) -> int:
        """The number up to which lines have been looked at."""
        return self._filtered if self.is_filtered else self._end

    @property
    def _end(self) -> int:
        return self.buffer.first + len(self.buffer.view)

    def advance(self, seconds: float = SLICE) -> bool:
        """Look at lines that nobody has looked at, for so long; return True when none is left.

        Raises TooSlowError, and takes the filter or the search away that is to blame.
        """
        deadline = perf_counter() + seconds
        while self.is_filtered and self._filtered < self._end:
            with within(PATIENCE):
                self._filter_some()
            if perf_counter() > deadline:
                break
        while self.search is not None and self._searched < self.known_to:
            try:
                with within(PATIENCE):
                    self._search_some(self.search)
            except TooSlowError:
                self.look_for(None)
                raise
            if perf_counter() > deadline:
                break
        return self.known_to >= self._end and (self.search is None or self._searched >= self._end)

    def _forget_dropped(self) -> None:
        first = self.buffer.first
        for numbers in (self._rows, self.hits):
            if numbers and numbers[0] < first:
                del numbers[: bisect_left(numbers, first)]
        if self.is_filtered:
            self.passed_unseen += max(0, first - self._filtered)
        self._filtered, self._searched = max(self._filtered, first), max(self._searched, first)

    def _filter_some(self) -> None:
        start = self._filtered - self.buffer.first
        lines = self.buffer.view[start : start + _BATCH]
        matches = self.filter.matches if self.filter is not None else None
        try:
            for number, line in enumerate(lines, self._filtered):
                if isinstance(line, NoticeLine):
                    self._rows.append(number)
                    continue
                if self.errors_only:
                    self._in_error = is_of_error(line, self._in_error)
                    if not self._in_error:
                        continue
                if matches is None or matches(line):
                    self._rows.append(number)
        except TooSlowError:
            self.let_through(None, self.errors_only)
            raise
        self._filtered += len(lines)

    def _search_some(self, search: Pattern) -> None:
        first, view, end = self.buffer.first, self.buffer.view, self.known_to
        if self.is_filtered:
            start = bisect_left(self._rows, self._searched)
            numbers: Sequence[int] = self._rows[start : start + _BATCH]
            upto = numbers[-1] + 1 if len(numbers) == _BATCH else end
        else:
            upto = min(end, self._searched + _BATCH)
            numbers = range(self._searched, upto)
        self.hits += [number for number in numbers if search.matches(view[number - first])]
        self._searched = upto

    # -- rows --------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self._rows) if self.is_filtered else len(self.buffer.view)

    @overload
    def __getitem__(self, row: int) -> str: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[str]: ...
    def __getitem__(self, row: int | slice) -> str | Sequence[str]:
        view = self.buffer.view
        if not self.is_filtered:
            return view[row]
        first = self.buffer.first
        if isinstance(row, slice):
            return [view[number - first] for number in self._rows[row]]
        return view[self._rows[row] - first]

    def number(self, row: int) -> int:
        """Return the number of the line in a row; of the row after the last the number that comes next."""
        if not self.is_filtered:
            return self.buffer.first + row
        return self._rows[row] if row < len(self._rows) else self._filtered

    def row_of(self, number: int) -> int:
        """Return the row of a line, or of the first one after it that is shown; never one after the last."""
        row = bisect_left(self._rows, number) if self.is_filtered else number - self.buffer.first
        return max(0, min(row, len(self) - 1))

    # -- going from one to the next ----------------------------------------------------------------------------

    def hit_after(self, number: int) -> int | None:
        """Return the number of the first line after this one that the search has found."""
        index = bisect_left(self.hits, number + 1)
        return self.hits[index] if index < len(self.hits) else None

    def hit_before(self, number: int) -> int | None:
        """Return the number of the last line before this one that the search has found."""
        index = bisect_left(self.hits, number)
        return self.hits[index - 1] if index else None

    def place_of_hit(self, number: int | None) -> int:
        """Return which of the hits a line is, from 1 on; 0 when it is none."""
        index = bisect_left(self.hits, number) if number is not None else len(self.hits)
        return index + 1 if index < len(self.hits) and self.hits[index] == number else 0

    def mark_near(self, row: int, step: int) -> int | None:
        """Return the nearest row after (``step`` 1) or before (-1) this one that is a place to jump to."""
        rows = range(row + 1, len(self)) if step > 0 else range(min(row, len(self)) - 1, -1, -1)
        return next((found for found in rows if is_mark(self[found])), None)
