"""The rules as mod_jk holds them: variables replaced, repeated keys resolved, in the order in which it tries them."""

from collections import Counter
from dataclasses import dataclass

from isdeploy_tui.modjk.attributes import is_supported
from isdeploy_tui.modjk.properties import Entry, encode, expand
from isdeploy_tui.modjk.rulevalue import ACTIVATIONS, RuleValue, parse_value
from isdeploy_tui.modjk.urimap import Rule, UriMap, parse_rule
from isdeploy_tui.modjk.workers import Activation, Workers


@dataclass(frozen=True, slots=True)
class EffectiveRule:
    """One pattern and where it leads. ``rule`` is the line that counts; ``value`` has no variables any more.

    ``holder`` is the line whose text decides the worker and the members: the rule's own, or the one that defines the
    variable which is its whole value. None when they are spread over several lines.
    """

    rule: Rule
    pattern: str
    value: RuleValue
    holder: Entry | None
    missing: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The whole left side as written."""
        return self.rule.key

    @property
    def line(self) -> int:
        """The line in the file, from 1."""
        return self.rule.line

    @property
    def worker(self) -> str:
        """The worker that requests go to."""
        return self.value.worker

    @property
    def disabled(self) -> bool:
        """True when mod_jk skips it (``-``)."""
        return self.rule.disabled

    @property
    def exclusion(self) -> bool:
        """True when it takes requests away from its worker's other rules (``!``)."""
        return self.rule.exclusion

    @property
    def forwards(self) -> bool:
        """True when requests can go anywhere by it."""
        return not (self.rule.disabled or self.rule.exclusion)


def fatal_entry(urimap: UriMap) -> Entry | None:
    """Return the entry at which mod_jk gives up the whole file and then crashes (``worker.….unknown``)."""
    return next((entry for entry in urimap.entries if not is_supported(entry.key)), None)


def effective_rules(urimap: UriMap) -> tuple[EffectiveRule, ...]:
    """Return all rules in mod_jk's match order: more slashes first, then longer patterns, then as in the file.

    A file that mod_jk gives up has none. The order of equals is undefined in C; it is the file's with glibc.
    """
    if fatal_entry(urimap):
        return ()
    rules: list[EffectiveRule] = []
    for rule, value, holder, missing in _counting_rules(urimap):
        rules += (EffectiveRule(rule, pattern, value, holder, missing) for pattern in rule.patterns)
    return tuple(sorted(rules, key=lambda rule: priority(rule.pattern)))


def priority(pattern: str) -> tuple[int, int]:
    """Return the sort key of a pattern, the first to be tried lowest (mod_jk: worker_compare)."""
    return -pattern.count("/"), -len(encode(pattern))


def _counting_rules(urimap: UriMap) -> list[tuple[Rule, RuleValue, Entry | None, tuple[str, ...]]]:
    """For each key the rule of its last line, at the place of its first (mod_jk: jk_map_put)."""
    times = Counter(entry.key for entry in urimap.entries)
    known: dict[str, str] = {}
    holders: dict[str, Entry | None] = {}
    found: dict[str, tuple[Rule, RuleValue, Entry | None, tuple[str, ...]] | None] = {}
    for entry in urimap.entries:
        expansion = expand(entry.value, known)
        value = parse_value(expansion.value)
        holder: Entry | None = entry
        if expansion.found:
            name = expansion.found[0]
            if entry.value == f"$({name})":
                # A variable that is defined twice holds for some of its users only.
                holder = holders[name] if times[name] == 1 else None
            elif not _same_choice(parse_value(entry.value), value):
                holder = None
        rule = parse_rule(entry)
        known[entry.key] = expansion.value
        holders[entry.key] = holder
        found[entry.key] = (rule, value, holder, expansion.missing) if rule else None
    return [item for item in found.values() if item]


def _same_choice(written: RuleValue, expanded: RuleValue) -> bool:
    """True when no variable reaches into the worker or its members, only into other extensions."""
    lists = [[value.extension(activation.value) for activation in ACTIVATIONS] for value in (written, expanded)]
    texts = [[extension and extension.text for extension in extensions] for extensions in lists]
    return written.worker == expanded.worker and texts[0] == texts[1]


def member_activations(rule: EffectiveRule, workers: Workers) -> dict[str, Activation]:
    """Return each member of the rule's balancer with what it gets by this rule; empty when it names no balancer.

    The rule goes before the member's own activation and before jkstatus (mod_jk: extension_fix_activation).
    """
    balancer = workers.balancer(rule.worker)
    if balancer is None:
        return {}
    return {member: rule.value.activation(member) or workers.workers[member].activation for member in balancer.members}
