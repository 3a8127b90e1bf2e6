"""``status``: where every worker stands, as a table or as JSON."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Sequence

from isdeploy_tui.cli import DONE, FAILED, USAGE
from isdeploy_tui.commands.opening import open_session
from isdeploy_tui.engine.fleet import Fleet, Front, WorkerState
from isdeploy_tui.engine.monitor import Monitor
from isdeploy_tui.engine.targets import TargetError, resolve

_COLOURS = {"active": "32", "up": "32", "disabled": "33", "stopped": "33", "unknown": "35", "down": "31"}


def run_status(options: argparse.Namespace) -> int:
    """Print the state of the workers; fails when something could not be read."""
    return asyncio.run(_status(options))


async def _status(options: argparse.Namespace) -> int:
    async with open_session(options) as session:
        try:
            workers = resolve(session.config, options.targets)
        except TargetError as error:
            print(error, file=sys.stderr)
            return USAGE
        monitor = Monitor(session)
        try:
            fleet = await monitor.refresh({worker.id.apache_id for worker in workers})
        finally:
            await monitor.aclose()
    states = [fleet.workers[worker.id] for worker in workers]
    if options.json:
        print(json.dumps([_as_json(fleet, state) for state in states], ensure_ascii=False, indent=2))
    else:
        _print_table(states)
        _print_fronts(fleet, states)
        _print_leases(states, session.clock())
        _print_remarks(fleet, states)
    return FAILED if any(fleet.apaches[state.id.apache_id].error for state in states) else DONE


def _as_json(fleet: Fleet, state: WorkerState) -> dict[str, object]:
    return {
        "service": state.id.service,
        "apache": state.id.apache,
        "worker": state.id.worker,
        "rotation": state.rotation.value,
        "health": state.health.value,
        "busy": state.busy,
        "error": fleet.apaches[state.id.apache_id].error or state.error,
        "leftover": _leftover(state),
        "front": fleet.apaches[state.id.apache_id].front,
        "remarks": list(dict.fromkeys((*state.remarks, *fleet.apaches[state.id.apache_id].warnings))),
    }


def _leftover(state: WorkerState) -> dict[str, str | int | None] | None:
    """Return what was left in the middle on a worker, or that its script ran last while it stays out; else None."""
    left, lease = state.leftover, state.lease if state.lease is not None and state.lease.is_orphan else None
    who = left or lease
    if who is None:
        return None
    return {
        "kind": who.kind,
        "user": who.user,
        "bastion": who.bastion,
        "step": lease.step if lease else None,
        "run": who.run or None,
        "script": left.outcome.standing.value if left else None,
        "code": left.outcome.code if left else None,
    }


def _print_table(states: Sequence[WorkerState]) -> None:
    width = max(len(str(state.id)) for state in states)
    for state in states:
        busy = "" if state.busy is None else f"{state.busy} busy"
        rotation, health = _coloured(state.rotation.value, 9), _coloured(state.health.value, 8)
        why = state.reason if not state.in_rotation else ""
        print(f"{state.id!s:{width}}  {rotation} {health} {busy:9} {why}".rstrip())


def _print_fronts(fleet: Fleet, states: Sequence[WorkerState]) -> None:
    for id in dict.fromkeys(state.id.apache_id for state in states):
        apache = fleet.apaches[id]
        if apache.front is not None:
            words = {Front.IN: "in the balancer in front", Front.OUT: "out of the balancer in front"}
            said = words.get(apache.front, "its place in the balancer in front is not known")
            print(f"{id}: {said}" + (f" ({apache.front_reason})" if apache.front_reason else ""))


def _print_leases(states: Sequence[WorkerState], now: float) -> None:
    for state in states:
        if lease := state.lease:
            what = f"{lease.kind or 'an operation'} by {lease.holder}, step '{lease.step}'"
            if lease.is_orphan:
                print(f"{state.id}: left in the middle of {what}, not heard of for {lease.age:.0f} s")
            else:
                print(f"{state.id}: {what}, for {max(0.0, now - lease.since):.0f} s")
        if left := state.leftover:
            out = "" if state.in_rotation else "; it is still out of rotation"
            print(f"{state.id}: {left.sentence}{out} (isdeploy-tui follow {state.id})")


def _print_remarks(fleet: Fleet, states: Sequence[WorkerState]) -> None:
    for id in dict.fromkeys(state.id.apache_id for state in states):
        apache = fleet.apaches[id]
        for remark in (apache.error, *apache.warnings):
            if remark:
                print(f"{id}: {remark}", file=sys.stderr)
    for state in states:
        if state.error and not fleet.apaches[state.id.apache_id].error:
            print(f"{state.id}: {state.error}", file=sys.stderr)
        for remark in state.remarks:
            if remark not in fleet.apaches[state.id.apache_id].warnings:
                print(f"{state.id}: {remark}", file=sys.stderr)


def _coloured(word: str, width: int) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return f"{word:{width}}"
    return f"\x1b[{_COLOURS[word]}m{word:{width}}\x1b[0m"
