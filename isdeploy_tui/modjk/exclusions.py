"""Which exclusion balancers a workers.properties lacks: a home balancer less some members, for draining by a swap."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from isdeploy_tui.modjk.homes import Homes
from isdeploy_tui.modjk.memberstate import MapView
from isdeploy_tui.modjk.properties import encode
from isdeploy_tui.modjk.workers import MAX_NAME, Workers


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A balancer ``name`` that is ``home`` less ``out``: ``members`` are those that are left, in the home's order.

    ``is_new``: the file has no such balancer; otherwise it has, and only worker.list lacks it.
    """

    name: str
    home: str
    out: tuple[str, ...]
    members: tuple[str, ...]
    is_new: bool = True


def homes_in_use(view: MapView, names: Collection[str]) -> tuple[str, ...]:
    """Return the home balancers that the map's rules belong to and that have one of these members, in its order."""
    homes = view.homes
    used = dict.fromkeys(
        home
        for rule in view.forwarding()
        if (balancer := view.workers.balancer(rule.worker)) is not None and balancer.members
        for home in homes.of(rule.worker)
    )
    return tuple(home for home in used if not homes.members(home).isdisjoint(names))


def outs(homes: Homes, home: str, names: Sequence[str], *, groups: bool) -> tuple[tuple[str, ...], ...]:
    """Return who is to be out at once: each of these members by itself; with ``groups`` each half of them, too.

    Halves are those of ``roll --batch`` with half of their number, rounded up. Nobody is left by no exclusion.
    """
    members = homes.members(home)
    order = [name for name in dict.fromkeys(names) if name in members]
    found: list[tuple[str, ...]] = [(name,) for name in order]
    if groups and len(order) > 2:
        half = (len(order) + 1) // 2
        found += [tuple(order[:half]), tuple(order[half:])]
    return tuple(out for out in dict.fromkeys(found) if members - set(out))


def missing(homes: Homes, home: str, wanted: Collection[tuple[str, ...]], taken: Collection[str]) -> list[Exclusion]:
    """Return the exclusion balancers of one home that no rule could name yet.

    ``taken`` are names that are given already; no new one is among them, nor among each other.
    """
    workers = homes.workers
    names = _Names(workers, homes, home, taken)
    found: list[Exclusion] = []
    for out in wanted:
        left = homes.members(home) - set(out)
        if homes.with_members(left) or any(set(other.members) == left for other in found):
            continue
        members = tuple(name for name in dict.fromkeys(workers.balancers[home].members) if name in left)
        unlisted = next((name for name, other in workers.balancers.items() if set(other.members) == left), None)
        name = names.give(out) if unlisted is None else unlisted
        found.append(Exclusion(name, home, out, members, unlisted is None))
    return found


class _Names:
    """Gives names as whoever wrote the file did: after the exclusion balancers that are there, else ``home_exN``."""

    def __init__(self, workers: Workers, homes: Homes, home: str, taken: Collection[str]) -> None:
        self._members = workers.balancers[home].members
        self._taken = {*taken, *workers.listed, *workers.workers, *workers.balancers}
        self._before, self._numbered, self._after = self._pattern(workers, homes, home)

    def give(self, out: Sequence[str]) -> str:
        tags = [_number(name) if self._numbered else name for name in out]
        tail = "_".join(tags)
        if _is_too_long(self._before + tail + self._after):
            tail = f"{len(out)}_from_{tags[0]}"
        for count in range(1, 1000):
            more = f"_{count}" if count > 1 else ""
            name = self._before + tail + self._after + more
            if _is_too_long(name):
                name = f"ex{tail[: MAX_NAME // 4]}{more}"
            if name not in self._taken and not _is_too_long(name):
                self._taken.add(name)
                return name
        raise AssertionError("a thousand names are taken")

    def _pattern(self, workers: Workers, homes: Homes, home: str) -> tuple[str, bool, str]:
        numbers = [_number(name) for name in self._members]
        numbered = all(numbers) and len(set(numbers)) == len(set(self._members))
        for name, member in _singles(workers, homes, home):
            if member in name:
                before, _, after = name.rpartition(member)
                return before, False, after
            if numbered and (found := re.fullmatch(rf"(.*?\D)0*{_number(member).lstrip('0') or '0'}(\D*)", name)):
                return found[1], True, found[2]
        return (f"{home}_ex", True, "") if numbered else (f"{home}_ex_", False, "")


def _singles(workers: Workers, homes: Homes, home: str) -> Iterator[tuple[str, str]]:
    """Yield the balancers that lack exactly one member of the home, with that member."""
    members = homes.members(home)
    for name, other in workers.balancers.items():
        absent = members - set(other.members)
        if len(absent) == 1 and set(other.members) < members:
            yield name, min(absent)


def _number(name: str) -> str:
    """The digits at the end of a name."""
    found = re.search(r"[0-9]+$", name)
    return found[0] if found else ""


def _is_too_long(name: str) -> bool:
    return len(encode(name)) > MAX_NAME
