"""The egg: what is in it, that it runs from inside the zip, and that another package of our names is noticed."""

from __future__ import annotations

import subprocess
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.crawling import ROOT, read_stored
from tests.scrapyd.servers import clean_environment

pytestmark = pytest.mark.xdist_group("scrapyd")  # one Scrapyd for all of them
RUN = ["-c", "from scrapy.cmdline import execute; execute()"]


def packaged(folder: Path) -> set[str]:
    """What an egg must hold: the modules and data files of the three packages."""
    kinds = {".py", ".json", ".toml", ".txt", ".html", ".css", ".js", ".lua", ".mo", ".typed"}
    found = (p for name in ("kolcrawl", "spiders", "pipelines") for p in (folder / name).rglob("*"))
    return {str(p.relative_to(folder)) for p in found if p.suffix in kinds or p.name == "py.typed"}


def test_the_egg_holds_three_packages_and_nothing_else(tree: Path, egg: Path) -> None:
    """Every module and data file of kolcrawl, spiders and pipelines is in the egg; no test, no script, no secret."""
    with ZipFile(egg) as opened:
        names = {name for name in opened.namelist() if not name.endswith("/")}
    inside = {name for name in names if not name.startswith("EGG-INFO/") and not name.endswith(".pyc")}
    assert inside == packaged(tree)
    assert {name.split("/")[0] for name in names} == {"EGG-INFO", "kolcrawl", "spiders", "pipelines"}


def test_building_leaves_the_tree_clean(tree: Path, egg: Path) -> None:
    """`git status` has nothing to say after scrapyd-deploy."""
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tree, capture_output=True, text=True, check=True)
    assert status.stdout == ""


def test_a_crawl_runs_from_the_egg_in_an_empty_folder(egg: Path, python: Path, data_dir: Path, tmp_path: Path) -> None:
    """With nothing but the egg on the path, the sample, whose pages are data files, is crawled whole."""
    environment = clean_environment(
        PYTHONPATH=str(egg), SCRAPY_SETTINGS_MODULE="kolcrawl.settings", KOLCRAWL_DATA_DIR=str(data_dir)
    )
    crawl = ["crawl", "sample", "-s", "MONGO_DATABASE=from_egg"]
    done = subprocess.run(
        [python, *RUN, *crawl], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert str(ROOT) not in done.stderr
    assert len(read_stored(data_dir, "from_egg").fetched()) > 15
    assert list(tmp_path.iterdir()) == []


def test_a_package_in_the_way_is_named(egg: Path, python: Path, tmp_path: Path) -> None:
    """A folder `spiders` before the egg on the path ends every command with one line: the file, and what to do."""
    (tmp_path / "spiders").mkdir()
    file = tmp_path / "spiders" / "__init__.py"
    file.touch()
    environment = clean_environment(PYTHONPATH=f"{tmp_path}:{egg}", SCRAPY_SETTINGS_MODULE="kolcrawl.settings")
    done = subprocess.run(
        [python, *RUN, "list"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"kolcrawl: {file} hides its own package spiders")
    assert len(done.stderr.splitlines()) == 1
