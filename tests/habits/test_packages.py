"""What is given away: the wheel and the source distribution hold everything, and the wheel runs by itself."""

import asyncio
import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from isdeploy_tui import __version__
from isdeploy_tui.commands.manual import manual_page
from tests.habits.served import served
from tests.lab.command_line import PATIENCE

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "isdeploy_tui"


def build(kind: str, source: Path, target: Path) -> Path:
    """Build the ``wheel`` or ``sdist`` of a source directory, without the network."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    (made,) = target.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def files_of_the_package() -> set[str]:
    """Return what git would have of the package, as paths in a wheel."""
    found = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in found}


def names(wheel: Path) -> set[str]:
    return set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_has_every_file_of_the_package(wheel: Path) -> None:
    assert {name for name in names(wheel) if name.startswith("isdeploy_tui/")} == files_of_the_package()
    assert any(name.startswith("isdeploy_tui/remote/scripts/") and name.endswith(".sh") for name in names(wheel))


def test_the_wheel_brings_the_manual_page_and_the_completion(wheel: Path) -> None:
    data = f"isdeploy_tui-{__version__}.data/data/share"
    content = zipfile.ZipFile(wheel)
    assert content.read(f"{data}/man/man1/isdeploy-tui.1").decode() == manual_page()
    for place, source in (
        ("bash-completion/completions/isdeploy-tui", "isdeploy-tui.bash"),
        ("zsh/site-functions/_isdeploy-tui", "_isdeploy-tui"),
        ("fish/vendor_completions.d/isdeploy-tui.fish", "isdeploy-tui.fish"),
    ):
        assert content.read(f"{data}/{place}") == (PACKAGE / "completions" / source).read_bytes()


def test_a_wheel_of_the_source_distribution_is_the_same(wheel: Path, tmp_path: Path) -> None:
    sdist = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    (source,) = (tmp_path / "unpacked").iterdir()
    assert names(build("wheel", source, tmp_path / "wheel")) == names(wheel)
    for name in ("Makefile", "requirements.lock", "CHANGELOG.md", "tests/conftest.py", ".ci/run"):
        assert (source / name).is_file(), name


def test_the_changelog_knows_this_version() -> None:
    assert f"## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text("utf-8")


@pytest.fixture
def installed(wheel: Path, tmp_path: Path) -> Path:
    """The program in an environment of its own, beside nothing but its dependencies."""
    place = tmp_path / "venv"
    venv.create(place, symlinks=True)
    python = str(place / "bin" / "python")
    install = ["-m", "pip", "--python", python, "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, *install], check=True, capture_output=True)
    # The dependencies as they are here; of this directory itself nothing, as .pth files are not read there.
    (site_packages,) = place.glob("lib/python*/site-packages")
    (site_packages / "deps.pth").write_text(sysconfig.get_path("purelib") + "\n")
    where = [python, "-I", "-c", "import isdeploy_tui; print(isdeploy_tui.__file__)"]
    assert subprocess.run(where, check=True, capture_output=True, text=True).stdout.startswith(str(place))
    return place / "bin" / "isdeploy-tui"


async def test_the_wheel_works_in_a_fresh_environment(installed: Path, tmp_path: Path) -> None:
    """It reads a map on a server, so its scripts are there."""
    await check_status([str(installed)], tmp_path)


@pytest.mark.thorough
async def test_the_single_file_works_unpacked_to_a_place_of_its_own(tmp_path: Path) -> None:
    """Needs the network: it is made of the very files that requirements.lock names."""
    pyz = tmp_path / "isdeploy-tui.pyz"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    make = [sys.executable, str(ROOT / "release" / "make_pyz.py"), "--output", str(pyz), "--python", version]
    made = await asyncio.create_subprocess_exec(*make)
    assert await made.wait() == 0
    await check_status([sys.executable, "-I", str(pyz)], tmp_path)
    assert list((tmp_path / ".cache" / "isdeploy-tui").glob("isdeploy-tui.pyz_*"))


async def check_status(program: list[str], directory: Path) -> None:
    """Let a program read where the workers of a site stand."""
    (directory / "site").mkdir()
    async with served(directory / "site") as site:
        process = await asyncio.create_subprocess_exec(
            *(*program, "--config", str(site.config), "status", "intra"),
            stdout=asyncio.subprocess.PIPE,
            cwd=directory,
            env={**os.environ, "HOME": str(directory)},
        )
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert process.returncode == 0
    assert re.fullmatch(r"intra/web3/node1 +active +up .*\nintra/web3/node2 +active +up .*\n", out.decode())
