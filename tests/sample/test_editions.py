"""The editions of the sample web: what a second and a third crawl find changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kolcrawl.errors import ArgumentError
from kolcrawl.network import changed_stories, open_network
from kolcrawl.sample import edition_after, edition_count, parse_edition, sample_web
from spiders.sample import SampleSpider
from tests.crawling import scrapy

if TYPE_CHECKING:
    from pathlib import Path

WHO = "http://xinwen.example/a/20260301/100017.shtml"
AGENCY = "http://xinwen.example/a/20260308/100046.shtml"
ENGLISH = "http://daily.example/2026/03/02/qionglan-apologises-over-talks-with-disputed-reviewer-51207/"


def test_editions_are_whole() -> None:
    """In each, no link leads nowhere and every story of the affair can be reached; each differs from the one before."""
    before = sample_web()
    for edition in range(2, edition_count() + 1):
        site = sample_web(edition)
        known = {*site.truth, *site.gone, *site.redirects, *site.forbidden}
        assert all({*story.linked, *story.popular, *story.others} <= known for story in site.truth.values())
        written = {url for url, story in site.truth.items() if story.topic == "affair"}
        assert written <= set(site.reachable(depth=9))
        changed = {url for url in site.truth.keys() & before.truth.keys() if site.truth[url] != before.truth[url]}
        assert site.seeds[0] in changed
        assert all(site.changed[url] > before.changed.get(url, site.truth[url].published) for url in changed)
        unchanged = site.truth.keys() & before.truth.keys() - changed
        assert all(site.answer(url).body == before.answer(url).body for url in unchanged)
        before = site


def test_the_next_edition() -> None:
    """It is told by the mark of the start page; the last edition stays, and an unknown mark is an earlier version's."""
    marks = [sample_web(n).answer(sample_web().seeds[0]).headers["ETag"] for n in range(1, edition_count() + 1)]
    assert [edition_after(mark) for mark in (None, "unknown", *marks)] == [1, 2, 2, 3, 3]


@pytest.mark.parametrize("wrong", ["0", "4", "two", ""])
def test_an_edition_that_is_not_there(wrong: str) -> None:
    """It is refused before anything begins, with those that there are."""
    with pytest.raises(ArgumentError, match="has the editions 1, 2, 3"):
        SampleSpider.read_args({"edition": wrong})
    assert parse_edition(None) is None


def test_crawls_one_after_the_other(data_dir: Path) -> None:
    """The same command again shows the next edition, and tells by name what was retitled, rewritten, has vanished and
    returned; a story that is new is read; an edition that is named is shown."""
    reports = []
    for asked in ((), (), ("-a", "edition=3")):
        options = ("-a", "depth=1", "-s", "MONGO_DATABASE=editions", *asked)
        done = scrapy("crawl", "sample", *options, data_dir=data_dir)
        assert done.returncode == 0, done.stdout + done.stderr
        reports.append(done.stdout)
    assert "edition 1 of 3 of the sample web: crawl it again" in reports[0]
    assert "known stor" not in reports[0]
    assert f"1 new story:\n  穹岚：接触博主由代理公司提议，合同已解除  {AGENCY}\n3 known" in reports[1]
    assert "new stor" not in reports[0] + reports[2]
    assert "3 known stories changed: 1 vanished, 1 retitled, 1 rewritten" in reports[1]
    assert f"  vanished: “阿禾说机”是谁：一次跌落测试留下的疑问  {WHO}\n" in reports[1]
    assert "2 known stories changed: 1 returned, 1 retitled, 1 rewritten" in reports[2]
    assert "this was edition 3 of 3 of the sample web\n" in reports[2]
    with open_network(None, "editions", data_dir) as network:
        runs = [run["_id"] for run in network.crawls()[::-1]]
        found = [{(change.url, *change.what) for change in changed_stories(network, crawl=run)} for run in runs]
        seed = sample_web().seeds[0]
        assert found == [
            set(),
            {(seed, "rewritten"), (WHO, "vanished"), (ENGLISH, "retitled")},
            {(seed, "retitled"), (WHO, "returned", "rewritten")},
        ]
        story = network.story(AGENCY)
        assert story is not None
        assert story["status"] == "fetched"


def test_a_crawl_that_goes_on_stays_in_its_edition(data_dir: Path, tmp_path: Path) -> None:
    """Taken up with its JOBDIR, a crawl sees the edition that it began with, though its start page was read."""
    options = ("-a", "depth=1", "-s", "MONGO_DATABASE=one_edition", "-s", f"JOBDIR={tmp_path / 'job'}")
    for pages, fetched in ((1, "1 story fetched"), (0, "stories fetched")):
        done = scrapy("crawl", "sample", *options, "-a", f"max_pages={pages}", data_dir=data_dir)
        assert done.returncode == 0, done.stdout + done.stderr
        assert fetched in done.stdout
        assert "this was edition 1 of 3 of the sample web" in done.stdout
