"""The rules that servers.toml gives: for when everyone is in, and for when one worker is out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from isdeploy_tui.modjk.effective import EffectiveRule, effective_rules
from isdeploy_tui.modjk.properties import Entry
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers


@dataclass(frozen=True, slots=True)
class Presets:
    """What servers.toml says about one map; all may be empty.

    ``rules``: key text → value when everyone is in. ``drained``: for a worker the same while it alone is out.
    ``balancers``: the home balancers, where they can't be derived.
    """

    rules: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    drained: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    balancers: tuple[str, ...] = ()


def matching_preset(urimap: UriMap, workers: Workers, presets: Presets) -> frozenset[str] | None:
    """Return who is out by the preset that the map has now: nobody, one worker, or several that look the same.

    None when it has none of them, or when one of its rules is answered with 500.
    """
    if not presets.rules and not presets.drained:
        return None
    current = _Current(urimap, workers)
    out = frozenset(
        worker
        for worker, values in presets.drained.items()
        # What is also true when everyone is in says nothing.
        if not values.items() <= presets.rules.items() and current.has(values)
    )
    if out:
        return out
    return frozenset() if current.has(presets.rules) else None


class _Current:
    def __init__(self, urimap: UriMap, workers: Workers) -> None:
        self.written = {entry.key: entry.value for entry in urimap.entries}
        self.rules: dict[str, EffectiveRule] = {rule.key: rule for rule in effective_rules(urimap)}
        self.workers = workers

    def has(self, values: Mapping[str, str]) -> bool:
        """True when there are values and each key has its own, as written or with its variables replaced."""
        return bool(values) and all(self._is(key, value.strip()) for key, value in values.items())

    def _is(self, key: str, value: str) -> bool:
        rule = self.rules.get(key)
        if rule is None or value not in (self.written[key], rule.value.text):
            return False
        return not rule.forwards or self.workers.is_listed(rule.worker)


def preset_entries(urimap: UriMap, values: Mapping[str, str]) -> Mapping[Entry, str] | None:
    """Return which entries get which value; None when the map lacks one of the keys."""
    entries = {entry.key: entry for entry in urimap.entries}
    if not values or not values.keys() <= entries.keys():
        return None
    return {entries[key]: value.strip() for key, value in values.items() if entries[key].value != value.strip()}
