"""A second look at derived changes: does the new map really mean what was wished, and nothing else?

The changes are made to text; this compares what mod_jk makes of both texts. Whatever the first look overlooked (a
variable that others use, an extension that swallows its neighbour) ends here, as a refusal.
"""

from isdeploy_tui.modjk.derive import Edits, PlanError, Wishes, apply_edits
from isdeploy_tui.modjk.effective import EffectiveRule
from isdeploy_tui.modjk.memberstate import MapView
from isdeploy_tui.modjk.workers import Activation
from isdeploy_tui.printable import printable


def check_edits(view: MapView, edits: Edits, wishes: Wishes) -> None:
    """Raise PlanError when some rule would mean something else than it did, apart from the wishes."""
    after = MapView.of(apply_edits(view.urimap, edits), view.workers, view.homes)
    retargeted = {
        (old.worker, new.worker)
        for old, new in zip(view.rules, after.rules, strict=False)
        if old.worker != new.worker and old.forwards
    }
    sound = len(view.rules) == len(after.rules) and all(
        _is_sound(view, after, old, new, wishes, retargeted) for old, new in zip(view.rules, after.rules, strict=True)
    )
    if not sound:
        lines = ", ".join(str(entry.line) for entry in sorted(edits, key=lambda entry: entry.line))
        names = ", ".join(printable(name, 80) for name in wishes)
        raise PlanError(
            f"Changing line {lines} for {names} would change other rules, too; change the map by hand, or give the "
            "rules with rules = {…} and drained = {…} in servers.toml."
        )


def _is_sound(
    view: MapView,
    after: MapView,
    old: EffectiveRule,
    new: EffectiveRule,
    wishes: Wishes,
    retargeted: set[tuple[str, str]],
) -> bool:
    if (old.pattern, old.disabled, old.exclusion) != (new.pattern, new.disabled, new.exclusion):
        return False
    if old.disabled:
        return True
    if old.worker == new.worker:
        # A rule that stays behind while its balancer's others move on is an exclusion that works no more.
        if any(old.worker == worker for worker, _ in retargeted):
            return False
    elif (old.worker, new.worker) not in retargeted:
        return False
    if _others(old) != _others(new):
        return False
    return old.exclusion or all(
        _is_met(view, after, old, new, member, wishes.get(member)) for member in _members(view, old, new)
    )


def _others(rule: EffectiveRule) -> list[tuple[str, str]]:
    """The extensions that are not about members."""
    lists = {"active", "disabled", "stopped"}
    return [(item.name, item.text) for item in rule.value.extensions if item.name not in lists]


def _members(view: MapView, old: EffectiveRule, new: EffectiveRule) -> set[str]:
    workers = view.workers.balancers
    return {name for rule in (old, new) if rule.worker in workers for name in workers[rule.worker].members}


def _is_met(
    view: MapView, after: MapView, old: EffectiveRule, new: EffectiveRule, member: str, wish: Activation | None
) -> bool:
    """True when the member gets what is wished, or what it got before where nothing is."""
    before = view.activation(old, member)
    now = after.activation(new, member)
    if before is None:
        # Not known to be out, but not a member: it must not get in.
        return now in (None, Activation.STOPPED)
    if wish is None:
        return now is before
    if wish is Activation.ACTIVE:
        # Its own activation may still hold it back; the map does not.
        return now is wish or (member in view.homes.members(new.worker) and new.value.activation(member) is None)
    if wish is Activation.DISABLED:
        return now in (Activation.DISABLED, before)
    return now is wish
