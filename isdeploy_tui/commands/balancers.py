"""``balancers``: the exclusion balancers that workers.properties lacks, as a diff for a person to apply."""

import argparse
import asyncio
import json
import sys

from isdeploy_tui.cli import DONE, FAILED, USAGE
from isdeploy_tui.commands.opening import open_session
from isdeploy_tui.engine.exclusions import WorkersChange, missing_balancers
from isdeploy_tui.engine.targets import TargetError, resolve


def run_balancers(options: argparse.Namespace) -> int:
    """Print one unified diff for each workers.properties that lacks something; nothing is written anywhere."""
    return asyncio.run(_balancers(options))


async def _balancers(options: argparse.Namespace) -> int:
    async with open_session(options) as session:
        try:
            targets = [worker.id for worker in resolve(session.config, options.targets)]
        except TargetError as error:
            print(error, file=sys.stderr)
            return USAGE
        changes = await missing_balancers(session, targets, groups=options.groups)
    if options.json:
        print(json.dumps([_as_json(change) for change in changes], ensure_ascii=False, indent=2))
    for change in changes:
        if not options.json and change.diff:
            print("\n".join(change.diff), flush=True)
        for remark in change.remarks:
            print(remark, file=sys.stderr)
        if not change.failed:
            print(_verdict(change), file=sys.stderr)
    return FAILED if any(change.failed for change in changes) else DONE


def _verdict(change: WorkersChange) -> str:
    place = f"{change.ssh}:{change.path}"
    if not change.added:
        return f"{place} lacks none."
    names = ", ".join(f"{item.name} (without {', '.join(item.out)})" for item in change.added)
    return (
        f"{place} lacks {names}. Nothing was written: apply the diff there (patch {change.path}), test it "
        "(apachectl configtest), and restart httpd gracefully once, because it reads that file only then."
    )


def _as_json(change: WorkersChange) -> dict[str, object]:
    return {
        "host": change.ssh,
        "workers_file": change.path,
        "apaches": [str(apache.id) for apache in change.apaches],
        "balancers": [
            {"name": item.name, "of": item.home, "without": item.out, "members": item.members, "is_new": item.is_new}
            for item in change.added
        ],
        "diff": "".join(f"{line}\n" for line in change.diff),
        "remarks": change.remarks,
        "failed": change.failed,
    }
