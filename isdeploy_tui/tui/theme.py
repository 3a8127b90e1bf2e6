"""Colours and glyphs. A state is always glyph + word + colour, so that any one of them may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from textual.theme import BUILTIN_THEMES, Theme

DARK = Theme(
    name="isdeploy-dark",
    primary="#5fafff",
    secondary="#5f87af",
    warning="#ffaf5f",
    error="#ff7b72",
    success="#7fd88f",
    accent="#87d7ff",
    foreground="#d7dce4",
    background="#14171c",
    surface="#191d23",
    panel="#262c35",
    dark=True,
    variables={
        "muted": "#8b95a5",
        "good": "#7fd88f",
        "warn": "#ffaf5f",
        "bad": "#ff8078",
        "unsure": "#d7afff",
        "notice": "#87d7ff",
        "band-text": "#ffffff",
        "band": "#af005f",
        "cursor-focus": "#264a72",
        "cursor-blur": "#2b313b",
        "title-focus": "#2f5d8f",
        "title-focus-text": "#ffffff",
        "title-blur": "#262c35",
        "title-blur-text": "#b4bcc8",
        "footer-key-foreground": "#87d7ff",
        "border": "#5fafff",
        "border-blurred": "#3a424e",
        "scrollbar": "#3a4452",
        "scrollbar-background": "#191d23",
        "scrollbar-hover": "#4d5a6c",
        "scrollbar-active": "#5fafff",
        "input-selection-background": "#5fafff 35%",
    },
)
"""The default."""

LIGHT = Theme(
    name="isdeploy-light",
    primary="#005faf",
    secondary="#5f87af",
    warning="#875f00",
    error="#af0000",
    success="#00701f",
    accent="#005f87",
    foreground="#1f2430",
    background="#fcfcfa",
    surface="#f4f5f3",
    panel="#e2e6ea",
    dark=False,
    variables={
        "muted": "#5c6575",
        "good": "#00701f",
        "warn": "#8a4b00",
        "bad": "#b30021",
        "unsure": "#6b2fa0",
        "notice": "#005f87",
        "band-text": "#ffffff",
        "band": "#af005f",
        "cursor-focus": "#c9def5",
        "cursor-blur": "#e2e6ea",
        "title-focus": "#005faf",
        "title-focus-text": "#ffffff",
        "title-blur": "#e2e6ea",
        "title-blur-text": "#3a4250",
        "footer-key-foreground": "#005faf",
        "border": "#005faf",
        "border-blurred": "#b9c0c9",
        "scrollbar": "#b9c0c9",
        "scrollbar-background": "#f0f1ef",
        "scrollbar-hover": "#98a2af",
        "scrollbar-active": "#005faf",
        "input-selection-background": "#005faf 25%",
    },
)
"""For light terminals."""

THEMES: Mapping[str, str] = {
    "dark": DARK.name,
    "light": LIGHT.name,
    "ansi": "ansi-dark",
    "ansi-dark": "ansi-dark",
    "ansi-light": "ansi-light",
}
"""What ``--theme`` may name; other names are looked up among the library's own themes."""

ANSI_VARIABLES: Mapping[str, str] = {
    "muted": "ansi_default",
    "good": "ansi_green",
    "warn": "ansi_yellow",
    "bad": "ansi_red",
    "unsure": "ansi_magenta",
    "notice": "ansi_cyan",
    "band-text": "ansi_bright_white",
    "band": "ansi_magenta",
    "cursor-focus": "ansi_blue",
    "cursor-blur": "ansi_default",
    "title-focus": "ansi_blue",
    "title-focus-text": "ansi_bright_white",
    "title-blur": "ansi_default",
    "title-blur-text": "ansi_default",
}
"""Our variables where the terminal's own palette is used."""


