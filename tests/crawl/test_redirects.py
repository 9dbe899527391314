"""Where redirects lead, as a crawl stores it: one story only where that is proved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.sample import SiteServer
from kolcrawl.urls import story_key
from tests.crawling import FAST, Stored, faults, read_stored, scrapy
from tests.small_web import SmallWeb, article, html, redirect

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.sample.web import Answer

SITE = "http://www.lantern-news.example"
SEED = f"{SITE}/a/1.html"
STATUSES = (301, 302, 303, 307, 308)


TEASERS = "".join(
    f'<div class="item"><h3><a href="/a/{n}.html">Harbour council decision number {n} divides the old town</a></h3>'
    f"<p>The council said that decision {n} would be looked at again.</p><span>2026-03-0{n % 9 + 1} 10:30</span></div>"
    for n in range(700, 720)
)


def page(title: str, sentence: str, *, form: str = "") -> Answer:
    """A page that is no story, with enough text to be taken for one."""
    return html(f"<h1>{title}</h1><p>{sentence * 12}</p>{form}", title=title)


HUBS = {
    "home": (f"{SITE}/home", page("The Lantern", "All the news of the harbour. ")),
    "section": (f"{SITE}/list/local", page("Local news", "What happens here. ")),
    "dated list": (f"{SITE}/local-news", html(f"<h1>Local news</h1>{TEASERS}", title="Local news - The Lantern")),
    "story": (f"{SITE}/a/900.html", article("Harbour council decision number 900 divides the old town")),
    "login": (f"{SITE}/passport/login", html("<h1>Sign in</h1>", title="Please sign in")),
    "casino": ("http://www.lucky-spin.example/welcome", page("Lucky Spin", "Claim your bonus today. ")),
    "consent": (f"{SITE}/consent?url=", page("Your choices", "We and our partners store data. ")),
    "app": (f"{SITE}/download?aid=", page("Open the app to go on", "Read faster. ")),
    "geo": (f"{SITE}/unavailable", page("Not here", "This page cannot be shown where you are. ")),
}
"""Where sites send the readers of stories that are not there; a stranger's page on an expired domain, too."""


def crawl(web: SmallWeb, data_dir: Path, database: str, *arguments: str, url: str = SEED) -> Stored:
    """Crawl a web from its seed; give what is stored, after a check of the whole database."""
    with SiteServer(web) as server:  # type: ignore[arg-type]
        done = scrapy(
            "crawl", "related", "-a", f"url={url}", *arguments, *FAST, "-s", f"MONGO_DATABASE={database}",
            "-s", "RETRY_TIMES=0", "-L", "WARNING", data_dir=data_dir, through=server,
        )  # fmt: skip
    assert done.returncode in (0, 3), done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert faults(data_dir, database) == []
    return read_stored(data_dir, database)


def own(stored: Stored, url: str) -> dict[str, Any]:
    """The document of an address, merged or not."""
    return stored.stories[story_key(url)]


def test_removed_stories_are_not_what_they_lead_to(data_dir: Path) -> None:
    """Stories that redirect to a front, a list, another story, a login or a stranger fail as `redirected`, each by
    itself, whatever the status; none is merged, the links to them stay, and a target that is a story is stored once, as
    itself."""
    web, links = SmallWeb(), []
    for number, (url, answer) in enumerate(HUBS.values()):
        for part, status in enumerate(STATUSES):
            removed = f"{SITE}/a/{1000 + 10 * number + part}.html"
            links.append((removed, f"Removed report {number}-{part} about the bridge over the harbour"))
            target = url + removed if url.endswith("=") else url
            web.pages[removed] = redirect(target, status)
            web.pages[target] = answer
    web.pages[SEED] = article("Harbour council decision number 1 divides the old town", links)
    stored = crawl(web, data_dir, "hubs", "-a", "depth=1")
    for removed, anchor in links:
        story = own(stored, removed)
        assert (story["status"], story["title"]) == ("failed", anchor)
        assert story["reason"] == ("paywall" if "login" in story["redirected_to"] else "redirected")
    assert len(stored.targets(SEED, "related")) == len(links)
    assert not [story for story in stored.stories.values() if story["status"] == "merged"]
    assert stored.fetched() == {SEED, f"{SITE}/a/900.html"}
    assert stored.of(f"{SITE}/a/900.html")["visits"] == 1


