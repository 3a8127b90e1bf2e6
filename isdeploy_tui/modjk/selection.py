"""Which members of a balancer a request may reach, all of them answering (mod_jk: jk_lb_worker.c)."""

from collections.abc import Mapping

from isdeploy_tui.modjk.attributes import integer
from isdeploy_tui.modjk.rulevalue import RuleValue
from isdeploy_tui.modjk.workers import Activation, Balancer, Workers


def choose(
    balancer: Balancer,
    workers: Workers,
    activations: Mapping[str, Activation],
    value: RuleValue,
    session_route: str = "",
) -> tuple[str, ...]:
    """Return the members that may get a request; more than one where load decides.

    Source: mod_jk get_most_suitable_worker.
    """
    selection = _Selection(balancer, workers, activations)
    members = balancer.members
    if len(members) == 1:
        activation = activations[members[0]]
        if activation is Activation.STOPPED:
            return ()
        if activation is Activation.ACTIVE:
            return members
    sticky = balancer.sticky_session and not _is_on(value, "sticky_ignore")
    if session_route and sticky:
        found = selection.by_route(session_route)
        if found or balancer.sticky_session_force:
            return found
    return selection.nearest(members) or selection.failover()


def _is_on(value: RuleValue, name: str) -> bool:
    extension = value.extension(name)
    return extension is not None and integer(extension.text, 0) != 0


class _Selection:
    def __init__(self, balancer: Balancer, workers: Workers, activations: Mapping[str, Activation]) -> None:
        self.balancer = balancer
        self.workers = workers
        self.activations = activations

    def nearest(self, members: tuple[str, ...]) -> tuple[str, ...]:
        """The active ones of the smallest distance; the others stand by (mod_jk: find_best_byvalue)."""
        active = [name for name in members if self.activations[name] is Activation.ACTIVE]
        least = min((self.workers.workers[name].distance for name in active), default=0)
        return tuple(name for name in active if self.workers.workers[name].distance == least)

    def in_domain(self, route_or_domain: str) -> tuple[str, ...]:
        """mod_jk: find_best_bydomain."""
        domain = route_or_domain.partition(".")[0]
        members = self.balancer.members
        return self.nearest(tuple(name for name in members if domain and self.workers.workers[name].domain == domain))

    def with_route(self, route: str) -> str | None:
        """mod_jk: find_by_session."""
        members = self.balancer.members
        return next((name for name in members if self.workers.workers[name].route == route), None)

    def by_route(self, route: str) -> tuple[str, ...]:
        """Where a session leads: its member unless that is stopped, else its redirect or domain.

        mod_jk: find_bysession_route. Empty: nowhere, the request is treated as a new one.
        """
        member = self.with_route(route)
        if member is None:
            # The candidates of a domain are active already.
            return self.in_domain(route)
        if self.activations[member] is not Activation.STOPPED:
            return (member,)
        if self.balancer.sticky_session_force:
            return ()
        worker = self.workers.workers[member]
        if worker.redirect:
            other = self.with_route(worker.redirect)
            return (other,) if other and self.activations[other] is not Activation.STOPPED else ()
        return self.in_domain(worker.domain) if worker.domain else ()

    def failover(self) -> tuple[str, ...]:
        """With nobody active, the first redirect leads even to a disabled member (mod_jk: find_failover_worker)."""
        redirects = (self.workers.workers[name].redirect for name in self.balancer.members)
        redirect = next((redirect for redirect in redirects if redirect), "")
        return self.by_route(redirect) if redirect else ()
