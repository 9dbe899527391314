"""`scrapy story`, `scrapy crawls` and `scrapy export` as a user runs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kolcrawl.cli.terminal import columns
from tests.small_network import FIRST, REPORT, REPRINT, SECOND, SEED, STATEMENT, key

if TYPE_CHECKING:
    from kolcrawl.network import Network

ROOT = Path(__file__).parents[2]


def scrapy(data_dir: Path, *args: str, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project on the shared network."""
    settings = {"KOLCRAWL_DATA_DIR": str(data_dir), "MONGO_DATABASE": "affair", "COLUMNS": "100"} | env
    inherited = {name: value for name, value in os.environ.items() if name != "MONGO_URI"}
    command = [sys.executable, "-m", "scrapy", *args]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, env=inherited | settings, timeout=60, check=False
    )


@pytest.mark.usefixtures("affair")
def test_story(data_dir: Path) -> None:
    """A story is shown in lines that fit the terminal, here as of a moment; nothing in them steers it."""
    done = scrapy(data_dir, "story", SEED, "--as-of", "2026-03-05")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("某品牌被曝与争议博主合作\nhttps://news.example.com/story/1001.html\n")
    assert "visits (1)" in done.stdout
    assert "×" not in done.stdout
    assert max(map(columns, done.stdout.splitlines())) <= 100
    assert not {c for c in done.stdout if c < " "} - {"\n"}


@pytest.mark.usefixtures("affair")
def test_story_as_json(data_dir: Path) -> None:
    """--json gives one object with the story, its way, copies, neighbours, visits and versions."""
    report = json.loads(scrapy(data_dir, "story", key(SEED), "--json").stdout)
    assert report["story"]["url"] == SEED
    assert report["story"]["published_at"] == "2026-03-01T12:00:00+00:00"
    assert [len(report[name]) for name in ("copies", "found", "out", "in", "visits", "revisions")] == [0, 1, 6, 1, 2, 1]


@pytest.mark.usefixtures("affair")
def test_crawls(data_dir: Path) -> None:
    """The runs, latest first; one of them with its failures and what to do about each."""
    lines = scrapy(data_dir, "crawls").stdout.splitlines()
    assert [line.split()[0] for line in lines[:3]] == ["id", SECOND, FIRST]
    assert lines[3].startswith("no room here for: ")
    one = scrapy(data_dir, "crawls", "20260302").stdout
    assert f"crawl {FIRST}" in one
    assert "quality degraded: example.com: 1 of 4 pages failed" in one
    assert "1  http_503: the site is overloaded or refuses us; try again later, and slower" in one
    assert "took 0:06:05" in one


def test_export(affair: Network, data_dir: Path, tmp_path: Path) -> None:
    """All options together end in a file, its manifest, and one line that says what was written."""
    options = ["--seed", SEED, "--hops", "2", "--kinds", "related,popular", "--site", "example.com,example.org"]
    options += ["--since", "2026-03-01", "--collapse-copies", "--with-text", "--as-of", "2026-03-05T00:00+08:00"]
    done = scrapy(data_dir, "export", "-o", str(tmp_path / "net.jsonl"), "--crawl", FIRST[:8], *options)
    assert (done.returncode, done.stderr) == (0, "")
    files = f"{tmp_path / 'net.jsonl'}, {tmp_path / 'net.jsonl.manifest.json'}"
    assert done.stdout == f"6 stories and 6 links written: {files}\n"
    manifest = json.loads((tmp_path / "net.jsonl.manifest.json").read_text(encoding="utf-8"))
    assert manifest["selection"]["as_of"] == "2026-03-04T16:00:00Z"
    assert manifest["selection"]["where"]["sites"] == ["example.com", "example.org"]


@pytest.mark.usefixtures("affair")
def test_export_of_nothing(data_dir: Path, tmp_path: Path) -> None:
    """Files without a story are written, and a line says what to do."""
    done = scrapy(data_dir, "export", "-o", str(tmp_path / "net.jsonl"), "--site", "nowhere.example.com")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first.startswith("0 stories and 0 links written: ")
    assert second.startswith("no story is chosen: see `scrapy crawls`")


def test_export_of_a_moment_before_all(affair: Network, data_dir: Path, tmp_path: Path) -> None:
    """As of a moment before the first visit the files are empty, and a line says when the first and the last were."""
    done = scrapy(data_dir, "export", "-o", str(tmp_path / "net.jsonl"), "--as-of", "2020-01-01")
    assert (done.returncode, done.stderr) == (0, "")
    _, why = done.stdout.splitlines()
    times = affair.db["visits"].distinct("at")
    first, last = (f"{at:%Y-%m-%d %H:%M:%S} UTC" for at in (min(times), max(times)))
    assert why.startswith("--as-of is the time of observation")
    assert why.endswith(f"the first time was {first}, the last {last}")


