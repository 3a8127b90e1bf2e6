"""How a log looks: a style for each level, and for what a person has found and chosen in it."""

CLASSES = {
    *(f"log--{level}" for level in ("error", "warning", "info", "debug", "trace", "notice", "mark")),
    *(f"log--{part}" for part in ("hit", "cursor", "selection")),
}
"""The component classes of ``LogCanvas``."""

CSS = """
LogCanvas {
    height: 1fr;
    background: $background;
    color: $foreground;
    overflow-x: hidden;
    overflow-y: scroll;
    scrollbar-size-vertical: 1;
    & > .log--error { color: $bad; }
    & > .log--warning { color: $warn; }
    & > .log--debug { color: $muted; }
    & > .log--trace { color: $muted; }
    & > .log--notice { color: $notice; text-style: italic; }
    & > .log--mark { color: $notice; text-style: bold; }
    & > .log--hit { color: $background; background: $unsure; }
    & > .log--cursor { background: $cursor-blur; }
    & > .log--selection { background: $cursor-focus; }
    &:ansi > .log--debug { text-style: dim; }
    &:ansi > .log--trace { text-style: dim; }
    &:ansi > .log--hit { color: ansi_magenta; background: ansi_default; text-style: reverse; }
    &:ansi > .log--cursor { text-style: underline; }
    &:nocolor > .log--error { text-style: bold; }
    &:nocolor > .log--hit { text-style: reverse; }
    &:nocolor > .log--selection { text-style: reverse; }
}
"""
