"""Changes to the right side of a rule that leave every other character of it alone.

``set_activation`` undone by ``set_activation`` of the former value gives back the same text: what is added is exactly
what is taken away.
"""

import re

from isdeploy_tui.modjk.rulevalue import Extension, RuleValue, parse_value
from isdeploy_tui.modjk.workers import Activation


def set_worker(text: str, worker: str) -> str:
    """Let the rule name another worker."""
    return worker + text[parse_value(text).worker_end :]


def set_activation(text: str, member: str, activation: Activation) -> str:
    """Let the rule disable or stop a member, or (``ACTIVE``) no longer do so.

    An ``active=`` that names the member stays: it is weaker than the others, and restoring needs it again.
    """
    for other in (Activation.DISABLED, Activation.STOPPED):
        if other is not activation:
            text = _without(text, other, member)
    return text if activation is Activation.ACTIVE else _with(text, activation, member)


def _with(text: str, activation: Activation, member: str) -> str:
    value = parse_value(text)
    if member in value.members(activation):
        return text
    extension = value.extension(activation.value)
    if extension is not None:
        return f"{text[: extension.span.end]},{member}{text[extension.span.end :]}"
    at = _end(value)
    return f"{text[:at]};{activation.value}={member}{text[at:]}"


def _end(value: RuleValue) -> int:
    """Behind the last token, in front of semicolons that end the value."""
    if not value.extensions:
        return value.worker_end
    last = value.extensions[-1]
    # An open "session_path=" would swallow whatever follows it.
    return value.worker_end if last.name == "session_path" and not last.text else last.span.end


def _without(text: str, activation: Activation, member: str) -> str:
    value = parse_value(text)
    extension = value.extension(activation.value)
    if extension is None or member not in value.members(activation):
        return text
    start = extension.span.end - len(extension.text)
    names = _drop(extension.text, member)
    if names is None:
        if not _repeated(value, extension):
            return text[: text.rindex(";", 0, extension.span.start)] + text[extension.span.end :]
        # Without the first list, the next one of that name would begin to count.
        names = ""
    return text[:start] + names + text[extension.span.end :]


def _repeated(value: RuleValue, extension: Extension) -> bool:
    return any(other.name == extension.name and other.repeated for other in value.extensions)


def _drop(names: str, member: str) -> str | None:
    """Take a name off a list with one separator; None when it was all there was."""
    rest = names
    while member in (parts := re.split("([ ,]+)", rest)):
        at = parts.index(member)
        if at:
            # Only the comma that came with it; white space goes when it stands alone.
            before = parts[at - 1]
            parts[at - 1 : at + 1] = [before[:-1] if before.endswith(",") else ""]
        else:
            del parts[:2]
        rest = "".join(parts)
    return rest if rest or not names.startswith(member) else None
