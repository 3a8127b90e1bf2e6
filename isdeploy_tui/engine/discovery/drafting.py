"""From what was found to the tables of a servers.toml, with a comment on all that was guessed."""

from collections.abc import Iterator, Mapping, Sequence

from isdeploy_tui.draft import REVIEW, DraftTable, Line, usable_name
from isdeploy_tui.engine.discovery.found import FoundApache, FoundTomcat, log_places
from isdeploy_tui.engine.discovery.services import FoundService
from isdeploy_tui.modjk.workers import Activation, Worker
from isdeploy_tui.printable import printable
from isdeploy_tui.serverconf.jkdirectives import DEFAULT_RELOAD

_SOME = 6
"""So many names in a comment."""


def draft_services(services: Sequence[FoundService], shared: Mapping[str, str], *, sudo: bool) -> list[DraftTable]:
    """Return a table for each service; ``shared`` are the names of Tomcats behind several workers, by address."""
    return [_service(service, shared, sudo) for service in services]


def _service(service: FoundService, shared: Mapping[str, str], sudo: bool) -> DraftTable:
    names = dict.fromkeys(name for apache in service.apaches.values() for name in apache.site.names)
    comments = [f"Serves {_list(list(names))}."] if names else []
    if service.why:
        comments.append(f"{REVIEW}: these Apaches are {service.why}.")
    lines = (
        Line("comment", "The argument is the version", "What the deploy script's arguments are; shown where they are "
             "typed.", is_set=False),
        Line("environment", "production", f"{REVIEW}: production wants the service's name typed.", is_set=False),
    )  # fmt: skip
    tables = tuple(_apache(name, apache, shared, sudo) for name, apache in service.apaches.items())
    return DraftTable(service.name, lines, tuple(comments), tables)


def _apache(name: str, apache: FoundApache, shared: Mapping[str, str], sudo: bool) -> DraftTable:
    site = apache.site
    read_by = f"{site.map} is read by {_list([server.label for server in site.servers])}"
    comments = [f"{printable(site.configuration.tree.start.file)}: {read_by}."]
    if not site.configuration.runs:
        comments.append(f"{REVIEW}: no httpd was seen running there; this is what its configuration says.")
    comments += [f"{REVIEW}: {problem}" for problem in apache.problems]
    comments += _balancers(apache)
    lines = (
        Line("ssh", apache.ssh),
        Line("map", site.map),
        Line("workers_file", apache.workers_file),
        *_reload(apache),
        *_status(apache),
        *_access_log(apache),
        *_sudo(apache, sudo),
    )
    taken: list[str] = []
    tables = []
    for member in apache.balancing.members:
        tables.append(_worker(member, apache, shared.get(apache.tomcat_key(member), ""), taken))
        taken.append(tables[-1].name)
    return DraftTable(name, lines, tuple(comments), tuple(tables))


def _balancers(apache: FoundApache) -> Iterator[str]:
    balancing = apache.balancing
    if balancing.is_guess:
        yield f"{REVIEW}: no rule of the map leads to a balancer, so the members of all balancers are here."
    if balancing.exclusions:
        known = [f"{name} without {', '.join(out)}" for name, out in balancing.exclusions.items()]
        yield f"{_list(balancing.homes)}; exclusion balancers: {_list(known)}."
    elif len(balancing.members) > 1:
        yield f"{_list(balancing.homes)}; no exclusion balancer: isdeploy-tui balancers prints those that it lacks."
    if balancing.single:
        yield f"{REVIEW}: the rules {_list(balancing.single)} lead to one worker alone, whom no drain takes out."


def _reload(apache: FoundApache) -> Iterator[Line]:
    seconds = apache.site.reload
    said = [said for server in apache.site.servers if (said := apache.site.jk.reload_of(server)[1])]
    if seconds == 0:
        note = f"{REVIEW}: JkMountFileReload 0: httpd never reads a changed map; set it to 5, then here, too"
        yield Line("reload_seconds", 5, note, is_set=False)
    elif said:
        yield Line("reload_seconds", seconds)
    else:
        yield Line("reload_seconds", DEFAULT_RELOAD, "JkMountFileReload is not set: this is mod_jk's own.")


def _status(apache: FoundApache) -> Iterator[Line]:
    if apache.status_url:
        yield Line("status_url", apache.status_url)
    elif apache.status_tried:
        note = f"{REVIEW}: jkstatus did not answer there: {apache.status_problem}"
        yield Line("status_url", apache.status_tried[0], note, is_set=False)
    else:
        note = f"{REVIEW}: {apache.status_problem or 'no status worker is mounted'}; it tells the requests in flight"
        yield Line("status_url", "http://127.0.0.1/jkstatus", note, is_set=False)


