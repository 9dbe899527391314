"""Each use of private API of Scrapy and Twisted, held against the installed versions: the next version breaks here."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import scrapy
from scrapy import Request
from scrapy.utils.test import get_crawler

import kolcrawl.net.scrapy_private as private
from kolcrawl.net.robots import RobotsMiddleware
from tests.net.minicrawl import ROOT, Server, crawl, page

LOCAL = {"ALLOWED_PRIVATE_HOSTS": ["127.0.0.1"]}
Seen = list[tuple[str, dict[str, Any]]]


def watch(*how: str) -> Seen:
    """What was seen at each station of one crawl."""
    with Server(lambda _: page()) as server:
        done = subprocess.run(
            [sys.executable, "-m", "tests.net.watched_crawl", server.url("/a"), *how],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    assert done.stderr == ""
    return [(station, seen) for station, seen in map(json.loads, done.stdout.splitlines())]


@pytest.fixture(scope="module")
def watched() -> Seen:
    """What was seen at each station of one page."""
    return watch()


def stations(watched: Seen, name: str) -> list[dict[str, Any]]:
    """What was seen at one station."""
    return [seen for station, seen in watched if station == name]


def test_every_use_names_its_test() -> None:
    """Whoever changes a use finds the test that holds it."""
    text = Path(private.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r"Test: `(\w+)`", text))
    assert named <= globals().keys()
    tests = {name for name in globals() if name.startswith("test_")} - {
        "test_every_use_names_its_test",
        "test_nothing_private_is_used_elsewhere",
    }
    assert tests <= named


def test_nothing_private_is_used_elsewhere() -> None:
    """No other module imports a private name of Scrapy or Twisted, or reaches into the engine's parts."""
    imported = re.compile(r"^from (?:scrapy|twisted)\S* import .*\b_\w", re.MULTILINE)
    reached = re.compile(r"engine\._|engine\.(?:downloader|scraper|spider)\b|\._(?:parsers|pool|robotstxt_useragent)\b")
    for package in ("kolcrawl", "pipelines", "spiders"):
        for path in (ROOT / package).rglob("*.py"):
            if path.name != "scrapy_private.py":
                text = path.read_text(encoding="utf-8")
                assert not imported.search(text), path
                assert not reached.search(text), path


def test_texts_of_ignored_requests() -> None:
    """The texts by which uses of IgnoreRequest are told apart still stand in the installed Scrapy."""
    source = "".join(path.read_text() for path in (Path(scrapy.__file__).parent / "downloadermiddlewares").glob("*.py"))
    for text in ("Forbidden by robots.txt", "max redirections reached", "Filtered offsite request"):
        assert f'raise IgnoreRequest("{text}' in source or f'raise IgnoreRequest(f"{text}' in source
    assert 'f"DOWNLOAD_MAXSIZE (' in source


def test_requests_are_followed_through_the_engine(watched: Seen) -> None:
    """A request is with the downloader, then with the scraper until its item is stored, and nowhere in the end."""
    assert stations(watched, "before") == [{"count": 0}]
    downloading = stations(watched, "downloading")
    assert downloading[0] == {"downloader": True, "scraper": False, "count": 1, "full": False}
    held = {"downloader": False, "scraper": True, "count": 0, "full": False}
    assert stations(watched, "parsing") == stations(watched, "storing") == [held]
    assert stations(watched, "idle")[0] == {"downloader": False, "scraper": False, "count": 0, "full": False}


def test_slots(watched: Seen) -> None:
    """A slot goes by the host and the setting, until a delay is set: for the slot that is there and for one to come."""
    assert stations(watched, "key") == [{"key": "127.0.0.1"}]
    assert stations(watched, "limits") == [{"own": 3, "other": 3}, {"own": 1, "other": 1}]
    assert stations(watched, "delay") == [{"delay": 0.25}]
    assert stations(watched, "pace") == [{"delay": 0.0, "asked": True, "later": True, "other": [0.0, 0.0]}]


