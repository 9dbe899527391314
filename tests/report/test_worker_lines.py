"""What a line of progress and a report say of a worker on a shared frontier, and what they say of any crawl."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from scrapy.utils.test import get_crawler

from kolcrawl.policy.earlier_crawls import KnownStory
from kolcrawl.report import progress as progress_module
from kolcrawl.report.progress import Progress
from kolcrawl.report.summary import idle_worker_line
from kolcrawl.spider import StorySpider

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


class AffairSpider(StorySpider):
    """A spider that is asked for its state alone."""

    name = "affair"


class FixedTime:
    """A clock that goes on by five seconds whenever it is read."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        """Seconds."""
        self.now += 5
        return self.now


@pytest.fixture
def crawler(monkeypatch: pytest.MonkeyPatch) -> Crawler:
    """A crawl with a budget of 200 pages, and a clock of its own."""
    monkeypatch.setattr(progress_module, "time", FixedTime())
    made = get_crawler()
    made.spider = AffairSpider(url="http://a.example/1.html", max_pages="200")
    made.engine = SimpleNamespace(running=True, downloader=SimpleNamespace(active=()))
    return made


def test_pages_on_their_way_are_waited_for(crawler: Crawler, monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget is spent on pages that have left the frontier: those that wait for their site's pace count for the
    time that is left; gone pages are not called failed."""
    state = crawler.spider.crawl_state
    state.budget.taken = 190
    state.counts.outcomes.update(fetched=130, gone=2)
    crawler.stats.set_value("scheduler/enqueued", 300)
    crawler.stats.set_value("scheduler/dequeued", 200)
    monkeypatch.setattr(progress_module, "count_downloading", lambda crawler: 55)
    # the rate is 130 in five seconds; 10 pages of the budget and 55 under way are left
    assert (
        Progress(crawler).line()
        == "fetched 130 of 200 · queued 155 · 26.0/s · failed 0 · gone 2 · 0% on topic · 2.5 s left"
    )


def test_what_a_worker_did_and_what_all_did(crawler: Crawler) -> None:
    """A worker's own pages are not held against the whole crawl's budget, nor is what was done before it came its
    pace; the command that it names has the crawl's name."""
    state, stats = crawler.spider.crawl_state, crawler.stats
    state.counts.outcomes.update(fetched=2)
    progress = Progress(crawler)
    stats.set_value("frontier/crawl", "affair of May")
    assert progress.line() == "fetched 2 · failed 0 · 0% on topic"
    for name, value in {"workers": 3, "pending": 144, "leased": 4, "paused": 1}.items():
        stats.set_value(f"frontier/{name}", value)
    state.budget.taken = 40
    assert "3 workers together: 40 of 200 pages · queued 144 · 0.0/s" in progress.line()
    state.budget.taken = 60
    line = progress.line()
    assert line.startswith(
        "paused; scrapy frontier 'affair of May' --resume goes on · fetched 2 · failed 0 · 0% on topic · "
    )
    assert line.endswith("60 of 200 pages · queued 144 · 4.0/s · 36.0 s left"), (
        line
    )  # 20 pages in the last five seconds


def test_what_other_workers_read_was_not_left_out(crawler: Crawler) -> None:
    """Stories that another worker has read in this crawl are none of those that an earlier crawl has left not due."""
    spider = crawler.spider
    spider.crawler = crawler
    began = datetime(2026, 12, 1, 3, tzinfo=UTC)
    before, since = (
        KnownStory(
            key="00" * 16,
            url="u",
            etag=None,
            last_modified=None,
            next_visit_at=None,
            fetched_at=began + timedelta(seconds=s),
        )
        for s in (-1, 1)
    )
    assert not spider.was_read_by_others(since)  # a crawl that is not shared has no others
    spider.note_joined(began.timestamp())
    assert (spider.was_read_by_others(before), spider.was_read_by_others(since)) == (False, True)


@pytest.mark.parametrize(
    ("pending", "words"),
    [
        (0, "nothing was left of the crawl affair"),
        (1, "1 request of the crawl affair waits, or another worker has it"),
        (144, "144 requests of the crawl affair wait, or other workers have them"),
    ],
)
def test_a_worker_without_a_page(pending: int, words: str) -> None:
    """A worker that was given no page says whether the crawl is over; there is no folder to remove."""
    line = idle_worker_line("affair", pending)
    assert words in line
    assert "JOBDIR" not in line
