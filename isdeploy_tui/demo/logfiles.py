"""Log files of the world: appended to, and rotated before they fill a disk."""

import time
from pathlib import Path

from isdeploy_tui.demo.clock import Clock

ROTATE_BYTES = 4 * 1024 * 1024
"""Size at which a log is rotated, by rename and with one old file."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class LogFile:
    """A file that is open for appending; every write is there at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab", buffering=0)

    def write(self, text: str) -> None:
        """Append lines, line ends included."""
        self._file.write(text.encode())

    def rotate(self) -> None:
        """Start a new file if this one has grown large."""
        if self._file.tell() >= ROTATE_BYTES:
            self._file.close()
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
            self._file = self.path.open("ab", buffering=0)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class AccessLog:
    """httpd's access log in the common format, with what mod_jk knows about the member behind it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._file = LogFile(path)
        self._clock = clock

    def request(self, uri: str, status: int, member: str | None, seconds: float) -> None:
        """Write the line of one request, when it was answered (``%h %l %u %t "%r" %>s %b %D %{JK_WORKER_NAME}n``)."""
        now = time.localtime(self._clock.now())
        stamp = f"{now.tm_mday:02}/{MONTHS[now.tm_mon - 1]}/{now.tm_year}:{time.strftime('%H:%M:%S %z', now)}"
        size = 5120 if status == 200 else 312
        line = f'192.0.2.7 - - [{stamp}] "GET {uri} HTTP/1.1" {status} {size} {seconds * 1e6:.0f} {member or "-"}\n'
        self._file.write(line)
        self._file.rotate()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
