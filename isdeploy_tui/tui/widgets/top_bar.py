"""The line at the top: what program this is, what is wrong anywhere, who works, and whether anything can be changed."""

from dataclasses import dataclass

from textual.content import Content
from textual.widget import Widget

from isdeploy_tui.printable import printable
from isdeploy_tui.tui.overview import Severity, count_all, phrases
from isdeploy_tui.tui.widgets.tree_label import Scene, severity_glyph, severity_style


@dataclass(frozen=True, slots=True)
class Heading:
    """What the bar tells beside the state of the fleet."""

    banner: str = ""
    status: str = ""
    operator: str = ""
    read_only: bool = False


class TopBar(Widget):
    """One line; what is least needed goes first when the terminal is narrow."""

    DEFAULT_CSS = """
    TopBar {
        height: 1;
        background: $panel;
        color: $foreground;
        &:ansi { background: ansi_default; text-style: none; }
    }
    """

    def __init__(self, scene: Scene, heading: Heading, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.scene = scene
        self.heading = heading
        self._counts = count_all(scene.config, scene.fleet)
        self._words = ""

    def show(self, scene: Scene, heading: Heading) -> None:
        """Show another state; repaints only when the words differ."""
        if scene.fleet is not self.scene.fleet:
            self._counts = count_all(scene.config, scene.fleet)
        self.scene, self.heading = scene, heading
        if self._line().plain != self._words:
            self.refresh()

    def render(self) -> Content:
        """Return the line for the present width."""
        line = self._line()
        self._words = line.plain
        return line

    def _line(self) -> Content:
        look, heading = self.scene.look, self.heading
        parts: list[Content] = []
        if heading.read_only:
            parts.append(Content.assemble((" READ-ONLY ", f"bold reverse {look.notice}")))
        if heading.banner:
            parts.append(Content.assemble((f" {printable(heading.banner)} ", f"bold reverse {look.notice}")))
        status = Content.assemble((printable(heading.status), look.strong)) if heading.status else Content()
        operator = Content.assemble((printable(heading.operator), look.muted)) if heading.operator else Content()
        name = Content.assemble(("isdeploy", look.strong))
        space = self.size.width - 2
        for left, right in (
            ((name, *parts, self._fleet(True)), (status, operator)),
            ((name, *parts, self._fleet(True)), (status,)),
            ((*parts, self._fleet(True)), (status,)),
            ((*parts, self._fleet(False)), (status,)),
            ((*parts, self._fleet(False)), ()),
        ):
            one, other = _joined(left), _joined(right)
            if one.cell_length + other.cell_length + 2 <= space:
                break
        gap = max(1, space - one.cell_length - other.cell_length)
        return Content.assemble(" ", one, " " * gap, other, " ")

    def _fleet(self, whole: bool) -> Content:
        look = self.scene.look
        counts = self._counts
        parts: list[tuple[str, str]] = [
            (severity_glyph(look, counts.severity) + " ", severity_style(look, counts.severity))
        ]
        for index, (phrase, severity) in enumerate(phrases(counts)):
            if not whole and index and severity < Severity.UNSURE:
                continue
            parts += [(f" {look.glyphs.dot} ", look.muted)] if index else []
            parts.append((phrase, severity_style(look, severity)))
        return Content.assemble(*parts)


def _joined(parts: tuple[Content, ...]) -> Content:
    return Content("  ").join(part for part in parts if part.cell_length)
