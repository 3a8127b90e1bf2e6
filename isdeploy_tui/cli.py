"""The command line: says what there is, and imports a command's code only when it is asked for.

Exit status: 0 done, 1 failed, 2 usage or configuration, 3 refused by a guard.
"""

import argparse
import errno
import importlib
import io
import os
import sys
from collections.abc import Sequence

from isdeploy_tui import __version__, loading

DONE, FAILED, USAGE, REFUSED = 0, 1, 2, 3

_OUTPUT_FAILS = {errno.EPIPE, errno.EIO, errno.ENOSPC, errno.EDQUOT}
"""What printing raises: pipe broken, terminal gone, disk full."""

_DESCRIPTION = """\
Zero-downtime deploys to Tomcats behind Apache httpd and mod_jk, over SSH.
Without a command it opens the screen: a tree of Apaches and workers, keys to drain, deploy and restore."""

NOTES = {
    "TARGETS": """\
TARGET is service, service/apache or service/apache/worker; shell globs match ('shop/*/worker1').""",
    "EXIT STATUS": """\
Exit status: 0 done, 1 failed, 2 usage or configuration, 3 refused by a guard.""",
    "FILES": """\
The configuration is the first of --config, $ISDEPLOY_CONFIG, ./servers.toml,
~/.config/isdeploy/servers.toml, /etc/isdeploy/servers.toml.""",
    "EXAMPLES": """\
New here? 'isdeploy-tui demo' needs no server and no configuration.
Your own servers: 'isdeploy-tui discover HOST... -o servers.toml' writes one for what runs on them.""",
}
"""What ``--help`` ends with; the manual page has a section for each."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line, from which --help, completion and the manual page are made."""
    general = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    general.add_argument("--config", metavar="FILE", help="the servers.toml to use")
    general.add_argument("--read-only", action="store_true", help="only watch: nothing that changes a server exists")
    parser = argparse.ArgumentParser(
        prog="isdeploy-tui",
        description=_DESCRIPTION,
        epilog="\n".join(NOTES.values()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[general],
    )
    parser.add_argument("--version", action="version", version=f"isdeploy-tui {__version__}")
    _screen_options(parser)
    parser.set_defaults(module="screen", function="run_screen")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, module: str, function: str, help: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".", parents=[general])
        sub.set_defaults(module=module, function=function, command=name)
        return sub

    demo = command("demo", "screen", "run_demo", "open the screen on an embedded world; needs no server")
    _screen_options(demo)

    status = command("status", "status", "run_status", "say where every worker stands")
    _targets(status, "*")
    _json(status)

    check = command("check", "check", "run_check", "look at everything that a deploy will need, and say what to do")
    _targets(check, "*")
    _json(check)
    check.epilog = "Changes nothing. Exit status: 0 nothing is at fault, 1 something is."

    drain = command("drain", "operate", "run_drain", "take workers out of rotation and wait until it holds")
    _targets(drain, "+")
    drain.add_argument("--soft", action="store_true", help="disabled instead of stopped: existing sessions stay")
    drain.add_argument("--no-wait", action="store_true", help="return after the write, without the settle time")
    _hosts(drain, "take the whole Apache out of the balancer in front, and leave its map alone")
    _yes(drain)
    _order(drain)

    restore = command("restore", "operate", "run_restore", "put workers back into rotation, if their Tomcats answer")
    _targets(restore, "+")
    restore.add_argument("--no-wait", action="store_true", help="return after the write, without the settle time")
    _hosts(restore, "put the whole Apache back into the balancer in front, and leave its map alone")
    _yes(restore)
    _order(restore)

    deploy = command("deploy", "operate", "run_deploy", "run the deploy script of a drained worker")
    deploy.usage = "isdeploy-tui deploy [-h] [--force] [--yes] [--take-over WHY] [--json] TARGET [-- ARG...]"
    _targets(deploy, "+")
    _yes(deploy)
    _order(deploy)
    deploy.epilog = "What follows -- goes to the deploy script, word by word."

    roll = command("roll", "operate", "run_roll", "drain, deploy, check and restore one Tomcat after the other")
    roll.usage = (
        "isdeploy-tui roll [-h] [--batch N | --hosts] [--pause] [--soft] [--yes] [--json] TARGET... [-- ARG...]"
    )
    _targets(roll, "+")
    roll.add_argument("--batch", type=_positive, default=1, metavar="N", help="so many Tomcats at a time (1)")
    _hosts(
        roll, "one Apache after the other, out of the balancer in front, and all its Tomcats at once; no map changes"
    )
    roll.add_argument("--max-failed", type=_count, default=0, metavar="N", help="go on after so many failures (0)")
    roll.add_argument("--pause", action="store_true", help="wait for a go after each, to test it while it is out")
    roll.add_argument("--soft", action="store_true", help="first disabled for soft_seconds, so that sessions can end")
    roll.add_argument("--report", metavar="FILE", help="keep what was done and seen as JSON")
    _yes(roll)
    _order(roll)
    roll.epilog = "What follows -- goes to the deploy scripts, word by word."

    history = command("history", "history", "run_history", "say who did what, from the servers' journals")
    _targets(history, "*")
    history.add_argument("-n", "--lines", type=_positive, default=50, metavar="N", help="the last N entries (50)")
    _json(history)

    balancers = command("balancers", "balancers", "run_balancers", "print what workers.properties lacks for draining")
    balancers.description = (
        "Print, as a unified diff, the exclusion balancers that workers.properties lacks to drain these workers by a "
        "swap: with one, a member that comes back gets its share at once, and not nearly every request. Writes nothing."
    )
    _targets(balancers, "+")
    balancers.add_argument("--groups", action="store_true", help="also for each half, for a roll in two batches")
    _json(balancers)

    logs = command("logs", "logs", "run_logs", "show a worker's catalina.out")
    logs.add_argument("target", metavar="TARGET")
    logs.add_argument("-n", "--lines", type=_count, default=100, metavar="N", help="begin with the last N lines (100)")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as the log grows")

    follow = command("follow", "follow", "run_follow", "show the output of a Tomcat's current or last deploy script")
    follow.add_argument("target", metavar="TARGET")
    follow.epilog = "Whoever started it, from its start to its end. The exit status is the script's own."

    discover = command("discover", "discover", "run_discover", "look at servers and print a servers.toml for them")
    discover.description = (
        "Print a servers.toml for what runs on these servers: each httpd's map and workers.properties, the members of "
        "its balancers, and the Tomcats behind them. Changes nothing. What was guessed has a comment with REVIEW."
    )
    discover.add_argument("hosts", metavar="HOST", nargs="+", help="an ssh name: of ~/.ssh/config, or user@host:port")
    discover.add_argument("-o", "--output", metavar="FILE", default="", help="write it there instead of printing it")
    discover.add_argument("--overwrite", action="store_true", help="also when that file exists")
    discover.add_argument("--service", metavar="NAME", default="", help="what to call the service")
    discover.add_argument("--sudo", action="store_true", help="read with sudo -n what the account itself may not")
    discover.add_argument("--ssh-config", metavar="FILE", default="", help="instead of ~/.ssh/config")
    discover.epilog = "Exit status: 0 all was looked at, 1 something could not be; what and why is on standard error."

    imports = command("import", "imports", "run_import", "make a servers.toml of what is-deploy or Ansible knows")
    imports.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        help="the console's config directory, config.json or service/*.json, an agent's setting.json, "
        "an Ansible inventory (INI, YAML, or what 'ansible-inventory --list' prints)",
    )
    imports.add_argument("-o", "--output", metavar="FILE", default="", help="write it there instead of printing it")
    imports.add_argument("--overwrite", action="store_true", help="also when that file exists")
    imports.add_argument("--service", metavar="NAME", default="", help="what to call a service that has no name")
    imports.add_argument("--agent-dir", metavar="DIR", default="", help="where is-deploy's relative paths begin")
    imports.add_argument("--workers", metavar="FILE", default="", help="a copy of workers.properties: tells the names")
    for option, what in (("--apaches", "Apaches"), ("--tomcats", "Tomcats")):
        help = f"the inventory's group of {what}"
        imports.add_argument(option, metavar="GROUP", action="append", default=[], help=help)

    completion = command("completion", "completion", "run_completion", "print the completion script for a shell")
    completion.add_argument(
        "shell", choices=("bash", "zsh", "fish"), help="for example: source <(isdeploy-tui completion bash)"
    )
    command("man", "manual", "run_man", "print the manual page: isdeploy-tui man | man -l -")
    return parser


