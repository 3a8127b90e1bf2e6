"""What a plan would do, as text: complete enough to say yes or no to."""

from collections.abc import Iterator, Sequence

from isdeploy_tui.config import ServiceConfig, WorkerId
from isdeploy_tui.engine.hosts.wording import host_lines
from isdeploy_tui.engine.plans import MapChange, OperationKind, OperationPlan
from isdeploy_tui.printable import printable
from isdeploy_tui.tui.overview import common_name, subject
from isdeploy_tui.tui.theme import Look
from isdeploy_tui.tui.widgets.detail import Line
from isdeploy_tui.tui.widgets.tree_label import Piece, environment

BLANK: Line = (("", ""),)


def rotation_lines(plan: OperationPlan, look: Look) -> Iterator[Line]:
    """Yield the lines about a drain or a restore: what speaks against it first, then each map's change."""
    yield from refusal_lines(plan, look)
    for warning in _own_warnings(plan):
        yield ((f"{look.glyphs.warn} {printable(warning)}", look.warn),)
    if plan.unchanged:
        where = "in rotation" if plan.kind is OperationKind.RESTORE else "out of rotation"
        yield ((f"Already {where}, left as it is: {', '.join(map(str, plan.unchanged))}", look.muted),)
    for index, change in enumerate(plan.changes):
        if index or plan.refusals or plan.warnings or plan.unchanged:
            yield BLANK
        yield from change_lines(change, look)
    if plan.changes:
        seconds = max(change.apache.settle_seconds for change in plan.changes)
        yield BLANK
        yield ((f"Every new request follows the map {seconds:g} s after it is written.", look.muted),)


def host_plan_lines(plan: OperationPlan, look: Look) -> Iterator[Line]:
    """Yield the lines about whole Apaches that leave the balancer in front, and come in again."""
    if plan.scripts:
        yield from comment_lines(plan.services, look)
    yield from refusal_lines(plan, look)
    for warning in plan.warnings:
        yield ((f"{look.glyphs.warn} {printable(warning)}", look.warn),)
    if plan.unchanged:
        where = "in" if plan.kind is OperationKind.RESTORE else "out"
        apaches = dict.fromkeys(str(target.apache_id) for target in plan.unchanged)
        yield ((f"Already {where}, left as it is: {', '.join(apaches)}", look.muted),)
    if plan.hosts is None:
        return
    yield (("By the balancer in front; no map changes. ^o: by the maps.", look.notice),)
    if plan.hosts.pause:
        yield (("Waits for your word after each, while it is still out.", look.notice),)
    for line in host_lines(plan.hosts, plan.kind):
        yield ((line, "" if line.startswith(" ") else look.strong),)


def change_lines(change: MapChange, look: Look) -> Iterator[Line]:
    """Yield the lines about one map: the exact diff, how it is done, who stays active."""
    apache = change.apache
    yield (str(apache.id), look.strong), (f"  {apache.ssh}:{apache.map}", look.muted)
    for line in change.diff:
        if not line.startswith(("---", "+++")):
            yield ((f"  {printable(line)}", _diff_style(line, look)),)
    yield ("  how     ", look.muted), ("; ".join(change.how), "")
    for rule, members in change.active.items():
        if members:
            yield ("  active  ", look.muted), (f"{rule} ", look.strong), (", ".join(members), look.good)
        else:
            yield ("  active  ", look.muted), (f"{rule} ", look.strong), ("nobody: every request gets 503", look.bad)
    for warning in change.warnings:
        yield ((f"  {look.glyphs.warn} {warning}", look.warn),)


def refusal_lines(plan: OperationPlan, look: Look) -> Iterator[Line]:
    """Yield what the guards say against a plan."""
    for refusal in plan.refusals:
        yield (
            (f"{look.glyphs.bad} {printable(refusal.target)}: ", f"bold {look.bad}"),
            (printable(refusal.sentence), look.bad),
            ("" if refusal.forcible else " This cannot be forced.", f"bold {look.bad}"),
        )


def heading(plan: OperationPlan | None, kind: OperationKind, targets: Sequence[WorkerId], look: Look) -> Line:
    """Return the first line of a dialog: what is to be done, and in which environment."""
    name = common_name(targets) if plan is None else subject(plan)
    pieces: list[Piece] = [(f"{kind.value.capitalize()} {name}", look.strong)]
    if plan is not None:
        for service in plan.services:
            if service.is_production:
                pieces += [("  ", ""), environment(service, look)]
    return tuple(pieces)


def comment_lines(services: Sequence[ServiceConfig], look: Look) -> Iterator[Line]:
    """Yield the services' comments, where a person is about to type."""
    for service in services:
        if service.comment:
            yield ((f"{printable(service.comment)}", f"bold {look.notice}"),)


def required_words(plan: OperationPlan) -> str:
    """Return what a person must type before this plan may run; empty: nothing.

    The name of each production service, and, to override a refusal, the name of the worker (``3 workers`` for
    several): something that one reads off the screen, not a habit of the fingers.
    """
    words = [service.name for service in plan.services if service.is_production]
    if plan.is_refused:
        names = list(dict.fromkeys(target.worker for target in plan.targets))
        words.append(names[0] if len(names) == 1 else f"{len(plan.targets)} workers")
    return " ".join(words)


def has_work(plan: OperationPlan) -> bool:
    """True when running the plan would do anything."""
    return plan.has_work


def _own_warnings(plan: OperationPlan) -> Iterator[str]:
    """Yield the warnings that no map change repeats."""
    told = {f"{change.apache.id}: {warning}" for change in plan.changes for warning in change.warnings}
    return (warning for warning in plan.warnings if warning not in told)


def _diff_style(line: str, look: Look) -> str:
    if line.startswith("+"):
        return look.good
    if line.startswith("-"):
        return look.bad
    return look.notice if line.startswith("@@") else look.muted
