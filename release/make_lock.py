"""Makes requirements.lock: every dependency with its exact version and the hashes of its files, for all Pythons.

What is pinned already stays as it is, unless ``--upgrade`` or ``--upgrade-package NAME`` is given.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = "# Made by 'make lock' from pyproject.toml. Install with: pip install --require-hashes -r requirements.lock\n"


def main() -> None:
    """Write the file. Raises CalledProcessError when no versions fit."""
    lock = ROOT / "requirements.lock"
    subprocess.run(
        [
            *(sys.executable, "-m", "uv", "--quiet", "pip", "compile", "pyproject.toml"),
            *("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header"),
            *("--output-file", str(lock), *sys.argv[1:]),
        ],
        check=True,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    lock.write_text(HEAD + lock.read_text().removeprefix(HEAD))


if __name__ == "__main__":
    main()
