"""What can go wrong on the way to a server or on it, each as a sentence for the person at the terminal."""


class RemoteError(Exception):
    """Something on or on the way to ``host`` failed.

    ``sentence`` says what happened and what is still true on the server, ``remedy`` what to do about it (may be
    empty). Both hold printable text only.
    """

    def __init__(self, host: str, sentence: str, remedy: str = "") -> None:
        super().__init__(host, sentence, remedy)
        self.host = host
        self.sentence = sentence
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.host}: {self.sentence}" + (f" {self.remedy}" if self.remedy else "")


class ConnectError(RemoteError):
    """No connection; nothing was sent to the server.

    ``kind`` is one of ``refused``, ``timeout``, ``name`` (cannot be resolved), ``hostkey-unknown``,
    ``hostkey-changed``, ``auth``, ``options`` (the SSH configuration), ``lost``, ``other``.
    """

    def __init__(self, host: str, kind: str, sentence: str, remedy: str = "") -> None:
        super().__init__(host, sentence, remedy)
        self.kind = kind


class ConnectionLostError(RemoteError):
    """The connection ended while the server worked: what it did is not known until it is read again."""


class ScriptError(RemoteError):
    """A script answered with an error of its own, ``code`` (its documented exit status)."""

    def __init__(self, host: str, code: int, sentence: str, remedy: str = "") -> None:
        super().__init__(host, sentence, remedy)
        self.code = code


class NoShellError(RemoteError):
    """The account answered, but not with a usable POSIX shell (forced command, sftp only, nologin, odd rc file)."""


class SudoError(RemoteError):
    """``sudo -n`` was refused; nothing was run."""


class MapConflictError(RemoteError):
    """The map is no longer what the plan was made from. Nothing was written."""


class MapLockedError(RemoteError):
    """Somebody else is writing the map. Nothing was written."""


class MapWriteError(RemoteError):
    """The map could not be replaced; the old one is in place, whole."""


class ForwardError(RemoteError):
    """The server did not open a TCP connection for us.

    ``kind`` is one of ``refused`` (nobody listens there), ``unreachable`` (no route, no name, no answer) and
    ``prohibited`` (the server's sshd does not forward for this account).
    """

    def __init__(self, host: str, kind: str, sentence: str, remedy: str = "") -> None:
        super().__init__(host, sentence, remedy)
        self.kind = kind
