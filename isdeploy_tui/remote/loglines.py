"""Bytes of a log that come in chunks, as lines of text."""

import codecs

LONGEST = 64 * 1024
"""Characters that are kept of a line, so that an endless one cannot fill the memory."""


class LogLines:
    """Joins chunks and gives whole lines: UTF-8 with U+FFFD for what is none, split at ``\\n`` alone.

    A line that is longer than LONGEST comes at once, cut; when it ends, a line follows that says how much was left
    out. ``mid_line`` begins in the middle of a line, whose rest is dropped.
    """

    def __init__(self, *, mid_line: bool = False) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._drop = mid_line
        self._left_out = 0

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that this chunk completes, without line ends; not yet printable."""
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        if lines and (self._drop or self._left_out):
            lines[:1] = self._end_of_long(lines[0])
        if lines and max(map(len, lines)) > LONGEST:
            lines = [part for line in lines for part in _cut(line)]
        if len(self._rest) > LONGEST or self._left_out:
            if not (self._drop or self._left_out):
                lines.append(self._rest[:LONGEST])
                self._left_out = -LONGEST
            self._left_out += len(self._rest)
            self._rest = ""
        return lines

    def flush(self) -> list[str]:
        """Return the last line if it had no line end, and begin anew."""
        rest = self._rest + self._decoder.decode(b"", True)
        whole = [rest] if rest else []
        lines = self._end_of_long(rest) if self._drop or self._left_out else whole
        self._rest = ""
        self._decoder.reset()
        return lines

    def _end_of_long(self, rest: str) -> list[str]:
        """Return what is to say at the end of a line of which something was left out."""
        dropped, left_out = self._drop, self._left_out + len(rest)
        self._drop, self._left_out = False, 0
        return [] if dropped else [_remark(left_out)]


def _cut(line: str) -> list[str]:
    return [line] if len(line) <= LONGEST else [line[:LONGEST], _remark(len(line) - LONGEST)]


def _remark(characters: int) -> str:
    return f"… {characters:,} more characters of that line were left out"
