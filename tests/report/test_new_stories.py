"""Stories that are new to the network, in the report of a crawl."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.new_stories import MAX_NAMED_NEW
from tests.report.test_counts import visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem


def story(n: int, *, is_known: bool = False) -> StoryItem:
    """A visit that read a story, the more relevant the higher its number."""
    item = visit(n, "fetched")
    item.is_known, item.relevance, item.title = is_known, n / 100, f"title {n}"
    return item


def test_new_stories_are_named_beside_known_ones() -> None:
    """The most relevant stand first, one that has returned is not new, and a first crawl names none."""
    counts = CrawlCounts()
    for n in range(1, 4):
        counts.add(story(n))
    assert list(counts.new_stories.lines(())) == []
    assert len(list(counts.new_stories.lines((), not_due=1))) == 4
    counts.add(story(9, is_known=True))
    returned = {story(2).key}
    assert list(counts.new_stories.lines(returned)) == [
        "2 new stories:",
        f"  title 3  {story(3).url}",
        f"  title 1  {story(1).url}",
    ]


def test_many_new_stories_are_counted() -> None:
    """The first ten are named, whatever the order in which they came."""
    counts = CrawlCounts()
    counts.add(story(99, is_known=True))
    for n in [*range(20, 40), *range(1, 20)]:
        counts.add(story(n))
    lines = list(counts.new_stories.lines(()))
    assert lines[0] == "39 new stories:"
    assert [line.split()[1] for line in lines[1:-1]] == [str(n) for n in range(39, 39 - MAX_NAMED_NEW, -1)]
    assert lines[-1] == "  and 29 more"
