"""Addresses that change from view to view, redirects that pages make, and queries in a page's own charset."""

from __future__ import annotations

import hashlib
import itertools
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from scrapy import Request

from kolcrawl.crawl.site_learning import SiteLearning
from kolcrawl.items import StoryItem
from kolcrawl.policy.address_patterns import MIN_WASTED
from kolcrawl.sample.web import Answer
from kolcrawl.urls import story_key
from tests.crawl.test_redirects import SEED, SITE, crawl, own
from tests.small_web import SmallWeb, article, html, redirect

if TYPE_CHECKING:
    from pathlib import Path

ARTICLES = range(4000, 4006)
READ_AT_ONCE = ("-s", "SCRAPER_SLOT_MAX_ACTIVE_SIZE=1")
"""No page is asked for while another waits to be read: how many are on their way does not hang on the machine."""
STYLES = {
    "sid": "/a/{n}.html?sid={token}",
    "id and sid": "/show.php?id={n}&sid={token}",
    "time": "/a/{n}.html?_t=17{number:08d}123",
    "path": "/s{short}/a/{n}.html",
    "letters": "/v{letters}/a/{n}.html",
    "two": "/a/{n}.html?rec_trace={token}&rec_pos={place}",
}


def endless(style: str) -> SmallWeb:
    """A site whose links get a new token at each view."""
    views = itertools.count(1)

    def page(url: str) -> Answer:
        found = re.search(r"\b(40\d\d)\b", url)
        if found is None:
            return html("<h1>404</h1>", status=404)
        number, links = int(found[1]), []
        for n in ARTICLES:
            view = next(views)
            letters = "".join(chr(97 + view // 26**place % 26) for place in range(5))
            token = hashlib.md5(str(view).encode()).hexdigest()
            address = STYLES[style].format(
                n=n, token=token, short=token[:12], number=view, letters=letters, place=n - 4000
            )
            links.append((f"{SITE}{address}", f"Harbour council decision number {n} divides the old town"))
        own_link = number - ARTICLES[0]
        return article(
            f"Harbour council decision number {number} divides the old town", links[:own_link] + links[own_link + 1 :]
        )

    return SmallWeb(otherwise=page)


@pytest.mark.parametrize("style", [style for style in STYLES if style != "letters"])
def test_tokens_make_no_stories(data_dir: Path, style: str) -> None:
    """Six articles whose links have a new token at each view are six stories, with all links, and the crawl ends."""
    seed = SITE + ("/show.php?id=4000" if "show" in STYLES[style] else "/a/4000.html")
    database = "endless_" + style.replace(" ", "_")
    stored = crawl(endless(style), data_dir, database, "-a", "depth=4", "-a", "max_pages=60", url=seed)
    assert len(stored.fetched()) == len(ARTICLES)
    assert sum(visit["outcome"] == "fetched" for visit in stored.visits) <= 2 * len(ARTICLES) + 2
    assert len(stored.links) == len(ARTICLES) * (len(ARTICLES) - 1)
    assert not [story for story in stored.stories.values() if story["status"] == "stub"]


def test_a_form_without_end_is_left(data_dir: Path) -> None:
    """Where no part of an address can be told to be a token, a form that gives the same stories again and again is
    left; the links say why they were not followed, and the budget stays for others."""
    other = [(f"{SITE}/story/{n}", f"Ferry number {n} runs aground off the harbour wall") for n in range(7000, 7006)]
    web = endless("letters")
    web.pages |= {url: article(words) for url, words in other}
    web.pages[SEED] = article(
        "Harbour council decision number 1 divides the old town",
        [(f"{SITE}/vaaaaa/a/4000.html", "Harbour council decision number 4000 divides the old town"), *other],
    )
    stored = crawl(web, data_dir, "form_without_end", "-a", "depth=9", "-a", "max_pages=100", *READ_AT_ONCE)
    skipped = [story for story in stored.stories.values() if story["reason"] == "endless"]
    assert {story["status"] for story in skipped} == {"skipped"}
    assert len(stored.fetched()) <= 60
    assert {url for url, _ in other} <= stored.fetched()


def test_the_next_crawl_knows_the_tokens(data_dir: Path) -> None:
    """A second crawl folds what the first one learnt from its first page on: no address with a token is stored."""
    first = crawl(endless("sid"), data_dir, "known_tokens", "-a", "depth=4", url=f"{SITE}/a/4000.html")
    arguments = ("-a", "depth=4", "-a", "refresh=all")
    second = crawl(endless("sid"), data_dir, "known_tokens", *arguments, url=f"{SITE}/a/4001.html")
    assert second.stories.keys() == first.stories.keys()
    assert len(second.visits) == len(first.visits) + len(ARTICLES)


PAGES = {
    "script": html("<script>location.replace('{}')</script>", title="Redirecting"),
    "late refresh": html("", head='<meta http-equiv="refresh" content="30;url={}">', title="Redirecting"),
    "header": html("", title="Moved", Refresh="0; url={}"),
    "comma": html("", head='<meta http-equiv="refresh" content="0,url={}">', title="Redirecting"),
    "frame": html('<iframe src="{}" width="100%"></iframe>', title="Redirecting"),
    "three slashes": redirect("http:///www.lantern-news.example{path}"),
    "one slash": redirect("http:/www.lantern-news.example{path}"),
    "backslashes": redirect("\\new\\{name}"),
    "stub": html('This page has moved <a href="{}">here</a>.', title="Redirecting"),
}


def test_redirects_that_pages_make(data_dir: Path) -> None:
    """A script, a refresh after any delay, a frame, a header with slips and a stub are followed under the rule of
    redirects: they merge where headline and link agree, and else fail as redirected; none is a story called
    Redirecting."""
    web, links = SmallWeb(), []
    for number, (kind, page) in enumerate(PAGES.items()):
        headline = f"Ferry runs aground off the harbour wall, {number + 12} people rescued"
        for fits in (True, False):
            asked = f"{SITE}/old/{5000 + 2 * number + fits}.html"
            target = f"{SITE}/new/{kind.replace(' ', '-')}-{fits}.html".lower()
            links.append((asked, headline if fits else f"Removed report {number} about the bridge over the river"))
            path = target.removeprefix(SITE)
            known = {"{}": target, "{path}": path, "{name}": path.removeprefix("/new/")}
            fill = dict(page.headers)
            for mark, text in known.items():
                fill = {name: value.replace(mark, text) for name, value in fill.items()}
            web.pages[asked] = Answer(page.status, fill, page.body.replace(b"{}", target.encode()))
            web.pages[target] = article(
                headline if fits else f"Council approves budget number {number} after long debate"
            )
    web.pages[SEED] = article("Harbour council decision number 1 divides the old town", links)
    stored = crawl(web, data_dir, "page_redirects", "-a", "depth=1")
    for asked, _ in links[::2]:
        assert own(stored, asked)["status"] == "merged"
        assert stored.of(asked)["status"] == "fetched"
    for asked, words in links[1::2]:
        story = own(stored, asked)
        assert (story["status"], story["reason"], story["title"]) == ("failed", "redirected", words)
    assert not [story for story in stored.stories.values() if story["title"] in ("Redirecting", "Moved")]


def test_a_query_in_the_charset_of_the_page(data_dir: Path) -> None:
    """Chinese letters in the query of a link on a GBK page are asked for as GBK, those of the path as UTF-8."""
    seed = article(
        "港口议会第五号决定引发市民关注", [("/view.asp?title=港口新闻1001", "港口议会第九号决定引发市民关注")], han=True
    )
    page = seed.body.decode().replace('charset="utf-8"', 'charset="gbk"').encode("gbk", "ignore")
    asked = f"{SITE}/view.asp?title=%B8%DB%BF%DA%D0%C2%CE%C51001"
    web = SmallWeb({
        SEED: Answer(200, {"Content-Type": "text/html; charset=gbk"}, page),
        asked: article("港口议会第九号决定引发市民关注", han=True),
    })  # fmt: skip
    stored = crawl(web, data_dir, "gbk_query", "-a", "depth=1")
    assert stored.fetched() == {SEED, asked}


@pytest.mark.parametrize("own_address", [True, False])
def test_what_is_read_once_more_after_a_kill_is_no_form_without_end(own_address: bool) -> None:
    """A killed crawl reads again what it had not stored: that says nothing of the form of these addresses. The same
    stories at other addresses do."""
    learning = SiteLearning()
    for number in range(2 * MIN_WASTED):
        url = f"https://e.example/news/{4000 + number}.html"
        other = url.replace("/news/", f"/v{chr(97 + number % 26)}/news/")
        request = Request(url if own_address else other)
        request.meta["story"] = story_key(request.url)
        item = StoryItem(
            key=story_key(url), url=url, requested_url=url, site="e.example", outcome="fetched",
            visited_at=datetime(2026, 3, 2, tzinfo=UTC), title=f"Headline number {number}",
        )  # fmt: skip
        learning.judge_form(item, request, was_read=True)
    assert learning.patterns.is_spent("https://e.example/news/9000.html") is False
    assert learning.patterns.is_spent("https://e.example/vx/news/9000.html") is not own_address
