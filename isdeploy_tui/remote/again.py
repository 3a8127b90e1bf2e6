"""Scripts that may be run twice: reading ones, and those that find what an earlier run of theirs has done."""

import asyncio
import time

from isdeploy_tui.remote.errors import ConnectionLostError
from isdeploy_tui.remote.host import DEFAULT_TIMEOUT, REPLY_LIMIT, Host, Reply

WITHIN_SECONDS = 5.0
"""A connection that was lost sooner than this is worth another one; a server that stays silent is not."""

_PAUSE_SECONDS = 0.3


async def run_again(
    host: Host,
    script: str,
    *args: str,
    content: bytes | None = None,
    sudo: bool = False,
    timeout: float = DEFAULT_TIMEOUT,
    limit: int = REPLY_LIMIT,
) -> Reply:
    """Do as ``Host.run`` does, and run the script anew when the connection is lost over it. Raises as that does."""
    began = time.monotonic()
    while True:
        try:
            return await host.run(script, *args, content=content, sudo=sudo, timeout=timeout, limit=limit)
        except ConnectionLostError:
            if time.monotonic() - began > WITHIN_SECONDS:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
