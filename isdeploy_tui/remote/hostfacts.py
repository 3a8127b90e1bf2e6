"""What a look at a server found: plain facts as ``doctor.sh`` tells them, every text printable but paths."""

from dataclasses import dataclass, field

from isdeploy_tui.remote.journal import Lease


@dataclass(frozen=True, slots=True)
class HttpdProcess:
    """The first process of an httpd: ``arguments`` is its command line."""

    pid: int
    user: str
    contained: bool
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TomcatProcess:
    """A running Tomcat. ``base`` is its catalina.base, symbolic links resolved; ``stdout`` where its output goes.

    ``ports`` are those it listens on (empty: not known). ``server_xml`` is None when it could not be read: ``problem``
    says why.
    """

    pid: int
    user: str
    contained: bool
    arguments: tuple[str, ...]
    base: str = ""
    stdout: str = ""
    ports: frozenset[int] = frozenset()
    server_xml: str | None = None
    properties: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Room:
    """A file system: its type (empty: not known), free KiB and free inodes (None: not known)."""

    type: str = ""
    free_kib: int | None = None
    free_inodes: int | None = None


@dataclass(frozen=True, slots=True)
class StandingRun:
    """A deploy script that runs; ``started`` is Unix seconds by the host's clock."""

    id: str
    started: int
    tomcat: str


@dataclass(frozen=True, slots=True)
class HostFacts:
    """A server. ``now`` is Unix seconds by its clock; ``selinux`` is ``none``, ``0`` (permissive) or ``1``.

    ``home`` is ``writable``, ``denied`` or ``missing``, for ``state``, the directory that the runs' will be made in.
    ``boot`` names this very start of the machine: two names with the same one are one machine.
    """

    user: str = ""
    uid: int = -1
    now: int = 0
    boot: str = ""
    name: str = ""
    addresses: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    selinux: str = "none"
    home: str = ""
    state: str = ""
    room: Room = field(default_factory=Room)
    runs: tuple[StandingRun, ...] = ()
    httpds: tuple[HttpdProcess, ...] = ()
    tomcats: tuple[TomcatProcess, ...] = ()
    sees_processes: bool = True


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A log or a script. ``state`` is ``ok``, ``missing``, ``denied`` or ``notfile``; ``why`` what the server said.

    ``interpreter`` is one that a script names and that is not there, or ``crlf``.
    """

    state: str
    why: str = ""
    target: str = ""
    readable: bool = True
    executable: bool = True
    mode: int = 0
    size: int = 0
    interpreter: str = ""


@dataclass(frozen=True, slots=True)
class MapFacts:
    """A map and its surroundings. ``target`` is what its path leads to, symbolic links resolved.

    ``directory_access`` has the letters of ``rwx`` that this account has; ``keeps_owner``: it can make a file with the
    same owner and group. ``records`` is ``ok``, ``denied`` (``records_path`` says what) or empty where there are none.
    ``refused``, ``maybe`` and ``proven`` are httpd's users who cannot read it, may not, and surely can.
    """

    state: str
    why: str = ""
    target: str = ""
    links: int = 1
    mtime: int = 0
    mode: int = 0
    owner: str = ""
    group: str = ""
    context: str = ""
    readable: bool = True
    directory: str = ""
    directory_access: str = ""
    keeps_owner: bool = True
    is_mount: bool = False
    room: Room = field(default_factory=Room)
    leftovers: tuple[str, ...] = ()
    records: str = ""
    records_path: str = ""
    leases: tuple[Lease, ...] = ()
    refused: tuple[str, ...] = ()
    maybe: tuple[str, ...] = ()
    proven: bool = False
