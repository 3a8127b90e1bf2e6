"""Bytes of a log that come in chunks, as lines of text."""

import codecs

LONGEST = 64 * 1024
"""Characters of a line; a longer one comes as several, so that an endless one cannot fill the memory."""


class LogLines:
    """Joins chunks and gives whole lines: UTF-8 with U+FFFD for what is none, split at ``\\n`` alone.

    ``mid_line`` begins in the middle of a line, whose rest is dropped.
    """

    def __init__(self, *, mid_line: bool = False) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._drop = mid_line

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that this chunk completes, without line ends; not yet printable."""
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        if self._drop and lines:
            del lines[0]
            self._drop = False
        if lines and max(map(len, lines)) > LONGEST:
            lines = [piece for line in lines for piece in _pieces(line)]
        if len(self._rest) > LONGEST:
            *pieces, self._rest = _pieces(self._rest)
            if not self._drop:
                lines += pieces
        return lines

    def flush(self) -> list[str]:
        """Return the last line if it had no line end, and begin anew."""
        rest = self._rest + self._decoder.decode(b"", True)
        dropped = self._drop
        self._rest, self._drop = "", False
        self._decoder.reset()
        return [rest] if rest and not dropped else []


def _pieces(line: str) -> list[str]:
    return [line[start : start + LONGEST] for start in range(0, len(line), LONGEST)] or [""]
