"""The written pages: their commands, their links, their tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = (ROOT / "README.md", ROOT / "README.ko.md", *sorted((ROOT / "docs").glob("*.md")))


@dataclass(frozen=True, slots=True)
class Shown:
    """A command line that a page shows, with the exit status that it promises."""

    line: str
    status: int


def shown(page: Path) -> Iterator[Shown]:
    """Yield the command lines of a page's ``console`` blocks: what follows ``$``."""
    for block in re.findall(r"(?ms)^ *```console\n(.*?)^ *```", page.read_text("utf-8")):
        for line in block.splitlines():
            if (found := re.match(r" *\$ (.*)", line)) and "isdeploy-tui" in found[1]:
                promised = re.search(r"# exit status (\d)", found[1])
                yield Shown(found[1], int(promised[1]) if promised else 0)


def mentioned(page: Path) -> Iterator[str]:
    """Yield the commands in a page's running text, and those of its other blocks."""
    text = page.read_text("utf-8")
    yield from re.findall(r"`(isdeploy-tui[^`\n]*)`", text)
    for line in re.findall(r"(?m)^ *(isdeploy-tui [^\n]*)$", text):
        yield line.split(" # ")[0]


def anchors(page: Path) -> set[str]:
    """Return what may follow ``#`` in a link to a page."""
    headings = re.findall(r"(?m)^#+ (.*)$", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
