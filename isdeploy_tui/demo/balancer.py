"""An Apache of the embedded world: httpd with mod_jk, as far as the way of a request goes."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from isdeploy_tui.demo.applications import Application
from isdeploy_tui.demo.children import Child, MapFile
from isdeploy_tui.demo.clock import Clock
from isdeploy_tui.demo.election import Election
from isdeploy_tui.demo.logfiles import AccessLog
from isdeploy_tui.demo.tomcat import CutError, RefusedError, Tomcat
from isdeploy_tui.modjk.workers import Workers

CHILDREN = 4
"""Child processes of each httpd; each looks at the map on its own."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a visitor asks for: path, seconds of work in the Tomcat, route of the visitor's session (empty: none)."""

    uri: str
    seconds: float
    route: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """HTTP status and the member that it came from; None when the balancer answered itself. ``route``: of a session."""

    status: int
    member: str | None = None
    route: str = ""


@dataclass(slots=True)
class Tally:
    """What jkstatus counts for a member, over all balancers that hold it."""

    busy: int = 0
    elected: int = 0
    errors: int = 0


class Apache:
    """One httpd: several children with a map each, one shared memory. Starting it again forgets everything."""

    def __init__(
        self,
        name: str,
        file: MapFile,
        workers: Workers,
        tomcats: Mapping[str, Tomcat],
        application: Application,
        access_log: AccessLog,
        clock: Clock,
        rng: Random,
    ) -> None:
        now = clock.now()
        self.name = name
        self.workers = workers
        self.application = application
        self.children = [Child(file, now) for _ in range(CHILDREN)]
        self.elections = {
            name: Election.of(balancer.members, now) for name, balancer in workers.balancers.items() if balancer.members
        }
        self.tallies = {member: Tally() for member in tomcats}
        self.tomcats = tomcats
        self._access_log = access_log
        self._clock = clock
        self._rng = rng

    def child(self, *, forced: bool = False) -> Child:
        """The child that happens to take the next request, its map up to date by mod_jk's rules.

        ``forced``: it looks at the map whether or not it is time, as for jkstatus.
        """
        child = self._rng.choice(self.children)
        child.update(self._clock.now(), forced=forced)
        return child

    async def serve(self, request: Request) -> Answer:
        """Route one request, log it when it is answered, and return what the visitor gets."""
        began = self._clock.now()
        answer = await self._balance(request)
        self._access_log.request(request.uri, answer.status, answer.member, self._clock.now() - began)
        return answer

    async def _balance(self, request: Request) -> Answer:
        child = self.child()
        routing = child.route(self.workers, request.uri, request.route)
        if routing.status != 200:
            return Answer(routing.status)
        election = self.elections.get(routing.worker)
        if election is None:
            return await self.serve_by(routing.members[0], request) if routing.members else Answer(404)
        election.maintain(self._clock.now())
        # A session whose member is in error goes where everybody goes.
        others = child.route(self.workers, request.uri).members if request.route else routing.members
        for seat in election.candidates(routing.members, others):
            try:
                answer = await self._ask(seat.member, request)
            except RefusedError:
                election.failed(seat, self._clock.now())
                continue
            except CutError:
                election.failed(seat, self._clock.now())
                return Answer(502, seat.member)
            election.answered(seat)
            return answer
        return Answer(503)

    def close(self) -> None:
        """Close the access log."""
        self._access_log.close()

    async def serve_by(self, member: str, request: Request) -> Answer:
        """Do what a rule does that names a member alone, whatever the balancers think of it."""
        try:
            return await self._ask(member, request)
        except RefusedError:
            return Answer(503)
        except CutError:
            return Answer(502, member)

    async def _ask(self, member: str, request: Request) -> Answer:
        tally = self.tallies[member]
        tally.elected += 1
        tally.busy += 1
        try:
            status = await self.tomcats[member].serve(self.application.page(request.uri), request.seconds)
        except (RefusedError, CutError):
            tally.errors += 1
            raise
        finally:
            tally.busy -= 1
        return Answer(status, member, self.workers.workers[member].route)