def test_ordinary_redirects_go_on_merging(data_dir: Path) -> None:
    """Another host or scheme, new words around an id, a new place of a name, and a short link whose text is the
    headline: one story each."""
    title = "Ferry runs aground off the harbour wall, {} rescued"
    kinds = {
        f"{SITE}/a/2001.html": "http://news.lantern-news.example/a/2001.html",
        f"{SITE}/2026/25361234/old-words": f"{SITE}/2026/25361234/new-words",
        f"{SITE}/old/ferry-runs-aground": f"{SITE}/2026/03/ferry-runs-aground",
        "http://go.example/s/20812345.html": "http://www.beacon.example/2026/03/x",
        f"{SITE}/show.php?id=778812": f"{SITE}/news/778812.html",
    }
    web, links = SmallWeb(), []
    for number, (asked, target) in enumerate(kinds.items()):
        headline = title.format(f"{number + 12} people")
        links.append((asked, headline))
        web.pages[asked] = redirect(target, 302 if number % 2 else 301)
        web.pages[target] = article(headline)
    web.pages[SEED] = article("Harbour council decision number 1 divides the old town", links)
    stored = crawl(web, data_dir, "ordinary", "-a", "depth=1")
    for asked, target in kinds.items():
        merged, story = own(stored, asked), stored.of(asked)
        assert (merged["status"], story["url"], story["status"]) == ("merged", target, "fetched")
        assert asked in story["aliases"]
    assert sorted(stored.targets(SEED, "related")) == sorted(kinds.values())


def test_two_stories_that_lead_to_a_third(data_dir: Path) -> None:
    """Two unlike stories redirect to a third that is linked, too: three stories, the third asked for once."""
    third = f"{SITE}/a/3.html"
    links = [(f"{SITE}/a/{n}.html", f"Harbour council decision number {n} divides the old town") for n in (2, 4, 3)]
    web = SmallWeb(
        {
            SEED: article("Harbour council decision number 1 divides the old town", links),
            third: article("Harbour council decision number 3 divides the old town"),
            links[0][0]: redirect(third, 301),
            links[1][0]: redirect(third, 301),
        }
    )
    stored = crawl(web, data_dir, "third", "-a", "depth=1")
    found = {url: (own(stored, url)["status"], own(stored, url)["reason"]) for url, _ in links}
    assert found == {
        links[0][0]: ("failed", "redirected"),
        links[1][0]: ("failed", "redirected"),
        third: ("fetched", None),
    }
    assert stored.targets(SEED, "related") == [url for url, _ in links]


def test_an_hour_of_maintenance(data_dir: Path) -> None:
    """All stories redirect to one page for an hour, then answer again: each is read as itself, none is lost."""
    links = [(f"{SITE}/a/{n}.html", f"Harbour council decision number {n} divides the old town") for n in range(2, 12)]
    offline = html("<h1>Back soon</h1><p>" + "We are improving our service for you. " * 9 + "</p>", title="Back soon")
    seed = article("Harbour council decision number 1 divides the old town", links)
    web = SmallWeb({SEED: seed, f"{SITE}/offline.html": offline} | {url: redirect("/offline.html") for url, _ in links})
    first = crawl(web, data_dir, "maintenance", "-a", "depth=1")
    assert {own(first, url)["reason"] for url, _ in links} == {"redirected"}
    web.pages |= {
        url: article(words, [(SEED, "Harbour council decision number 1 divides the old town")]) for url, words in links
    }
    second = crawl(web, data_dir, "maintenance", "-a", "depth=1")
    assert [(own(second, url)["status"], own(second, url)["title"]) for url, _ in links] == [
        ("fetched", words) for _, words in links
    ]
    assert second.targets(SEED, "related") == [url for url, _ in links]
