"""From is-deploy's services, nodes and pods to the draft of a servers.toml."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from isdeploy_tui.config.table import is_rule
from isdeploy_tui.draft import REVIEW, DraftTable, Line, usable_name
from isdeploy_tui.importing.membernames import member_that_leaves
from isdeploy_tui.importing.nodes import Node, Pod, Rules, Service
from isdeploy_tui.modjk.workers import Workers
from isdeploy_tui.printable import printable

GUESSED_MAP = "/etc/apache2/uriworkermap.properties"
GUESSED_WORKERS_FILE = "/etc/apache2/workers.properties"

_HERE = {"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"}


@dataclass(slots=True)
class NodesToDraft:
    """Turns services into tables; ``notes`` collects what a person must know beside what the comments say.

    ``agent_directory`` is where the agents were started: is-deploy's relative paths begin there. ``workers`` is a
    copy of the Apaches' workers.properties, which tells mod_jk's names. ``ssh_names``: an inventory's, by address.
    """

    agent_directory: str = ""
    workers: Workers | None = None
    ssh_names: Mapping[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def services(self, services: Sequence[Service]) -> tuple[DraftTable, ...]:
        """Return a table for each service that has a node with a pod."""
        taken: list[str] = []
        tables = []
        for service in services:
            name = usable_name(service.name, "service", taken)
            if tables_of_nodes := tuple(self._apaches(name, service.nodes)):
                taken.append(name)
                tables.append(_service(service, name, tables_of_nodes))
            else:
                self.notes.append(f"service '{printable(service.name, 60)}' is left out: none of its nodes has a pod")
        return _apart(tables)

    def _apaches(self, service: str, nodes: Sequence[Node]) -> Iterator[DraftTable]:
        taken: list[str] = []
        for node in nodes:
            name = usable_name(node.name, "apache", taken)
            if not node.pods:
                self.notes.append(f"{service}/{name} is left out: it has no pod in its podList")
                continue
            taken.append(name)
            yield self._apache(f"{service}/{name}", name, node)

    def _apache(self, place: str, name: str, node: Node) -> DraftTable:
        rules = self._rules(place, node.rules)
        map_path = self._path(node.map)
        lines = [self._ssh(name, node)]
        if map_path:
            lines.append(Line("map", map_path))
        else:
            said = f"is-deploy has the relative path '{node.map}'" if node.map else "is-deploy does not say where it is"
            lines.append(Line("map", GUESSED_MAP, f"{REVIEW}: JkMountFile; {said}"))
        beside = posixpath.join(posixpath.dirname(map_path), "workers.properties") if map_path else GUESSED_WORKERS_FILE
        lines.append(Line("workers_file", beside, f"{REVIEW}: JkWorkersFile; is-deploy does not know it"))
        lines.append(
            Line(
                "reload_seconds",
                60,
                f"{REVIEW}: JkMountFileReload; is-deploy does not know it; when absent mod_jk's own 60",
                is_set=False,
            )
        )
        if rules:
            lines.append(Line("rules", rules))
        taken: list[str] = []
        workers = []
        for pod in node.pods:
            workers.append(self._worker(place, pod, rules, taken))
            taken.append(workers[-1].name)
        comments = [f"is-deploy's node '{node.name}'"] if node.name != name else []
        return DraftTable(name, tuple(lines), tuple(comments), tuple(workers))

    def _ssh(self, name: str, node: Node) -> Line:
        agent = f"the agent's address was {node.host}{':' if node.port else ''}{node.port}" if node.host else ""
        host = _host(node.host)
        if host and (known := self.ssh_names.get(host)):
            return Line("ssh", known, f"{agent}; the inventory's name for it")
        if not host or host in _HERE:
            why = agent or "is-deploy names no agent"
            return Line("ssh", name, f"{REVIEW}: {why}; put the name here by which ssh reaches this Apache's host")
        return Line("ssh", host, f"{REVIEW}: {agent}; this must be a name that 'ssh' can reach")

    def _worker(self, place: str, pod: Pod, rules: Mapping[str, str], taken: Sequence[str]) -> DraftTable:
        drained = self._rules(f"{place}, {printable(pod.name, 60)}", pod.rules)
        name, comment = self._name(pod, rules, drained, taken)
        lines = [line for key, path in (("log", pod.log), ("deploy", pod.script)) if (line := self._file(key, path))]
        if drained and drained.items() <= rules.items():
            self.notes.append(f"{place}/{name}: its lbMap is the node's own, so it takes nobody out; left out")
        elif drained:
            note = ""
            if rules and drained.keys() != rules.keys():
                note = (
                    f"{REVIEW}: is-deploy wrote these lines as the whole map; here the lines of other keys "
                    f"stay as they are"
                )
            lines.append(Line("drained", drained, note))
        return DraftTable(name, tuple(lines), (comment,) if comment else ())

    def _name(
        self, pod: Pod, rules: Mapping[str, str], drained: Mapping[str, str], taken: Sequence[str]
    ) -> tuple[str, str]:
        """Return mod_jk's name for a pod, and what to say about it."""
        found = None
        if self.workers is not None:
            found = member_that_leaves(self.workers, rules, drained)
            if found is None and pod.name in self.workers.workers:
                found = pod.name
        name = usable_name(found or pod.name, "worker", taken)
        if found == name:
            return name, "" if name == pod.name else f"is-deploy's pod '{pod.name}'"
        known = f" ({', '.join(members)})" if (members := self._members()) else ""
        return name, f"{REVIEW}: is-deploy's pod '{pod.name}'; put mod_jk's name here, from workers.properties{known}"

    def _members(self) -> list[str]:
        if self.workers is None:
            return []
        return list(dict.fromkeys(m for balancer in self.workers.balancers.values() for m in balancer.members))[:20]

    def _file(self, key: str, path: str) -> Line | None:
        if not path:
            return None
        if absolute := self._path(path):
            return Line(key, absolute)
        return Line(key, path, f"{REVIEW}: relative to where the agent was started; make it absolute", is_set=False)

    def _path(self, path: str) -> str:
        """Return a path that servers.toml accepts, or an empty text."""
        if self.agent_directory and path and not path.startswith("/"):
            path = posixpath.join(self.agent_directory, path)
        path = posixpath.normpath(path) if path else ""
        usable = path.startswith("/") and path != "/" and path != "//" and path == printable(path)
        return path if usable else ""

    def _rules(self, place: str, rules: Rules) -> Mapping[str, str]:
        kept: dict[str, str] = {}
        for key, value in rules:
            if not is_rule(key, value):
                self.notes.append(
                    f"{place}: the line '{printable(f'{key}={value}', 80)}' is no rule of a map; left out"
                )
                continue
            if key in kept:
                self.notes.append(f"{place}: '{printable(key, 60)}' stands there twice; the last one is kept")
            kept[key] = value
        return kept


