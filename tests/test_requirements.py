"""The requirements stand in pyproject.toml, requirements.txt and three locks; these tests hold them together."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import kolcrawl

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PIN = re.compile(r"(?P<name>[\w.-]+)==(?P<version>[\w.+!]+)(?: ; [^\\]+)?(?P<hashes>(?: \\\n +--hash=\S+)*)\n")


def pins(lock: str) -> Iterator[tuple[str, Version, int]]:
    """Name, version and number of hashes of each pin of a lock."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    for pin in PIN.finditer(text):
        yield canonicalize_name(pin["name"]), Version(pin["version"]), pin["hashes"].count("--hash=sha256:")


def test_requirements_txt_repeats_pyproject() -> None:
    """Who installs from requirements.txt gets what a crawl needs, within the same bounds."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = {str(Requirement(line.partition("#")[0])) for line in lines if line.partition("#")[0].strip()}
    # What builds the egg of a deployed project is no requirement of the library.
    builder = {str(Requirement(line)) for line in PROJECT["optional-dependencies"]["scrapyd"] if "setuptools" in line}
    assert listed - builder == {str(Requirement(line)) for line in PROJECT["dependencies"]}
    assert builder <= listed


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ["embedded", "view"]),
        ("requirements-dev.lock", list(PROJECT["optional-dependencies"])),
        ("deploy/scrapyd/requirements.lock", ["embedded", "redis", "scrapyd"]),
    ],
)
def test_the_locks_hold_what_pyproject_asks_for(lock: str, extras: list[str]) -> None:
    """Every requirement is pinned within its bounds and with hashes; `make lock` mends it. No index is named."""
    pinned: dict[str, list[Version]] = {}
    for name, version, hashes in pins(lock):
        assert hashes, f"{name} has no hash"
        pinned.setdefault(name, []).append(version)
    wanted = [*PROJECT["dependencies"], *(line for extra in extras for line in PROJECT["optional-dependencies"][extra])]
    for requirement in map(Requirement, wanted):
        versions = pinned.get(canonicalize_name(requirement.name), [])
        assert versions, f"{lock} lacks {requirement}: run make lock"
        assert all(requirement.specifier.contains(version, prereleases=True) for version in versions), requirement
    assert "://" not in (ROOT / lock).read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", ["requirements.lock", "deploy/scrapyd/requirements.lock"])
def test_all_locks_pin_the_same_versions(lock: str) -> None:
    """What is tested is what crawls run: no package has another version for developers."""
    developers = {(name, version) for name, version, _ in pins("requirements-dev.lock")}
    assert {(name, version) for name, version, _ in pins(lock)} <= developers


def test_the_changelog_knows_the_version() -> None:
    """The version that the package tells has a dated entry, and what comes next stands above it."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    entries = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d{2}-\d{2}))?$", text, re.MULTILINE)
    assert entries[0] == ("Unreleased", "")
    assert entries[1][0] == kolcrawl.__version__
    assert all(date for _, date in entries[1:])
