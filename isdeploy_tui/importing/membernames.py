"""Which member of a balancer is-deploy's pod is: its map while the pod is out tells, with workers.properties."""

from collections.abc import Mapping

from isdeploy_tui.modjk.workers import Workers


def member_that_leaves(workers: Workers, rules: Mapping[str, str], drained: Mapping[str, str]) -> str | None:
    """Return the one worker that ``rules`` reach and ``drained`` do not; None when it is none or several.

    Both are rules of a map, key → value, as they are when everyone is in and while the one is out.
    """
    missing: set[str] | None = None
    for key, value in drained.items():
        before, after = _members(workers, rules.get(key, "")), _members(workers, value)
        if before and after and before != after:
            missing = before - after if missing is None else missing & (before - after)
    return next(iter(missing)) if missing is not None and len(missing) == 1 else None


def _members(workers: Workers, value: str) -> set[str]:
    name = value.split(";")[0].strip()
    if name in workers.balancers:
        return set(workers.balancers[name].members)
    return {name} if name in workers.workers else set()
