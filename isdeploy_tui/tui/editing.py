"""What the settings make of a servers.toml that somebody types: what is wrong in which line, or a configuration."""

from dataclasses import dataclass

from isdeploy_tui import config
from isdeploy_tui.config import Config, ConfigError
from isdeploy_tui.config.places import lines_of
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.actions.keymap import judge

LINES_TOLD = 20
"""Problems whose line is looked for; finding one means reading the file some ten times."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is wrong, and the line (from 1) where it can be mended, if there is one."""

    sentence: str
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a text is: a configuration, or what is wrong in it, by line."""

    config: Config | None
    troubles: tuple[Trouble, ...] = ()


def judge_text(text: str, source: str) -> Judgement:
    """Read a text as the program would at its start."""
    try:
        return Judgement(config.parse(text, source, judge))
    except ConfigError as error:
        told = error.problems[:LINES_TOLD]
        lines = [*lines_of(text, told), *[None] * (len(error.problems) - len(told))]
        troubles = [Trouble(printable(one), line) for one, line in zip(error.problems, lines, strict=True)]
        return Judgement(None, tuple(sorted(troubles, key=lambda one: (one.line is None, one.line))))
    except RecursionError:
        return Judgement(None, (Trouble("tables within tables, deeper than anything that is meant"),))


def summary(config: Config) -> str:
    """Return in words what there is in a configuration."""
    counts = (
        (len(config.services), "service", "services"),
        (sum(1 for _ in config.apaches()), "Apache", "Apaches"),
        (sum(1 for _ in config.workers()), "worker", "workers"),
    )
    return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts)
