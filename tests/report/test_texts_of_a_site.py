"""Whether readings are the stories: texts that a site's stories share, and languages that words cannot judge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kolcrawl.items import StoryItem
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.quality import judge
from kolcrawl.report.shared_sentences import MAX_WATCHED_SITES, SharedSentences
from kolcrawl.urls import story_key

TEASERS = "".join(f"Editors chose this teaser number {n} for you, and readers liked it.\n" for n in range(12))
SEED = {"discovered_kind": "seed", "title": None, "lang": "zh-Hans", "relevance": 1.0}


def story(n: int, text: str, **more: Any) -> StoryItem:
    """The n-th story of a site, with links, a date and a text."""
    url = f"https://news.example/{n}.html"
    fields: dict[str, Any] = {"outcome": "fetched", "title": f"title {n}", "text": text, "relevance": 0.9}
    at = datetime(2026, 3, 2, tzinfo=UTC)
    return StoryItem(
        key=story_key(url), url=url, requested_url=url, site="news.example", visited_at=at, published_at=at,
        **(fields | more),
    )  # fmt: skip


def own(n: int, sentences: int = 8) -> str:
    """A text that no other story has."""
    hours = range(n * 500, n * 500 + sentences)
    return " ".join(f"What happened at place {n} in hour {hour} was told by witness {hour}." for hour in hours)


def judged(texts: list[str]) -> list[str]:
    """What is wrong with a crawl of stories with these texts, but for lists of related stories, which they lack."""
    counts = CrawlCounts()
    for n, text in enumerate(texts):
        counts.add(story(n, text))
    return [line for line in judge(counts, {}, "finished")[1] if "related links" not in line]


def test_one_text_for_all_addresses() -> None:
    """A site that gives the same text for each address, but for a number in it, is told; its stories are no stories."""
    gate = (
        "Please wait while we check your browser. This takes a few seconds. Your number is {}. Thank you for waiting."
    )
    lines = judged([gate.format(n) for n in range(12)])
    assert [line.partition(":")[0] for line in lines] == ["news.example"]
    assert "11 of 12 stories have the text of another story of the site" in lines[0]


def test_mostly_furniture() -> None:
    """Stories of six own sentences around a list of teasers are told; the same teasers under long stories are not."""
    lines = judged([f"{own(n, 6)}\n{TEASERS}" for n in range(12)])
    assert len(lines) == 1
    assert "most of the text of 11 of 12 stories stands on other pages of the site, too" in lines[0]
    assert judged([f"{own(n, 30)}\n{TEASERS}" for n in range(12)]) == []


def test_a_few_reprints_are_no_fault() -> None:
    """Stories that a site prints twice, and lines that all its stories end with, are as they should be."""
    texts = [f"{own(n)}\nRead more in our app, and follow us there." for n in range(12)]
    assert judged([*texts, *texts[:5]]) == []


def test_memory_is_bounded() -> None:
    """A crawl of the open web holds the sentences of a bounded number of sites and stories."""
    shared = SharedSentences()
    for n in range(MAX_WATCHED_SITES + 100):
        for page in range(40):
            shared.share(f"site{n}.example", own(page, 3) if n else own(page, 200))
    assert len(shared._seen) == MAX_WATCHED_SITES
    assert len(shared._seen["site0.example"]) == 30 * 60


def foreign(*stories: StoryItem, about: str | None = None) -> list[str]:
    """What is said of the languages of these stories."""
    counts = CrawlCounts()
    for one in stories:
        counts.add(one)
    return [str(line) for line in counts.foreign.notes(about)]


def english(n: int, relevance: float) -> StoryItem:
    """An English story that names a company."""
    return story(n, f"On day {n}, Qionglan said so, and A-He replied to Qionglan.", lang="en", relevance=relevance)


def test_languages_that_words_cannot_judge() -> None:
    """Names come from the seeds, then from what the foreign stories share; stories that were judged do not count."""
    seed = story(0, "\u7a79\u5c9a\u624b\u673a\u9053\u6b49\u3002" * 30, **SEED)
    low = [english(n, 0.2) for n in (1, 2, 3)]
    other = story(9, "\u30b9\u30de\u30db" * 20, lang="ja", relevance=0.1)
    [line] = foreign(seed, *low, english(4, 0.9), other)
    assert line.startswith("4 stories are in other languages than the seeds' (en 3, ja 1), and words cannot tell")
    assert line.endswith("-a about='Qionglan A-He'")
    named = story(0, "Qionglan \u7a79\u5c9a" + "\u624b\u673a\u3002" * 30, **SEED)
    [line] = foreign(named, *[story(n, "All of it is new.", lang="en", relevance=0.2) for n in (1, 2, 3)])
    assert line.endswith("-a about='Qionglan'")


def test_nothing_is_said_where_languages_are_named() -> None:
    """Neither of a language in whose script `about` has words, nor of the seeds' own, nor of one or two stories."""
    seed = story(0, "\u7a79\u5c9a\u624b\u673a\u3002" * 30, **SEED)
    low = [english(n, 0.2) for n in (1, 2, 3)]
    assert foreign(seed, *low, about="\u7a79\u5c9a Qionglan") == []
    assert len(foreign(seed, *low, about="\u7a79\u5c9a")) == 1
    assert foreign(seed, *low[:2]) == []
    assert foreign(english(0, 0.9), story(5, own(5), **(SEED | {"lang": "en"})), *low) == []
