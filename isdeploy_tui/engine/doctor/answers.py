"""Judging what answers: the connectors over mod_jk's own path, forwarding, jkstatus and check URLs."""

from isdeploy_tui.config import ApacheConfig, WorkerConfig
from isdeploy_tui.engine import gates
from isdeploy_tui.engine.doctor.finding import At, Finding, Findings
from isdeploy_tui.engine.doctor.hosts import names
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.session import Session
from isdeploy_tui.modjk.jkstatus import JkStatus, parse_status
from isdeploy_tui.modjk.rotation import MemberState, Rotation
from isdeploy_tui.modjk.workers import Workers
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.errors import ForwardError, RemoteError
from isdeploy_tui.remote.httpget import http_get


async def forwarding(session: Session, apache: ApacheConfig, workers: Workers) -> list[Finding]:
    """Say whether sshd lets us open TCP connections from there."""
    at = At(str(apache.id))
    known = [workers.workers[worker.id.worker] for worker in apache.workers if worker.id.worker in workers.workers]
    if not known:
        return []
    needed = apache.status_url is not None or any(worker.check_url for worker in apache.workers)
    try:
        async with session.host(apache.ssh).open_tcp(known[0].host, known[0].port):
            pass
    except ForwardError as error:
        if error.kind == "prohibited":
            advice = "set AllowTcpForwarding yes (or local) for this account in its sshd_config, and see PermitOpen"
            if needed:
                found = "sshd does not forward TCP for this account: jkstatus and check_url cannot be asked"
                return [at.fault("forwarding", found, advice)]
            found = "sshd does not forward TCP for this account: Tomcats are asked by a script, which is slower"
            return [at.warning("forwarding", found, advice)]
    except RemoteError as error:
        return [at.unknown("forwarding", _sentence(error))]
    return [at.ok("forwarding", "sshd forwards TCP")]


async def connector(
    session: Session, apache: ApacheConfig, workers: Workers, worker: WorkerConfig, state: MemberState | None
) -> list[Finding]:
    """Ask a worker's connector and its check URL, as a restore will."""
    at, name = At(str(worker.id)), worker.id.worker
    if name not in workers.workers:
        return []
    health, detail = await gates.ping(session, apache, workers, name)
    gets = state is None or state.rotation is not Rotation.STOPPED
    if health is Health.UNKNOWN:
        return [at.unknown("cping", f"whether its Tomcat answers is not known: {detail}")]
    if health is Health.DOWN:
        make = at.fault if gets else at.warning
        found = f"its Tomcat does not answer: {detail}"
        return [make("cping", found, "start it" if gets else "it is out of rotation, so nobody misses it")]
    found_all = [at.ok("cping", f"answers CPING on {printable(workers.address(name))}")]
    if worker.check_url:
        answer = await gates.check(session, apache, worker, worker.check_url)
        if answer.refusal is None:
            found_all.append(at.ok("check_url", f"check_url {printable(answer.detail, 200)}"))
        else:
            found_all.append(
                at.fault(
                    "check_url",
                    f"check_url does not answer 200: {printable(answer.detail, 300)}",
                    "mend it or correct check_url: without it no restore goes through",
                )
            )
    return found_all


async def jkstatus(session: Session, apache: ApacheConfig, workers: Workers) -> list[Finding]:
    """Ask jkstatus, and compare what httpd has loaded with what stands in workers.properties."""
    if apache.status_url is None:
        return []
    at, url = At(str(apache.id)), printable(apache.status_url, 200)
    try:
        answer = await http_get(session.host(apache.ssh), f"{apache.status_url}?mime=prop")
    except RemoteError as error:
        advice = "correct status_url, or see JkMount and Require of the status worker"
        return [at.warning("jkstatus", f"{url} cannot be asked: {_sentence(error)}", advice)]
    status = parse_status(answer.body.decode("utf-8", "replace"))
    if answer.status != 200 or not (status.members or status.lb_members):
        what = f"answered {answer.status}" if answer.status != 200 else "gives no answer of a status worker"
        advice = "correct status_url, or allow the host itself (Require local) on its Location"
        return [at.warning("jkstatus", f"{url} {what}, so the requests in flight are not known", advice)]
    return [at.ok("jkstatus", "jkstatus tells the requests in flight"), *_loaded(at, apache, workers, status)]


def _loaded(at: At, apache: ApacheConfig, workers: Workers, status: JkStatus) -> Findings:
    listed = {name: balancer for name, balancer in workers.balancers.items() if workers.is_listed(name)}
    absent = [name for name in listed if name not in status.lb_members]
    other = [
        name
        for name, balancer in listed.items()
        if name in status.lb_members and set(status.lb_members[name]) != set(balancer.members)
    ]
    shown = printable(apache.workers_file)
    advice = "reload httpd gracefully (apachectl graceful) before the next drain"
    if absent:
        yield at.fault(
            "balancers",
            f"httpd does not know {names(absent)} of {shown}: it was started before, and would answer 500 by a rule "
            "that names one",
            advice,
        )
    if other:
        yield at.fault("balancers", f"httpd has other members than {shown} for {names(other)}", advice)


def _sentence(error: RemoteError) -> str:
    return error.sentence.rstrip(".")
