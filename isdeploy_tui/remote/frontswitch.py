"""Takes an Apache out of the balancer in front of it, or puts it back, by its configured command."""

import math
from collections.abc import Sequence

from isdeploy_tui.remote.frontstate import GRACE_SECONDS, LIMIT, CommandEnd, read_end
from isdeploy_tui.remote.host import Host

SWITCH_SECONDS = 60.0
"""How long an out_command or in_command may take."""


async def switch_front(host: Host, command: Sequence[str], seconds: float = SWITCH_SECONDS) -> CommandEnd:
    """Run an out_command or in_command, which may take ``seconds``.

    Raises RemoteError; ConnectionLostError when it is not known what it did.
    """
    limit = str(max(1, math.ceil(seconds)))
    return read_end(await host.run("frontswitch.sh", limit, *command, timeout=seconds + GRACE_SECONDS, limit=LIMIT))
