"""``check``: everything that a deploy will need, looked at, as a list of what is well and what is not."""

import argparse
import asyncio
import json
import os
import shutil
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from isdeploy_tui import config
from isdeploy_tui.cli import DONE, FAILED, USAGE
from isdeploy_tui.commands.opening import open_session
from isdeploy_tui.engine.doctor.examine import examine
from isdeploy_tui.engine.doctor.finding import Finding, Verdict
from isdeploy_tui.engine.targets import TargetError, resolve
from isdeploy_tui.tui.actions.keymap import judge

_MARKS = {
    Verdict.OK: ("✓", "ok", "32"),
    Verdict.WARNING: ("!", "!", "33"),
    Verdict.FAULT: ("✗", "X", "31"),
    Verdict.UNKNOWN: ("?", "?", "35"),
}
_WORST_FIRST = (Verdict.FAULT, Verdict.UNKNOWN, Verdict.WARNING, Verdict.OK)
_WIDEST = 110


def run_check(options: argparse.Namespace) -> int:
    """Print what was found; fails when there is a fault."""
    return asyncio.run(_check(options))


async def _check(options: argparse.Namespace) -> int:
    told: list[tuple[str, Finding]] = []
    configuration = config.load(config.find(options.config), judge)
    async with open_session(options, configuration=configuration) as session:
        try:
            workers = resolve(session.config, options.targets)
        except TargetError as error:
            print(error, file=sys.stderr)
            return USAGE
        async for host, findings in examine(session, workers):
            if not options.json:
                print("\n".join(_lines(host, findings)), end="\n\n", flush=True)
            told += ((host, finding) for finding in findings)
    counts = Counter(finding.verdict for _, finding in told)
    if options.json:
        print(json.dumps([_as_json(host, finding) for host, finding in told], ensure_ascii=False, indent=2))
    else:
        print(_summary(counts))
    return FAILED if counts[Verdict.FAULT] else DONE


def _as_json(host: str, finding: Finding) -> dict[str, str]:
    return {
        "host": host,
        "place": finding.place,
        "topic": finding.topic,
        "verdict": finding.verdict.value,
        "found": finding.found,
        "advice": finding.advice,
    }


def _lines(host: str, findings: Sequence[Finding]) -> Iterator[str]:
    """What is not well line by line, the worst first; what is well of one place in one paragraph."""
    yield host
    for place in dict.fromkeys(finding.place for finding in findings):
        here = [finding for finding in findings if finding.place == place]
        for verdict in _WORST_FIRST[:-1]:
            for finding in here:
                if finding.verdict is verdict:
                    yield from _paragraph(verdict, f"{_where(host, place)}{finding.topic}: {finding.found}")
                    if finding.advice:
                        yield from _wrapped(f"→ {finding.advice}", "      ", "        ")
        if well := [finding.found for finding in here if finding.verdict is Verdict.OK]:
            yield from _paragraph(Verdict.OK, f"{_where(host, place)}{'; '.join(well)}")


def _where(host: str, place: str) -> str:
    return "" if place == host else f"{place}  "


def _paragraph(verdict: Verdict, text: str) -> Iterator[str]:
    mark, plain, colour = _MARKS[verdict]
    if not _can_print(mark):
        mark = plain
    first, *rest = _wrapped(text, f"  {mark} ", "    ")
    yield first.replace(mark, f"\x1b[{colour}m{mark}\x1b[0m", 1) if _in_colour() else first
    yield from rest


def _wrapped(text: str, first: str, rest: str) -> Iterable[str]:
    if not _can_print("→"):
        text = text.replace("→", "->")
    if not sys.stdout.isatty():
        # In a file or a pipe a finding is one line, for grep.
        return [first + text]
    width = min(shutil.get_terminal_size().columns, _WIDEST) - 1
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def _summary(counts: Counter[Verdict]) -> str:
    if not counts[Verdict.FAULT] and not counts[Verdict.WARNING] and not counts[Verdict.UNKNOWN]:
        return f"All is well: {counts[Verdict.OK]} things looked at."
    words = (
        (Verdict.FAULT, "fault", "faults"),
        (Verdict.WARNING, "warning", "warnings"),
        (Verdict.UNKNOWN, "not known", "not known"),
        (Verdict.OK, "well", "well"),
    )
    parts = [
        f"{counts[verdict]} {one if counts[verdict] == 1 else many}" for verdict, one, many in words if counts[verdict]
    ]
    tail = "" if counts[Verdict.FAULT] else " Nothing keeps a deploy from working."
    return f"{', '.join(parts)}.{tail}"


def _can_print(character: str) -> bool:
    try:
        character.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _in_colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
