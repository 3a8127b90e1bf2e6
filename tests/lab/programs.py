"""The programs that a lab is made of: where they are, and which Debian packages bring those that are missing."""

import functools
import os
import random
import shutil
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

CATALINA_HOME = Path("/usr/share/tomcat10")
MODULES = Path("/usr/lib/apache2/modules")

# Daemons live in sbin, which a plain user's PATH often lacks.
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"))


def program(name: str) -> str:
    """Return the path of a program. Raises FileNotFoundError."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise FileNotFoundError(name)
    return found


def java_home() -> Path | None:
    """Return the Java to run Tomcat with: $JAVA_HOME, the ``java`` of PATH, or the newest under /usr/lib/jvm."""
    candidates = [Path(given)] if (given := os.environ.get("JAVA_HOME")) else []
    if java := shutil.which("java"):
        candidates.append(Path(java).resolve().parent.parent)
    candidates += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    return next((home for home in candidates if os.access(home / "bin" / "java", os.X_OK)), None)


@functools.cache
def missing_packages() -> tuple[str, ...]:
    """Return the Debian packages that must be installed before a lab can start; empty when all is there."""
    present: Mapping[str, bool] = {
        "apache2": _runs("apache2"),
        "libapache2-mod-jk": (MODULES / "mod_jk.so").exists(),
        "tomcat10": (CATALINA_HOME / "bin" / "catalina.sh").exists() and java_home() is not None,
        "openssh-server": _runs("sshd") and _runs("ssh") and _runs("ssh-keygen"),
    }
    return tuple(package for package, found in present.items() if not found)


def _runs(name: str) -> bool:
    return shutil.which(name, path=_PATH) is not None


def free_ports() -> Iterator[int]:
    """Yield TCP ports that nobody listens on, for ever, none twice.

    They lie below the range that outgoing connections take their ports from: a port that is free for the two seconds
    of a Tomcat's restart must not become some client's own.
    """
    first_ephemeral = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    lowest = 10_000 if first_ephemeral > 12_000 else 1_500
    numbers = list(range(lowest, first_ephemeral))
    random.shuffle(numbers)
    for number in numbers:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
        yield number


if __name__ == "__main__":
    # For .ci/packages: what all tests together need. On busybox's shell the scripts are run, in the others completion.
    others = {"busybox": "busybox", "zsh": "zsh", "fish": "fish", "groff": "groff-base"}
    print(*missing_packages(), *(package for name, package in others.items() if not _runs(name)))
