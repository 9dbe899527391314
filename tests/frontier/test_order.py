"""In which order a crawl asks, by real crawls."""

from __future__ import annotations

import random
import threading
import time

from tests.net.minicrawl import Server, crawl, page

LOCAL = {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.0/8"]}


def test_best_first() -> None:
    """Whatever the order in which they were found, the highest priority is asked for first, over all hosts."""
    with Server(lambda _: page(), host="127.0.0.2") as one, Server(lambda _: page(), host="127.0.0.3") as other:
        urls = [server.url(f"/{n}") for n in range(15) for server in (one, other)]
        worth = dict(zip(urls, random.Random(3).sample(range(100), 30), strict=True))
        hub = Server(lambda _: page("".join(f'<a href="{url}">x</a>' for url in urls)))
        with hub:
            seed = hub.url("/hub")
            one_after_all_are_found = {"CONCURRENT_REQUESTS": 1, "CONCURRENT_ITEMS": 100}
            done = crawl([seed], LOCAL | one_after_all_are_found, follow=True, priorities=worth)
        assert done.pages() == [seed, *sorted(urls, key=lambda url: -worth[url])]


def test_slow_host_leaves_room() -> None:
    """A slow host takes no more of the downloader than its own share, however many of its pages wait: all pages of
    another are fetched before it has answered once."""
    in_time, all_quick = [], threading.Event()

    def slow(_: str) -> bytes:
        in_time.append(all_quick.wait(60))
        return page()

    def answer(_: str) -> bytes:
        if len(quick.hits) >= 40:
            all_quick.set()
        return page()

    with Server(slow, host="127.0.0.2") as waiting, Server(answer) as quick:
        urls = [waiting.url(f"/{n}") for n in range(12)] + [quick.url(f"/{n}") for n in range(40)]
        done = crawl(
            urls, LOCAL | {"CONCURRENT_REQUESTS": 4, "CONCURRENT_REQUESTS_PER_DOMAIN": 2, "DOWNLOAD_TIMEOUT": 90}
        )
        assert len(done.pages()) == 52
        assert in_time == [True] * 12


def test_autothrottle() -> None:
    """AutoThrottle paces by the site's own time: one request at a time on average, though more are allowed."""

    def answer(_: str) -> bytes:
        time.sleep(0.25)
        return page()

    with Server(answer) as server:
        urls = [server.url(f"/{n}") for n in range(8)]
        settings = {"AUTOTHROTTLE_ENABLED": True, "AUTOTHROTTLE_START_DELAY": 0.25, "DOWNLOAD_DELAY_JITTER": 0}
        done = crawl(
            urls, LOCAL | settings | {"AUTOTHROTTLE_TARGET_CONCURRENCY": 1, "CONCURRENT_REQUESTS_PER_DOMAIN": 8}
        )
        assert len(done.pages()) == 8
        times = [hit.at for hit in server.hits]
        assert times[-1] - times[0] > 7 * 0.24
