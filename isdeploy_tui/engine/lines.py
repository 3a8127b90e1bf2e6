"""Bytes that come in chunks, as printable lines."""

import codecs

from isdeploy_tui.printable import MAX_LINE, printable


class LineSplitter:
    """Joins chunks and gives whole lines; an endless line is cut so that it cannot fill the memory."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def feed(self, data: bytes) -> tuple[str, ...]:
        """Return the lines that this chunk completes, printable."""
        *lines, self._rest = (self._rest + self._decoder.decode(data)).split("\n")
        if len(self._rest) > MAX_LINE:
            lines.append(self._rest)
            self._rest = ""
        return tuple(map(_shown, lines))

    def rest(self) -> tuple[str, ...]:
        """Return the last line, if it had no line end."""
        line, self._rest = self._rest + self._decoder.decode(b"", True), ""
        return (_shown(line),) if line else ()


def _shown(line: str) -> str:
    # A progress bar redraws its line with carriage returns; a terminal would show the last state.
    return printable(line.removesuffix("\r").rpartition("\r")[2])
