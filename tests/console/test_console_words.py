"""`kolcrawl COMMAND`: the words that `scrapy` takes are taken here, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import yaml

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


def test_the_next_step_can_be_typed(data_dir: Path) -> None:
    """What `kolcrawl crawls` says to do in an empty database is said in words of `kolcrawl`."""
    done = kolcrawl("crawls", "--database", "nothing_here", "--data-dir", str(data_dir))
    assert done.stdout == "no runs yet: kolcrawl crawl https://...\n"
