"""Politeness, by real crawls: the gaps are measured at the server."""

from __future__ import annotations

import gzip
import itertools
import threading
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

import pytest

from tests.net.minicrawl import Server, crawl, page, start_crawl

if TYPE_CHECKING:
    from collections.abc import Callable

LOCAL = {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.0/8"]}


def robots(rules: str) -> bytes:
    return page(rules, Content_Type="text/plain")


def gaps(server: Server) -> list[float]:
    """Seconds between the pages asked for."""
    times = [hit.at for hit in server.hits if hit.path != "/robots.txt"]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_robots_obeyed_from_the_first_page() -> None:
    """No page that robots.txt forbids is fetched, not even of those that were asked for before it had come."""

    def answer(path: str) -> bytes:
        if path != "/robots.txt":
            return page()
        time.sleep(0.3)
        return robots("User-agent: kolcrawl-test\nDisallow: /private")

    with Server(answer) as server:
        urls = [server.url(f"/private/{n}") for n in range(8)] + [server.url("/open")]
        done = crawl(urls, LOCAL | {"ROBOTSTXT_OBEY": True, "CONCURRENT_REQUESTS_PER_DOMAIN": 16})
        assert server.paths() == ["/open"]
        assert done.reasons() == dict.fromkeys(urls[:8], "robots")


def test_robots_missing() -> None:
    """A site without a robots.txt has no rules (RFC 9309)."""
    with Server(lambda path: page(status="404 Not Found") if path == "/robots.txt" else page()) as server:
        assert crawl([server.url("/")], LOCAL | {"ROBOTSTXT_OBEY": True}).pages() == [server.url("/")]


def test_robots_broken_then_well() -> None:
    """While robots.txt gives server errors no page is fetched; when it is back, its rules hold."""
    answers = iter([page(status="503 Busy"), page(status="500 Oops"), robots("User-agent: *\nDisallow: /private")])

    with Server(lambda path: next(answers) if path == "/robots.txt" else page()) as server:
        urls = [server.url("/open"), server.url("/private")]
        done = crawl(urls, LOCAL | {"ROBOTSTXT_OBEY": True, "SITE_BACKOFF": 0.3, "RETRY_TIMES": 3})
        assert done.pages() == urls[:1]
        assert done.reasons() == {urls[1]: "robots"}
        assert [hit.path for hit in server.hits] == ["/robots.txt"] * 3 + ["/open"]


def test_robots_never() -> None:
    """A site whose robots.txt cannot be had is not fetched; the reason is that of the robots.txt."""
    with Server(lambda path: page(status="503 Busy") if path == "/robots.txt" else page()) as server:
        url = server.url("/")
        done = crawl([url], LOCAL | {"ROBOTSTXT_OBEY": True, "SITE_BACKOFF": 0.1})
        assert done.reasons() == {url: "http_503"}
        assert server.paths() == []


def test_robots_elsewhere() -> None:
    """A robots.txt that is a redirect holds for the site that was asked; one that ends in an error, or that nobody can
    decode, forbids all.
    """
    answers = {
        "/rules": robots("User-agent: *\nDisallow: /private"),
        "/broken": page(status="500 Oops"),
        "/long": robots("User-agent: *\nDisallow: /private\n" + "Disallow: /x\n" * 150_000),
        "/bomb": page(gzip.compress(bytes(3_000_000)), Content_Encoding="gzip"),
    }

    def site(target: str) -> Callable[[str], bytes]:
        redirect = page(status="302 Found", Location=target)
        return lambda path: redirect if path == "/robots.txt" else answers.get(path, page())

    with (
        Server(site("/rules"), host="127.0.0.2") as moved,
        Server(site("/broken"), host="127.0.0.3") as broken,
        Server(site("/bomb"), host="127.0.0.4") as bomb,
        Server(site("/long"), host="127.0.0.5") as long,
    ):
        urls = [moved.url("/open"), moved.url("/private"), broken.url("/1"), bomb.url("/1"), long.url("/private")]
        done = crawl(
            urls, LOCAL | {"ROBOTSTXT_OBEY": True, "DOWNLOAD_MAXSIZE": 2_000_000, "SITE_BACKOFF": 0.1, "RETRY_TIMES": 0}
        )
        assert done.pages() == urls[:1]
        expected = {urls[1]: "robots", urls[2]: "http_500", urls[3]: "bad_response", urls[4]: "robots"}
        assert done.reasons() == expected


def test_crawl_delay() -> None:
    """The crawl-delay of robots.txt is kept between any two pages, also when AutoThrottle would be faster."""
    rules = "User-agent: *\nCrawl-delay: 0.4"
    with Server(lambda path: robots(rules) if path == "/robots.txt" else page()) as server:
        urls = [server.url(f"/{n}") for n in range(6)]
        done = crawl(
            urls, LOCAL | {"ROBOTSTXT_OBEY": True, "AUTOTHROTTLE_ENABLED": True, "AUTOTHROTTLE_START_DELAY": 0.01}
        )
        assert len(done.pages()) == 6
        assert sum(gaps(server)) > 5 * 0.4 - 0.3  # less what a busy machine takes for the first answer
        assert done.stats["politeness/crawl_delays"] == 1


def test_crawl_delay_bounded() -> None:
    """A crawl-delay that would stop the crawl is cut to CRAWL_DELAY_MAX, and that is said."""
    rules = "User-agent: *\nCrawl-delay: 86400"
    with Server(lambda path: robots(rules) if path == "/robots.txt" else page()) as server:
        urls = [server.url(f"/{n}") for n in range(3)]
        done = crawl(urls, LOCAL | {"ROBOTSTXT_OBEY": True, "CRAWL_DELAY_MAX": 0.3})
        assert len(done.pages()) == 3
        assert sum(gaps(server)) > 2 * 0.3 - 0.3
        assert "asks for a crawl delay of 86400 seconds" in done.log


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_retry_after(form: str) -> None:
    """After a 429 the site is left alone as long as it asks, by number or date; then the page is fetched."""
    asked = itertools.count()

    def answer(_: str) -> bytes:
        wish = "1" if form == "seconds" else formatdate(time.time() + 2, usegmt=True)
        return page() if next(asked) else page(status="429 Slow down", Retry_After=wish)

    with Server(answer) as server:
        urls = [server.url(f"/{n}") for n in range(4)]
        done = crawl(urls, LOCAL | {"CONCURRENT_REQUESTS_PER_DOMAIN": 1})
        assert sorted(done.pages()) == urls
        assert len(server.hits) == 5
        assert gaps(server)[0] >= 0.99


def test_others_go_on() -> None:
    """While one site rests, for longer than a test may wait, all pages of the other are fetched."""
    whole = threading.Event()

    def answer(_: str) -> bytes:
        if len(well.paths()) == 30:
            whole.set()
        return page()

    with (
        Server(lambda _: page(status="503 Busy", Retry_After="200"), host="127.0.0.2") as busy,
        Server(answer) as well,
    ):
        urls = [busy.url(f"/{n}") for n in range(30)] + [well.url(f"/{n}") for n in range(30)]
        process = start_crawl(urls, LOCAL | {"CONCURRENT_REQUESTS": 8})
        assert whole.wait(60)
        process.kill()
        process.communicate()
        assert len(busy.hits) < 12


def test_pages_of_a_paused_site() -> None:
    """Once a site was asked for a page or two, the others are held back until it is given up, and fail as paused."""
    with (
        Server(lambda _: page(status="503 Busy", Retry_After="1"), host="127.0.0.2") as busy,
        Server(lambda _: page()) as well,
    ):
        urls = [busy.url(f"/{n}") for n in range(30)] + [well.url(f"/{n}") for n in range(30)]
        done = crawl(urls, LOCAL | {"CONCURRENT_REQUESTS": 8, "SITE_FAILURES": 2, "SITE_PAUSE": 0.2, "SITE_PROBES": 1})
        assert len(done.pages()) == 30
        assert len(busy.hits) < 12
        assert set(done.reasons().values()) <= {"site_paused", "http_503"}
        assert len(done.reasons()) == 30


def test_backoff_grows() -> None:
    """Without Retry-After each refusal doubles the rest."""
    with Server(lambda _: page(status="429 Slow down")) as server:
        crawl([server.url("/")], LOCAL | {"SITE_BACKOFF": 0.4, "RETRY_TIMES": 3})
        assert len(server.hits) == 4
        assert all(gap >= least for gap, least in zip(gaps(server), (0.4, 0.8, 1.6), strict=True))


def test_paused_and_given_up() -> None:
    """A site that keeps failing is paused, probed, and given up: said once each, its pages failed as site_paused."""
    with Server(lambda _: iter([])) as server:
        urls = [server.url(f"/{n}") for n in range(40)]
        done = crawl(urls, LOCAL | {"SITE_FAILURES": 5, "SITE_PAUSE": 0.2, "SITE_PROBES": 2})
        assert len(done.reasons()) == 40
        assert list(done.reasons().values()).count("site_paused") > 30
        assert len(server.hits) < 16
        assert done.log.count("is paused for") == 1
        assert done.log.count("is left alone") == 1
        assert done.stats["politeness/sites_paused"] == done.stats["politeness/sites_given_up"] == 1


def test_paused_and_recovered() -> None:
    """A site that was down for a while loses no page."""
    asked = itertools.count(1)

    with Server(lambda _: iter([]) if next(asked) <= 4 + 2 else page()) as server:
        urls = [server.url(f"/{n}") for n in range(30)]
        quick = {"SITE_FAILURES": 4, "SITE_PAUSE": 0.2, "SITE_PROBES": 8, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
        done = crawl(urls, LOCAL | quick | {"RETRY_TIMES": 8})
        assert sorted(done.pages()) == sorted(urls)
        assert "answers again" in done.log
        assert len(server.hits) == 4 + 2 + 30  # until it is paused, two probes in vain, and each page once


def test_block_page() -> None:
    """A gate shown with status 200 is no page: asked for again after a rest, then failed as blocked."""
    gate = page("<title>Just a moment...</title><script src='/cdn-cgi/challenge-platform/x'></script>")
    answers = iter([gate, page(), gate, gate])
    with Server(lambda _: next(answers)) as server:
        urls = [server.url("/1"), server.url("/2")]
        done = crawl(urls, LOCAL | {"SITE_BACKOFF": 0.3, "CONCURRENT_REQUESTS": 1})
        assert len(done.pages()) == 1
        assert list(done.reasons().values()) == ["blocked"]
        assert gaps(server)[0] >= 0.3


def test_dead_host_is_quiet() -> None:
    """A host that is not there costs few attempts and no traceback, with robots.txt in between."""
    done = crawl(["http://nosuch.invalid/1", "http://127.0.0.1:2/"], LOCAL | {"ROBOTSTXT_OBEY": True})
    assert done.reasons() == {"http://nosuch.invalid/1": "dns", "http://127.0.0.1:2/": "connection"}
    assert "Traceback" not in done.log
    assert "ERROR" not in done.log


def test_proxy_keeps_slots_by_host() -> None:
    """Through a proxy a resting site does not hold up the others: hosts are those of the pages."""

    def answer(path: str) -> bytes:
        return page(status="429 Slow down", Retry_After="200") if "//busy" in path else page()

    with Server(answer) as proxy:
        urls = [f"http://busy.example/{n}" for n in range(3)] + [f"http://well{n}.example/" for n in range(3)]
        done = crawl(urls, LOCAL | {"SITE_BACKOFF_MAX": 100}, env={"http_proxy": proxy.url()})
        assert sorted(done.pages()) == urls[3:]
        assert set(done.reasons().values()) <= {"site_paused", "http_429"}


def test_single_forbidden_pages() -> None:
    """A list of pages that are kept back does not stop its site; one that forbids page after page is left in peace."""
    forbidden = page("<html><head><title>403 Forbidden</title></head></html>", status="403 Forbidden")

    with (
        Server(lambda path: forbidden if int(path[1:]) < 9 else page(), host="127.0.0.2") as partly,
        Server(lambda _: forbidden, host="127.0.0.3") as wholly,
    ):
        urls = [partly.url(f"/{n}") for n in range(12)]
        refused = [wholly.url(f"/{n}") for n in range(40)]
        quick = {"SITE_FAILURES": 4, "SITE_PAUSE": 0.2, "SITE_PROBES": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 1}
        done = crawl(urls + refused, LOCAL | quick)
        assert done.pages() == urls[9:]
        reasons = done.reasons()
        assert {reasons[url] for url in urls[:9]} == {"http_403"}
        assert len(wholly.hits) == 3 * 4 + 1
        assert list(reasons.values()).count("site_paused") == 40 - 13


def test_rest_ends_on_time() -> None:
    """A site is asked again when its rest is over, even if the engine itself never looks for what has become ready."""
    answers = iter([page(status="429 Slow down", Retry_After="1"), page()])
    with Server(lambda _: next(answers)) as server:
        assert crawl([server.url("/")], LOCAL | {"NO_HEARTBEAT": True}).pages() == [server.url("/")]
        assert gaps(server)[0] >= 1
