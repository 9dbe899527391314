"""The way of a crawl: shorter ways that turn up late count, also across a stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.crawl.paths import CrawlPaths, Step
from kolcrawl.items import LinkItem
from kolcrawl.policy.priority import path_relevance
from tests.crawling import FAST, read_stored, scrapy
from tests.net.minicrawl import Server, page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Noted(dict[str, Any]):
    """Notes that outlive a paths."""

    def starting(self, prefix: str) -> Iterator[tuple[str, Any]]:
        yield from ((name.removeprefix(prefix), value) for name, value in self.items() if name.startswith(prefix))


def step(n: int, depth: int) -> Step:
    """A step to the n-th story."""
    return Step(key=f"{n:032x}", url=f"https://a.example/{n}", depth=depth, found_on=None, kind="related", path=1.0)


def link(to: Step, topic: float | None = None) -> LinkItem:
    """A link to the target of a step."""
    made = LinkItem(
        url=to.url, kind="related", heading=None, position=1, anchor="", to=to.key, to_url=to.url, nofollow=False
    )
    made.topic = topic
    return made


def test_what_was_read_is_known_again() -> None:
    """A story read before the stop is not asked for again, and a shorter way to it leads on to its links."""
    notes = Noted()
    before = CrawlPaths(notes)
    assert before.note_request(step(1, 3))
    before.note_read(step(1, 3).key, (step(2, 3).key,), 3, [])
    after = CrawlPaths(notes)
    assert not after.note_request(step(1, 3))
    assert not after.note_request(step(2, 3))
    assert not after.note_shorter_way(step(1, 3))
    assert after.note_shorter_way(step(1, 2))
    assert CrawlPaths(notes).depth(step(1, 0).key, 9) == 2


def test_a_shorter_way_to_what_waits_outlives_stops() -> None:
    """Of a story that waits in the JOBDIR with a longer way the shorter one is known after each stop."""
    notes = Noted()
    paths = CrawlPaths(notes)
    paths.note_read(step(9, 0).key, (), 0, [])
    assert paths.note_request(step(1, 5))
    assert not paths.note_shorter_way(step(1, 4))  # it waits, so there are no links to go on to
    paths = CrawlPaths(notes)
    assert paths.note_request(step(1, 3))  # the queue drops it, as its request waits there with 5
    assert CrawlPaths(notes).depth(step(1, 0).key, 5) == 3


def test_a_shorter_way_through_known_stories() -> None:
    """Beyond a story that was read, stories that were asked for get nearer without a look at any link, however long
    ago it was read; where one was never asked for (cut by depth), its link is needed."""
    paths = CrawlPaths(recent=1)
    one, two, three = (step(n, 4) for n in (1, 2, 3))
    assert paths.note_request(one)
    paths.note_read(one.key, (), 4, [link(two), link(three, 0.1)])
    assert paths.steps_beyond(one) is None
    assert paths.note_request(two)
    assert paths.note_request(three)
    paths.note_read(two.key, (), 5, [])
    assert paths.links(one.key) is None  # only the latest are kept
    assert paths.note_shorter_way(step(1, 1))
    beyond = paths.steps_beyond(step(1, 1))
    assert beyond is not None
    assert [(way.key, way.depth, way.found_on) for way in beyond] == [(two.key, 2, one.key), (three.key, 2, one.key)]
    assert [way.path for way in beyond] == [path_relevance(1.0, 1.0), path_relevance(0.1, 1.0)]
    assert [paths.note_shorter_way(way) for way in beyond] == [True, False]  # the third is not read yet
    assert paths.depth(three.key, 9) == 2
    assert paths.steps_beyond(step(2, 2)) == []
    assert paths.steps_beyond(step(7, 2)) is None


def article(title: str, *links: tuple[str, str]) -> bytes:
    """A page with a list of related stories."""
    text = "<p>The phone maker ended its work with the influencer after a row about old posts, it said on Monday.</p>"
    rows = "".join(f'<li><a href="{path}">{anchor}</a></li>' for path, anchor in links)
    related = f'<div class="related"><h3>Related articles</h3><ul>{rows}</ul></div>' if links else ""
    return page(
        f"<html lang='en'><head><title>{title}</title></head><body><article><h1>{title}</h1>"
        f"<time datetime='2026-03-02T08:34:00+08:00'></time>{text * 6}</article>{related}</body></html>"
    )


ON, OFF = "Phone maker ends work with influencer: part {}", "Garden show opens in spring, number {}"
NEAR = "Garden show opens without its influencer"
PAGES = {
    "/seed.html": article(ON.format(0), ("/on-1.html", ON.format(1)), ("/off-1.html", OFF.format(1))),
    "/on-1.html": article(ON.format(1), ("/on-2.html", ON.format(2)), ("/off-9.html", OFF.format(9))),
    "/on-2.html": article(ON.format(2), ("/far.html", OFF.format(2)), ("/off-8.html", OFF.format(8))),
    "/off-1.html": article(OFF.format(1), ("/far.html", OFF.format(2)), ("/off-7.html", OFF.format(7))),
    "/far.html": article(OFF.format(2), ("/last.html", OFF.format(3)), ("/off-6.html", OFF.format(6))),
    "/last.html": article(OFF.format(3)),
} | {f"/off-{n}.html": article(OFF.format(n)) for n in (6, 7, 8, 9)}


def test_the_shorter_way_counts_when_a_crawl_is_taken_up(tmp_path: Path, data_dir: Path) -> None:
    """A story is found by three steps, then by two, and the crawl stops before it is read: its links are in bounds.

    seed -> on-1 -> on-2 -> far -> last is beyond a depth of 3; seed -> off-1 -> far -> last is not.
    """

    def answer(path: str) -> bytes:
        return PAGES.get(path, page(status="404 Not Found"))

    with Server(answer) as server:

        def crawl(max_pages: int) -> list[str]:
            done = scrapy(
                "crawl", "related", "-a", f"url={server.url('/seed.html')}", "-a", "depth=3", *FAST,
                "-a", f"max_pages={max_pages}", "-a", "about=phone maker influencer", "-s", "FRONTIER_IN_HAND=1",
                "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1", "-s", f"JOBDIR={tmp_path / 'job'}",
                "-s", "MONGO_DATABASE=shorter", "-L", "WARNING", data_dir=data_dir,
            )  # fmt: skip
            assert done.returncode == 0, done.stdout + done.stderr
            return server.paths()

        assert crawl(4)[:4] == ["/seed.html", "/on-1.html", "/on-2.html", "/off-1.html"]
        assert "/last.html" in crawl(0)
        stored = read_stored(data_dir, "shorter")
        assert stored.of(server.url("/far.html"))["depth"] == 2
        assert stored.of(server.url("/last.html"))["depth"] == 3


def test_a_shorter_way_leads_past_no_other_bound(data_dir: Path) -> None:
    """A story is read three steps from the seed, then found by two: of its links, which depth had cut, only those
    that are near enough to the topic are followed.

    seed -> on-1 -> on-2 -> far -> last is beyond a depth of 3; seed -> near -> far -> last is not.
    """
    pages = {
        "/seed.html": article(ON.format(0), ("/on-1.html", ON.format(1)), ("/near.html", NEAR)),
        "/on-1.html": article(ON.format(1), ("/on-2.html", ON.format(2)), ("/off-1.html", OFF.format(1))),
        "/on-2.html": article(ON.format(2), ("/far.html", ON.format(3)), ("/off-2.html", OFF.format(2))),
        "/near.html": article(NEAR, ("/far.html", ON.format(3)), ("/off-3.html", OFF.format(3))),
        "/far.html": article(ON.format(3), ("/last.html", ON.format(4)), ("/off-4.html", OFF.format(4))),
        "/last.html": article(ON.format(4)),
    }
    with Server(lambda path: pages.get(path, page(status="404 Not Found"))) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={server.url('/seed.html')}", "-a", "depth=3", *FAST,
            "-a", "follow_below=0.2", "-a", "about=phone maker influencer", "-s", "FRONTIER_IN_HAND=1",
            "-s", "CONCURRENT_REQUESTS=1", "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1", "-s", "MONGO_DATABASE=bounds",
            "-L", "WARNING", data_dir=data_dir,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        asked = ["/seed.html", "/on-1.html", "/on-2.html", "/far.html", "/near.html", "/last.html"]
        assert server.paths() == asked
        stored = read_stored(data_dir, "bounds")
        assert stored.of(server.url("/far.html"))["depth"] == 2
        assert stored.of(server.url("/off-1.html"))["reason"] == "off_topic"


def test_what_a_redirect_led_to_is_not_fetched_again(data_dir: Path) -> None:
    """A story that waits while a redirect leads to its page is not asked for again, and nothing is missing."""
    pages = {
        "/seed.html": article(ON.format(0), ("/moved.html", ON.format(1)), ("/new.html", OFF.format(1))),
        "/moved.html": page(status="301 Moved", Location="/new.html"),
        "/new.html": article(ON.format(1), ("/last.html", ON.format(2))),
        "/last.html": article(ON.format(2)),
    }
    with Server(lambda path: pages.get(path, page(status="404 Not Found"))) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={server.url('/seed.html')}", *FAST, "-s", "FRONTIER_IN_HAND=1",
            "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1", "-s", "MONGO_DATABASE=moved", "-L", "WARNING", data_dir=data_dir,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert sorted(server.paths()) == ["/last.html", "/moved.html", "/new.html", "/seed.html"]
        stored = read_stored(data_dir, "moved")
        assert stored.fetched() == {server.url(path) for path in ("/seed.html", "/new.html", "/last.html")}
        assert stored.of(server.url("/moved.html"))["url"] == server.url("/new.html")
