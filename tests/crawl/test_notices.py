"""Notices that sites serve as ordinary pages: what was read stays, and what happened is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.urls import story_key
from tests.crawl.test_redirects import SEED, SITE, crawl
from tests.crawling import read_stored
from tests.small_web import SmallWeb, article, html, redirect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.crawling import Stored

pytestmark = pytest.mark.xdist_group("notices")  # one series of crawls for all of them

PAGES = {
    "violation": ("", "此内容因违规无法查看", "由用户投诉并经平台审核，查看详细内容请联系平台客服。"),
    "removed": ("The Lantern", "This story has been removed", "Please browse our latest headlines."),
    "not found": ("Page not found", "Page not found", ""),
    "unknown words": ("Poissa", "Poissa", "Juttu ei ole enää täällä."),
    "for sale": ("", "This domain is for sale", "Buy this domain."),
    "parameter": ("系统提示", "", "参数错误，请返回重试！"),
    "database": ("Database Error", "Error establishing a database connection", ""),
    "maintenance": ("", "系统维护公告", "本网站将于今日凌晨进行系统升级维护，敬请谅解。"),
    "server": ("Welcome to nginx!", "Welcome to nginx!", "If you see this page, the web server is working."),
    "region": ("", "This content is not available in your region", "We are sorry."),
}
"""Title, headline and text of notices."""
REASONS = {
    "violation": "withdrawn", "removed": "withdrawn", "not found": "withdrawn", "unknown words": "withdrawn",
    "for sale": "site_closed", "region": "region",
}  # fmt: skip
KINDS = {
    kind: (
        html(f"<h1>{head}</h1><p>{text}</p>", title=title),
        "gone" if REASONS.get(kind) in ("withdrawn", "site_closed") else "failed",
        REASONS.get(kind, "unavailable"),
    )
    for kind, (title, head, text) in PAGES.items()
}
"""The page of a notice, and outcome and reason of a visit that finds it."""
NAMES = {kind: (f"{SITE}/a/{3000 + n}.html", f"Harbour council decision number {3000 + n} divides the old town")
         for n, kind in enumerate(KINDS)}  # fmt: skip
OTHER = (f"{SITE}/a/2.html", "Harbour council decision number 2 divides the old town")


def story(stored: Stored, url: str) -> dict[str, Any]:
    """The document of an address."""
    return stored.stories[story_key(url)]


@pytest.fixture(scope="module")
def crawled(data_dir: Path) -> tuple[Stored, Stored, Stored]:
    """A crawl of stories, one that finds a notice in each one's place, and one that finds them back."""
    web = SmallWeb({SEED: article("Harbour council decision number 1 divides the old town", [*NAMES.values(), OTHER])})
    pages = {url: article(words, [OTHER]) for url, words in [*NAMES.values(), OTHER]}
    web.pages |= pages
    arguments = ("-a", "depth=1", "-a", "refresh=all")
    first = crawl(web, data_dir, "notices", *arguments)
    web.pages |= {NAMES[kind][0]: page for kind, (page, _, _) in KINDS.items()}
    second = crawl(web, data_dir, "notices", *arguments)
    web.pages |= pages
    return first, second, crawl(web, data_dir, "notices", *arguments)


@pytest.mark.parametrize("kind", KINDS)
def test_a_notice_where_a_story_was(crawled: tuple[Stored, Stored, Stored], kind: str) -> None:
    """A story that shows a notice is gone, with the reason, or only fails when the notice is for a while; its title,
    text and links stay as they were read; when it comes back, it is as before."""
    first, second, third = crawled
    url, words = NAMES[kind]
    _, outcome, reason = KINDS[kind]
    before, now, after = (story(stored, url) for stored in crawled)
    assert before["status"] == "fetched"
    assert (now["last_visit"]["outcome"], now["last_visit"]["reason"]) == (outcome, reason)
    assert (now["status"], now["reason"]) == (("gone", reason) if outcome == "gone" else ("fetched", None))
    for name in ("title", "text", "authors", "published_at", "content_hash", "group"):
        assert now[name] == before[name], name
    assert now["title"] == words
    assert second.targets(url, "related") == first.targets(url, "related") == [OTHER[0]]
    assert (after["status"], after["reason"], after["text"]) == ("fetched", None, before["text"])
    assert third.targets(url, "related") == [OTHER[0]]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "unknown words"])
