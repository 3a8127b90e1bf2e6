"""Which addresses a server knows host names by."""

from collections.abc import Mapping, Sequence

from isdeploy_tui.printable import printable
from isdeploy_tui.remote.host import Host

_SECONDS = 30.0
"""For all names together: a name server that does not answer takes 10 s for each."""


async def resolve(host: Host, names: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
    """Return the addresses of the names that have some, as a program on ``host`` would be told. Raises RemoteError."""
    if not names:
        return {}
    reply = await host.run("resolve.sh", *names, timeout=_SECONDS)
    found: dict[str, tuple[str, ...]] = {}
    for line in reply.lines:
        number, *addresses = printable(line.decode("utf-8", "replace"), 10_000).split()
        if number.isdecimal() and int(number) < len(names):
            found[names[int(number)]] = tuple(addresses)
    return found
