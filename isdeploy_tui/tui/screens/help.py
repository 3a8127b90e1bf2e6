"""The help page: all keys, made from the table of actions, and what the signs in the tree mean."""

from collections.abc import Sequence

from rich.style import Style
from rich.table import Table
from rich.text import Text
from textual.style import Style as ContentStyle

from isdeploy_tui.tui.actions import GROUPS, Action
from isdeploy_tui.tui.theme import Look

_MORE_KEYS = (
    ("up down pgup pgdn", "Move; also j k, ^b ^f, home end, g G"),
    ("left right", "Close or open a part of the tree; move along long lines of a log"),
    ("enter", "Open the log of a worker, or open and close a part of the tree"),
    ("^p", "Everything that can be done, by name"),
)

_WHERE = {"Log": "while a log has the focus", "Settings": "while servers.toml is edited"}


def help_page(look: Look, actions: Sequence[Action], *, read_only: bool) -> Table:
    """Return the page about these actions. In read-only mode the keys that change something are not on it."""
    heading, key, muted = (_style(name) for name in (look.strong, look.key, look.muted))
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(no_wrap=True, width=17)
    table.add_column(ratio=1)
    for group in GROUPS:
        shown = [action for action in actions if action.group == group and not (read_only and action.changes)]
        if not shown:
            continue
        table.add_row(Text(group, heading), Text(_WHERE.get(group, ""), muted))
        for action in shown:
            table.add_row(Text(f"  {action.key_text}", key), Text(action.help))
        table.add_row()
    table.add_row(Text("Moving", heading))
    for keys, meaning in _MORE_KEYS:
        table.add_row(Text(f"  {keys}", key), Text(meaning))
    table.add_row()
    table.add_row(Text("Signs", heading))
    for sign, style, meaning in _signs(look):
        table.add_row(Text(f"  {sign}", _style(style)), Text(meaning))
    return table


def _signs(look: Look) -> tuple[tuple[str, str, str], ...]:
    glyphs = look.glyphs
    return (
        (f"{glyphs.active} active", look.good, "Gets requests. With up?: nobody knows whether its Tomcat answers"),
        (f"{glyphs.disabled} disabled", look.warn, "Gets only the requests of its own sessions"),
        (f"{glyphs.stopped} stopped", look.warn, "Gets nothing; the time tells since when this was seen"),
        (
            f"{glyphs.unknown} unknown",
            look.unsure,
            "The rules do not say, or the server could not be read; i tells why",
        ),
        (f"{glyphs.bad} down", look.bad, "Gets requests, but its Tomcat does not answer"),
        (f"{glyphs.mark}", look.notice, "Marked: the next change is for all that are marked"),
        (f"{glyphs.running} drain: write", look.notice, "What is being done to it now"),
    )


def _style(name: str) -> Style:
    return ContentStyle.parse(name).rich_style
