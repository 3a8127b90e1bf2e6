"""Makes dist/isdeploy-tui.pyz: the program and all that it needs in one file, for a bastion without internet.

asyncssh needs cryptography and bcrypt, which are compiled, so the file is for one kind of machine: Linux with
glibc 2.28 or newer (RHEL 8, Debian 10) and the processor that it was made on. Of the compiled modules two have the
stable ABI; cffi's is added once for each Python version, so that one file serves all of them. Python cannot load
compiled modules from an archive: shiv's start code unpacks them, once for each file, to ~/.cache/isdeploy-tui (or
$SHIV_ROOT).
"""

import argparse
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
VERSIONS = ("3.11", "3.12", "3.13", "3.14")

PREAMBLE = """\
import platform, sys
wanted = ("Linux", {machine!r}, "CPython")
here = (platform.system(), platform.machine(), platform.python_implementation())
versions = {versions!r}
if here != wanted or "%d.%d" % sys.version_info[:2] not in versions:
    sys.exit(
        "isdeploy-tui.pyz: this file is for CPython %s to %s on %s %s, and here is %s %s on %s %s.\\n"
        "Name another Python (python%s isdeploy-tui.pyz ...), or run 'make pyz' on a machine like this one."
        % (versions[0], versions[-1], wanted[0], wanted[1], here[2], platform.python_version(), *here[:2], versions[0])
    )
"""


def make(target: Path, versions: Sequence[str]) -> None:
    """Build the file from this directory and requirements.lock. Raises CalledProcessError when a tool fails."""
    machine = platform.machine()
    with tempfile.TemporaryDirectory() as directory:
        site, wheels, other = (Path(directory) / name for name in ("site", "wheels", "other"))
        _pip("wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
        locked = ("--require-hashes", "--requirement", str(ROOT / "requirements.lock"))
        _pip("install", *_for(versions[0], machine), "--target", str(site), "--no-deps", *locked)
        for version in versions[1:]:
            # The same lock; of what it brings only what differs from version to version is taken.
            _pip("install", *_for(version, machine), "--target", str(other), "--no-deps", *locked)
            for module in other.rglob(f"*.cpython-{version.replace('.', '')}-*.so"):
                shutil.copy2(module, site / module.relative_to(other))
            shutil.rmtree(other)
        _pip("install", "--target", str(site), "--no-deps", *map(str, wheels.iterdir()))
        _refuse_bound_to_one_version(site, versions)
        for cache in [*site.rglob("__pycache__"), site / "bin", site / "share"]:
            shutil.rmtree(cache, ignore_errors=True)
        preamble = Path(directory) / "preamble.py"
        preamble.write_text(PREAMBLE.format(machine=machine, versions=tuple(versions)))
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [
                *(sys.executable, "-m", "shiv", "--site-packages", str(site), "--preamble", str(preamble)),
                *("--entry-point", "isdeploy_tui.cli:main", "--root", "~/.cache/isdeploy-tui"),
                *("--python", "/usr/bin/env python3", "--reproducible", "--compressed", "--output-file", str(target)),
            ],
            check=True,
        )


def _pip(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words], check=True)


def _for(version: str, machine: str) -> list[str]:
    """Return pip's options that choose wheels for another Python and an older glibc than those at hand."""
    tags = [f"manylinux_2_28_{machine}", f"manylinux_2_17_{machine}", f"manylinux2014_{machine}"]
    platforms = [word for tag in tags for word in ("--platform", tag)]
    return [*platforms, "--python-version", version, "--implementation", "cp", "--only-binary", ":all:"]


def _refuse_bound_to_one_version(site: Path, versions: Sequence[str]) -> None:
    """Exit when a compiled module is there for some of the versions only."""
    stems: dict[str, set[str]] = {}
    for module in site.rglob("*.so"):
        if found := re.search(r"\.cpython-(\d)(\d+)-", module.name):
            stems.setdefault(str(module)[: -len(module.name)] + module.name.split(".")[0], set()).add(
                f"{found[1]}.{found[2]}"
            )
        elif ".abi3." not in module.name:
            sys.exit(f"{module.name} does not say which Python it is for")
    for stem, found_versions in stems.items():
        if missing := set(versions) - found_versions:
            sys.exit(f"{Path(stem).name} is missing for Python {', '.join(sorted(missing))}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--output", type=Path, default=ROOT / "dist" / "isdeploy-tui.pyz")
    parser.add_argument("--python", nargs="+", default=VERSIONS, metavar="VERSION", help="for which Pythons")
    options = parser.parse_args()
    make(options.output, options.python)
    print(f"{options.output} ({options.output.stat().st_size / 1e6:.0f} MB) for Python {', '.join(options.python)}")