def test_engine_is_woken(watched: Seen) -> None:
    """The scheduler is asked at once, not at the engine's next look."""
    assert stations(watched, "woken") == [{"asked": True}]


def test_spider_is_open_until_its_pipelines_are_closed(watched: Seen) -> None:
    """The spider is open while its pipelines are being closed, and no more when the engine has stopped."""
    seen = {entry["at"]: entry["is_open"] for entry in stations(watched, "open")}
    assert seen == {"idle": True, "closing": True, "stopped": False}


def test_a_stop_is_seen() -> None:
    """A stop is seen when it begins, and a request that is queued behind a delay of an hour is made at once."""
    seen = watch("stop")
    assert stations(seen, "stopping") == [{"told": False}, {"told": True}]
    assert len(stations(seen, "released")) == 1


def test_robots_txt_for_all_that_wait() -> None:
    """All requests that wait for one robots.txt get its rules."""

    def answer(path: str) -> Any:
        return page("User-agent: *\nDisallow: /", Content_Type="text/plain") if path == "/robots.txt" else page()

    with Server(answer) as server:
        urls = [server.url(f"/{n}") for n in range(12)]
        done = crawl(urls, LOCAL | {"ROBOTSTXT_OBEY": True})
        assert set(done.reasons().values()) == {"robots"}
        assert [hit.path for hit in server.hits] == ["/robots.txt"]


def test_robots_txt_is_requested_again() -> None:
    """A robots.txt that failed once is no permission: it is requested again."""
    answers = itertools.chain([page(status="500 Oops")], itertools.repeat(page(status="404 Not Found")))

    with Server(lambda path: next(answers) if path == "/robots.txt" else page()) as server:
        done = crawl([server.url("/a")], LOCAL | {"ROBOTSTXT_OBEY": True, "RETRY_TIMES": 3, "SITE_BACKOFF": 0.1})
        assert done.pages() == [server.url("/a")]
        assert [hit.path for hit in server.hits] == ["/robots.txt", "/robots.txt", "/a"]


@pytest.mark.parametrize(
    ("settings", "headers", "agent"),
    [
        ({"ROBOTSTXT_USER_AGENT": "named", "USER_AGENT": "default"}, {"User-Agent": "own"}, "named"),
        ({"USER_AGENT": "default"}, {"User-Agent": "own"}, b"own"),
        ({"USER_AGENT": "default"}, {}, b"default"),
    ],
)
def test_robots_txt_agent(settings: dict[str, str], headers: dict[str, str], agent: str | bytes) -> None:
    """The agent is that of the setting, else of the request, else the default one."""
    crawler = get_crawler(settings_dict=settings | {"ROBOTSTXT_OBEY": True})
    middleware = RobotsMiddleware.from_crawler(crawler)
    assert middleware.agent_of(Request("http://a.example/", headers=headers)) == agent


def test_connections_are_made_by_the_replaced_pool() -> None:
    """A connection that the guard refuses is not made, though the name shows nothing; one that it allows is."""
    with Server(lambda _: page()) as server:
        urls = [server.url("/a", host="inner.example")]
        settings = {
            "FAKE_DNS": {"inner.example": [["127.0.0.1"]]},
            "TWISTED_DNS_RESOLVER": "tests.net.minispider.FakeResolver",
        }
        assert crawl(urls, settings).reasons() == {urls[0]: "private_address"}
        assert server.hits == []
        assert crawl(urls, settings | LOCAL | {"ALLOWED_PRIVATE_HOSTS": ["inner.example"]}).pages() == urls


def test_heads_are_bounded() -> None:
    """A server that never stops sending headers is left, with a reason."""
    lines = itertools.repeat(b"X-Line: " + b"x" * 1000 + b"\r\n")
    with Server(lambda _: itertools.chain([b"HTTP/1.1 200 OK\r\n"], lines)) as server:
        assert crawl([server.url("/a")], LOCAL | {"RETRY_TIMES": 0}).reasons() == {server.url("/a"): "too_large"}
