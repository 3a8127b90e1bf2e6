"""Which balancer a rule belongs to when everyone is in: its home."""

from dataclasses import dataclass

from isdeploy_tui.modjk.workers import Workers


@dataclass(frozen=True, slots=True)
class Homes:
    """The home balancers and which other balancers are cut-down copies of them.

    Homes are the balancers of worker.list that are no strict subset of another, or those that servers.toml names.
    ``unknown`` are names given there that are no balancer of worker.list.
    """

    names: tuple[str, ...]
    workers: Workers
    unknown: tuple[str, ...] = ()

    def members(self, balancer: str) -> frozenset[str]:
        """Return a balancer's members."""
        return frozenset(self.workers.balancers[balancer].members)

    def of(self, balancer: str) -> tuple[str, ...]:
        """Return the homes that a listed balancer may belong to.

        Itself when it is a home, or when it fits into none: what is no copy of anything stands for itself.
        """
        if balancer in self.names:
            return (balancer,)
        members = self.members(balancer)
        return tuple(home for home in self.names if members <= self.members(home)) or (balancer,)

    def absent(self, balancer: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return who is out by not being a member: for certain, and only if it belongs to one of several homes."""
        homes = [self.members(home) for home in self.of(balancer)]
        members = self.members(balancer)
        certain = frozenset.intersection(*homes) - members
        return certain, frozenset.union(*homes) - members - certain

    def with_members(self, members: frozenset[str]) -> tuple[str, ...]:
        """Return the listed balancers with exactly these members, homes first."""
        fitting = [name for name in listed_balancers(self.workers) if self.members(name) == members]
        return tuple(sorted(fitting, key=lambda name: name not in self.names))

    @property
    def everyone(self) -> tuple[str, ...]:
        """All members of all homes, in order."""
        return tuple(dict.fromkeys(member for home in self.names for member in self.workers.balancers[home].members))


def find_homes(workers: Workers, named: tuple[str, ...] = ()) -> Homes:
    """Return the homes; ``named`` is ``balancers = […]`` of servers.toml."""
    listed = listed_balancers(workers)
    if named:
        known = tuple(dict.fromkeys(name for name in named if name in listed))
        return Homes(known, workers, tuple(name for name in named if name not in listed))
    members = {name: frozenset(workers.balancers[name].members) for name in listed}
    return Homes(
        tuple(name for name in listed if not any(members[name] < other for other in members.values())), workers
    )


def listed_balancers(workers: Workers) -> tuple[str, ...]:
    """Return the balancers that a rule may name, those with members, in the order of worker.list."""
    return tuple(name for name in workers.listed if name in workers.balancers and workers.balancers[name].members)
