"""Which code runs: the commit of a checkout, or the wheel that was installed."""

from __future__ import annotations

import hashlib
import json
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import kolcrawl

GIT_SECONDS = 10.0


def code_version() -> dict[str, str | bool]:
    """Return what names the code exactly.

    Returns: `commit`, and `changed` where files differ from it; or `files`, the SHA-256 over those of the installed
        package, and `wheel`, that of the wheel, where the installer noted it; nothing for an egg.
    """
    return _commit(Path(kolcrawl.__file__).resolve().parents[1]) or _installed()


def _commit(folder: Path) -> dict[str, str | bool]:
    """Ask git; a folder that only lies in somebody else's repository has no commit of ours."""
    if not ((folder / ".git").exists() and (folder / "scrapy.cfg").exists()):
        return {}
    try:
        commit, status = (
            subprocess.run(  # noqa: S603
                ["git", "-C", str(folder), *command],  # noqa: S607  the git of whoever made the checkout
                capture_output=True, text=True, timeout=GIT_SECONDS, check=True,
            ).stdout.strip()
            for command in (("rev-parse", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):  # no git, or a repository of another user
        return {}
    return {"commit": commit} | ({"changed": True} if status else {})


def _installed() -> dict[str, str | bool]:
    try:
        found = distribution("kolcrawl")
    except PackageNotFoundError:
        return {}
    rows = sorted(row for row in (found.read_text("RECORD") or "").splitlines() if row.startswith("kolcrawl/"))
    rows = [row for row in rows if "sha256=" in row]  # compiled files have no sum
    version: dict[str, str | bool] = {}
    if rows:
        version["files"] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    origin = json.loads(found.read_text("direct_url.json") or "{}").get("archive_info") or {}
    if wheel := (origin.get("hashes") or {}).get("sha256"):
        version["wheel"] = wheel
    return version