def variables(theme: Theme, generated: Mapping[str, str]) -> dict[str, str]:
    """Return our variables for a theme that does not have them: another library theme, or the terminal's palette."""
    if theme.ansi:
        return dict(ANSI_VARIABLES)
    return {
        "muted": generated["foreground-muted"],
        "good": generated["text-success"],
        "warn": generated["text-warning"],
        "bad": generated["text-error"],
        "unsure": generated["text-accent"],
        "notice": generated["text-primary"],
        "band-text": "#ffffff",
        "band": "#af005f",
        "cursor-focus": generated["primary-muted"],
        "cursor-blur": generated["panel"],
        "title-focus": generated["primary-muted"],
        "title-focus-text": generated["foreground"],
        "title-blur": generated["panel"],
        "title-blur-text": generated["foreground"],
    }


def available() -> tuple[str, ...]:
    """Return every name that ``--theme`` may have: ours first, then the library's."""
    return tuple(dict.fromkeys((*THEMES, *THEMES.values(), *sorted(BUILTIN_THEMES))))


@dataclass(frozen=True, slots=True)
class Choice:
    """The theme to start with; ``ansi_color`` True keeps the terminal's own palette even under NO_COLOR."""

    name: str
    ansi_color: bool | None = None


def choose(wanted: str | None, environ: Mapping[str, str], color_system: str | None = None) -> Choice:
    """Return the theme for this terminal.

    ``color_system`` is ``standard`` (16 colours), ``256`` or ``truecolor``; None: found out from the environment.
    NO_COLOR and terminals of 16 colours get the terminal's own palette, because ours would be mapped to a black
    background there.
    """
    no_color = bool(environ.get("NO_COLOR"))
    if wanted:
        name = THEMES.get(wanted, wanted)
    else:
        colors = color_system or Console(force_terminal=True, _environ=dict(environ)).color_system or "standard"
        name = DARK.name if colors in {"256", "truecolor"} and not no_color else "ansi-dark"
    if no_color:
        return Choice(name if name.startswith("ansi") else "ansi-dark", True)
    return Choice(name)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One cell each. None is an emoji; the ASCII set is for terminals that draw ambiguous characters two cells wide."""

    active: str
    disabled: str
    stopped: str
    unknown: str
    bad: str
    warn: str
    reading: str
    done: str
    running: str
    mark: str
    open: str
    closed: str
    dot: str
    dash: str
    ellipsis: str
    line: str
    bar: str
    guides: tuple[str, str, str, str]


UNICODE = Glyphs(
    active="●",
    disabled="◐",
    stopped="○",
    unknown="?",
    bad="✗",
    warn="!",
    reading="·",
    done="✓",
    running="»",
    mark="◆",
    open="▾",
    closed="▸",
    dot="·",
    dash="—",
    ellipsis="…",
    line="─",
    bar="│",
    guides=("  ", "│ ", "└─", "├─"),
)

ASCII = Glyphs(
    active="+",
    disabled="~",
    stopped="-",
    unknown="?",
    bad="x",
    warn="!",
    reading=".",
    done="+",
    running=">",
    mark="#",
    open="v",
    closed=">",
    dot="|",
    dash="-",
    ellipsis="~",
    line="-",
    bar="|",
    guides=("  ", "| ", "`-", "|-"),
)


@dataclass(frozen=True, slots=True)
class Look:
    """The names of styles as style strings, and the glyphs: what widgets draw with."""

    glyphs: Glyphs
    ansi: bool
    muted: str
    good: str = "$good"
    warn: str = "$warn"
    bad: str = "$bad"
    unsure: str = "$unsure"
    notice: str = "$notice"
    strong: str = "bold"
    band: str = "bold $band-text on $band"
    bad_band: str = "bold $bad reverse"
    key: str = "bold $footer-key-foreground"

    @classmethod
    def of(cls, *, ascii: bool, ansi: bool) -> "Look":
        """Return the look for a glyph set and a kind of palette. ``ansi``: muted text is dim, not grey."""
        glyphs = ASCII if ascii else UNICODE
        if ansi:
            # Reverse still shows a band where NO_COLOR takes the colours away.
            return cls(glyphs, ansi, "dim", band="bold reverse $band")
        return cls(glyphs, ansi, "$muted")
