"""How a site is treated over time, on a clock of the test's own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import Response

from kolcrawl.net.politeness import retry_after
from kolcrawl.net.site_health import SiteHealth

HOST = "news.example"


class Clock:
    """Seconds, as the test says."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sites(clock: Clock) -> SiteHealth:
    return SiteHealth(backoff=5, longest=300, failures=4, pause=30, probes=3, clock=clock)


def test_backoff_doubles(sites: SiteHealth, clock: Clock) -> None:
    """Each refusal after a rest doubles the next rest; a good answer ends it all."""
    for expected in (5, 10, 20):
        sites.failure(HOST, "http_429", slow_down=True)
        assert sites.rest(HOST) == expected
        clock.now += expected
        assert sites.rest(HOST) == 0
    sites.success(HOST)
    sites.failure(HOST, "http_429", slow_down=True)
    assert sites.rest(HOST) == 5


def test_one_mishap(sites: SiteHealth, clock: Clock) -> None:
    """Answers to requests that were under way when the rest began neither lengthen nor end it."""
    for _ in range(10):
        sites.failure(HOST, "http_429", slow_down=True)
    sites.success(HOST)
    assert sites.rest(HOST) == 5
    assert sites.limit(HOST) is None


def test_retry_after(sites: SiteHealth, clock: Clock) -> None:
    """What the site asks for counts if it is longer than ours, also when it comes while the site rests."""
    sites.failure(HOST, "http_503", wait=60, slow_down=True)
    assert sites.rest(HOST) == 60
    sites.failure(HOST, "http_503", wait=90, slow_down=True)
    assert sites.rest(HOST) == 90
    sites.failure(HOST, "http_503", wait=3, slow_down=True)
    assert sites.rest(HOST) == 90


def test_short_wish(sites: SiteHealth, clock: Clock) -> None:
    """A site that asks for less than our back-off is believed once."""
    sites.failure(HOST, "http_503", wait=1, slow_down=True)
    assert sites.rest(HOST) == 1
    clock.now += 1
    sites.failure(HOST, "http_503", wait=1, slow_down=True)
    assert sites.rest(HOST) == 10


def test_too_long(sites: SiteHealth, caplog: pytest.LogCaptureFixture) -> None:
    """A site that asks for a day is left alone: waiting less would be disobeying."""
    sites.failure(HOST, "http_429", wait=86400, slow_down=True)
    assert sites.given_up(HOST)
    assert sites.rest(HOST) == 0
    assert "asks to wait 86400 seconds" in caplog.text


def test_pause_and_recover(sites: SiteHealth, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """After so many failures in a row the site rests, then gets one request at a time; a good answer ends it."""
    caplog.set_level("INFO")
    for _ in range(3):
        sites.failure(HOST, "timeout")
        assert sites.rest(HOST) == 0
    sites.failure(HOST, "timeout")
    assert sites.rest(HOST) == 30
    assert sites.limit(HOST) == 1
    clock.now += 30
    sites.failure(HOST, "timeout")
    assert sites.rest(HOST) == 60
    clock.now += 60
    sites.success(HOST)
    assert sites.limit(HOST) is None
    assert caplog.messages == [
        "news.example is paused for 30 seconds: 4 failures in a row, the last with timeout",
        "news.example answers again",
    ]


def test_given_up(sites: SiteHealth, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """After so many probes the site is left alone, for good, and it is said once."""
    for _ in range(20):
        sites.failure(HOST, "connection")
        clock.now += sites.rest(HOST)
    sites.success(HOST)
    assert sites.given_up(HOST)
    assert sum("left alone" in message for message in caplog.messages) == 1
    assert sum("paused" in message for message in caplog.messages) == 1
    assert clock.now == 100 + 30 + 60 + 120


def test_a_broken_page(sites: SiteHealth) -> None:
    """Trying a broken page again and again does not make its site a broken one."""
    for _ in range(3):
        sites.failure(HOST, "http_500")
        for _ in range(10):
            sites.failure(HOST, "http_500", again=True)
    assert sites.limit(HOST) is None
    assert sites.rest(HOST) == 0


def test_failures_in_a_row_only(sites: SiteHealth) -> None:
    """Failures among good answers pause nothing."""
    for _ in range(50):
        for _ in range(3):
            sites.failure(HOST, "http_500")
        sites.success(HOST)
    assert sites.limit(HOST) is None


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.none() | st.floats(0, 1000), st.floats(0, 100))))
def test_always_ends(steps: list[tuple[bool, bool, float | None, float]]) -> None:
    """Whatever a site does, it is never made to rest longer than the longest pause or Retry-After that we accept."""
    clock = Clock()
    sites = SiteHealth(backoff=5, longest=300, failures=4, pause=30, probes=3, clock=clock)
    for good, slow_down, wait, seconds in steps:
        if good:
            sites.success(HOST)
        else:
            sites.failure(HOST, "x", wait=wait, slow_down=slow_down)
        assert 0 <= sites.rest(HOST) <= 300
        assert not (sites.given_up(HOST) and sites.rest(HOST))
        clock.now += seconds


NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (" 7 ", 7),
        ("Sun, 22 Nov 2026 09:01:30 GMT", 90),
        ("Sunday, 22-Nov-26 09:01:30 GMT", 90),
        ("Sun, 22 Nov 2026 09:01:30", 90),
        ("Sun, 22 Nov 2026 17:01:30 +0800", 90),
        ("Sun, 22 Nov 2026 08:00:00 GMT", 0),
        ("99999999999999999999", 999999999),
        ("-5", None),
        ("soon", None),
        ("１２", None),
        ("", None),
        ("Sun, 99 Nov 2026 09:01:30 GMT", None),
        ("Thu, 01 Jan 1970 00:00:00 +99999999999999999999", None),
        ("Sat, 01 Jan 0001 00:00:00 +2359", 0),
    ],
)
def test_retry_after_header(value: str, seconds: float | None) -> None:
    """Seconds or a date in any of HTTP's forms; nonsense is no wish."""
    response = Response("http://news.example/", status=429, headers={"Retry-After": value.encode()})
    assert retry_after(response, NOW) == seconds


@given(st.binary(max_size=40))
def test_retry_after_hostile(value: bytes) -> None:
    """No header breaks the reader."""
    found = retry_after(Response("http://news.example/", headers={"Retry-After": value}), NOW)
    assert found is None or found >= 0
