"""``import``: from an is-deploy console's or agent's JSON, or an Ansible inventory, to a servers.toml."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path

from isdeploy_tui.cli import DONE
from isdeploy_tui.config import ConfigError
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
    if options.output and not options.overwrite and Path(options.output).exists():
        raise ConfigError(options.output, ["exists already, and is left as it is; --overwrite replaces it"])
    draft = draft_from_files(options.files, wish)
    if options.output:
        _write(Path(options.output), draft.text, options.overwrite)
    else:
        print(draft.text, end="", flush=True)
    for note in draft.notes:
        print(note, file=sys.stderr)
    if draft.reviews:
        where = f" in {options.output}" if options.output else ""
        print(f"{draft.reviews} places to look at{where}: search for REVIEW", file=sys.stderr)
    return DONE


def _write(path: Path, text: str, overwrite: bool) -> None:
    aside = path.with_name(f"{path.name}.new")
    try:
        if not overwrite:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
            return
        aside.write_text(text, "utf-8")
        aside.replace(path)
    except FileExistsError:
        raise ConfigError(str(path), ["exists already, and is left as it is; --overwrite replaces it"]) from None
    except OSError as error:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        raise ConfigError(str(path), [f"cannot be written: {error.strerror}"]) from None
