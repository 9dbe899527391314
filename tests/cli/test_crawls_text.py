"""Runs as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from kolcrawl.cli.crawls_text import LISTED_COUNTS, crawl_lines, list_lines
from kolcrawl.cli.terminal import columns
from kolcrawl.locale import set_language, word
from kolcrawl.report.advice import advice, skip_advice
from kolcrawl.system.processes import this_process

RUN: dict[str, Any] = {
    "_id": "20260302-003400-abcdef",
    "spider": "related",
    "job": "abc123",
    "args": {"depth": 2, "kinds": ["related", "recommended"], "about": None, "include": ["/新闻/*"] * 9},
    "about": "某品牌 争议博主",
    "seeds": ["https://news.example.com/story/1001.html"],
    "settings": {},
    "versions": {"kolcrawl": "0.1"},
    "started_at": datetime(2026, 3, 2, 0, 34, tzinfo=UTC),
    "finished_at": None,
    "finish_reason": None,
    "heartbeat_at": datetime(2026, 3, 2, 0, 36, 5, tzinfo=UTC),
    "counts": {"links": 1234, "fetched": 12, "failed": 3, "gone": 1, "skipped": 125},
    "failures": {"timeout": 1, "http_503": 2, "http_404": 1},
    "skipped": {"depth": 64, "kind": 61},
    "sites": [
        {"site": "新闻.example", "pages": 0, "with_related": 0, "with_date": 0, "with_text": 0, "failed": 3, "gone": 1}
    ],
    "quality": {"state": "running", "why": []},
}


def test_a_run_under_way() -> None:
    """A run that has not ended shows when it last gave a sign of life, and fits any terminal."""
    lines = list(crawl_lines(RUN | {"process": this_process()}, 60))
    assert "started 2026-03-02 00:34:00 UTC   took -   running, last sign of life 2026-03-02 00:36:05" in lines
    assert "spider related   Scrapyd job abc123" in lines
    assert "about=None" not in "".join(lines)
    assert [line.split()[:2] for line in lines if "http_503" in line or "timeout" in line] == [
        ["2", "http_503:"],
        ["1", "timeout:"],
    ]
    assert [line.split() for line in lines if "新闻.example" in line] == [
        ["新闻.example", "0", "-", "-", "-", "3", "1"]
    ]
    started = "started"
    assert max(columns(line) for line in lines if not line.startswith(started)) <= 60


def test_a_run_that_was_killed_is_not_called_running() -> None:
    """A run whose process is gone is shown as killed before the next crawl notes it; its job's other runs are named."""
    killed = RUN | {"process": this_process() | {"born": "another process of this number"}}
    lines = list(crawl_lines(killed, 200, ["20260301-000000-abcdef"]))
    assert any("took -   killed, last sign of life 2026-03-02 00:36:05; the next crawl" in line for line in lines)
    assert "the job has 1 other run: 20260301-000000-abcdef" in lines
    assert " killed " in list(list_lines([killed], 200))[1]


def test_skipped_stories_say_what_to_change() -> None:
    """The arguments of the run tell how much further another crawl would have to go."""
    lines = list(crawl_lines(RUN | {"skipped_kinds": ["latest", "popular"]}, 120))
    at = lines.index("skipped, and what to change")
    assert lines[at + 1].split(maxsplit=1) == ["64", "depth: one step further: -a depth=3"]
    assert lines[at + 2].endswith(
        "61  kind: " + skip_advice("kind", 61, RUN["args"], ["popular", "latest"])
    )  # the report's
    before = list(crawl_lines(RUN, 120))  # a run of an earlier version, which did not keep the kinds
    assert before[at + 2].endswith("61  kind: " + advice("kind"))


def test_the_list_of_runs() -> None:
    """A line a run; none at all says how to begin."""
    head, row = list_lines([RUN], 200)
    assert head.split()[:2] == ["id", "started"]
    assert row.split()[0] == RUN["_id"]
    assert row.split()[-6:-1] == ["12", "3", "1", "125", "1234"]
    assert head.split()[-6:-1] == ["fetched", "failed", "gone", "skipped", "links"]
    assert row.endswith(RUN["seeds"][0])
    assert list(list_lines([], 80)) == ["no runs yet: scrapy crawl related -a url=https://..."]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_figure_is_cut(language: str) -> None:
    """However narrow the terminal, each column that is there is whole, and a line names those that are not."""
    runs = [RUN, RUN | {"finish_reason": "closespider_errorcount", "counts": dict.fromkeys(LISTED_COUNTS, 123456)}]
    set_language(language)
    try:
        for width in (160, 120, 100, 80, 60):
            head, *rows = list_lines(runs, width)
            shown = rows.pop() if len(rows) > len(runs) else ""
            assert max(map(columns, (head, *rows))) <= width
            assert "…" not in head
            for name in map(word, LISTED_COUNTS):
                assert (name in head) != (name in shown)
            assert rows[1].split().count("123456") == sum(name in head for name in map(word, LISTED_COUNTS))
            assert not (shown and width == 160)
    finally:
        set_language(None)
