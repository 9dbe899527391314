"""What a crawl counts, and how it is judged and told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kolcrawl.items import StoryItem
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.crawl_state import StoreAddress
from kolcrawl.report.quality import judge
from kolcrawl.report.summary import report_lines, where_lines
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    import pytest

    from kolcrawl.items import Outcome


def visit(n: int, outcome: Outcome, reason: str | None = None) -> StoryItem:
    """A visit to the n-th story of a site."""
    url = f"https://news.example/{n}.html"
    now = datetime(2026, 3, 2, tzinfo=UTC)
    return StoryItem(
        key=story_key(url),
        url=url,
        requested_url=url,
        site="news.example",
        outcome=outcome,
        reason=reason,
        visited_at=now,
    )


def counted(*visits: tuple[Outcome, str | None]) -> CrawlCounts:
    """The counts of these visits."""
    counts = CrawlCounts()
    for n, (outcome, reason) in enumerate(visits):
        counts.add(visit(n, outcome, reason))
    return counts


def test_what_scope_and_budget_cut_is_no_failure() -> None:
    """Stories left out for their age or for a site's budget are told apart from those that failed."""
    counts = counted(
        ("fetched", None),
        ("skipped", "too_old"),
        ("skipped", "site_budget"),
        ("skipped", "robots"),
        ("gone", "http_404"),
    )
    assert counts.failures == {"http_404": 1}
    lines = report_lines(counts, 1.0, "finished", new_links=0)
    assert lines[0] == "1 story fetched in 1.0 s"
    assert "1 failed:" in lines
    assert next(line for line in lines if line.startswith("not fetched: ")).count("site_budget") == 1
    assert next(line for line in lines if line.startswith("left out: ")).startswith("left out: 1 too_old (")


def test_a_crawl_that_left_out_everything_says_why() -> None:
    """Where nothing was kept, the judgement names what kept it out."""
    assert judge(counted(("skipped", "too_old")), {}, "finished") == ("failed", ["no story was fetched (1 too_old)"])


def test_a_page_lost_to_an_error_of_ours_is_no_good_crawl() -> None:
    """Where a page was had and could not be stored, the crawl does not end as if all were well."""
    quality, why = judge(counted(("fetched", None)), {}, "finished", unfinished=1)
    assert quality == "degraded"
    assert why == ["1 pages could not be wholly stored or followed; the log says why"]


def test_next_commands_look_where_the_crawl_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings given to one crawl alone stand in the commands that go on from it; a quote in a seed does no harm."""
    for name in ("MONGO_URI", "MONGO_DATABASE", "KOLCRAWL_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    own = StoreAddress(uri="mongodb://***@db.example/", database="affair", embedded=False, data_dir=Path("/data"))
    lines = where_lines(own, "https://news.example/it's.html?a=1&b=2", "20260302-083400-abcdef")
    story = next(line for line in lines if " story " in line)
    assert " -s MONGO_URI='mongodb://***@db.example/' -s MONGO_DATABASE=affair " in story
    assert story.endswith(" 'https://news.example/it%27s.html?a=1&b=2'")
    embedded = StoreAddress(uri="mongodb://127.0.0.1:1/", database="kolcrawl", embedded=True, data_dir=Path("/data"))
    assert " -s KOLCRAWL_DATA_DIR=/data -o " in where_lines(embedded, "https://news.example/1.html", "x")[-1]
