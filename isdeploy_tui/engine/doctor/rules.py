"""Judging what a map and workers.properties say together."""

from isdeploy_tui.config import ApacheConfig
from isdeploy_tui.engine.doctor.finding import At, Findings
from isdeploy_tui.engine.doctor.hosts import names
from isdeploy_tui.engine.reading import presets_of
from isdeploy_tui.modjk.diagnose import Consequence, diagnose
from isdeploy_tui.modjk.exclusions import homes_in_use, missing, outs
from isdeploy_tui.modjk.homes import Homes, find_homes
from isdeploy_tui.modjk.memberstate import MapView
from isdeploy_tui.modjk.rotation import Rotation, rotations
from isdeploy_tui.modjk.urimap import UriMap
from isdeploy_tui.modjk.workers import Workers
from isdeploy_tui.printable import printable

_MEANS: dict[Consequence, tuple[str, str]] = {
    "ignored": ("mod_jk ignores it", "correct or remove it"),
    "404": ("requests are answered with 404", "write a rule, such as /*=balancer"),
    "500": ("requests are answered with 500", "correct the name, or add it to worker.list and reload httpd"),
    "503": ("requests are answered with 503", "restore a member"),
    "crash": ("httpd's children crash", "remove the line now"),
    "ambiguous": ("what mod_jk does is not certain", "make it unambiguous"),
}


def judge_rules(apache: ApacheConfig, urimap: UriMap, workers: Workers) -> Findings:
    """Yield findings on what both files say."""
    at = At(str(apache.id))
    diagnostics = diagnose(urimap, workers)
    for item in diagnostics:
        means, advice = _MEANS[item.consequence]
        make = at.fault if item.consequence in {"404", "500", "503", "crash"} else at.warning
        said = "" if item.consequence in {"404", "500", "503", "crash"} and "httpd" in item.text else f" ({means})"
        yield make("rules", f"{printable(apache.map)} {item}{said}", advice)
    for problem in workers.problems:
        yield at.fault("workers", f"{printable(apache.workers_file)}: {problem}", "correct it before httpd restarts")
    view = MapView.of(urimap, workers, find_homes(workers, apache.balancers))
    used = homes_in_use(view, view.homes.everyone)
    if not diagnostics:
        count = sum(1 for _ in view.forwarding())
        yield at.ok("rules", f"{count} {'rule' if count == 1 else 'rules'}, all sound")
    yield from _members(at, apache, urimap, workers, view.homes, used)
    yield from _overlaps(at, view, used)
    yield from _stampede(at, apache, view.homes, used)


def _members(
    at: At, apache: ApacheConfig, urimap: UriMap, workers: Workers, homes: Homes, used: tuple[str, ...]
) -> Findings:
    states = rotations(urimap, workers, presets_of(apache))
    ours = [worker.id for worker in apache.workers]
    for name in homes.unknown:
        yield at.fault(
            "workers",
            f"balancers in servers.toml names '{printable(name, 80)}', which is no balancer of worker.list",
            "correct it in servers.toml",
        )
    for id in ours:
        state = states.get(id.worker)
        if state is None:
            known = names(sorted({name for home in homes.names for name in homes.members(home)}))
            yield At(str(id)).fault(
                "workers",
                f"no balancer of {printable(apache.workers_file)} has a member of that name (it has {known or 'none'})",
                "correct its name in servers.toml: it must be mod_jk's",
            )
        elif state.rotation is Rotation.UNKNOWN:
            yield At(str(id)).warning(
                "rotation", f"its rotation cannot be told: {state.reason}", "make the rules agree"
            )
        elif state.rotation is not Rotation.ACTIVE:
            yield At(str(id)).warning(
                "rotation", f"it is {state.rotation}: {state.reason}", f"isdeploy-tui restore {id} puts it back"
            )
        for key in state.pinned if state else ():
            yield At(str(id)).warning(
                "rotation", f"the rule {printable(key, 80)} names it alone, so a drain does not reach its requests", ""
            )
    others = {name for home in used for name in homes.members(home)} - {id.worker for id in ours}
    if others:
        yield at.warning(
            "workers",
            f"{names(sorted(others))} of {names(used)} {'is' if len(others) == 1 else 'are'} not in servers.toml",
            "add them, to see and drain them from here",
        )
    elif used:
        yield at.ok("workers", "every member of its balancers is in servers.toml")


def _overlaps(at: At, view: MapView, used: tuple[str, ...]) -> Findings:
    for number, home in enumerate(used):
        for other in used[number + 1 :]:
            common = view.homes.members(home) & view.homes.members(other)
            if common:
                yield at.warning(
                    "workers",
                    f"'{printable(home, 80)}' and '{printable(other, 80)}' share {names(sorted(common))}: draining "
                    "them changes the rules of both",
                    "if one is a cut-down copy of the other, say balancers = […] in servers.toml",
                )


def _stampede(at: At, apache: ApacheConfig, homes: Homes, used: tuple[str, ...]) -> Findings:
    """Members that no rule can leave out by naming another balancer, which is what keeps their load values level."""
    ours = [worker.id.worker for worker in apache.workers if not worker.drained]
    for home in used:
        absent = missing(homes, home, outs(homes, home, ours, groups=False), ())
        if absent and homes.workers.balancers[home].method != "B":
            out = names(list(dict.fromkeys(name for exclusion in absent for name in exclusion.out)))
            yield at.warning(
                "balancers",
                f"'{printable(home, 80)}' has no exclusion balancer for {out}: after a restore it gets nearly every "
                "request until it has caught up",
                f"'isdeploy-tui balancers {at.place}' prints them for {printable(apache.workers_file)}",
            )
        elif len(homes.members(home)) > 1:
            how = "method=B has no stampede" if absent else "exclusion balancers are there"
            yield at.ok("balancers", f"{printable(home, 80)}: {how}")
