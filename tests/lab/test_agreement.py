"""Our view of a map and mod_jk's own: the same rule, the same members, the same errors, for maps of every kind."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from isdeploy_tui.modjk.effective import EffectiveRule, effective_rules
from isdeploy_tui.modjk.rotation import MemberState, PlanError, Presets, Rotation, plan, rotations
from isdeploy_tui.modjk.routing import Routing, route_by
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers, parse_workers
from tests.lab.manymaps import SETTLE_SECONDS, Answered, Client, ManyMaps, many_maps
from tests.lab.responders import responders
from tests.modjk.generated_maps import MEMBERS, generate, request_target, workers_properties

MAPS = int(os.environ.get("ISDEPLOY_TEST_MAPS", "500"))
"""How many generated maps are compared, with 20 paths each."""

AT_ONCE = 125

TRIES = 20
"""Requests by which every member of a rule must have been reached; the balancer takes them in turn."""

ROUTES = ("w1", "w2", "r3", "w4", "w5", "w6", "w7", "nobody")
"""Routes of sessions, as workers.properties has them."""

STANDS_BY = "w7"
"""A member with a distance: in rotation, but reached only when the nearer ones are out."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A map to ask about; ``name`` finds it again. ``drained`` must not be reached but by rules that name it alone."""

    name: str
    data: bytes
    uris: tuple[bytes, ...]
    drained: str = ""


@dataclass(slots=True)
class Comparison:
    """What was asked and what differed."""

    workers: Workers
    paths: int = 0
    requests: int = 0
    outcomes: Counter[int] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)

    async def compare(self, client: Client, number: int, subject: Subject) -> None:
        """Ask httpd for every path of a map, without and with a session."""
        urimap = UriMap.parse(subject.data)
        rules = effective_rules(urimap)
        states = rotations(urimap, self.workers, Presets())
        known: set[EffectiveRule | None] = set()
        for index, uri in enumerate(subject.uris):
            self.paths += 1
            where = f"{subject.name}: {uri!r}"
            want = route_by(rules, self.workers, uri)
            self.outcomes[want.status] += 1
            seen = await self._ask(client, number, uri, want, once=want.rule in known)
            known.add(want.rule)
            if seen != _answers(want):
                self.different.append(f"{where} {_words(want)}, httpd {sorted(map(_word, seen))}")
            # A session in the path goes before one in a cookie (mod_jk: get_sessionid); these have no route.
            session = ROUTES[(number + index) % len(ROUTES)] if b";jsessionid" not in uri else ""
            told = route_by(rules, self.workers, uri, session)
            found = await self._get(client, number, uri, session)
            if found not in _answers(told):
                self.different.append(f"{where} session {session} {_words(told)}, httpd {_word(found)}")
            reached = {answer.worker for answer in seen}
            for problem in self._against_rotations(states, want, reached, reached | {found.worker}, subject.drained):
                self.different.append(f"{where}: {problem}")

    async def _ask(self, client: Client, number: int, uri: bytes, want: Routing, *, once: bool) -> set[Answered]:
        """Return all answers: of as many requests as the balancer has members, and more while some are missing.

        ``once``: the rule has shown all its members before, so one of the answers will do.
        """
        if once and await self._get(client, number, uri) in _answers(want):
            return _answers(want)
        balancer = self.workers.balancer(want.worker)
        least = len(balancer.members) if balancer else 1
        seen: set[Answered] = set()
        for number_of_tries in range(1, TRIES):
            seen.add(await self._get(client, number, uri))
            if number_of_tries >= least and seen >= _answers(want):
                break
        return seen

    async def _get(self, client: Client, number: int, uri: bytes, session: str = "") -> Answered:
        self.requests += 1
        answered = await client.get(number, request_target(uri), session)
        # What is not forwarded is looked for among the files: the site has none, and its root is a directory.
        return Answered(404, "") if answered == Answered(403, "") else answered

    def _against_rotations(
        self, states: Mapping[str, MemberState], want: Routing, new: set[str], all: set[str], drained: str
    ) -> list[str]:
        """Return what contradicts the members' rotations; ``new`` were reached without a session."""
        problems = []
        balancer = self.workers.balancer(want.worker)
        for member, state in states.items():
            if member == want.worker:
                continue
            if state.rotation is Rotation.STOPPED and member in all:
                problems.append(f"{member} is stopped ({state.reason}) and was reached")
            if state.rotation is Rotation.DISABLED and member in new:
                problems.append(f"{member} is disabled ({state.reason}) and was reached without a session")
            in_turn = balancer is not None and member in balancer.members and member != STANDS_BY
            if state.rotation is Rotation.ACTIVE and in_turn and member not in new:
                problems.append(f"{member} is active ({state.reason}) and was not reached")
        if drained and drained in all and want.worker != drained:
            problems.append(f"{drained} was drained and was reached")
        return problems


