"""What a lab looks like, said before it is built."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Scenario:
    """One arrangement of Tomcats behind Apaches. The defaults are the common case.

    Tomcats are ``worker1``… behind the lb worker ``balancer`` on ``web1``…; with ``exclusion_balancers`` there is a
    ``balancer_exN`` for each of them, which has every member but ``workerN``. ``map_lines`` are the lines of
    uriworkermap.properties. ``second_vhost`` is a second port with the same map file, which mod_jk loads and checks
    apart from the first. ``direct_vhosts`` gives each worker a port that mounts it alone (its ``check_url``).
    ``map_is_symlink`` puts the map elsewhere and a symbolic link in its place. With ``own_tomcats`` each Apache has its
    share of the Tomcats for itself, otherwise all have all.
    """

    tomcats: int = 3
    apaches: int = 1
    mpm: Literal["event", "prefork"] = "event"
    method: Literal["Request", "Session", "Traffic", "Busyness", "Next"] = "Request"
    exclusion_balancers: bool = True
    jkstatus: bool = True
    reload_seconds: int = 1
    second_vhost: bool = False
    direct_vhosts: bool = False
    map_is_symlink: bool = False
    own_tomcats: bool = False
    map_lines: tuple[str, ...] = ("# Which requests go to which balancer.", "/*=balancer")
    environment: str = ""

    @property
    def workers(self) -> tuple[str, ...]:
        """The names of the balancer's members, which are also the Tomcats' routes."""
        return tuple(f"worker{number}" for number in range(1, self.tomcats + 1))

    @property
    def settle_seconds(self) -> float:
        """Seconds after a map write until every request that starts follows it (mod_jk: uri_worker_map_update)."""
        return self.reload_seconds + 1.5


TWO_RULES = ("/*=balancer", "", "# Reports are slow; they have a rule of their own.", "/reports/*=balancer")
"""Map lines of a service with two rules for one balancer."""
