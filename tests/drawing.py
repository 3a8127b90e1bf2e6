"""The screen as SVG and PNG, with fonts that have every letter and every glyph in its cell."""

import html
import itertools
import re
from pathlib import Path
from typing import Any

import resvg_py
from rich.cells import cell_len
from textual.app import App

FONTS = {
    "DejaVu Sans Mono": ("fonts-dejavu-core", "DejaVuSansMono.ttf"),
    "NanumGothicCoding": ("fonts-nanum-coding", "NanumGothicCoding.ttf"),
}
"""Family: the Debian package and a file of it."""

FONT_DIRECTORY = Path("/usr/share/fonts")

_TEXT = re.compile(
    r'<text(?P<before>[^>]*) x="(?P<x>[\d.]+)"(?P<between>[^>]*) textLength="(?P<length>[\d.]+)"'
    r"(?P<after>[^>]*)>(?P<text>[^<]*)</text>"
)


def drawn(app: App[Any]) -> str:
    """Return what is on the screen as SVG."""
    svg = app.export_screenshot(title="isdeploy-tui", simplify=True)
    svg = _TEXT.sub(_in_cells, svg)
    families = ", ".join(FONTS)
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", families).replace("Fira Code", families)


def png(svg: str, width: int | None = None) -> bytes:
    """Return the SVG as PNG, so many pixels wide (default: as wide as it says)."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=width, font_dirs=[str(FONT_DIRECTORY)]))


def _in_cells(match: re.Match[str]) -> str:
    """Put every run of wide and of narrow letters at its own cell: the exporter takes all for one cell wide."""
    text = html.unescape(match["text"])
    cell = float(match["length"]) / max(1, len(text))
    x = float(match["x"])
    runs = []
    for wide, letters in itertools.groupby(text, lambda letter: cell_len(letter) == 2):
        run = "".join(letters)
        length = cell * len(run) * (2 if wide else 1)
        shown = html.escape(run, quote=False).replace("\xa0", "&#160;")
        runs.append(
            f'<text{match["before"]} x="{x:g}"{match["between"]} textLength="{length:g}"{match["after"]}>{shown}</text>'
        )
        x += length
    return "".join(runs)


def missing_fonts() -> list[str]:
    """Return a sentence for each font that is not there."""
    present = {path.name for path in FONT_DIRECTORY.rglob("*.ttf")} if FONT_DIRECTORY.is_dir() else set()
    return [
        f"font {family} is missing (apt install {package}): text in it will be blank in the PNGs"
        for family, (package, file) in FONTS.items()
        if file not in present
    ]