def _access_log(apache: FoundApache) -> Iterator[Line]:
    logs = apache.site.access_logs
    if not logs:
        return
    facts = apache.access_log
    notes = []
    if len(logs) > 1:
        notes.append(f"others are {_list(logs[1:])}")
    if facts is not None and facts.state == "missing":
        notes.append("it does not exist")
    elif facts is not None and (facts.state != "ok" or not facts.readable):
        notes.append("this account may not read it")
    is_set = facts is not None and facts.state == "ok" and facts.readable
    yield Line("access_log", logs[0], f"{REVIEW}: {'; '.join(notes)}" if notes else "", is_set)


def _sudo(apache: FoundApache, sudo: bool) -> Iterator[Line]:
    facts = apache.map_facts
    if facts is None or facts.state != "ok" or ("w" in facts.directory_access and facts.keeps_owner):
        return
    why = (
        f"this account may not write in {printable(facts.directory)}"
        if "w" not in facts.directory_access
        else f"this account cannot make a file of {facts.owner}:{facts.group}"
    )
    yield Line("sudo", True, f"{REVIEW}: {why}: give it that right, or let sudo -n write", is_set=sudo)


def _worker(member: Worker, apache: FoundApache, shared: str, taken: Sequence[str]) -> DraftTable:
    found = apache.tomcats[member.name]
    comments = [f"{apache.workers.address(member.name)}{_on(found)}"]
    comments += _doubts(member, found)
    name = usable_name(member.name, "worker", taken)
    if name != member.name:
        comments.append(f"{REVIEW}: mod_jk calls it '{printable(member.name, 80)}', which this program cannot")
    lines = [
        Line("ssh", _ssh(member, found)),
        *([Line("tomcat", shared)] if shared else []),
        *_log(found),
        Line("deploy", f"/opt/deploy/{name}.sh", f"{REVIEW}: the script that deploys to it", is_set=False),
    ]
    return DraftTable(name, tuple(lines), tuple(printable(comment, 600) for comment in comments))


def _on(found: FoundTomcat) -> str:
    if found.view is None:
        return ""
    process = found.view.process
    return f", {printable(process.base)} of {process.user}"


def _ssh(member: Worker, found: FoundTomcat) -> str:
    machine = found.owner.machine
    if machine is None:
        return found.owner.candidates[0].name if found.owner.candidates else member.host
    return machine.name_for(found.view.process.user if found.view else "")


def _doubts(member: Worker, found: FoundTomcat) -> Iterator[str]:
    machine, view = found.owner.machine, found.view
    if machine is None:
        if found.owner.candidates:
            names = _list([candidate.name for candidate in found.owner.candidates])
            yield f"{REVIEW}: several servers have the address {member.host} ({names})"
        else:
            yield f"{REVIEW}: no server that was looked at has the address {member.host}; put its ssh name here"
    elif view is None:
        yield f"{REVIEW}: {no_tomcat(member, found)}"
    else:
        route = view.route(member.port)
        if not view.listens(member.port):
            yield f"{REVIEW}: the only Tomcat there was taken for it, as its ports are not known: {view.problem}"
        elif route is None:
            yield f"{REVIEW}: its jvmRoute is not known: {view.problem}"
        elif route != member.route:
            theirs = f"jvmRoute {route}" if route else "no jvmRoute"
            yield f"{REVIEW}: its server.xml has {theirs}, mod_jk's route of it is {printable(member.route, 80)}"
    if member.activation is not Activation.ACTIVE:
        yield f"{REVIEW}: workers.properties says that it is {member.activation}"


def no_tomcat(member: Worker, found: FoundTomcat) -> str:
    """Say that nothing is known to listen at a worker's address, and what is there instead."""
    machine = found.owner.machine
    assert machine is not None
    why = [f"{printable(view.process.base)}: {view.problem}" for view in machine.tomcats if view.problem]
    why = why or ([f"{len(machine.tomcats)} others run there"] if machine.tomcats else ["none was seen running there"])
    return f"no Tomcat with an AJP connector on port {member.port} was found on {machine.name} ({_list(why)})"


def _log(found: FoundTomcat) -> Iterator[Line]:
    facts = found.log_facts
    if found.view is None:
        note = f"{REVIEW}: its catalina.out"
        yield Line("log", "/opt/tomcat/logs/catalina.out", note, is_set=False)
    elif facts is not None and facts.state == "ok" and facts.readable:
        yield Line("log", found.log)
    elif facts is not None and facts.state != "missing":
        user = found.view.process.user
        yield Line("log", found.log, f"{REVIEW}: this account may not read it; it belongs to {user}'s Tomcat")
    else:
        places = _list(found.looked or log_places(found.view)) or "no place that could be told"
        note = f"{REVIEW}: its catalina.out was not found; looked for {places}"
        yield Line("log", f"{found.view.process.base or '/opt/tomcat'}/logs/catalina.out", note, is_set=False)


def _list(names: Sequence[str]) -> str:
    shown = [printable(name, 200) for name in names[:_SOME]]
    return ", ".join([*shown, f"{len(names) - _SOME} more"] if len(names) > _SOME else shown)
