"""Why there is no connection, as a sentence: what asyncssh and the sockets raise → ConnectError."""

import errno
import socket

import asyncssh

from isdeploy_tui.printable import printable, printable_lines
from isdeploy_tui.remote.asking import AskedError
from isdeploy_tui.remote.errors import ConnectError
from isdeploy_tui.remote.hostkeys import HostKeyCheck
from isdeploy_tui.remote.identities import Offered
from isdeploy_tui.remote.login import Login
from isdeploy_tui.remote.sshoptions import HostOptions

NOT_RETRIED = frozenset({"auth", "hostkey-unknown", "hostkey-changed", "options"})
"""Kinds that do not go away by themselves; trying again soon could lock an account or teach people to ignore them."""


_BY_SETTINGS = frozenset({"auth", "hostkey-unknown", "other"})
"""Kinds that a setting which is not followed may be the reason for."""


def refusal(
    error: BaseException,
    options: HostOptions,
    command: str,
    seconds: float,
    login: Login | None = None,
    proxy_stderr: bytes = b"",
) -> ConnectError:
    """Return the ConnectError for what an attempt raised.

    ``command`` is what a person would type to reach the server, ``seconds`` the time that the attempt had.
    """
    found = _refusal(error, options, command, seconds, login, proxy_stderr)
    if options.unfollowed and found.kind in _BY_SETTINGS and found is not error:
        found.remedy += f" Of the ssh configuration this program does not follow {'; '.join(options.unfollowed)}."
        found.remedy = found.remedy.strip()
    return found


def _refusal(
    error: BaseException,
    options: HostOptions,
    command: str,
    seconds: float,
    login: Login | None,
    proxy_stderr: bytes,
) -> ConnectError:
    name, where = options.name, _where(options)
    if isinstance(error, ConnectError):
        return error
    if isinstance(error, asyncssh.HostKeyNotVerifiable) and login is not None:
        return _host_key(error, options, command, login.check)
    if isinstance(error, asyncssh.PermissionDenied) or "authentication failures" in str(error):
        return _login(error, options, command, login.offered if login else Offered())
    if options.proxy_command and proxy_stderr:
        said = "; ".join(printable_lines(proxy_stderr, 3))
        return ConnectError(name, "other", f"The ProxyCommand failed: {said}.", f"Try '{command}'.")
    if isinstance(error, TimeoutError):
        return ConnectError(name, "timeout", f"{where} did not answer within {seconds:g} s.", f"Try '{command}'.")
    if isinstance(error, socket.gaierror):
        sentence = f"The name {options.hostname} cannot be resolved ({error.strerror})."
        return ConnectError(name, "name", sentence, "Check HostName in the ssh configuration.")
    if isinstance(error, ConnectionRefusedError):
        return ConnectError(name, "refused", f"{where} refused the connection; no sshd listens there.", "")
    if isinstance(error, asyncssh.ChannelOpenError):
        return _through_jump(error, options, where)
    if isinstance(error, asyncssh.KeyExchangeFailed):
        sentence = f"{where} and we have no algorithm in common ({printable(str(error), 200)})."
        return ConnectError(name, "other", sentence, "An old sshd needs its algorithms allowed in ssh_config.")
    if login is not None and login.offered.asked and login.lost is not None:
        sentence = f"{where} closed the connection while it waited for an answer ({printable(str(error), 200)})."
        return AskedError(name, "auth", sentence, "sshd waits no longer than its LoginGraceTime.")
    if isinstance(error, asyncssh.ConnectionLost | ConnectionResetError | BrokenPipeError):
        sentence = f"{where} closed the connection before the login was done ({printable(str(error), 200)})."
        return ConnectError(name, "lost", sentence, "It may limit connections (MaxStartups) or block this address.")
    if isinstance(error, OSError) and error.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return ConnectError(name, "other", f"There is no route to {where} ({error.strerror}).", "")
    if isinstance(error, ValueError | OSError) and not isinstance(error, asyncssh.Error):
        return ConnectError(name, "other", f"{where} cannot be reached: {printable(str(error), 200)}.", "")
    return ConnectError(name, "other", f"{where}: {printable(str(error), 200) or type(error).__name__}.", "")


class JumpError(ConnectError):
    """The jump host of a server cannot be reached; the server itself was not tried."""


def jump_refused(name: str, jump: ConnectError) -> JumpError:
    """Return the error of a server behind a jump host that cannot be reached."""
    return JumpError(name, jump.kind, f"The jump host {jump.host} failed: {jump.sentence}", jump.remedy)


def _where(options: HostOptions) -> str:
    if options.proxy_command:
        return options.hostname
    host = f"[{options.hostname}]" if ":" in options.hostname else options.hostname
    return f"{host}:{options.port}"


def _through_jump(error: asyncssh.ChannelOpenError, options: HostOptions, where: str) -> ConnectError:
    via = options.jumps[-1] if options.jumps else "the jump host"
    reason = printable(error.reason, 200)
    if error.code == asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED:
        sentence = f"The jump host {via} does not allow TCP forwarding to {where}."
        return ConnectError(options.name, "other", sentence, f"AllowTcpForwarding must be on in the sshd of {via}.")
    kind = {"Connection refused": "refused", "Connection timed out": "timeout"}.get(reason, "other")
    return ConnectError(options.name, kind, f"The jump host {via} cannot connect to {where}: {reason}.", "")


def _host_key(error: Exception, options: HostOptions, command: str, check: HostKeyCheck) -> ConnectError:
    name, key = options.name, check.offered
    shown = f"{key.get_algorithm()} {key.get_fingerprint()}" if key else "unreadable"
    files = " ".join(map(str, options.user_known_hosts)) or "any known_hosts file"
    if check.verdict == "changed":
        sentence = (
            f"The host key of {_where(options)} HAS CHANGED: it is {shown} now, another one is in {files}. "
            "Somebody may be in between; nothing was sent."
        )
        remove = f"ssh-keygen -R {options.lookup}"
        if options.user_known_hosts:
            remove += f" -f {options.user_known_hosts[0]}"
        remedy = f"Ask the server's administrator. Only if the change is known: '{remove}', then '{command}'."
        return ConnectError(name, "hostkey-changed", sentence, remedy)
    if check.verdict == "unknown":
        sentence = f"The host key of {_where(options)} is unknown: {shown}, not in {files}. Nothing was sent."
        remedy = f"Compare the fingerprint with the server's and accept it once with '{command}'."
        return ConnectError(name, "hostkey-unknown", sentence, remedy)
    sentence = f"The host key of {_where(options)} was not accepted: {printable(str(error), 200)}. Nothing was sent."
    return ConnectError(name, "hostkey-changed", sentence, "Ask the server's administrator.")


def _login(error: BaseException, options: HostOptions, command: str, offered: Offered) -> ConnectError:
    tried = ", ".join(dict.fromkeys(offered.keys)) or "nothing, as there is no key to offer"
    sentence = f"{_where(options)} refused the login of {options.user}; tried: {tried}."
    if offered.notes:
        sentence += f" Also: {'; '.join(dict.fromkeys(offered.notes))}."
    if "authentication failures" in str(error):
        remedy = "It allows no more tries: set IdentityFile and 'IdentitiesOnly yes' for it in the ssh configuration."
    else:
        remedy = f"Compare with '{command}'."
    return (AskedError if offered.asked else ConnectError)(options.name, "auth", sentence, remedy)