def _answers(want: Routing) -> set[Answered]:
    if want.status != 200:
        return {Answered(want.status, "")}
    return {Answered(200, member) for member in want.members} or {Answered(200, "")}


def _words(want: Routing) -> str:
    rule = f" by {want.rule.key}={want.rule.value.text}" if want.rule else ""
    return f"should be {sorted(map(_word, _answers(want)))}{rule}"


def _word(answered: Answered) -> str:
    return f"{answered.status} {answered.worker}".strip()


@asynccontextmanager
async def a_site(subjects: Sequence[Subject]) -> AsyncIterator[tuple[ManyMaps, Comparison]]:
    """Yield an httpd with the first maps and the comparison to fill; idle members are taken in turn."""
    async with responders(MEMBERS) as ports:
        data = workers_properties(ports) + b"worker.balancers.method=Busyness\n"
        workers = parse_workers(data)
        assert workers.problems == ()
        with many_maps(data, [subject.data for subject in subjects[:AT_ONCE]]) as httpd:
            yield httpd, Comparison(workers)


async def compare_all(subjects: Sequence[Subject]) -> Comparison:
    """Compare all maps: the first as httpd finds them at its start, the others written while it runs."""
    async with a_site(subjects) as (httpd, comparison):
        for begin in range(0, len(subjects), AT_ONCE):
            some = subjects[begin : begin + AT_ONCE]
            if begin:
                httpd.write([subject.data for subject in some])
                await asyncio.sleep(SETTLE_SECONDS)
            # One request at a time: others in between would take members out of their turn.
            client = Client(httpd)
            for number, subject in enumerate(some):
                await comparison.compare(client, number, subject)
            client.close()
    return comparison


def assert_agreed(comparison: Comparison) -> None:
    shown = "\n".join(comparison.different[:10])
    assert not comparison.different, f"{len(comparison.different)} of {comparison.requests} requests differ:\n{shown}"


async def test_generated_maps_mean_to_mod_jk_what_they_mean_to_us() -> None:
    subjects = [Subject(f"seed {seed}", *_generated(seed)) for seed in range(MAPS)]
    comparison = await compare_all(subjects)
    assert_agreed(comparison)
    assert comparison.paths == 20 * MAPS
    # The maps are worth asking about: every outcome is among them.
    assert set(comparison.outcomes) >= {200, 404, 500, 503}


async def test_who_was_drained_by_a_plan_gets_no_request_from_mod_jk() -> None:
    workers = parse_workers(workers_properties())
    subjects = []
    for seed in range(MAPS // 5):
        data, uris = _generated(seed)
        for member in ("w1", "w2", "w4"):
            try:
                drained = plan(UriMap.parse(data), workers, drain=[member], presets=Presets())
            except PlanError:
                continue
            if drained.changes:
                subjects.append(Subject(f"seed {seed} without {member}", drained.after, uris[:6], member))
    assert len(subjects) >= MAPS // 10
    assert_agreed(await compare_all(subjects))


async def test_odd_paths_reach_the_same_member() -> None:
    maps = (
        b"/*=ex1\n/a/*=ex2\n",
        b"/a=balancer\n/=only3\n",
        b"/" + b"l" * 4094 + b"=balancer\n",
        b"/a*b?c=balancer\n/a/*/c=ex2;stopped=w1\n",
        b"/*=balancer\n!/a/*=balancer\n!/b=*\n-/c=ex1\n",
        b"/a/b/*=ex1\n/a/b/?=ex2\n/a/b/c=only3\n/*/*/*=shop\n",
        b"x=balancer;stopped=w2\n/*=$(x)\n/a=$(x);disabled=w1\n/b=$(y)\n",
    )
    uris = (
        *(b"/", b"//", b"/a", b"/a/", b"/b", b"/c", b"/a//b", b"/./a", b"/a/.", b"/a/../b", b"/a/..", b"/a/b/c"),
        *(b"/a;b", b"/a;b=1/c", b"/;x", b"/a/;x/b", b"/a/.;x/b", b"/a/..;/b", b"/...", b"/a/b/c/d", b"/aXXbYc"),
        *(b"/a?b*c", b"/a#b", b"/a\nb", b"/a\xffb", "/aéb".encode(), b"/a b", b"/a%2fb", b"/a\\b", b"/A"),
        *(b"/" + b"l" * 4093, b"/" + b"l" * 4094, b"/" + b"l" * 4095, b"/a" + b"/b" * 1000),
    )
    comparison = await compare_all([Subject(data.decode(), data, uris) for data in maps])
    assert_agreed(comparison)


def _generated(seed: int) -> tuple[bytes, tuple[bytes, ...]]:
    generated = generate(seed)
    return generated.data, generated.uris
