"""What a crawl counts, and how it is judged and told."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kolcrawl.items import StoryItem
from kolcrawl.report.advice import skip_advice
from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.crawl_state import StoreAddress
from kolcrawl.report.link_cuts import LinkCuts
from kolcrawl.report.quality import judge
from kolcrawl.report.quantities import duration
from kolcrawl.report.summary import go_on_line, pace_lines, report_lines, where_lines
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


def test_a_story_of_two_addresses_is_one() -> None:
    """A story reached by its short link, too, is one story and two pages; its links and its site count it once."""
    counts = counted(("fetched", None), ("fetched", None), ("unchanged", None))
    short = visit(9, "fetched")
    short.known_as, short.key = [short.key], visit(1, "fetched").key
    counts.add(short)
    assert (counts.fetched, counts.unchanged, counts.repeats) == (2, 1, 1)
    assert (counts.outcomes["fetched"], counts.sites["news.example"].pages) == (3, 2)
    lines = report_lines(counts, 1.0, "finished", new_links=0)
    assert lines[0].startswith("2 stories fetched")
    assert "4 pages for these: 1 address led to a story read before" in lines


def test_an_address_that_was_merged_is_no_story_of_its_own() -> None:
    """Unchanged at its own address and at one that an earlier crawl found to be the same, a story counts once."""
    counts = CrawlCounts()
    story, merged = visit(1, "unchanged"), visit(2, "unchanged")
    story.known_key = merged.known_key = story.key
    for item in (merged, story):
        counts.add(item)
    assert (counts.unchanged, counts.repeats, counts.sites["news.example"].unchanged) == (1, 1, 1)


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
    assert lines[0] == "1 story fetched in 1.0 s, 0% of them on the topic"
    assert "1 gone:" in lines
    assert not any("failed" in line for line in lines)
    assert lines[lines.index("3 skipped:") + 1 :] == [
        "  1 too_old: published before since; move it",
        "  1 site_budget: the site's share of the budget was spent; raise max_pages_per_site",
        "  1 robots: the site's robots.txt forbids it",
    ]


def test_each_story_that_no_link_let_in_is_skipped_once() -> None:
    """Of several links to a story the one that came nearest gives the reason; a link that is followed takes it back."""
    counts = counted(("fetched", None))
    keys = [story_key(f"https://news.example/{n}.html") for n in range(1, 6)]
    for key in keys:
        counts.link_cuts.cut(key, "kind", "popular")
    for key in keys[:2]:
        counts.link_cuts.cut(key, "depth", "related")
        counts.link_cuts.cut(key, "kind", "popular")
    counts.link_cuts.follow(keys[4])
    assert counts.skipped == {"depth": 2, "kind": 2}
    args = {"depth": 2, "kinds": ["related"], "max_pages": 200}
    lines = report_lines(counts, 1.0, "finished", new_links=0, args=args)
    assert lines[lines.index("4 skipped:") + 1 :] == [
        "  2 depth: one step further: -a depth=3",
        "  2 kind: named only in other lists: -a kinds=related,popular",
    ]


def test_cut_stories_take_bounded_memory() -> None:
    """Beyond the bound, stories are counted and not kept."""
    cuts = LinkCuts(most=2)
    for n in range(5):
        cuts.cut(story_key(f"https://news.example/{n}.html"), "kind", "latest")
    assert cuts.reasons == {"kind": 5}
    assert cuts.kinds == {"latest": 2}


def test_lists_of_chance_and_advertising_are_not_recommended() -> None:
    """Stories that only such lists name are counted; no argument is held out for them."""
    args = {"kinds": ["related"]}
    assert skip_advice("kind", 3, args, ["random", "sponsored"]) == "named only in other lists (random, sponsored)"
    assert skip_advice("kind", 3, args, ["random", "latest"]) == "named only in other lists: -a kinds=related,latest"


def test_what_was_not_due_says_when_it_will_be() -> None:
    """The report names the earliest time; where nothing is ever to be asked for again, it says so."""
    counts = counted(("unchanged", None))
    counts.add_not_due(datetime(2026, 3, 4, 10, 30, tzinfo=UTC))
    counts.add_not_due(datetime(2026, 3, 3, 9, tzinfo=UTC))
    lines = report_lines(counts, 1.0, "finished", new_links=0)
    assert lines[2] == (
        "2 known stories were not due for a visit; the first is on 2026-03-03 09:00 UTC"
        " (-a refresh=all visits all of them now)"
    )
    lines = report_lines(counts, 1.0, "finished", new_links=0, args={"refresh": "none"})
    assert lines[2] == "2 known stories were not visited again, as -a refresh=none asks"


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
    nothing = where_lines(own, "https://news.example/1.html", "x", found=False)
    assert [line.split()[1] for line in nothing[2:]] == ["extract", "crawls"]
    monkeypatch.setattr("kolcrawl.report.summary.shutil.which", lambda name: None)
    job = where_lines(own, "https://news.example/1.html", "x", is_job=True)
    assert job[1] == "next, in the project's folder:"
    assert all(line.startswith("  scrapy ") for line in job[2:])
    embedded = StoreAddress(uri="mongodb://127.0.0.1:1/", database="kolcrawl", embedded=True, data_dir=Path("/data"))
    lines = where_lines(embedded, "https://news.example/1.html", "x")
    assert " -s KOLCRAWL_DATA_DIR=/data -o " in lines[-1]
    assert " mongo -s KOLCRAWL_DATA_DIR=/data --stop` ends it" in lines[1]


def test_long_times_are_told_in_days() -> None:
    """A reprint years after its original is not so many thousand hours later."""
    assert [duration(hours * 3600) for hours in (2, 71.5, 72, 54959.7)] == [
        "2 h 0 min",
        "71 h 30 min",
        "3 d 0 h",
        "2289 d 23 h",
    ]


def test_a_stopped_crawl_says_what_the_same_command_does() -> None:
    """With a JOBDIR it goes on from there; without one the way to have it so is named."""
    assert go_on_line("jobs/a") == "the same command goes on from here (JOBDIR=jobs/a)"
    assert go_on_line(None).startswith("the same command again reads what waited; with -s JOBDIR=FOLDER")


def test_the_report_says_what_another_pace_costs() -> None:
    """From the pages of the busiest site; a site without a delay is the user's own, and nothing is said."""
    counts = counted(*([("fetched", None)] * 36))
    assert list(pace_lines(counts, 1.0, "")) == [
        (
            "a page every 1 s of each site (36 of news.example): about 18.0 s with -s DOWNLOAD_DELAY=0.5,"
            " politer in 1 min 48 s with -s DOWNLOAD_DELAY=3"
        ),
        "the sites do not know whom to write to: -s CONTACT=mailto:you@example.org tells them",
    ]
    assert len(list(pace_lines(counts, 1.0, "mailto:me@example.org"))) == 1
    assert list(pace_lines(counts, 0.0, "")) == []
