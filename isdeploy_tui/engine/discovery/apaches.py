"""Reading the httpds of the machines: their maps, their workers, and the Tomcats behind those."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace

from isdeploy_tui.engine.discovery.found import (
    Balancing,
    FoundApache,
    FoundTomcat,
    balancing_of,
    log_places,
    tomcat_at,
    with_only_tomcats,
)
from isdeploy_tui.engine.discovery.looking import Looking, Problem
from isdeploy_tui.engine.discovery.machines import Machine, as_address, owner_of
from isdeploy_tui.engine.discovery.sites import Configuration, Site, mounts_without_map, sites_of, status_urls
from isdeploy_tui.modjk.jkstatus import parse_status
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import parse_workers
from isdeploy_tui.printable import printable
from isdeploy_tui.remote.doctor import Look, look
from isdeploy_tui.remote.errors import RemoteError, ScriptError
from isdeploy_tui.remote.hostfacts import HttpdProcess
from isdeploy_tui.remote.httpdread import Unread, read_httpd
from isdeploy_tui.remote.httpget import http_get
from isdeploy_tui.remote.mapread import MISSING, read_file
from isdeploy_tui.remote.resolving import resolve
from isdeploy_tui.serverconf.jkdirectives import read_jk

_MOST_URLS = 6


async def read_apaches(looking: Looking, machines: Sequence[Machine]) -> list[FoundApache]:
    """Return every map of every httpd on the machines, with all that belongs to it."""
    found = await asyncio.gather(*(_Httpds(looking, machine, machines).apaches() for machine in machines))
    if machines and not any(found) and not any(problem.is_unseen for problem in looking.problems):
        names = ", ".join(machine.name for machine in machines)
        looking.problems.append(Problem("", f"no httpd with mod_jk and a JkMountFile was found on {names}", True))
    return [apache for apaches in found for apache in apaches]


class _Httpds:
    """The httpds of one machine."""

    def __init__(self, looking: Looking, machine: Machine, machines: Sequence[Machine]) -> None:
        self.looking = looking
        self.machine = machine
        self.machines = machines
        self.name = machine.name

    def _problem(self, sentence: str, *, unseen: bool = False) -> None:
        self.looking.problems.append(Problem(self.name, sentence.rstrip("."), unseen))

    async def apaches(self) -> list[FoundApache]:
        """Return what was found; nothing for a machine without an httpd."""
        processes: Sequence[HttpdProcess | None] = self.machine.facts.httpds or (None,)
        read = await asyncio.gather(*(self._configuration(process) for process in processes))
        sites: list[Site] = []
        for configuration in read:
            if configuration is not None:
                sites += self._sites(configuration)
        if not sites:
            return []
        paths = [site.map for site in sites]
        logs = [log for site in sites for log in site.access_logs[:1]]
        host = self.looking.host(self.name)
        looked = await self.looking.tried(
            self.name, look(host, maps=list(dict.fromkeys(paths)), logs=list(dict.fromkeys(logs)))
        )
        found = await asyncio.gather(*(self._apache(site, looked) for site in _different(sites, looked)))
        return [apache for apache in found if apache is not None]

    async def _configuration(self, process: HttpdProcess | None) -> Configuration | None:
        unread: Unread | None = None
        for name in self.machine.names:
            # Another account may read what this one may not.
            work = read_httpd(self.looking.host(name), process, sudo=self.looking.wish.sudo)
            tree = await self.looking.tried(name, work)
            if tree is None:
                return None
            if not isinstance(tree, Unread):
                self.name = name
                break
            unread = unread or tree
        else:
            assert unread is not None
            if process is not None or not unread.is_absent:
                self._problem(unread.sentence, unseen=True)
            return None
        configuration = Configuration(tree, read_jk(tree), process is not None)
        for note in tree.notes:
            self._problem(note, unseen=note in tree.unread)
        return configuration

    def _sites(self, configuration: Configuration) -> tuple[Site, ...]:
        jk, file = configuration.jk, printable(configuration.tree.start.file)
        if sites := sites_of(configuration):
            if jk.workers_file is None:
                self._problem(f"{file} has a JkMountFile but no JkWorkersFile that could be told", unseen=True)
                return ()
            return sites
        if not configuration.runs:
            return ()
        if mounts := mounts_without_map(jk):
            lines = ", ".join(f"{printable(mount.uri, 80)}={printable(mount.worker, 80)}" for mount in mounts[:6])
            self._problem(
                f"{file} has JkMount lines ({printable(str(mounts[0].place))}) but no JkMountFile, so nothing could "
                f"change without a reload of httpd: name a JkMountFile there, put these rules into it: {lines}"
            )
        else:
            self._problem(f"{file} says nothing of mod_jk (no JkMountFile, no JkMount)")
        return ()

    async def _apache(self, site: Site, looked: Look | None) -> FoundApache | None:
        host, sudo = self.looking.host(self.name), self.looking.wish.sudo
        assert site.jk.workers_file is not None
        workers_file = site.jk.workers_file.value
        read = await self.looking.tried(self.name, read_file(host, workers_file, sudo=sudo))
        if read is None:
            self._problem(f"without {printable(workers_file)} the members behind {printable(site.map)} are not known")
            return None
        workers = parse_workers(read.data)
        problems: list[str] = []
        data = b""
        try:
            data = (await read_file(host, site.map, sudo=sudo)).data
        except ScriptError as error:
            problems.append(error.sentence.rstrip("."))
            self._problem(error.sentence, unseen=error.code != MISSING)
        except RemoteError as error:
            self._problem(error.sentence, unseen=True)
            return None
        balancing = balancing_of(UriMap.parse(data), workers)
        if not balancing.members:
            self._problem(f"{printable(workers_file)} has no balancer (type=lb) with members in its worker.list")
            return None
        self.looking.told(f"{self.name}: {printable(site.map)}, {len(balancing.members)} workers")
        tomcats = await self._tomcats(balancing)
        logs = site.access_logs
        apache = FoundApache(
            self.machine,
            self.name,
            site,
            workers_file,
            workers,
            balancing,
            tomcats,
            map_facts=looked.maps.get(site.map) if looked else None,
            access_log=looked.logs.get(logs[0]) if looked and logs else None,
            problems=tuple(problems),
        )
        return await self._with_status(apache)

    async def _tomcats(self, balancing: Balancing) -> Mapping[str, FoundTomcat]:
        names = {member.host for member in balancing.members if not as_address(member.host)} - {"localhost"}
        work = resolve(self.looking.host(self.name), sorted(names))
        resolved = await self.looking.tried(self.name, work) or {}
        found: dict[str, FoundTomcat] = {}
        for member in balancing.members:
            owner = owner_of(member.host, member.port, self.machine, self.machines, resolved)
            addresses = (member.host, *resolved.get(member.host, ()))
            view = tomcat_at(owner.machine, member.port, addresses) if owner.machine else None
            found[member.name] = FoundTomcat(owner, view)
        found = with_only_tomcats(found)
        wanted: dict[str, list[str]] = {}
        for tomcat in found.values():
            if tomcat.owner.machine and tomcat.view and not tomcat.view.process.contained:
                ssh = tomcat.owner.machine.name_for(tomcat.view.process.user)
                wanted.setdefault(ssh, []).extend(log_places(tomcat.view))
        works = (self.looking.tried(ssh, look(self.looking.host(ssh), logs=paths)) for ssh, paths in wanted.items())
        looks = dict(zip(wanted, await asyncio.gather(*works), strict=True))
        return {name: _with_log(tomcat, looks) for name, tomcat in found.items()}

    async def _with_status(self, apache: FoundApache) -> FoundApache:
        """Find out at which URL the status worker answers on the host itself."""
        urls = status_urls(apache.site.jk, apache.workers, apache.balancing.status_patterns)[:_MOST_URLS]
        problem = ""
        host = self.looking.host(self.name)
        for url in urls:
            try:
                answer = await http_get(host, f"{url}?mime=prop", timeout=5)
            except RemoteError as error:
                problem = problem or error.sentence.rstrip(".")
                continue
            status = parse_status(answer.body.decode("utf-8", "replace"))
            if answer.status == 200 and set(apache.balancing.homes) <= set(status.lb_members):
                return replace(apache, status_url=url)
            why = f"{url} answered {answer.status}" + ("" if answer.status != 200 else ", but not as a status worker")
            problem = problem or why
        if not urls and any(worker.type == "status" for worker in apache.workers.workers.values()):
            problem = "workers.properties has a status worker, but nothing mounts it"
        return replace(apache, status_tried=urls, status_problem=problem)


def _with_log(tomcat: FoundTomcat, looks: Mapping[str, Look | None]) -> FoundTomcat:
    """Take the first of the places that can be read, or else one that is there."""
    if tomcat.view is None or tomcat.owner.machine is None:
        return tomcat
    looked = looks.get(tomcat.owner.machine.name_for(tomcat.view.process.user))
    places = log_places(tomcat.view)
    if looked is None:
        return replace(tomcat, looked=places)
    facts = {path: looked.logs[path] for path in places if path in looked.logs}
    there = [path for path in facts if facts[path].state in {"ok", "denied"}]
    readable = [path for path in there if facts[path].state == "ok" and facts[path].readable]
    path = next(iter(readable or there), "")
    return replace(tomcat, log=path, log_facts=facts.get(path), looked=places)


def _different(sites: Sequence[Site], looked: Look | None) -> list[Site]:
    """Maps that are one file by a symbolic link are one site, as far as the same httpd reads them."""
    found: dict[tuple[str, int], Site] = {}
    for site in sites:
        facts = looked.maps.get(site.map) if looked else None
        target = facts.target if facts and facts.target else site.map
        key = (target, id(site.configuration))
        other = found.get(key)
        found[key] = site if other is None else replace(other, servers=(*other.servers, *site.servers))
    return list(found.values())