@pytest.mark.usefixtures("affair")
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("story", "https://nowhere.example.com/1"), "https://nowhere.example.com/1 is not in the network"),
        (("export", "-o", "/proc/no/x.gexf"), "cannot be written"),
    ],
)
def test_errors_are_one_line(data_dir: Path, args: tuple[str, ...], message: str) -> None:
    """What cannot be done is one line that names the thing, and exit code 1."""
    done = scrapy(data_dir, *args)
    assert done.returncode == 1
    assert done.stdout == ""
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_database_that_does_not_answer(data_dir: Path) -> None:
    """No server is one line without the password."""
    uri = "mongodb://user:geheim@127.0.0.1:9/?serverSelectionTimeoutMS=200"
    done = scrapy(data_dir, "story", SEED, MONGO_URI=uri)
    assert done.returncode == 1
    assert done.stderr.startswith("scrapy story: no database answers at mongodb://***@127.0.0.1:9")
    assert "geheim" not in done.stderr


@pytest.mark.usefixtures("affair")
def test_a_reader_that_stops_reading(data_dir: Path) -> None:
    """`| head` ends the command without a complaint."""
    command = f"{sys.executable} -m scrapy story {SEED} --json | head -c 10"
    env = os.environ | {"KOLCRAWL_DATA_DIR": str(data_dir), "MONGO_DATABASE": "affair"}
    done = subprocess.run(
        command, shell=True, capture_output=True, text=True, cwd=ROOT, env=env, timeout=60, check=False
    )
    assert (done.stdout, done.stderr) == ('{"story": ', "")


@pytest.mark.usefixtures("affair")
def test_changes(data_dir: Path) -> None:
    """What later crawls found changed, a line each, a new title below the old one; a wrong time is one line."""
    lines = scrapy(data_dir, "changes").stdout.splitlines()
    assert lines[1].endswith("  某品牌被曝与争议博主合作")
    assert lines[2] == "    → 某品牌与争议博主解约"
    assert lines[4] == "2 stories: 1 vanished, 1 retitled, 1 rewritten"
    wrong = scrapy(data_dir, "changes", "--since", "yesterday")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "--since='yesterday' is not a date" in wrong.stderr


@pytest.mark.usefixtures("affair")
def test_copies_as_json(data_dir: Path) -> None:
    """The group of a story that is asked for by the address of a copy, with the sentences that differ."""
    (group,) = [json.loads(line) for line in scrapy(data_dir, "copies", REPRINT, "--json").stdout.splitlines()]
    assert (group["original"]["url"], group["copies"][0]["removed"]) == (REPORT, ["回应全文。"])


@pytest.mark.usefixtures("affair")
def test_timeline_as_json(data_dir: Path) -> None:
    """One object an event, of the kinds asked for, with the story's key and address."""
    rows = [json.loads(line) for line in scrapy(data_dir, "timeline", "--what", "gone", "--json").stdout.splitlines()]
    assert [(row["what"], row["url"], row["key"]) for row in rows] == [("gone", STATEMENT, key(STATEMENT))]


@pytest.mark.usefixtures("affair")
@pytest.mark.parametrize("command", ["changes", "copies", "timeline", "find 品牌"])
def test_a_list_as_a_file(data_dir: Path, tmp_path: Path, command: str) -> None:
    """Each list is written to the file that is named, and only that is told."""
    done = scrapy(data_dir, *command.split(), "-o", str(tmp_path / "list.csv"))
    assert (done.returncode, done.stderr) == (0, "")
    rows = (tmp_path / "list.csv").read_text(encoding="utf-8-sig").count("news.example.com")
    assert rows
    assert re.fullmatch(rf"\d+ rows? written: {tmp_path}/list\.csv\n", done.stdout)


@pytest.mark.usefixtures("affair")
def test_a_list_that_cannot_be_written(data_dir: Path, tmp_path: Path) -> None:
    """A name that shows no format, and a place that cannot be written to, are one line; no file is left."""
    name = scrapy(data_dir, "changes", "-o", str(tmp_path / "changes.txt"))
    assert (name.returncode, name.stdout, name.stderr.count("\n")) == (2, "", 1)
    assert "name it with .csv, .xlsx" in name.stderr
    place = scrapy(data_dir, "changes", "-o", "/proc/no/changes.csv")
    assert (place.returncode, place.stderr.count("\n")) == (1, 1)
    assert "cannot be written" in place.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("affair")
def test_find_without_words(data_dir: Path) -> None:
    """Options choose alone, and none of such stories is told; nothing at all is a wrong call."""
    gone = [
        json.loads(line)["url"] for line in scrapy(data_dir, "find", "--status", "gone", "--json").stdout.splitlines()
    ]
    assert gone == [STATEMENT]
    none = scrapy(data_dir, "find", "--status", "gone", "--site", "nowhere.example.com")
    assert (none.returncode, none.stdout) == (1, "there is no such story\n")
    assert scrapy(data_dir, "find").returncode == 2


@pytest.mark.usefixtures("affair")
def test_find(data_dir: Path) -> None:
    """Words, as of a moment; that none has them is told by the exit code."""
    past = scrapy(data_dir, "find", "第一版", "--as-of", "2026-03-05", "--json")
    assert json.loads(past.stdout)["text"] == "第一版正文。"
    none = scrapy(data_dir, "find", "第一版")
    assert (none.returncode, none.stdout) == (1, "no story holds all these words\n")
