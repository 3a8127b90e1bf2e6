"""What must never happen unless somebody orders it in so many words: each guard turns a fact into a Refusal.

Pure functions: they are given what was read and say what speaks against going on. Read-only mode needs no guard
here, because it has no operations to guard.
"""

from collections.abc import Iterable, Mapping, Sequence

from isdeploy_tui.config import ApacheConfig, ServiceConfig, WorkerConfig, WorkerId
from isdeploy_tui.engine.fleet import Health
from isdeploy_tui.engine.plans import Refusal
from isdeploy_tui.engine.session import Operator
from isdeploy_tui.modjk.rotation import MemberState, Plan, Rotation
from isdeploy_tui.printable import printable


def leaves_rule_empty(apache: ApacheConfig, plan: Plan) -> Iterable[Refusal]:
    """Refuse to take the last active member of a rule: mod_jk would answer 503 to every request of it."""
    for rule in plan.left_empty:
        yield Refusal(
            str(apache.id),
            f"rule {printable(rule)} would have no active member left: every request of it would get 503.",
        )


def leaves_only_down(apache: ApacheConfig, plan: Plan, health: Mapping[str, Health]) -> Iterable[Refusal]:
    """Refuse a drain after which a rule has active members of which none answers."""
    for rule, members in plan.active.items():
        known = [health.get(member, Health.UNKNOWN) for member in members]
        if members and rule not in plan.left_empty and all(state is Health.DOWN for state in known):
            yield Refusal(
                str(apache.id),
                f"rule {printable(rule)} would be left with {printable(', '.join(members))} only, "
                "and none of them answers CPING.",
            )


def too_few(apache: ApacheConfig, rule: str, answering: Sequence[str], min_active: int) -> Refusal:
    """Refuse a map in which fewer members answer than the service must have."""
    left = printable(", ".join(answering)) or "none"
    return Refusal(
        str(apache.id),
        f"rule {printable(rule)} would be left with {len(answering)} active member(s) that answer ({left}); "
        f"min_active is {min_active}.",
    )


def map_is_faulty(apache: ApacheConfig, plan: Plan) -> Iterable[Refusal]:
    """Refuse to write a map with a rule that mod_jk already answers with an error: mend it first."""
    for fault in plan.faults:
        yield Refusal(str(apache.id), f"{apache.map}: {printable(fault)}; nothing was written; mend the map first.")


def script_goes_on(worker: WorkerConfig, run: str) -> Refusal:
    """Refuse to restore a Tomcat whose deploy script still runs: it may stop the Tomcat at any moment."""
    return Refusal(
        str(worker.id),
        f"its deploy script still runs ({worker.ssh}, run {run}) and may stop the Tomcat under requests; "
        "wait for its end.",
    )


def not_ready(worker: WorkerId, detail: str) -> Refusal:
    """Refuse to restore a Tomcat that does not answer: mod_jk would mark it ERR and leave it out for a minute."""
    return Refusal(str(worker), f"its Tomcat is not ready ({detail}); restoring it now would lose requests.")


def check_failed(worker: WorkerConfig, detail: str) -> Refusal:
    """Refuse to restore a Tomcat whose check_url does not answer as it must."""
    return Refusal(str(worker.id), f"its check failed: {worker.check_url} answered {detail}.")


def not_drained(worker: WorkerId, state: MemberState) -> Refusal | None:
    """Refuse to deploy on a worker that may still get requests."""
    if state.rotation is Rotation.STOPPED:
        return None
    if state.rotation is Rotation.UNKNOWN:
        why = f"its rotation is unknown ({printable(state.reason)})"
    elif state.rotation is Rotation.DISABLED:
        why = "it is disabled, so requests of its own sessions still reach it"
    else:
        why = "it is active, so requests reach it"
    return Refusal(str(worker), f"{why}; drain it first.")


def not_read(target: object, error: Exception) -> Refusal:
    """Refuse what depends on a server that could not be read."""
    return Refusal(str(target), f"could not be read: {error}")


def not_known(worker: WorkerId, apache: ApacheConfig) -> Refusal:
    """Refuse a worker that its Apache's files do not have."""
    return Refusal(str(worker), f"neither {apache.map} nor {apache.workers_file} has a worker of that name.")


def not_an_operator(services: Iterable[ServiceConfig], operator: Operator) -> Iterable[Refusal]:
    """Refuse who is not among a service's operators; no order overrides that."""
    for service in services:
        if service.operators is not None and operator.user not in service.operators:
            allowed = ", ".join(service.operators) or "nobody"
            yield Refusal(
                service.name, f"{operator.user} may not change {service.name}; {allowed} may.", forcible=False
            )
