"""`kolcrawl COMMAND`: the words that `scrapy` takes are taken here, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from kolcrawl.network import Network

ROOT = Path(__file__).parents[2]


def kolcrawl(*words: str) -> subprocess.CompletedProcess[str]:
    """Run `kolcrawl WORDS`."""
    command = [sys.executable, "-m", "kolcrawl", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_arguments_as_scrapy_takes_them() -> None:
    """`-a` is heard where options could be used, and a value that differs from the option's is refused."""
    done = kolcrawl("crawl", "https://a.example/1", "-a", "depth=two")
    assert (done.returncode, done.stdout) == (2, "")
    assert "depth='two' is no whole number" in done.stderr
    done = kolcrawl("crawl", "https://a.example/1", "--depth", "2", "-a", "depth=3")
    assert done.returncode == 2
    assert "depth is given twice: '2' and '3'" in done.stderr


def test_the_words_of_the_worker_on_kubernetes() -> None:
    """The command of deploy/cluster/workers.yaml is read to its end: what is wrong in its last word is told."""
    spec = yaml.safe_load((ROOT / "deploy/cluster/workers.yaml").read_text())["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    words = [*container["command"], *container["args"]]
    assert words[0] == "kolcrawl"
    done = kolcrawl(*words[1:], "-a", "max_pages_per_site=few")
    assert (done.returncode, done.stdout) == (2, "")
    assert "max_pages_per_site='few' is no whole number" in done.stderr


def test_a_wrong_name_is_no_empty_answer(data_dir: Path, affair: Network, tmp_path: Path) -> None:
    """Of a database that holds nothing, the others are named; a data folder that is not there is not made."""
    done = kolcrawl("changes", "--database", "afair", "--data-dir", str(data_dir))
    assert (done.returncode, done.stdout) == (1, "")
    assert "the database 'afair' holds nothing; these of the same server do: " in done.stderr
    assert affair.db.name in done.stderr
    done = kolcrawl("changes", "--data-dir", str(tmp_path / "typo"))
    assert (done.returncode, done.stdout) == (1, "")
    assert (
        f"there is no data folder {tmp_path / 'typo'}: nothing has been crawled into it yet (kolcrawl crawl"
        in done.stderr
    )
    assert not (tmp_path / "typo").exists()