def test_a_notice_where_nothing_was_read(data_dir: Path, crawled: tuple[Stored, Stored, Stored], kind: str) -> None:
    """A link that leads to a notice leads to no story: it keeps the text of the link as its title."""
    stored = read_stored(data_dir, "fresh_notices")
    if not stored.stories:
        web = SmallWeb({SEED: article("Harbour council decision number 1 divides the old town", NAMES.values())})
        web.pages |= {NAMES[each][0]: page for each, (page, _, _) in KINDS.items()}
        stored = crawl(web, data_dir, "fresh_notices", "-a", "depth=1")
    found = story(stored, NAMES[kind][0])
    assert (found["status"], found["reason"], found["title"], found["text"]) == (*KINDS[kind][1:], NAMES[kind][1], None)


def test_the_same_short_page_at_three_addresses(data_dir: Path) -> None:
    """A notice in words that no list has, met at three addresses, leaves no story, not even at the first; the report
    counts all three as failed, and nothing is left in the store of what was read."""
    links = [(f"{SITE}/a/{n}.html", f"Harbour council decision number {n} divides the old town") for n in (71, 72, 73)]
    web = SmallWeb({SEED: article("Harbour council decision number 1 divides the old town", [*links, OTHER])})
    web.pages |= {url: KINDS["unknown words"][0] for url, _ in links} | {OTHER[0]: article(OTHER[1])}
    stored = crawl(web, data_dir, "three_addresses", "-a", "depth=1")
    for url, words in links:
        found = story(stored, url)
        assert (found["status"], found["reason"], found["title"], found["text"]) == (
            "failed",
            "no_article",
            words,
            None,
        )
    assert stored.fetched() == {SEED, OTHER[0]}
    assert stored.crawls[-1]["failures"] == {"no_article": 3}
    assert (stored.crawls[-1]["counts"]["fetched"], stored.crawls[-1]["counts"]["failed"]) == (2, 3)


def test_a_redirect_to_a_notice_is_a_redirect(data_dir: Path) -> None:
    """Where a site sends everything to one page of errors, the story that was read stays as it was."""
    web = SmallWeb({SEED: article("Harbour council decision number 1 divides the old town", [OTHER])})
    web.pages[OTHER[0]] = article(OTHER[1])
    first = crawl(web, data_dir, "to_notice", "-a", "depth=1", "-a", "refresh=all")
    web.pages |= {OTHER[0]: redirect("/errorpage.html"), f"{SITE}/errorpage.html": KINDS["removed"][0]}
    second = crawl(web, data_dir, "to_notice", "-a", "depth=1", "-a", "refresh=all")
    now = story(second, OTHER[0])
    assert (now["status"], now["text"]) == ("fetched", story(first, OTHER[0])["text"])
    assert (now["last_visit"]["reason"], now["redirected_to"]) == ("redirected", f"{SITE}/errorpage.html")


def test_pages_of_chrome_are_no_copies(data_dir: Path) -> None:
    """Thirty stories of which only the menu can be read are not one group of copies, and the site is degraded."""
    parts = ("news", "sport", "weather", "ferries", "courts", "market", "letters", "archive", "pictures", "tides")
    menu = "".join(f"<p>The {word} of the old harbour and of all the towns on the river.</p>" for word in parts)
    links = [(f"{SITE}/a/{n}.html", f"Harbour council decision number {n} divides the old town") for n in range(2, 32)]
    web = SmallWeb({SEED: article("Harbour council decision number 1 divides the old town", links)})
    for url, words in links:
        web.pages[url] = html(f"<h1>{words}</h1><time datetime='2026-03-02T08:34'>x</time>{menu}", title=words)
    stored = crawl(web, data_dir, "chrome", "-a", "depth=1")
    why = stored.crawls[-1]["quality"]["why"]
    assert any("28 show only the site's menu" in line for line in why), why
    groups = [story(stored, url)["group"] for url, _ in links]
    assert max(groups.count(group) for group in groups) <= 2
    assert sum(bool(story(stored, url)["text"]) for url, _ in links) <= 2
