"""requirements.lock fits pyproject.toml: 'make lock' was not forgotten, and every file has its hash."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent


def locked() -> dict[str, tuple[str, int]]:
    """Return each package's version and how many hashes it has."""
    text = (ROOT / "requirements.lock").read_text()
    found = {}
    for entry in re.split(r"\n(?=[a-z0-9])", text)[1:]:
        match = re.match(r"([a-z0-9.-]+)==([^ ]+) ", entry)
        assert match, f"no exact version: {entry.splitlines()[0]}"
        found[match[1]] = (match[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}\b", entry)))
    return found


def needed(requirement: Requirement, extras: set[str]) -> set[tuple[str, str]]:
    """Return (name, specifier) of a requirement and of all that it needs itself, as installed here."""
    name = canonicalize_name(requirement.name)
    found = {(name, str(requirement.specifier))}
    for text in metadata.requires(name) or []:
        inner = Requirement(text)
        environments = [{**default_environment(), "extra": extra} for extra in (extras or {""})]
        if inner.marker is None or any(inner.marker.evaluate(environment) for environment in environments):
            found |= needed(inner, inner.extras)
    return found


def test_the_lock_has_every_dependency_in_a_version_that_pyproject_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = locked()
    for text in project["dependencies"]:
        requirement = Requirement(text)
        for name, specifier in needed(requirement, requirement.extras):
            assert name in pins, f"{name} is missing: make lock"
            assert Requirement(f"{name}{specifier}").specifier.contains(pins[name][0]), f"{name}: make lock"


def test_every_locked_package_has_hashes() -> None:
    assert len(locked()) > 10
    assert all(hashes for _, hashes in locked().values())


def test_the_lock_names_no_place_to_download_from() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()
