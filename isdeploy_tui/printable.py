"""The one boundary that text from a server passes before a person sees it.

No terminal library filters control characters, so a log line could clear the screen or write the clipboard
(``ESC ]52``). What comes out of here holds printable characters only: never ESC, never a line break, never a
character that reorders or hides its neighbours.
"""

import re

MAX_LINE = 8192
"""Longest line shown, in characters; one endless line must not stall the screen."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Sequences first, as wholes: leaving their printable tails behind would be noise ("[31m"), not evidence.
_SEQUENCES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)"  # OSC
    r"|\x1b[PX^_][^\x1b]*\x1b\\"  # DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]"  # two-character escapes
)
# Letters and marks without a shape: str.isprintable() lets them through (it stops those that set the direction).
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\U000e0100-\U000e01ef]")
# Variation selectors say how the character before is drawn, and terminals disagree about its width then.
_SELECTORS = re.compile("[\ufe00-\ufe0f]")


def printable(text: str, limit: int = MAX_LINE) -> str:
    """Return one line of untrusted text as printable characters.

    Escape sequences and variation selectors vanish, tabs become spaces (8 columns), every other character that is not
    printable becomes U+FFFD. At most ``limit`` characters (1 or more) are kept, the last of them an ellipsis when
    something was cut.
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable() and (text.isascii() or not (_INVISIBLE.search(text) or _SELECTORS.search(text))):
        return text
    text = _SELECTORS.sub("", _SEQUENCES.sub("", text)).expandtabs(8)
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    text = _INVISIBLE.sub(REPLACEMENT, text)
    return text if text.isprintable() else "".join(char if char.isprintable() else REPLACEMENT for char in text)


def printable_lines(data: bytes | str, limit: int = 100) -> tuple[str, ...]:
    """Return the lines of an answer from a server, printable, at most ``limit`` of them."""
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return tuple(printable(line.removesuffix("\r")) for line in text.rstrip("\n").split("\n")[:limit] if line.strip())
