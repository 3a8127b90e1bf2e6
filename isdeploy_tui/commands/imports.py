"""``import``: from an is-deploy console's or agent's JSON, or an Ansible inventory, to a servers.toml."""

import argparse
import sys

from isdeploy_tui.cli import DONE
from isdeploy_tui.commands.newfile import refuse_existing, write_new
from isdeploy_tui.importing.drafting import Wish, draft_from_files


def run_import(options: argparse.Namespace) -> int:
    """Print the servers.toml, or write it where ``-o`` says; what has no counterpart goes to standard error."""
    wish = Wish(
        service=options.service,
        agent_directory=options.agent_dir,
        workers_file=options.workers,
        apaches=tuple(options.apaches),
        tomcats=tuple(options.tomcats),
    )
    refuse_existing(options.output, overwrite=options.overwrite)
    draft = draft_from_files(options.files, wish)
    if options.output:
        write_new(options.output, draft.text, overwrite=options.overwrite)
    else:
        print(draft.text, end="", flush=True)
    for note in draft.notes:
        print(note, file=sys.stderr)
    if draft.reviews:
        where = f" in {options.output}" if options.output else ""
        print(f"{draft.reviews} places to look at{where}: search for REVIEW", file=sys.stderr)
    return DONE