def _screen_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--theme", default=None, help="a theme by name, such as isdeploy-dark or ansi-light")
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII only")
    mouse = "leave the mouse to the terminal, to select and copy with it (servers.toml: mouse = false)"
    parser.add_argument("--no-mouse", action="store_true", help=mouse)
    lines = "begin logs with their last N lines (servers.toml: log_lines, else 200)"
    parser.add_argument("-n", "--lines", type=_positive, metavar="N", help=lines)
    keep = "keep N lines of each log (servers.toml: log_keep, else 20000)"
    parser.add_argument("--keep", type=_positive, metavar="N", help=keep)


def _targets(parser: argparse.ArgumentParser, number: str) -> None:
    parser.add_argument("targets", metavar="TARGET", nargs=number)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="for scripts; one object a line for operations")


def _yes(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", "-y", action="store_true", help="do not ask, not even for a production service's name")


def _hosts(parser: argparse.ArgumentParser, help: str) -> None:
    parser.add_argument("--hosts", action="store_true", help=help)


def _order(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="do it although a guard speaks against it")
    parser.add_argument("--take-over", metavar="WHY", default="", help="take over what somebody left in the middle")
    _json(parser)


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError
    return value


def _positive(text: str) -> int:
    if (value := _count(text)) == 0:
        raise ValueError
    return value


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these arguments (default: the process's) and return its exit status."""
    _ready_streams()
    loading.begin()  # ended by whatever has loaded all that it needs, and at last here
    try:
        try:
            status = _main(argv)
        except SystemExit as done:  # argparse, after --help or a mistake
            status = USAGE if done.code else DONE
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return FAILED
    except Exception as error:
        return _failed(error)
    finally:
        loading.end()


def _ready_streams() -> None:
    """Let nothing that is printed fail for its letters, nor for a stream that was closed before we started."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 (until the end)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _failed(error: Exception) -> int:
    from isdeploy_tui.commands import audience, faults

    audience.mute_what_is_gone()
    if not isinstance(error, OSError) or error.errno not in _OUTPUT_FAILS:
        faults.keep_faults()
        faults.tell_fault(error)
    elif error.errno != errno.EPIPE:
        # Whoever closed a pipe had enough of it; a disk that is full somebody wants to hear of.
        print(f"the output could not be written: {error.strerror}", file=sys.stderr)
    return FAILED


def _complete(asked: Sequence[str]) -> int:
    from isdeploy_tui.commands.completion import SCRIPTS, answer

    if asked[:1] and asked[0] in SCRIPTS:
        sys.stdout.writelines(f"{line}\n" for line in answer(asked[0], asked[1:]))
    return DONE


def _main(argv: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if argv is None else argv)
    if given[:1] == ["__complete"]:  # asked by the shells' completion, at every Tab
        return _complete(given[1:])
    script_arguments: list[str] = []
    if "--" in given:
        cut = given.index("--")
        given, script_arguments = given[:cut], given[cut + 1 :]
    parser = make_parser()
    options = parser.parse_args(given)
    options.config = getattr(options, "config", None)
    options.read_only = getattr(options, "read_only", False)
    options.arguments = script_arguments
    if script_arguments and options.function not in {"run_deploy", "run_roll"}:
        parser.error("only deploy and roll take arguments after --")
    if getattr(options, "hosts", False):
        # These say how maps are changed, and no map is.
        for option, unfit in (
            ("--soft", getattr(options, "soft", False)),
            ("--batch", getattr(options, "batch", 1) > 1),
        ):
            if unfit:
                parser.error(f"{option} does not go with --hosts")
    module = importlib.import_module(f"isdeploy_tui.commands.{options.module}")
    from isdeploy_tui.commands.faults import keep_faults
    from isdeploy_tui.config import ConfigError

    keep_faults()
    try:
        return int(getattr(module, options.function)(options))
    except ConfigError as error:
        print(error, file=sys.stderr)
        return USAGE
