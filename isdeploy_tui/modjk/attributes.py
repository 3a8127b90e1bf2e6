"""The attribute names of workers.properties and what mod_jk does with each (mod_jk: jk_util.c)."""

_SUPPORTED = """
    sysprops stderr stdout secret mx ms class_path bridge jvm_lib ld_path cmd_line native_lib reference host source
    port type cachesize connection_pool_size connection_pool_minsize cache_timeout connection_pool_timeout
    connection_acquire_timeout recovery_options connect_timeout prepost_timeout ping_timeout ping_mode reply_timeout
    socket_timeout socket_connect_timeout socket_buffer socket_keepalive connection_ping_interval recycle_timeout
    lbfactor distance balanced_workers balance_workers sticky_session sticky_session_force session_cookie session_path
    set_session_cookie session_cookie_path local_worker local_worker_only jvm_route route domain redirect mount method
    lock disabled stopped activation recover_time error_escalation_time max_reply_timeouts retry_interval busy_limit
    max_packet_size css ns xmlns doctype prefix read_only user user_case_insensitive good bad secretkey retries
    lb_retries fail_on_status list maintain prefer_ipv6
"""
SUPPORTED = frozenset(_SUPPORTED.split())
"""Any other ``worker.….name`` aborts the reading of the file."""

LISTS = frozenset({"balance_workers", "mount", "user", "good", "bad", "fail_on_status", "list"})
"""Repeated lines are joined with a comma."""

# "worker.maintain" stands in mod_jk's table of unique attributes, but its key never ends in ".worker.maintain".
_NOT_UNIQUE = """
    sysprops stderr stdout mx ms class_path bridge jvm_lib ld_path cmd_line native_lib distance balanced_workers
    balance_workers mount user good bad secretkey fail_on_status list maintain
"""
_UNIQUE = SUPPORTED - frozenset(_NOT_UNIQUE.split())


def is_supported(key: str) -> bool:
    """False for a key that makes mod_jk stop reading the file (mod_jk: jk_is_valid_property)."""
    return not key.startswith("worker.") or key.rpartition(".")[2] in SUPPORTED


def joined(key: str, old: str, new: str) -> str:
    """Return the value that a repeated key has in workers.properties (mod_jk: jk_map_handle_duplicates)."""
    attribute = key.rpartition(".")[2] if "." in key else ""
    if attribute in _UNIQUE:
        return new
    if key.endswith("_path"):
        return f"{old}:{new}"
    if attribute == "cmd_line":
        return f"{old} {new}"
    return f"{old},{new}" if attribute in LISTS else f"{old}*{new}"


def boolean(value: str | None, default: bool) -> bool:
    """Read a flag (mod_jk: jk_get_bool_code)."""
    if value is None:
        return default
    if value.lower() == "off" or value[:1] in ("F", "f", "N", "n") or value == "0":
        return False
    if value.lower() == "on" or value[:1] in ("T", "t", "Y", "y") or value == "1":
        return True
    return default


def integer(value: str | None, default: int) -> int:
    """Read a number as C's ``atoi`` does, with a trailing ``k`` or ``m`` (mod_jk: jk_map_get_int)."""
    if value is None:
        return default
    text = value.lstrip(" \t\n\v\f\r")
    sign, digits = (text[0], text[1:]) if text[:1] in ("+", "-") else ("", text)
    length = next((index for index, char in enumerate(digits) if char not in "0123456789"), len(digits))
    number = int(sign + (digits[: min(length, 18)] or "0"))
    return number * {"m": 1024 * 1024, "k": 1024}.get(value[-1:].lower(), 1)
