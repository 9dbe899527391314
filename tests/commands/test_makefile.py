"""`make crawl`: which words it takes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def make(*words: str) -> subprocess.CompletedProcess[str]:
    """Say what make would do, without doing it."""
    return subprocess.run(["make", "-n", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_words_become_arguments_of_the_crawl() -> None:
    """Each word is one argument of `scrapy crawl`; no character of its value is read by the shell."""
    done = make(
        "crawl", "URL=https://a.example/?x=1&y=$(touch /tmp/x)", "NAME=affair", "DEPTH=3", "PAGES=9", "ABOUT='a' b"
    )
    command = " ".join(done.stdout.split())
    for argument in ('url="$URL"', 'MONGO_DATABASE="$NAME"', 'depth="$DEPTH"', 'max_pages="$PAGES"', 'about="$ABOUT"'):
        assert f" {argument}" in command
    assert "KOLCRAWL_BY_MAKE=1 .venv/bin/scrapy crawl related" in command  # so that the report names these words
    assert "a.example" not in command


def test_further_arguments_come_from_the_command_line_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """ARGS is handed on as it is, and an ARGS that happens to be in the environment is not."""
    assert "$ARGS" in make("crawl", "ARGS=-a refresh=all").stdout
    monkeypatch.setenv("ARGS", "-a depth=9")
    assert "$ARGS" not in make("crawl").stdout


@pytest.mark.parametrize("word", ["ULR=https://a.example/1.html", "url=https://a.example/1.html", "MAX_PAGES=3"])
def test_a_misspelled_word_is_refused(word: str) -> None:
    """Before anything is set up or fetched, one line names it and the words that there are."""
    done = make("crawl", word)
    assert done.returncode != 0
    name = word.partition("=")[0]
    assert f"there is no {name}: make crawl takes URL, NAME, DEPTH, PAGES, ABOUT and ARGS" in done.stderr
    assert "scrapy" not in done.stdout


def test_a_misspelled_word_is_refused_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the locale is Chinese, so is the line."""
    monkeypatch.setenv("KOLCRAWL_LANG", "zh")
    assert "没有 DEPT：make crawl 可用 URL、NAME、DEPTH、PAGES、ABOUT 和 ARGS" in make("crawl", "DEPT=3").stderr