def _service(service: Service, name: str, apaches: tuple[DraftTable, ...]) -> DraftTable:
    comments = [f"is-deploy's service '{service.name}'"] if service.name != name else []
    lines = [Line("comment", " ".join(service.comment.split()))] if service.comment.strip() else []
    return DraftTable(name, tuple(lines), tuple(comments), apaches)


def _host(address: str) -> str:
    """Return the host name in an agent's address, with or without ``http://``; empty when it is none."""
    try:
        host = urlsplit(address if "://" in address else f"//{address}").hostname or ""
    except ValueError:
        return ""
    return host if host.isascii() and all(char.isalnum() or char in "._:-" for char in host) else ""


def _apart(services: Sequence[DraftTable]) -> tuple[DraftTable, ...]:
    """Name the Tomcats where servers.toml would take two for one because they have the same log on the same host."""
    scripts: dict[tuple[object, object], list[tuple[str, object]]] = {}
    for service in services:
        for apache in service.tables:
            for worker in apache.tables:
                place = f"{service.name}/{apache.name}"
                scripts.setdefault(_log(apache, worker), []).append((place, _get(worker, "deploy")))
    mixed = {
        log
        for log, found in scripts.items()
        if log[1] and (len({script for _, script in found}) > 1 or len({place for place, _ in found}) < len(found))
    }

    def named(service: DraftTable, apache: DraftTable, worker: DraftTable) -> DraftTable:
        if _log(apache, worker) not in mixed:
            return worker
        note = f"{REVIEW}: another Tomcat has the same log; the same name here means the same Tomcat"
        tomcat = Line("tomcat", f"{service.name}/{apache.name}/{worker.name}", note)
        return replace(worker, lines=(tomcat, *worker.lines))

    return tuple(
        replace(
            service,
            tables=tuple(
                replace(apache, tables=tuple(named(service, apache, worker) for worker in apache.tables))
                for apache in service.tables
            ),
        )
        for service in services
    )


def _log(apache: DraftTable, worker: DraftTable) -> tuple[object, object]:
    return _get(apache, "ssh"), _get(worker, "log")


def _get(table: DraftTable, key: str) -> object:
    return next((line.value for line in table.lines if line.key == key and line.is_set), None)
