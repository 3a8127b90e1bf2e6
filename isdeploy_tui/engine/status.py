"""An Apache's own status worker, read on its host through SSH."""

from isdeploy_tui.config import ApacheConfig
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.jkstatus import JkStatus, parse_status
from isdeploy_tui.remote.errors import RemoteError
from isdeploy_tui.remote.probes import http_get


async def read_status(session: Session, apache: ApacheConfig) -> JkStatus | str:
    """Return what the status worker tells, or a sentence saying why it tells nothing. Raises nothing."""
    if apache.status_url is None:
        return f"{apache.id} has no status_url"
    try:
        answer = await http_get(session.host(apache.ssh), properties_url(apache.status_url))
    except RemoteError as error:
        return str(error)
    if answer.status != 200:
        return f"{apache.status_url} on {apache.ssh} answered {answer.status}"
    status = parse_status(answer.body.decode("utf-8", "replace"))
    return status if status.members else f"{apache.status_url} on {apache.ssh} is no status worker of mod_jk"


def properties_url(url: str) -> str:
    """Return the URL that asks a status worker for properties, the form that programs read."""
    if "mime=" in url:
        return url
    return f"{url}{'&' if '?' in url else '?'}cmd=list&mime=prop"
