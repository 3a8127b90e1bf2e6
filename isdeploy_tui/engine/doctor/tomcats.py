"""Judging a worker's Tomcat where it lives: route, log, deploy script."""

import posixpath
import stat
from collections.abc import Iterator

from isdeploy_tui.config import WorkerConfig
from isdeploy_tui.engine.doctor.finding import At, Finding, Findings
from isdeploy_tui.engine.tomcatview import TomcatView, understand_tomcat
from isdeploy_tui.modjk.workers import Worker
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.hostfacts import FileFacts, HostFacts


def judge_route(worker: WorkerConfig, member: Worker, host: HostFacts) -> Findings:
    """Yield findings on the Tomcat that listens on the member's port."""
    at = At(str(worker.id))
    views = [understand_tomcat(process) for process in host.tomcats]
    view = next((view for view in views if view.listens(member.port)), None)
    if view is None:
        why = "; ".join(f"{printable(view.process.base)}: {view.problem}" for view in views if view.problem)
        if not why:
            why = f"{len(views)} Tomcats run there" if views else "no Tomcat was seen running there"
        yield at.unknown(
            "jvmRoute",
            f"no Tomcat with an AJP connector on port {member.port} was found on {worker.ssh} ({printable(why, 400)})",
            f"if it runs on another host, correct 'ssh' in servers.toml; else see that {host.user} may read server.xml",
        )
        return
    route = view.route(member.port)
    file = printable(posixpath.join(view.process.base, "conf/server.xml"))
    if route is None:
        yield at.unknown("jvmRoute", f"the jvmRoute of the Tomcat on port {member.port} is not known: {view.problem}")
    elif route == member.route:
        yield at.ok("jvmRoute", f"jvmRoute {route}")
    elif not route:
        yield at.warning(
            "jvmRoute",
            f"{file} gives no jvmRoute: sessions do not stay on their Tomcat",
            f'set <Engine … jvmRoute="{printable(member.route, 80)}"> unless there are no sessions',
        )
    else:
        yield at.fault(
            "jvmRoute",
            f"{file} has jvmRoute {route}, but mod_jk's route of this worker is {printable(member.route, 80)}: "
            "sessions go to the wrong Tomcat",
            f'set jvmRoute="{printable(member.route, 80)}" there, or correct the port in workers.properties',
        )
    yield from _log_place(at, worker, view)


def _log_place(at: At, worker: WorkerConfig, view: TomcatView) -> Iterator[Finding]:
    out = view.process.stdout
    if not worker.log or not out.startswith("/") or out.startswith("/dev/"):
        return
    # Paths that differ otherwise do so by symbolic links.
    if posixpath.basename(out) != posixpath.basename(worker.log):
        yield at.warning(
            "log", f"the Tomcat writes to {printable(out)}, not to {printable(worker.log)}", "correct 'log'"
        )


def judge_log(worker: WorkerConfig, user: str, facts: FileFacts) -> Findings:
    """Yield findings on its log."""
    at, shown = At(str(worker.id)), printable(worker.log or "")
    if facts.state == "ok" and facts.readable:
        yield at.ok("log", "log readable")
    elif facts.state == "missing":
        yield at.warning("log", f"the log {shown} does not exist", "correct 'log' in servers.toml")
    elif facts.state == "notfile":
        yield at.warning("log", f"the log {shown} is not a file", "name the file itself in servers.toml")
    else:
        yield at.warning(
            "log", f"the log {shown} may not be read by {user}", f"for example: setfacl -m u:{user}:r {shown}"
        )


def judge_deploy(worker: WorkerConfig, user: str, facts: FileFacts) -> Findings:
    """Yield findings on its deploy script."""
    at, shown = At(str(worker.id)), printable(worker.deploy or "")
    yield from judge_program(at, "deploy", "deploy", f"the deploy script {shown}", user, facts)
    if facts.state == "ok" and facts.executable and not facts.interpreter:
        yield at.ok("deploy", "deploy script executable")


def judge_program(at: At, topic: str, key: str, named: str, user: str, facts: FileFacts) -> Findings:
    """Yield what is wrong with a program that ``key`` of servers.toml names; ``named`` is what it is, and its path."""
    shown = named.rpartition(" ")[2]
    if facts.state == "missing":
        yield at.fault(topic, f"{named} does not exist", f"correct '{key}' in servers.toml")
    elif facts.state == "denied":
        yield at.fault(topic, f"{named} may not be reached by {user}", "give x on its directories")
    elif facts.state == "notfile":
        yield at.fault(topic, f"{named} is not a file", f"correct '{key}' in servers.toml")
    elif not facts.executable:
        yield at.fault(
            topic, f"{named} is not executable for {user} (mode {facts.mode:o})", f"chmod +x {shown}, as its owner"
        )
    elif facts.interpreter == "crlf":
        yield at.fault(
            topic,
            f"the first line of {shown} ends with a carriage return, so it cannot be started",
            f"dos2unix {shown}",
        )
    elif facts.interpreter:
        yield at.fault(topic, f"{shown} wants {facts.interpreter}, which is not there", "install it, or correct line 1")
    elif facts.state != "ok":
        yield at.unknown(topic, f"{shown} could not be looked at")
    elif facts.mode & stat.S_IWOTH:
        yield at.warning(topic, f"{shown} may be written by everybody on that host", f"chmod o-w {shown}")
