"""What httpd does with a request: mod_jk's own matching, to be compared with the real thing.

Sources: mod_jk.c jk_translate and jk_handler, jk_uri_worker_map.c find_match and is_nomatch, jk_util.c
jk_servlet_normalize and jk_wildchar_match, jk_lb_worker.c get_most_suitable_worker.
"""

from dataclasses import dataclass

from isdeploy_tui.modjk.effective import EffectiveRule, effective_rules, member_activations
from isdeploy_tui.modjk.properties import encode
from isdeploy_tui.modjk.selection import choose
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers

MAX_URI = 4095
"""Bytes of a path that mod_jk matches; a longer one is not forwarded (mod_jk: JK_MAX_URI_LEN)."""


@dataclass(frozen=True, slots=True)
class Routing:
    """Where a request goes: ``status`` 200 to one of ``members``, or the error that httpd itself gives.

    404: not forwarded (httpd then looks for a file), 400: the path leads above the root, 500: the rule names no
    worker of worker.list, 503: no member may get it. ``worker`` is what the rule names, a balancer or a single worker
    or one of type status (then without members).
    """

    status: int
    worker: str = ""
    members: tuple[str, ...] = ()
    rule: EffectiveRule | None = None


def route(urimap: UriMap, workers: Workers, uri: str | bytes, session_route: str = "") -> Routing:
    """Return what httpd does with a request for ``uri``, the path as httpd has decoded it, without query.

    A path with ``%2F`` or ``%00`` never gets that far: httpd refuses it. Members that do not answer are not
    considered. ``session_route`` is what follows the dot in the session's id: such a request also reaches a disabled
    member.
    """
    return route_by(effective_rules(urimap), workers, uri, session_route)


def route_by(rules: tuple[EffectiveRule, ...], workers: Workers, uri: str | bytes, session_route: str = "") -> Routing:
    """Do the same as ``route`` with rules that are already in match order."""
    path = normalize(encode(uri) if isinstance(uri, str) else uri)
    if path is None:
        return Routing(400)
    if len(path) > MAX_URI or not path.startswith(b"/"):
        return Routing(404)
    rule = next((rule for rule in rules if rule.forwards and matches(rule.pattern, path)), None)
    if rule is None or _is_excluded(rules, rule.worker, path):
        return Routing(404, rule=rule)
    if not workers.is_listed(rule.worker):
        return Routing(500, rule.worker, rule=rule)
    worker = workers.workers[rule.worker]
    balancer = workers.balancer(rule.worker)
    if balancer is not None:
        members = choose(balancer, workers, member_activations(rule, workers), rule.value, session_route)
    elif worker.type == "status":
        return Routing(200, rule.worker, rule=rule)
    else:
        members = (rule.worker,) if worker.port > 0 else ()
    return Routing(200 if members else 503, rule.worker, members, rule)


def _is_excluded(rules: tuple[EffectiveRule, ...], worker: str, path: bytes) -> bool:
    return any(
        rule.exclusion and not rule.disabled and rule.worker in (worker, "*") and matches(rule.pattern, path)
        for rule in rules
    )


def normalize(path: bytes) -> bytes | None:
    """Return the path that rules are matched against, None when it leads above the root (400).

    Path parameters go first, then ``//``, ``/./`` and ``/../`` (mod_jk: jk_servlet_normalize).
    """
    path = path.partition(b"\0")[0]
    if path == b"*":
        return path
    if not path.startswith(b"/"):
        return None
    # A path parameter ends at the next slash, whatever stands before that slash.
    parts = [part.partition(b";")[0] for part in path[1:].split(b"/")]
    kept: list[bytes] = []
    for part in parts:
        if part == b"..":
            if not kept:
                return None
            kept.pop()
        elif part not in (b"", b"."):
            kept.append(part)
    ends_in_name = parts[-1] not in (b"", b".", b"..")
    return b"/" + b"/".join(kept) + (b"" if ends_in_name or not kept else b"/")


def matches(pattern: str, path: bytes) -> bool:
    """True when the whole path fits: ``*`` any bytes, slashes too, ``?`` one byte (mod_jk: jk_wildchar_match)."""
    wanted = encode(pattern)
    at, mark, star = 0, -1, -1
    index = 0
    while index < len(path):
        if at < len(wanted) and wanted[at] == 0x2A:
            star, mark = at, index
            at += 1
        elif at < len(wanted) and wanted[at] in (0x3F, path[index]):
            at += 1
            index += 1
        elif star >= 0:
            mark += 1
            at, index = star + 1, mark
        else:
            return False
    return not wanted[at:].strip(b"*")
