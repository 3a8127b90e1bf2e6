"""The right side of a rule: a worker and its extensions (mod_jk: parse_rule_extensions, extract_activation)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from isdeploy_tui.modjk.properties import Span
from isdeploy_tui.modjk.workers import Activation

ACTIVATIONS = (Activation.ACTIVE, Activation.DISABLED, Activation.STOPPED)
"""In the order in which mod_jk applies their lists: the last one that names a member wins."""

EXTENSIONS = (
    "reply_timeout",
    "sticky_ignore",
    "stateless",
    "use_server_errors",
    "active",
    "disabled",
    "stopped",
    "fail_on_status",
    "session_cookie",
    "session_path",
    "set_session_cookie",
    "session_cookie_path",
)
_FIRST_COUNTS = frozenset(
    {"active", "disabled", "stopped", "fail_on_status", "session_cookie", "session_path", "session_cookie_path"}
)


@dataclass(frozen=True, slots=True)
class Extension:
    """One ``;name=text``; ``span`` is without the semicolon, in characters of the value.

    ``name`` is empty for one that mod_jk does not know. ``repeated``: mod_jk keeps an earlier one of that name.
    """

    name: str
    text: str
    span: Span
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class RuleValue:
    """A parsed right side. The worker's name is ``text[:worker_end]``, white space and all."""

    text: str
    worker_end: int
    extensions: tuple[Extension, ...] = ()
    _named: dict[str, Activation] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # Asked for every member of every rule, so found once.
        named = {name: activation for activation in ACTIVATIONS for name in self.members(activation)}
        object.__setattr__(self, "_named", named)

    @property
    def worker(self) -> str:
        """The worker that the rule names."""
        return self.text[: self.worker_end]

    def extension(self, name: str) -> Extension | None:
        """Return the one extension of that name that counts."""
        found = (item for item in self.extensions if item.name == name)
        if name in _FIRST_COUNTS:
            return next((item for item in found if not item.repeated), None)
        return next(reversed(list(found)), None)

    def members(self, activation: Activation) -> tuple[str, ...]:
        """Return the names in ``active=``, ``disabled=`` or ``stopped=``."""
        extension = self.extension(activation.value)
        return split_members(extension.text) if extension else ()

    def activation(self, member: str) -> Activation | None:
        """Return what the rule says about a member; None when it leaves it alone."""
        return self._named.get(member)

    @property
    def has_activations(self) -> bool:
        """True when the rule carries an ``active=``, ``disabled=`` or ``stopped=``, even an empty one."""
        return any(extension.name in {"active", "disabled", "stopped"} for extension in self.extensions)


def split_members(text: str) -> tuple[str, ...]:
    """Split a list of members: commas and spaces, but not tabs (mod_jk: extract_activation)."""
    return tuple(name for name in re.split("[ ,]+", text) if name)


# A map has thousands of rules and a handful of values.
@lru_cache(maxsize=1024)
def parse_value(text: str) -> RuleValue:
    """Split a value as C's ``strtok(";")`` does: empty tokens vanish, also in front of the worker."""
    tokens = [Span(*match.span()) for match in re.finditer("[^;]+", text)]
    if not tokens:
        return RuleValue(text, len(text))
    return RuleValue(text, tokens[0].end, tuple(_extensions(text, tokens[1:])))


def _extensions(text: str, tokens: Iterable[Span]) -> Iterable[Extension]:
    seen: set[str] = set()
    remaining = iter(tokens)
    for span in remaining:
        token = text[span.start : span.end]
        name, equals, value = token.partition("=")
        if not equals or name not in EXTENSIONS:
            yield Extension("", token, span)
            continue
        if name == "session_path" and not value and name not in seen:
            # "session_path=;jsessionid": the value that starts with a semicolon is the next token.
            following = next(remaining, None)
            if following is None:
                yield Extension(name, "", span)
                continue
            value, span = text[following.start : following.end], Span(span.start, following.end)
        yield Extension(name, value, span, name in _FIRST_COUNTS and name in seen)
        seen.add(name)
