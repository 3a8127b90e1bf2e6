"""The import line of the design: cli, tui → engine → remote → modjk, config, printable; what reads never writes."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import isdeploy_tui

PACKAGE = "isdeploy_tui"
ROOT = Path(isdeploy_tui.__file__).parent

PURE = {"printable"}
BELOW_REMOTE = PURE | {"config", "modjk", "serverconf"}
BELOW_ENGINE = BELOW_REMOTE | {"remote"}
BELOW_SCREEN = BELOW_ENGINE | {"engine"}
MAY_IMPORT: Mapping[str, set[str]] = {
    "printable": set(),
    "config": PURE,
    "modjk": PURE,
    "serverconf": PURE,
    "importing": BELOW_REMOTE,
    "remote": BELOW_REMOTE,
    "engine": BELOW_ENGINE,
    "tui": BELOW_SCREEN,
    "demo": BELOW_SCREEN,
    "cli": BELOW_SCREEN | {"tui", "demo", "importing"},
}
"""The layers, and those that each may import beside itself."""

LAYER_OF = {"draft": "config", "commands": "cli", "__main__": "cli", "__init__": "printable", "loading": "printable"}
"""First names of modules whose layer is called otherwise."""

TERMINAL = {"textual", "rich"}
SSH = {"asyncssh"}
WORLD = {"asyncio", "asyncssh", "os", "pathlib", "random", "shutil", "socket", "subprocess", "threading", "time"}
"""What a pure module has no use for."""

WRITING_SCRIPTS = {"frontswitch.sh", "mapwrite.sh", "record.sh", "runstart.sh", "runcancel.sh"}
"""The scripts of remote/scripts that change something on a server."""

READING = {
    "remote": (
        *("accesslog", "doctor", "follow", "frontstate", "httpdread", "inflight", "journal", "mapread", "probes"),
        *("resolving", "runs"),
    ),
    "engine": (
        *("discovery.discover", "doctor.examine", "exclusions", "fleet", "following", "front", "frontwatch", "held"),
        *("history", "hosts.wording", "leftover"),
        *("logs", "monitor", "targets"),
    ),
    "commands": ("balancers", "check", "discover", "follow", "history", "logs", "status"),
}
"""Modules that only read, together with all of ``tui``: what they import never changes a server."""


def _modules() -> dict[str, ast.Module]:
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)
        found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


MODULES = _modules()


def _imported(name: str) -> Iterator[str]:
    """Yield the full names of all that a module imports, also inside functions; ``a.b`` for ``from a import b``."""
    for node in ast.walk(MODULES[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def _ours(name: str) -> set[str]:
    """Return the modules of the package that a module imports."""
    found = set()
    for imported in _imported(name):
        parts = imported.split(".")
        if parts[0] == PACKAGE:
            # The last part may be a module or something in one.
            dotted = (".".join(parts[1:]), ".".join(parts[1:-1]))
            found.add(next((module for module in dotted if module in MODULES), "__init__"))
    return found


def _foreign(name: str) -> set[str]:
    """Return the first names of what a module imports from elsewhere."""
    return {imported.split(".")[0] for imported in _imported(name)} - {PACKAGE}


def _layer(name: str) -> str:
    first = name.split(".")[0]
    return LAYER_OF.get(first, first)


@functools.cache
def _closure(start: str) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        for module in _ours(waiting.pop()) - seen:
            seen.add(module)
            waiting.append(module)
    return seen


@functools.cache
def _writing() -> set[str]:
    """Return the modules that name a script that changes something."""
    return {
        name
        for name, tree in MODULES.items()
        if any(isinstance(node, ast.Constant) and node.value in WRITING_SCRIPTS for node in ast.walk(tree))
    }


def test_every_module_belongs_to_a_layer() -> None:
    assert {_layer(name) for name in MODULES} == set(MAY_IMPORT)


def test_imports_point_downwards_only() -> None:
    upwards = {
        (name, module)
        for name in MODULES
        for module in _ours(name)
        if _layer(module) not in MAY_IMPORT[_layer(name)] | {_layer(name), "printable"}
    }
    assert upwards == set()


def test_only_the_screen_knows_the_terminal_library() -> None:
    assert {_layer(name) for name in MODULES if _foreign(name) & TERMINAL} == {"tui"}


def test_only_what_touches_ssh_knows_the_ssh_library() -> None:
    assert {_layer(name) for name in MODULES if _foreign(name) & SSH} == {"remote", "demo"}


def test_text_and_arithmetic_stay_apart_from_the_world() -> None:
    assert {
        name for name in MODULES if _layer(name) in {"modjk", "serverconf", "printable"} and _foreign(name) & WORLD
    } == set()


def test_every_script_that_writes_is_named_by_a_writing_module() -> None:
    scripts = {path.name for path in (ROOT / "remote" / "scripts").iterdir()}
    assert scripts >= WRITING_SCRIPTS
    assert _writing() == {"remote.frontswitch", "remote.mapwrite", "remote.recording", "remote.runstart"}


def test_what_only_reads_can_reach_nothing_that_writes() -> None:
    reading = [f"{package}.{module}" for package, modules in READING.items() for module in modules]
    assert set(reading) - set(MODULES) == set()
    reading += [name for name in MODULES if _layer(name) == "tui"]
    assert {name: _closure(name) & _writing() for name in reading if _closure(name) & _writing()} == {}


def _loaded_by(*modules: str) -> set[str]:
    """Return all modules that a fresh Python has loaded after importing these."""
    program = f"import sys, {', '.join(f'{PACKAGE}.{module}' for module in modules)}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_the_command_line_starts_without_loading_the_big_libraries() -> None:
    assert _loaded_by("cli") & (TERMINAL | SSH | {"asyncio", "tomllib"}) == set()


def test_the_commands_never_load_the_terminal_library() -> None:
    commands = ("check", "discover", "follow", "history", "logs", "operate", "status")
    assert _loaded_by(*(f"commands.{name}" for name in commands)) & TERMINAL == set()


def test_a_read_only_screen_has_loaded_nothing_that_writes() -> None:
    loaded = _loaded_by("commands.screen", "commands.opening", "tui.run", "engine.monitor", "engine.logs")
    assert f"{PACKAGE}.tui.app" in loaded
    assert loaded & {f"{PACKAGE}.{module}" for module in _writing()} == set()


def test_the_first_screen_does_not_wait_for_the_ssh_library() -> None:
    loaded = _loaded_by("commands.screen", "commands.opening", "tui.run", "engine.monitor", "engine.logs")
    assert f"{PACKAGE}.remote.latehosts" in loaded
    assert loaded & SSH == set()
